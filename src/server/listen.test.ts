import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { ALIGNMENT, GOOD, post, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

/** Sends bytes in a connection of their own and gives what comes back until it ends. */
function talk(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

test('a head of more than 16 KB is refused, and the service goes on', async () => {
  const { url } = await serve()
  const answer = await talk(url, `GET /health HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1.1 (431|400) /)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('what is no HTTP is refused, and the service goes on', async () => {
  const { url } = await serve()
  expect(await talk(url, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 |^$/)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test.each([
  ['nothing', ''],
  ['half of a head', 'GET /health HTTP/1.1\r\nhost: a\r\n'],
])('a client that sends %s is dropped, and the service goes on', async (_, text) => {
  const { url } = await serve(undefined, { SOW_QWEN3_BODY_IDLE_SECONDS: '1' })
  expect(await talk(url, text)).toMatch(/^(HTTP\/1.1 408 |$)/)
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('a client that waits for its answer may be silent for longer', async () => {
  const { url } = await serve(() => new Promise((resolve) => setTimeout(() => resolve(ALIGNMENT), 6_000)), {
    SOW_QWEN3_BODY_IDLE_SECONDS: '1',
  })
  expect((await post(url, GOOD)).status).toBe(200)
})
