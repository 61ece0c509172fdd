import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AlignError } from '../errors.ts'
import { fetchAudio } from './source.ts'

/** A storage that answers GetObject as S3 does: bodies, and errors in XML. It looks at the access key alone. */
const BODY = Buffer.from('some audio, or so')
const seen: { path: string; region: string }[] = []

const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url!.split('?')[0]!)
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\/s3/.exec(request.headers.authorization ?? '')
  seen.push({ path, region: scope?.[2] ?? '' })
  const refuse = (status: number, code: string) =>
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`)
  if (scope?.[1] !== 'key-id') return refuse(403, 'InvalidAccessKeyId')
  if (path.startsWith('/closed/')) return refuse(403, 'AccessDenied')
  if (path.startsWith('/expired/')) return refuse(400, 'ExpiredToken')
  if (path.startsWith('/late/')) return refuse(403, 'RequestTimeTooSkewed')
  if (path.startsWith('/nowhere/')) return refuse(404, 'NoSuchBucket')
  if (path === '/songs/busy.mp3') return refuse(503, 'SlowDown')
  if (path === '/songs/busy-once.mp3' && seen.filter((one) => one.path === path).length === 1) {
    return refuse(500, 'InternalError')
  }
  if (path === '/songs/large.mp3') return response.end(Buffer.alloc(2000))
  if (path === '/songs/stalls.mp3') {
    response.setHeader('content-length', '500')
    return response.write('a')
  }
  if (path === '/songs/missing.mp3') return refuse(404, 'NoSuchKey')
  return response.end(BODY)
})

let endpoint = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  seen.length = 0
})

function fetch(source: string | URL, s3 = {}, limits = {}) {
  const storage = { endpoint, accessKeyId: 'key-id', secretAccessKey: 'secret-key', ...s3 }
  return fetchAudio(source, { maxBytes: 1000, timeoutSeconds: 20, s3: storage, ...limits })
}

async function failure(promise: Promise<unknown>): Promise<AlignError> {
  return promise.then(
    () => {
      throw new Error('Expected a failure, got a result')
    },
    (error) => error,
  )
}

test('an object is read from the bucket of the endpoint, in region auto', async () => {
  expect(Buffer.from(await fetch('s3://songs/a/b.mp3'))).toEqual(BODY)
  expect(seen).toEqual([{ path: '/songs/a/b.mp3', region: 'auto' }])
})

test('keys with spaces, question marks and other scripts', async () => {
  await fetch('s3://songs/奇異 恩典?#1.mp3')
  await fetch(new URL('s3://songs/奇異 恩典.mp3'))
  expect(seen.map(({ path }) => path)).toEqual(['/songs/奇異 恩典?#1.mp3', '/songs/奇異 恩典.mp3'])
})

test('a region that is given is used', async () => {
  await fetch('s3://songs/a.mp3', { region: 'eu-west-1' })
  expect(seen[0]?.region).toBe('eu-west-1')
})

test.each([
  ['s3://songs/missing.mp3', 'no such key'],
  ['s3://nowhere/a.mp3', 'no such bucket'],
  ['s3://closed/a.mp3', 'access denied'],
  ['s3://expired/a.mp3', 'credentials that have expired'],
  ['s3://late/a.mp3', 'the clocks of storage and this machine differ'],
])('%s cannot be had: %s', async (source, reason) => {
  const error = await failure(fetch(source))
  expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400, retryable: false })
  expect(error.message).toContain(source)
  expect(error.message).toContain(reason)
})

test('an unknown access key is named by its variable, and its value is not repeated', async () => {
  const error = await failure(fetch('s3://songs/a.mp3', { accessKeyId: 'another' }))
  expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400 })
  expect(error.message).toContain('SOW_QWEN3_R2_ACCESS_KEY_ID')
  expect(error.message).not.toContain('another')
})

test('a storage that fails once is tried again', async () => {
  expect(Buffer.from(await fetch('s3://songs/busy-once.mp3'))).toEqual(BODY)
  expect(seen.length).toBe(2)
})

test("a storage that goes on failing is the storage's fault, after three attempts", async () => {
  const error = await failure(fetch('s3://songs/busy.mp3'))
  expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502, retryable: true })
  expect(error.message).toContain('SlowDown')
  expect(seen.length).toBe(3)
})

test('a storage that is not there', async () => {
  const error = await failure(fetch('s3://songs/a.mp3', { endpoint: 'http://127.0.0.1:1' }))
  expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502 })
  expect(error.message).toContain('ECONNREFUSED')
})

test('an object over the limit is refused', async () => {
  expect(await failure(fetch('s3://songs/large.mp3'))).toMatchObject({ code: 'AUDIO_TOO_LARGE' })
})

test('a storage that stalls is left after the idle limit', async () => {
  const error = await failure(fetch('s3://songs/stalls.mp3', {}, { idleSeconds: 1 }))
  expect(error).toMatchObject({ code: 'AUDIO_FETCH_TIMEOUT', status: 504 })
})

test('cancelling ends it', async () => {
  const controller = new AbortController()
  const error = failure(fetch('s3://songs/stalls.mp3', {}, { signal: controller.signal }))
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  expect(await error).toMatchObject({ code: 'CANCELLED' })
})

test.each([
  ['accessKeyId', 'SOW_QWEN3_R2_ACCESS_KEY_ID is not set'],
  ['secretAccessKey', 'SOW_QWEN3_R2_SECRET_ACCESS_KEY is not set'],
])('without %s the missing variable is named', async (name, message) => {
  const error = await failure(fetch('s3://songs/a.mp3', { [name]: undefined }))
  expect(error).toMatchObject({ code: 'STORAGE_NOT_CONFIGURED', status: 500 })
  expect(error.message).toContain(message)
})

test('without any credentials all the variables are named', async () => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']
  const before = names.map((name) => process.env[name])
  for (const name of names) delete process.env[name]
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_CONFIG_FILE: '/nonexistent',
  })
  try {
    const error = await failure(
      fetch('s3://songs/a.mp3', { accessKeyId: undefined, secretAccessKey: undefined }),
    )
    expect(error).toMatchObject({ code: 'STORAGE_NOT_CONFIGURED' })
    for (const name of ['SOW_QWEN3_R2_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
      expect(error.message).toContain(name)
  } finally {
    names.forEach((name, index) => {
      if (before[index] !== undefined) process.env[name] = before[index]
    })
    for (const name of ['AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'])
      delete process.env[name]
  }
})

test.each(['s3://', 's3://bucket', 's3://bucket/', 's3:///key'])(
  '%s has no bucket or no key',
  async (source) => {
    const error = await failure(fetch(source))
    expect(error).toMatchObject({ code: 'AUDIO_URL_FORBIDDEN', status: 400 })
    expect(error.message).toContain('Expected s3://bucket/key')
  },
)
