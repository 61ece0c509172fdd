import { connect } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { deferred, post, serve, stopAll, untilAborted } from '../../test/http-service.ts'
import { type Patience, readRest } from './unread-body.ts'

afterAll(stopAll)

const BOUNDARY = 'xyz'

/** A form with so many bytes of audio. */
function form(bytes: number): Buffer {
  const part = (name: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"`
  return Buffer.concat([
    Buffer.from(`${part('lyrics_text')}\r\n\r\na\r\n${part('audio')}; filename="a.wav"\r\n\r\n`),
    Buffer.alloc(bytes),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
}

/** As a simple client: it hears nothing before it has sent everything. Gives the status of the answer. */
function sendAllThenListen(
  url: string,
  body: Buffer,
  more: { path?: string; head?: string[] },
): Promise<number> {
  const { hostname, port } = new URL(url)
  const { path = '/api/v1/align', head = ['connection: close'] } = more
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('error', reject)
    socket.pause()
    const lines = [`host: ${hostname}`, `content-type: multipart/form-data; boundary=${BOUNDARY}`, ...head]
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body, () => socket.resume())
    socket.on('data', (data) => {
      answer += data
      if (!answer.includes('\r\n\r\n')) return
      resolve(Number(answer.split(' ')[1]))
      socket.destroy()
    })
    socket.on('close', () => reject(new Error('Expected an answer, got the end of the connection')))
  })
}

describe('a refused client that still sends hears the answer', () => {
  const BODY = form(4_000_000)
  const connections = [
    { name: 'its connection is kept', head: [] },
    { name: 'its connection is to be closed', head: ['connection: close'] },
  ]

  test.each(connections)('no place is left, $name', async ({ head }) => {
    const started = deferred<void>()
    const wait = untilAborted(() => {})
    const service = await serve(
      (...given) => {
        started.resolve()
        return wait(...given)
      },
      { SOW_QWEN3_MAX_QUEUE: '0' },
    )
    const first = post(service.url, { audio_url: 'https://example.com/a.mp3', lyrics_text: 'a' }).catch(
      () => {},
    )
    await started.promise
    const ten = Array.from({ length: 10 }, () => sendAllThenListen(service.url, BODY, { head }))
    expect(await Promise.all(ten)).toEqual(Array(10).fill(429))
    await service.stop(true)
    await first
  })

  test.each(connections)('no such address, method or key, or too much, $name', async ({ head }) => {
    const open = await serve(undefined, { SOW_QWEN3_MAX_AUDIO_BYTES: '2048' })
    const closed = await serve(undefined, { SOW_QWEN3_API_KEY: 'alpha' })
    const ask = (url: string, path: string, body = BODY) => sendAllThenListen(url, body, { path, head })
    expect(
      await Promise.all([
        ask(open.url, '/nothing'),
        ask(open.url, '/health'),
        ask(open.url, '/api/v1/align'),
        ask(open.url, '/api/v1/align', Buffer.concat([BODY.subarray(0, 300), Buffer.alloc(10_000)])),
        ask(closed.url, '/api/v1/align'),
        ask(closed.url, '/api/v1/jobs'),
      ]),
    ).toEqual([404, 405, 413, 413, 401, 401])
    expect((await fetch(`${open.url}/health`)).status).toBe(200)
  })
})

describe('patience has an end', () => {
  const PATIENCE: Patience = { bytes: 100_000, seconds: 5, idleSeconds: 1 }

  function requestOf(body: ReadableStream<Uint8Array>, connection = 'close'): Request {
    const init = { method: 'POST', body, headers: { connection }, duplex: 'half' }
    return new Request('http://localhost/', init as RequestInit)
  }

  /** A body that gives a piece every time it is asked, after some milliseconds. */
  function endless(bytes: number, milliseconds: number, told: (asked: number) => void) {
    let asked = 0
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          told(++asked)
          await new Promise((resolve) => setTimeout(resolve, milliseconds))
          controller.enqueue(new Uint8Array(bytes))
        },
      },
      { highWaterMark: 0 },
    )
  }

  test('for bytes', async () => {
    let asked = 0
    await readRest(requestOf(endless(10_000, 0, (n) => (asked = n))), PATIENCE)
    expect(asked).toBe(10)
  })

  test('for those who send nothing, and for those who send for ever', async () => {
    const silent = readRest(requestOf(endless(1, 1e6, () => {})), {
      ...PATIENCE,
      seconds: 1e5,
      idleSeconds: 0.05,
    })
    const slow = readRest(requestOf(endless(1, 5, () => {})), { ...PATIENCE, seconds: 0.1 })
    await Promise.all([silent, slow])
  })

  test('a body that announces more is not waited for', async () => {
    let asked = 0
    const request = requestOf(endless(1, 0, (n) => (asked = n)))
    request.headers.set('content-length', '100001')
    await readRest(request, PATIENCE)
    expect(asked).toBe(0)
  })

  test('connections that are kept are not waited for', async () => {
    let asked = 0
    await readRest(
      requestOf(
        endless(1, 1e6, (n) => (asked = n)),
        'keep-alive',
      ),
      PATIENCE,
    )
    expect(asked).toBe(0)
  })

  test('nor is who has gone', async () => {
    const gone = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('gone')) })
    await readRest(requestOf(gone), PATIENCE)
  })
})
