import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AlignError } from '../errors.ts'
import { PRIVATE_PORTS } from './address.ts'
import { fetchHttp } from './fetch.ts'
import { type FetchAudioOptions, fetchAudio } from './source.ts'
import { withLimits } from './transfer.ts'

const BODY = Buffer.from('some audio, or so')
const LIMITS: FetchAudioOptions = { maxBytes: 1000, timeoutSeconds: 20, allowPrivateUrls: true }

type Answer = (request: IncomingMessage, response: ServerResponse, attempt: number) => void

const answers: Record<string, Answer> = {
  '/ok': (_, response) => response.end(BODY),
  '/host': (request, response) => response.end(request.headers.host),
  '/gzip': (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(BODY)),
  '/brotli': (_, response) => response.setHeader('content-encoding', 'br').end(brotliCompressSync(BODY)),
  '/cut-gzip': (_, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(BODY).subarray(0, 20)),
  '/bomb': (_, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000))),
  '/odd-encoding': (_, response) => response.setHeader('content-encoding', 'compress').end(BODY),
  '/large': (_, response) => response.end(Buffer.alloc(5000)),
  '/large-unsaid': (_, response) => {
    response.write(Buffer.alloc(600)) // chunked: no Content-Length
    response.end(Buffer.alloc(600))
  },
  '/says-more': (_, response) => {
    response.setHeader('content-length', '900')
    response.write(BODY, () => response.destroy())
  },
  '/nothing-comes': (_, response) => void response.write('a'),
  '/drips': (_, response) => {
    const timer = setInterval(() => response.write('a'), 20)
    response.on('close', () => clearInterval(timer))
  },
  '/missing': (_, response) => response.writeHead(404).end('<html>'),
  '/forbidden': (_, response) => response.writeHead(403).end(),
  '/broken': (_, response) => response.writeHead(500).end(),
  '/busy-once': (_, response, attempt) => response.writeHead(attempt === 1 ? 429 : 200).end(BODY),
  '/broken-twice': (_, response, attempt) => response.writeHead(attempt < 3 ? 503 : 200).end(BODY),
  '/resets': (request) => void request.socket.destroy(),
  '/to-ok': redirect('/ok'),
  '/loop': redirect('/loop'),
  '/to-metadata': redirect('http://169.254.169.254/latest/meta-data/'),
  '/to-name': redirect('http://inside.example/'),
  '/to-file': redirect('file:///etc/passwd'),
  '/to-password': redirect('http://a:b@127.0.0.1/'),
  '/to-port': redirect('http://127.0.0.1:22/'),
  '/to-nowhere': redirect('http://['),
}

function redirect(location: string): Answer {
  return (_, response) => response.writeHead(302, { location }).end()
}

const attempts = new Map<string, number>()
const server = createServer((request, response) => {
  const path = request.url!.split('?')[0]!
  const attempt = (attempts.get(path) ?? 0) + 1
  attempts.set(path, attempt)
  answers[path]!(request, response, attempt)
})
let base = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => attempts.clear())

async function failure(promise: Promise<unknown>): Promise<AlignError> {
  return promise.then(
    () => {
      throw new Error('Expected a failure, got a result')
    },
    (error) => error,
  )
}

const fails = (path: string, limits = LIMITS) => failure(fetchAudio(`${base}${path}`, limits))

describe('what is fetched', () => {
  test.each(['/ok', '/gzip', '/brotli', '/to-ok', '/busy-once', '/broken-twice'])(
    '%s gives the body',
    async (path) => {
      expect(Buffer.from(await fetchAudio(`${base}${path}`, LIMITS))).toEqual(BODY)
    },
  )

  test('a URL object is as good as a string', async () => {
    expect(Buffer.from(await fetchAudio(new URL(`${base}/ok`), LIMITS))).toEqual(BODY)
  })
})

describe('size', () => {
  test('a declared length over the limit is refused before the body is read', async () => {
    expect(await fails('/large')).toMatchObject({
      code: 'AUDIO_TOO_LARGE',
      message: 'Expected at most 1000 bytes of audio, got 5000',
    })
  })

  test.each(['/large-unsaid', '/bomb'])('%s is stopped where it passes the limit', async (path) => {
    expect(await fails(path)).toMatchObject({
      code: 'AUDIO_TOO_LARGE',
      message: 'Expected at most 1000 bytes of audio, got more',
    })
  })

  test('a body shorter than its Content-Length is a broken transfer, not a recording', async () => {
    expect(await fails('/says-more')).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502 })
  })

  test('a compressed body that is cut is a broken transfer', async () => {
    expect(await fails('/cut-gzip')).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502 })
  })
})

