import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ALIGNMENT,
  deferred,
  GOOD,
  post,
  postForm,
  rawPost,
  read,
  serve,
  stopAll,
  untilAborted,
} from '../../test/http-service.ts'
import type { Alignment } from '../types.ts'

afterAll(stopAll)

describe('limits', () => {
  test('a body that announces too much is refused before it is sent', async () => {
    const service = await serve(undefined, { SOW_QWEN3_MAX_AUDIO_BYTES: '2048' })
    const answer = await rawPost(service.url, {
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': String(10 ** 10),
    })
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'AUDIO_TOO_LARGE', retryable: false })
  })

  test('a body that does not announce itself is cut while it comes', async () => {
    const service = await serve(undefined, { SOW_QWEN3_MAX_AUDIO_BYTES: '2048' })
    const answer = await rawPost(
      service.url,
      { 'content-type': 'multipart/form-data; boundary=x' },
      64 * 1024 * 1024,
      undefined,
      '--x\r\ncontent-disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n',
    )
    expect(answer.status).toBe(413)
    expect(answer.sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('a JSON body of more than 4 MiB is refused', async () => {
    const service = await serve()
    const response = await post(service.url, { ...GOOD, lyrics_text: 'a'.repeat(5 * 1024 * 1024) })
    expect(response.status).toBe(413)
    expect((await read(response)).code).toBe('LYRICS_TOO_LARGE')
  })

  test('more requests than places are refused before their bodies are read', async () => {
    const waiting = deferred<Alignment>()
    const service = await serve(() => waiting.promise, { SOW_QWEN3_MAX_QUEUE: '0' })
    const first = post(service.url, GOOD)
    await placeTaken(service.url)
    const refused = await post(service.url, GOOD)
    expect(refused.headers.get('retry-after')).toBe('8')
    expect((await read(refused)).code).toBe('QUEUE_FULL')
    waiting.resolve(ALIGNMENT)
    expect((await first).status).toBe(200)
    await expect.poll(async () => (await post(service.url, GOOD)).status).toBe(200)
  })

  test('uploads that are refused leave connections that work', async () => {
    const service = await serve(
      untilAborted(() => {}),
      { SOW_QWEN3_MAX_QUEUE: '0' },
    )
    const leaving = new AbortController()
    const first = fetch(`${service.url}/api/v1/align`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(GOOD),
      signal: leaving.signal,
    }).catch((error) => error)
    await placeTaken(service.url)
    const audio = new Blob([Buffer.alloc(3_000_000)])
    for (let i = 0; i < 10; i++) {
      const refused = await postForm(service.url, { audio, lyrics_text: 'a' })
      expect((await read(refused)).code).toBe('QUEUE_FULL')
    }
    leaving.abort()
    await first
  })

  test('forms of 100,000 parts, and heads of 10 MB, are refused when they begin', async () => {
    const service = await serve()
    const type = { 'content-type': 'multipart/form-data; boundary=a' }
    const part = '--a\r\ncontent-disposition: form-data; name="N"\r\n\r\n\r\n'
    const parts = Array.from({ length: 100_000 }, (_, i) => part.replace('N', `n${i}`)).join('')
    const many = await post(service.url, parts, type)
    expect(await read(many)).toMatchObject({
      code: 'BODY_INVALID',
      detail: expect.stringContaining('32 parts'),
    })
    const head = await rawPost(service.url, type, 10_000_000, undefined, '--a\r\nx: ')
    expect(head.status).toBe(400)
    expect(JSON.parse(head.body).detail).toContain('head of at most')
  })

  test('a request that takes too long is answered with 504 and cancelled', async () => {
    const cancelled = deferred<void>()
    const service = await serve(
      untilAborted(() => cancelled.resolve()),
      { SOW_QWEN3_REQUEST_TIMEOUT_SECONDS: '1' },
    )
    const response = await post(service.url, GOOD)
    expect(response.status).toBe(504)
    expect((await read(response)).code).toBe('DEADLINE_EXCEEDED')
    await cancelled.promise
  })

  test('a client that leaves cancels its alignment', async () => {
    const started = deferred<void>()
    const cancelled = deferred<void>()
    const wait = untilAborted(() => cancelled.resolve())
    const service = await serve((...given) => {
      started.resolve()
      return wait(...given)
    })
    const leaving = new AbortController()
    const response = fetch(`${service.url}/api/v1/align`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(GOOD),
      signal: leaving.signal,
    })
    await started.promise
    leaving.abort()
    await expect(response).rejects.toThrow()
    await cancelled.promise
    await expect.poll(service.logged).toContain('"code":"CANCELLED"')
  })

  test('clients that send a head and nothing more have no place, and hear 408', async () => {
    const service = await serve(undefined, { SOW_QWEN3_MAX_QUEUE: '0', SOW_QWEN3_BODY_IDLE_SECONDS: '1' })
    const paths = ['/api/v1/align', '/api/v1/jobs', '/api/v1/batches']
    const silent = paths.map((path) => {
      const type = path.endsWith('batches') ? 'application/json' : undefined
      return stalledUpload(service.url, { path, length: 100_000, ...(type && { type }) })
    })
    const answers = silent.map(answerOf)
    await expect.poll(() => inflight(service.url)).toBe(3 * '--x\r\n'.length)
    expect((await post(service.url, GOOD)).status).toBe(200)
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^HTTP\/1.1 408 /)
      expect(answer).toContain('"code":"BODY_TIMEOUT","retryable":true')
    }
    await expect.poll(() => silent.every((socket) => socket.closed)).toBe(true)
    await expect.poll(() => inflight(service.url)).toBe(0)
  })

  test('a client that sends on, slowly, is heard to its end', async () => {
    const service = await serve(undefined, { SOW_QWEN3_BODY_IDLE_SECONDS: '2' })
    const body = JSON.stringify(GOOD)
    const socket = stalledUpload(service.url, { type: 'application/json', length: body.length, begin: '' })
    const answer = answerOf(socket)
    for (let at = 0; at < body.length; at += Math.ceil(body.length / 4)) {
      await new Promise((resolve) => setTimeout(resolve, 800))
      socket.write(body.slice(at, at + Math.ceil(body.length / 4)))
    }
    expect(await answer).toMatch(/^HTTP\/1.1 200 /)
    socket.destroy()
  })

  test.each(['/api/v1/align', '/api/v1/jobs', '/api/v1/batches'])(
    'what all bodies hold is bounded, and given back: %s',
    async (path) => {
      const service = await serve(undefined, { SOW_QWEN3_MAX_INFLIGHT_BYTES: '1000000' })
      const begin = Buffer.concat([Buffer.from(PART), Buffer.alloc(600_000, 'a')])
      const type = path.endsWith('batches') ? 'application/json' : undefined
      const first = stalledUpload(service.url, { path, length: 700_000, begin, ...(type && { type }) })
      await expect.poll(() => inflight(service.url)).toBeGreaterThan(500_000)
      const second = await answerOf(
        stalledUpload(service.url, { path, length: 500_000, begin: '', ...(type && { type }) }),
      )
      expect(second).toMatch(/^HTTP\/1.1 429 /)
      expect(second).toMatch(/retry-after: \d+/i)
      expect(second).toContain('"code":"QUEUE_FULL"')
      // One that does not say how much it will be is read as far as there is room.
      const third = stalledUpload(service.url, { path, begin: '', ...(type && { type }) })
      third.write(`${begin.length.toString(16)}\r\n`)
      third.write(begin)
      expect(await answerOf(third)).toMatch(/^HTTP\/1.1 429 /)
      first.destroy()
      await expect.poll(() => inflight(service.url)).toBe(0)
      expect((await post(service.url, GOOD)).status).toBe(200)
    },
  )

  test('a body for which there would never be room is too large', async () => {
    const service = await serve(undefined, { SOW_QWEN3_MAX_INFLIGHT_BYTES: '100000' })
    const answer = await answerOf(stalledUpload(service.url, { length: 200_000, begin: '' }))
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
  })

  test('audio that is fetched counts as well', async () => {
    const told: number[] = []
    const service = await serve(
      async (_source, _lyrics, { onFetched } = {}) => {
        onFetched!(600_000)
        told.push(600_000)
        onFetched!(600_000)
        return ALIGNMENT
      },
      { SOW_QWEN3_MAX_INFLIGHT_BYTES: '1000000' },
    )
    const response = await post(service.url, GOOD)
    expect(response.status).toBe(413)
    expect(told).toEqual([600_000])
    await expect.poll(() => inflight(service.url)).toBe(0)
  })

  test('an upload that stalls is answered with 504', async () => {
    const service = await serve(undefined, { SOW_QWEN3_REQUEST_TIMEOUT_SECONDS: '1' })
    const upload = stalledUpload(service.url)
    const answer = await new Promise<string>((resolve) =>
      upload.once('data', (data) => resolve(String(data))),
    )
    expect(answer).toMatch(/^HTTP\/1.1 504 /)
    upload.destroy()
  })
})

