import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Fetched, fetchAudioIfChanged, type Validators } from './source.ts'

/** A storage of recordings with validators, behind redirects that have validators of their own. */
type Item = { body: string; etag?: string; lastModified?: string }

const items = new Map<string, Item>()
const seen: { url: string; status: number; etag?: string | undefined; since?: string | undefined }[] = []
let target = '/b'

const server = createServer((request, response) => {
  const status = answer(request, response)
  const { 'if-none-match': etag, 'if-modified-since': since } = request.headers
  seen.push({ url: request.url!, status, etag, since })
})

function answer({ url, headers }: IncomingMessage, response: ServerResponse): number {
  if (url === '/always-304') return end(response, 304)
  if (url!.startsWith('/to')) {
    response.setHeader('etag', '"of the redirect"').setHeader('location', target)
    return end(response, 302)
  }
  const { body, etag, lastModified } = items.get(url!.split('?')[0]!)!
  if (etag) response.setHeader('etag', etag)
  if (lastModified) response.setHeader('last-modified', lastModified)
  const given = headers['if-none-match']
  const same = given
    ? given === etag
    : lastModified !== undefined && Date.parse(headers['if-modified-since'] ?? '') >= Date.parse(lastModified)
  return same ? end(response, 304) : end(response, 200, body)
}

function end(response: ServerResponse, status: number, body?: string): number {
  response.writeHead(status).end(body)
  return status
}

let base = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  items.clear()
  items.set('/b', { body: 'one', etag: '"1"', lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' })
  seen.length = 0
  target = '/b'
})

const OPTIONS = { maxBytes: 1000, timeoutSeconds: 20, allowPrivateUrls: true }
const fetch = (path: string, known?: Validators) => fetchAudioIfChanged(base + path, OPTIONS, known)

async function given(path: string, known?: Validators): Promise<{ text: string; validators?: Validators }> {
  const fetched = (await fetch(path, known)) as Fetched
  return { ...fetched, text: Buffer.from(fetched.bytes).toString() }
}

test('what has not changed is not sent again', async () => {
  const { text, validators } = await given('/b')
  expect(text).toBe('one')
  expect(validators).toMatchObject({ etag: '"1"', lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' })
  expect(await fetch('/b', validators)).toBe('not-modified')
  expect(seen.map(({ status }) => status)).toEqual([200, 304])
})

test('what has changed comes with its new validators, be its date an older one', async () => {
  const { validators } = await given('/b')
  items.set('/b', { body: 'two', etag: '"2"', lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT' })
  const { text, validators: newer } = await given('/b', validators)
  expect(text).toBe('two')
  expect(newer).toMatchObject({ etag: '"2"' })
  expect(await fetch('/b', newer)).toBe('not-modified')
})

test('without an ETag the date is asked by, and byte for byte as it came', async () => {
  items.set('/b', { body: 'one', lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' })
  const { validators } = await given('/b')
  expect(await fetch('/b', validators)).toBe('not-modified')
  expect(seen.at(-1)).toMatchObject({ since: 'Tue, 03 Nov 2026 10:00:00 GMT', etag: undefined })
})

test('a storage without validators is asked for everything each time', async () => {
  items.set('/b', { body: 'one' })
  const fetched = await given('/b')
  expect(fetched.validators).toBeUndefined()
  expect((await given('/b', fetched.validators)).text).toBe('one')
})

test('the validators are those of the place that a redirect leads to, and are shown to it alone', async () => {
  const { validators } = await given('/to')
  expect(validators).toMatchObject({ etag: '"1"' })
  expect(await fetch('/to', validators)).toBe('not-modified')
  expect(seen.slice(2)).toMatchObject([
    { url: '/to', status: 302, etag: undefined },
    { url: '/b', status: 304, etag: '"1"' },
  ])
})

test('a redirect to another place gives what is there, though its ETag is the same', async () => {
  const { validators } = await given('/to')
  items.set('/c', { body: 'another', etag: '"1"' })
  target = '/c'
  expect((await given('/to', validators)).text).toBe('another')
})

test('signed URLs change their query each time and stay one place', async () => {
  target = '/b?X-Amz-Signature=first'
  const { validators } = await given('/to')
  expect(JSON.stringify(validators)).not.toContain('first')
  target = '/b?X-Amz-Signature=second'
  expect(await fetch('/to', validators)).toBe('not-modified')
})

test('with a date alone another query is another place', async () => {
  items.set('/b', { body: 'one', lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' })
  target = '/b?song=1'
  const { validators } = await given('/to')
  target = '/b?song=2'
  expect((await given('/to', validators)).text).toBe('one')
})

test('an answer that nothing changed, to one who knows nothing, is no recording', async () => {
  await expect(fetch('/always-304')).rejects.toMatchObject({
    code: 'AUDIO_FETCH_FAILED',
    message: expect.stringContaining('HTTP 304'),
  })
})

test('bytes, blobs and files have no validators and are always given', async () => {
  expect(await fetchAudioIfChanged(Uint8Array.of(1), OPTIONS, { etag: '"1"' })).toEqual({
    bytes: Uint8Array.of(1),
  })
})
