import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AlignError } from '../errors.ts'
import { describeSource, fetchAudio, parseSource } from './source.ts'

const LIMITS = { maxBytes: 100, timeoutSeconds: 20 }
const BODY = Buffer.from('some audio, or so')
let folder = ''
let path = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sow-align-'))
  path = join(folder, 'song: live #1?.mp3')
  await writeFile(path, BODY)
  await writeFile(join(folder, 'large.mp3'), Buffer.alloc(101))
})
afterAll(() => rm(folder, { recursive: true }))

describe('fetchAudio', () => {
  test('a path, whatever its characters', async () => {
    expect(Buffer.from(await fetchAudio(path, LIMITS))).toEqual(BODY)
  })

  test('a file: URL, as a string and as a URL', async () => {
    expect(Buffer.from(await fetchAudio(pathToFileURL(path), LIMITS))).toEqual(BODY)
    expect(Buffer.from(await fetchAudio(pathToFileURL(path).href, LIMITS))).toEqual(BODY)
  })

  test('bytes are copied, so that the caller keeps its own', async () => {
    const own = Buffer.from(BODY)
    const bytes = await fetchAudio(own, LIMITS)
    own.fill(0)
    expect(Buffer.from(bytes)).toEqual(BODY)
    expect(bytes.buffer.byteLength).toBe(BODY.length)
  })

  test('a blob', async () => {
    expect(Buffer.from(await fetchAudio(new Blob([BODY]), LIMITS))).toEqual(BODY)
  })

  test.each([
    ['bytes', new Uint8Array(101)],
    ['a blob', new Blob([new Uint8Array(101)])],
  ])('%s over the limit are refused', async (_, source) => {
    await expect(fetchAudio(source, LIMITS)).rejects.toMatchObject({
      code: 'AUDIO_TOO_LARGE',
      message: 'Expected at most 100 bytes of audio, got 101',
    })
  })

  test('a file over the limit is refused', async () => {
    await expect(fetchAudio(join(folder, 'large.mp3'), LIMITS)).rejects.toMatchObject({
      code: 'AUDIO_TOO_LARGE',
    })
  })

  test.each([
    ['missing.mp3', 'no such file'],
    ['', 'a folder'],
    ['large.mp3/inside', 'no such file'],
    [`${'x'.repeat(300)}.mp3`, 'a name that is too long'],
    ['a\0b.mp3', 'null bytes'],
  ])('a file that cannot be read is named with the reason: %j', async (name, reason) => {
    const wanted = join(folder, name)
    const error = await fetchAudio(wanted, LIMITS).catch((error) => error)
    expect(error).toMatchObject({ code: 'AUDIO_FETCH_FAILED', status: 400 })
    expect(error.message).toContain(JSON.stringify(wanted))
    expect(error.message).toContain(reason)
  })

  test('a device is no file', async ({ skip }) => {
    skip(process.platform === 'win32', 'there is no /dev/zero here')
    await expect(fetchAudio('/dev/zero', LIMITS)).rejects.toThrow('something that is no file')
  })

  test.each(['relative.mp3', '/etc/passwd', 'file:///etc/passwd', 'C:\\song.mp3', 'http:/127.0.0.1/', ' x'])(
    'a service reads no files: %s',
    async (source) => {
      await expect(fetchAudio(source, { ...LIMITS, allowFiles: false })).rejects.toMatchObject({
        code: 'AUDIO_URL_FORBIDDEN',
      })
    },
  )

  test.each([
    'http://',
    'https://[::1',
    'file://elsewhere/share/a.mp3',
    'ftp://example.com/',
    'data:audio/wav,x',
  ])('a URL of another kind is refused: %s', async (source) => {
    await expect(fetchAudio(source, LIMITS)).rejects.toMatchObject({ code: 'AUDIO_URL_FORBIDDEN' })
  })
})