/** Asks the metrics: a request that tried would take the place itself. */
async function placeTaken(url: string): Promise<void> {
  const metrics = async () => (await fetch(`${url}/metrics`)).text()
  await expect.poll(metrics).toMatch(/^sow_places_taken 1$/m)
}

async function inflight(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^sow_inflight_bytes (\d+)$/m.exec(metrics)![1])
}

const PART = '--x\r\ncontent-disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'

type Upload = { path?: string; type?: string; length?: number; begin?: string | Buffer }

/** A connection that announces a body, of a length or in chunks, and sends only its beginning. */
function stalledUpload(url: string, upload: Upload = { length: 100_000 }): Socket {
  const {
    path = '/api/v1/align',
    type = 'multipart/form-data; boundary=x',
    length,
    begin = '--x\r\n',
  } = upload
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const size = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`
  const head = [`POST ${path} HTTP/1.1`, `host: ${hostname}`, `content-type: ${type}`, size]
  socket.write([...head, '', ''].join('\r\n'))
  socket.write(begin)
  return socket
}

/** What comes until the answer is whole or the connection ends. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    socket.on('data', (data) => {
      answer += data
      if (/\r\n\r\n.*}/s.test(answer)) resolve(answer)
    })
    socket.once('close', () => resolve(answer))
  })
}
