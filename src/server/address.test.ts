import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, type Service, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

let service: Service
let locked: Service
beforeAll(async () => {
  service = await serve()
  locked = await serve(undefined, { SOW_QWEN3_API_KEY: 'alpha' })
})

/** Sends bytes as they are, and reads until the server closes the connection. */
function raw({ url }: Service, sent: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(sent))
    socket.on('data', (piece) => (received += piece))
    socket.on('error', reject)
    socket.on('close', () => {
      const [, status = '0'] = /^HTTP\/1\.1 (\d{3})/.exec(received) ?? []
      resolve({ status: Number(status), body: received.slice(received.indexOf('\r\n\r\n') + 4) })
    })
  })
}

const heads = [
  ['no Host, HTTP/1.0', (target: string) => `GET ${target} HTTP/1.0\r\n\r\n`],
  ...['', 'a b', '[', 'a:99999', '%zz', 'x/health?y', 'x/health#', 'a@b'].map(
    (host) =>
      [
        `Host: ${host}`,
        (target: string) => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      ] as const,
  ),
] as const

describe.each(heads)('%s', (_, head) => {
  test('is answered as any other', async () => {
    expect(await raw(service, head('/api/v1/live?x=1'))).toMatchObject({
      status: 200,
      body: expect.stringContaining('"status":"alive"'),
    })
    expect(await raw(service, head('/nothing'))).toMatchObject({
      status: 404,
      body: expect.stringContaining('NOT_FOUND'),
    })
    expect(await raw(service, head('/api/v1/align'))).toMatchObject({ status: 405 })
  })

  test('the query is read', async () => {
    expect(await raw(service, head('/api/v1/jobs?limit=0'))).toMatchObject({
      status: 400,
      body: expect.stringContaining('limit: expected'),
    })
  })

  test('says nothing about whether a key is needed', async () => {
    expect(await raw(locked, head('/api/v1/jobs'))).toMatchObject({ status: 401 })
    expect(await raw(locked, head('/health'))).toMatchObject({ status: 200 })
  })
})

test('HTTP/1.1 without a Host header is a bad request', async () => {
  const { status } = await raw(service, 'GET /api/v1/live HTTP/1.1\r\nConnection: close\r\n\r\n')
  expect(status).toBe(400)
})

describe.each(['%zz', '%', '%ff', '%c3%28', 'a%2', '%00', '%E0%A4%A'])('the id %s', (id) => {
  test.each([
    ['GET', `/api/v1/jobs/${id}`],
    ['DELETE', `/api/v1/jobs/${id}`],
    ['GET', `/api/v1/jobs/${id}/events`],
    ['GET', `/api/v1/batches/${id}`],
    ['DELETE', `/api/v1/batches/${id}`],
    ['GET', `/api/v1/batches/${id}/results`],
    ['GET', `/page/${id}`],
  ])('%s %s is not found', async (method, path) => {
    const response = await fetch(service.url + path, { method })
    expect({ status: response.status, code: (await read(response)).code }).toEqual({
      status: 404,
      code: 'NOT_FOUND',
    })
    expect((await fetch(locked.url + path, { method })).status).toBe(401)
  })

  test('is still asked for with a method that there is', async () => {
    const response = await fetch(`${service.url}/api/v1/jobs/${id}`, { method: 'PUT' })
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'DELETE, GET',
    })
  })
})