describe('answers that are no audio', () => {
  test.each([
    ['/missing', 'HTTP 404'],
    ['/forbidden', 'HTTP 403'],
    ['/odd-encoding', 'got compress'],
    ['/loop', 'at most 5 redirects'],
    ['/to-nowhere', 'malformed'],
  ])('%s is the fault of the request, and not tried again', async (path, message) => {
    const error = await fails(path)
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400, retryable: false })
    expect(error.message).toContain(message)
    expect(attempts.get(path)).toBe(path === '/loop' ? 6 : 1)
  })

  test.each([
    ['/broken', 'HTTP 500'],
    ['/resets', 'ECONNRESET'],
  ])('%s is the fault of the storage, after three attempts', async (path, message) => {
    const error = await fails(path)
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502, retryable: true })
    expect(error.message).toContain(message)
    expect(attempts.get(path)).toBe(3)
  })

  test('nobody listening', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const error = await failure(fetchAudio(`http://127.0.0.1:${port}/`, LIMITS))
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502 })
    expect(error.message).toContain('ECONNREFUSED')
  })

  test('a name that is not found', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))
    const error = await failure(
      fetchAudio('http://nowhere.example/a.mp3?token=secret', { ...LIMITS, resolve }),
    )
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502 })
    expect(error.message).toBe('Expected audio at http://nowhere.example/a.mp3, got ENOTFOUND')
  })

  test('messages hold no query string', async () => {
    expect((await fails('/missing?X-Amz-Signature=secret')).message).not.toContain('secret')
  })
})

describe('time', () => {
  test.each(['/nothing-comes', '/drips'])('%s: the total limit ends it', async (path) => {
    expect(await fails(path, { ...LIMITS, timeoutSeconds: 0.3 })).toMatchObject({
      code: 'AUDIO_FETCH_TIMEOUT',
      message: 'Expected the audio within 0.3 s, got no more of it',
    })
    expect(attempts.get(path)).toBe(1)
  })

  test('a storage that stalls is left after the idle limit', async () => {
    const error = await failure(fetchAudio(`${base}/nothing-comes`, { ...LIMITS, idleSeconds: 0.3 }))
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_TIMEOUT', status: 504 })
    expect(error.message).toContain('without a pause of 0.3 s')
  })

  test('a name server that does not answer is left too', async () => {
    const resolve = () => new Promise<never>(() => undefined)
    const error = await failure(
      fetchAudio('http://slow.example/', { ...LIMITS, timeoutSeconds: 0.2, resolve }),
    )
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_TIMEOUT' })
  })

  test.each(['before', 'while'])('cancelled %s it runs', async (when) => {
    const controller = new AbortController()
    if (when === 'before') controller.abort()
    const error = failure(fetchAudio(`${base}/drips`, { ...LIMITS, signal: controller.signal }))
    while (when === 'while' && !attempts.get('/drips')) await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect(await error).toMatchObject({ code: 'CANCELLED' })
  })
})

describe('forged requests', () => {
  test('the machine itself is no place to fetch from', async () => {
    expect(
      await fails('/ok', { ...LIMITS, allowPrivateUrls: false, fetchPorts: PRIVATE_PORTS }),
    ).toMatchObject({
      code: 'AUDIO_URL_FORBIDDEN',
      message: 'Expected a public address, got a loopback address',
    })
    expect(attempts.size).toBe(0)
  })

  /** As a service fetches, but with the test server's address counted as public. */
  function fetchAsPublic(
    url: string,
    resolve = async (_host: string) => [{ address: '127.0.0.1', family: 4 }],
  ) {
    const isAllowed = (address: string) => address === '127.0.0.1'
    return withLimits(LIMITS, async (transfer) => {
      const fetched = await fetchHttp(new URL(url), { isAllowed, ports: PRIVATE_PORTS, resolve }, transfer)
      return fetched === 'not-modified' ? new Uint8Array() : fetched.bytes
    })
  }

  test.each(['/to-metadata', '/to-file', '/to-password', '/to-port'])(
    '%s is checked like the first URL',
    async (path) => {
      expect(await failure(fetchAsPublic(`${base}${path}`))).toMatchObject({
        code: 'AUDIO_URL_FORBIDDEN',
        status: 400,
      })
      expect(attempts.get(path)).toBe(1)
    },
  )

  test('the name in a redirect is asked for, and refused by its address', async () => {
    const asked: string[] = []
    const error = await failure(
      fetchAsPublic(`${base}/to-name`, async (host) => {
        asked.push(host)
        return [{ address: '10.0.0.1', family: 4 }]
      }),
    )
    expect(error).toMatchObject({ code: 'AUDIO_URL_FORBIDDEN' })
    expect(asked).toEqual(['inside.example'])
  })

  test('a name is asked for once and the address that was checked is connected to', async () => {
    let asked = 0
    const { port } = server.address() as AddressInfo
    const bytes = await fetchAsPublic(`http://rebind.example:${port}/host`, async () => {
      asked++
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
    })
    expect(asked).toBe(1)
    expect(Buffer.from(bytes).toString()).toBe(`rebind.example:${port}`)
  })
})
