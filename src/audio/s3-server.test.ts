import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type Fault,
  type FaultyProxy,
  HOW_TO_INSTALL,
  hasS3Server,
  KEYS,
  type S3Server,
  startProxy,
  startS3Server,
} from '../../test/s3-server.ts'
import type { AlignError } from '../errors.ts'
import { type Fetched, fetchAudioIfChanged, type Validators } from './source.ts'

const BODY = Buffer.from('some audio, or so. '.repeat(1000))
const NAMES = [
  'plain.mp3',
  'with spaces & more.mp3',
  'what?#why%20+1.mp3',
  '奇異恩典/é ñ 하나.mp3',
  "it's (a) [b]!*.mp3",
]

describe.skipIf(!hasS3Server)(`a real S3 server (${hasS3Server ? 'rclone' : HOW_TO_INSTALL})`, () => {
  let folder = ''
  let server: S3Server
  let proxy: FaultyProxy
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sow-align-s3-'))
    await mkdir(join(folder, 'songs', '奇異恩典'), { recursive: true })
    for (const name of NAMES) await writeFile(join(folder, 'songs', name), BODY)
    server = await startS3Server(folder)
  })
  afterAll(() => {
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    proxy = await startProxy(server.endpoint)
  })
  afterEach(() => {
    vi.useRealTimers()
    proxy.close()
  })

  type Over = { s3?: object; known?: Validators | undefined; limits?: object }
  function fetch(source: string, { s3 = {}, known, limits = {} }: Over = {}) {
    const options = { maxBytes: 100_000, timeoutSeconds: 20, ...limits }
    const storage = { endpoint: proxy.endpoint, ...KEYS, ...s3 }
    return fetchAudioIfChanged(source, { ...options, s3: storage }, known)
  }

  async function bodyOf(source: string, over: Over = {}) {
    return Buffer.from(((await fetch(source, over)) as Fetched).bytes)
  }

  async function failure(source: string, over: Over = {}): Promise<AlignError> {
    return fetch(source, over).then(
      () => expect.fail('Expected a failure, got a recording'),
      (error) => error,
    )
  }

  test.each(NAMES)('a key is a key, whatever its characters: %s', async (name) => {
    expect(await bodyOf(`s3://songs/${name}`)).toEqual(BODY)
    expect(proxy.seen).toEqual([200])
  })

  test('an object that has not changed is not sent again; one that has is', async () => {
    const { validators } = (await fetch('s3://songs/plain.mp3')) as Fetched
    expect(await fetch('s3://songs/plain.mp3', { known: validators })).toBe('not-modified')
    expect(proxy.seen).toEqual([200, 304])
    const changed = await bodyOf('s3://songs/plain.mp3', { known: { etag: '"of another version"' } })
    expect(changed).toEqual(BODY)
  })

  test.each([
    ['s3://songs/missing.mp3', 'no such key', {}],
    ['s3://nowhere/a.mp3', 'no such bucket', {}],
    ['s3://songs/plain.mp3', 'an unknown access key', { accessKeyId: 'another-key' }],
    ['s3://songs/plain.mp3', 'a wrong secret', { secretAccessKey: 'another-secret' }],
  ])('%s: %s, which is said at once and without repeating a key', async (source, reason, s3) => {
    const error = await failure(source, { s3 })
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400, retryable: false })
    expect(error.message).toContain(source)
    expect(error.message).toContain(reason)
    expect(proxy.seen.length).toBe(1)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/(another|of-the-test)/)
  })

  test("where the clocks differ, the storage's one is taken", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    expect(await bodyOf('s3://songs/plain.mp3')).toEqual(BODY)
    expect(proxy.seen).toEqual([400, 200])
  })

  test('where the clocks differ and the storage does not tell its own, it is asked once', async () => {
    proxy.faults.push(async (response, forward) => {
      const answer = await forward()
      response.sendDate = false
      response.writeHead(answer.statusCode!, { 'content-type': 'application/xml' })
      answer.pipe(response)
    })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    const error = await failure('s3://songs/plain.mp3')
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400, retryable: false })
    expect(error.message).toContain('access denied')
  })

  const slowDown: Fault = (response) =>
    response
      .writeHead(503, { 'content-type': 'application/xml' })
      .end('<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Slow</Message></Error>').writableEnded
  const breaksOff: Fault = async (response, forward) => {
    const answer = await forward()
    answer.destroy()
    response.writeHead(200, answer.headers)
    response.write(BODY.subarray(0, 1000), () => response.destroy())
  }
  const resets: Fault = (response) => response.destroy().destroyed

  test.each([
    ['asks to slow down', slowDown],
    ['breaks off in the middle of the body', breaksOff],
    ['resets the connection', resets],
  ])('a storage that %s is asked again, and then it works', async (_, fault) => {
    proxy.faults.push(fault, fault)
    expect(await bodyOf('s3://songs/plain.mp3')).toEqual(BODY)
    expect(proxy.seen).toEqual(['fault', 'fault', 200])
  })

  test.each([
    ['asks to slow down', slowDown, 'SlowDown (HTTP 503)'],
    ['breaks off in the middle of the body', breaksOff, ''],
  ])('a storage that %s again and again is given up after three attempts', async (_, fault, reason) => {
    proxy.faults.push(fault, fault, fault)
    const error = await failure('s3://songs/plain.mp3')
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 502, retryable: true })
    expect(error.message).toContain(reason)
    expect(proxy.seen).toEqual(['fault', 'fault', 'fault'])
  })

  test.each([
    ['before it answers', 0],
    ['in the middle of the body', 1000],
  ])('a storage that stalls %s is left after the idle limit', async (_, bytes) => {
    proxy.faults.push(async (response, forward) => {
      const answer = await forward()
      answer.destroy()
      if (bytes === 0) return
      response.writeHead(200, answer.headers)
      response.write(BODY.subarray(0, bytes))
    })
    const error = await failure('s3://songs/plain.mp3', { limits: { idleSeconds: 1 } })
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_TIMEOUT', status: 504 })
    expect(proxy.seen).toEqual(['fault'])
  })

  test('an object over the limit is refused by its size, before it is read', async () => {
    const error = await failure('s3://songs/plain.mp3', { limits: { maxBytes: BODY.length - 1 } })
    expect(error).toMatchObject({
      code: 'AUDIO_TOO_LARGE',
      message: `Expected at most ${BODY.length - 1} bytes of audio, got ${BODY.length}`,
    })
  })
})