describe('parseSource', () => {
  test.each([
    ' https://example.com/a.mp3',
    '\n\t http://example.com/a.mp3',
    '\u0000s3://bucket/key',
    ' file:///etc/passwd',
    'http:/../../x.wav',
    'HTTPS:x.wav',
    'http:\\\\example.com',
    's3:/bucket/key',
    's3:bucket/key',
    's3://x@good/key',
    's3://good:80/key',
    's3://../key',
    's3://good/../evil/key',
    's3://good/a/./key',
    's3://good/..',
    'file:///a%2Fb.mp3',
    'file:///%zz.mp3',
    new URL('s3://bucket/100%.mp3'),
    new URL('s3://bucket/%ff.mp3'),
    new URL('s3://bucket/a%2F..%2Fb'),
    new URL('s3://user@bucket/key'),
    new URL('s3://bucket/key?part'),
    new URL('file:///a%2Fb.mp3'),
    new URL('ftp://example.com/'),
    null as unknown as string,
    7 as unknown as string,
    {} as unknown as string,
  ])('%s is refused, and nothing is opened', async (source) => {
    expect(() => parseSource(source)).toThrow(AlignError)
    await expect(fetchAudio(source, LIMITS)).rejects.toMatchObject({ code: 'AUDIO_URL_FORBIDDEN' })
  })

  test('gives what is fetched: bucket and key of an address, the path of a file', () => {
    expect(parseSource('s3://songs/100%?#.mp3')).toEqual({ kind: 's3', bucket: 'songs', key: '100%?#.mp3' })
    const url = new URL('s3://songs/a/../100%25.mp3')
    expect(parseSource(url)).toEqual({ kind: 's3', bucket: 'songs', key: '100%.mp3' })
    expect(parseSource('song: live.mp3')).toEqual({ kind: 'file', path: 'song: live.mp3' })
    expect(parseSource(' song.mp3')).toEqual({ kind: 'file', path: ' song.mp3' })
  })

  test('gives the same when it is given what it gave', () => {
    const parsed = parseSource('https://example.com/a.mp3')
    expect(parseSource(parsed)).toBe(parsed)
  })

  test('what its owner changes afterwards is not fetched', () => {
    const url = new URL('https://example.com/a.mp3')
    const parsed = parseSource(url)
    url.hostname = '127.0.0.1'
    expect(parsed).toMatchObject({ url: { hostname: 'example.com' } })
  })

  test('gives a source of the five kinds for any text, or AUDIO_URL_FORBIDDEN', () => {
    const scheme = fc.constantFrom(
      'http:',
      'https://',
      's3://',
      's3:',
      'file://',
      'file:',
      ' https://',
      '\thttp:',
      '',
    )
    const rest = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc
        .array(fc.constantFrom('/', '..', '.', '%', '%2F', '%zz', '@', 'a', ':', '?', '#', '\\', '[', ' '), {
          maxLength: 8,
        })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(scheme, rest, fc.boolean(), (start, end, asUrl) => {
        const text = start + end
        const source = asUrl && URL.canParse(text) ? new URL(text) : text
        try {
          const parsed = parseSource(source)
          if (parsed.kind === 'file') expect(text.trimStart()).not.toMatch(/^(https?|s3):/i)
          if (parsed.kind === 's3') expect(`/${parsed.key}/`).not.toMatch(/\/\.\.?\//)
        } catch (error) {
          expect(error).toMatchObject({ name: 'AlignError', code: 'AUDIO_URL_FORBIDDEN' })
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

test.each([
  [
    'https://user:secret@example.com:8443/a/b.mp3?X-Amz-Signature=secret#secret',
    'https://example.com:8443/a/b.mp3',
  ],
  ['s3://bucket/key', 's3://bucket/key'],
  ['songs/a.mp3', 'songs/a.mp3'],
  ['http://[', 'a malformed URL'],
  ['data:audio/wav;base64,secret', 'a data: URL'],
  [new URL('https://example.com/a.mp3?token=secret'), 'https://example.com/a.mp3'],
  [new Uint8Array(7), '7 bytes'],
  [new Blob(['abc']), 'a blob of 3 bytes'],
])('describeSource(%s) is %s', (source, expected) => {
  expect(describeSource(source)).toBe(expected)
})
