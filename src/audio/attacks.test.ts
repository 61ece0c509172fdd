import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchAudio } from './source.ts'

/** Servers that write raw bytes, which no HTTP library would. */
const BODY = 'some audio, or so'
const LIMITS = { maxBytes: 1000, timeoutSeconds: 20, allowPrivateUrls: true }
const servers: { server: Server; sockets: Set<Socket> }[] = []

afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

/** Serves each connection by `answer`, once it has asked something; gives the address. */
async function serve(answer: (socket: Socket, attempt: number) => void): Promise<string> {
  const sockets = new Set<Socket>()
  let attempt = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket, ++attempt))
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const failure = (url: string, limits = {}) =>
  fetchAudio(url, { ...LIMITS, ...limits }).then(
    (bytes) => expect.fail(`Expected a failure, got ${bytes.length} bytes`),
    (error) => error,
  )

/** Writes `piece` again and again for as long as it is taken. */
function pour(socket: Socket, piece: string | Uint8Array): void {
  const on = () => {
    if (!socket.destroyed) socket.write(piece, () => setImmediate(on))
  }
  on()
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`

describe('bodies', () => {
  test('what is behind the Content-Length is not read', async () => {
    const url = await serve((socket) => socket.end(`${head('Content-Length: 17')}${BODY}and more`))
    expect(Buffer.from(await fetchAudio(url, LIMITS)).toString()).toBe(BODY)
  })

  test.each(['-1', '9007199254740993', '99999999999999999999999', 'many', '17, 18'])(
    'a Content-Length of %s is refused, whatever it is refused with',
    async (length) => {
      const url = await serve((socket) => socket.end(`${head(`Content-Length: ${length}`)}${BODY}`))
      const error = await failure(url)
      expect(['AUDIO_FETCH_FAILED', 'AUDIO_TOO_LARGE']).toContain(error.code)
    },
  )

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('a %s bomb is stopped at the limit', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(50_000_000))
    const url = await serve((socket) => {
      socket.write(head(`Content-Encoding: ${encoding}`, `Content-Length: ${bomb.length}`))
      socket.end(bomb)
    })
    expect(await failure(url)).toMatchObject({ code: 'AUDIO_TOO_LARGE' })
  })

  test('encodings within encodings are refused', async () => {
    const url = await serve((socket) =>
      socket.end(`${head('Content-Encoding: gzip, gzip', 'Connection: close')}${BODY}`),
    )
    expect(await failure(url)).toMatchObject({ code: 'AUDIO_FETCH_FAILED', retryable: false })
  })

  test('chunks without end are stopped at the limit', async () => {
    const url = await serve((socket) => {
      socket.write(head('Transfer-Encoding: chunked'))
      pour(socket, '4\r\nmore\r\n')
    })
    expect(await failure(url)).toMatchObject({ code: 'AUDIO_TOO_LARGE' })
  })

  test('a body that is reset in its middle is fetched from its start again', async () => {
    const url = await serve((socket, attempt) => {
      if (attempt === 2) return socket.end(`${head('Content-Length: 17')}${BODY}`)
      socket.write(`${head('Content-Length: 17')}some`, () => socket.resetAndDestroy())
    })
    expect(Buffer.from(await fetchAudio(url, LIMITS)).toString()).toBe(BODY)
  })
})

describe('headers', () => {
  test('a drip of headers is left after the idle limit', async () => {
    const url = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ')
      const timer = setInterval(() => socket.write('a'), 50)
      socket.on('close', () => clearInterval(timer))
    })
    expect(await failure(url, { idleSeconds: 0.5 })).toMatchObject({ code: 'AUDIO_FETCH_TIMEOUT' })
  })

  test('a flood of headers ends', async () => {
    const url = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      pour(socket, `X-Flood: ${'a'.repeat(1000)}\r\n`)
    })
    const error = await failure(url, { timeoutSeconds: 5 })
    expect(['AUDIO_FETCH_FAILED', 'AUDIO_FETCH_TIMEOUT']).toContain(error.code)
  })
})

test('no error holds the query of its URL, however deep one looks', async () => {
  const url = await serve((socket) => socket.resetAndDestroy())
  const error = await failure(`${url}/a.mp3?X-Amz-Signature=hidden`)
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hidden')
})
