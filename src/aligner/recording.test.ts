import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Validators } from '../cache/audio.ts'
import { openCaches } from '../cache/caches.ts'
import { getRecording } from './recording.ts'

const ADDRESS = 'https://storage.example/song.mp3?signature=secret'
const LIMITS = { maxBytes: 1e6, timeoutSeconds: 10 }

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-recording-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A storage with one file, which says "not modified" to whoever has its version; and who asked it what. */
function storage(text: string, versioned = true) {
  const file = { text, version: '"1"' }
  const asked: (string | undefined)[] = []
  const fetch = async (_: unknown, __: unknown, known?: Validators) => {
    asked.push(known?.etag)
    if (known?.etag === file.version) return 'not-modified' as const
    const bytes = new TextEncoder().encode(file.text)
    return versioned ? { bytes, validators: { etag: file.version } } : { bytes }
  }
  return { file, asked, fetch }
}

const open = (warn = (message: string) => expect.fail(message)) => openCaches({ folder, maxBytes: 1e6, warn })

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

test('a recording is kept, and comes from the cache while its server says it is the same', async () => {
  const { file, asked, fetch } = storage('first')
  for (let i = 0; i < 3; i++) {
    const caches = await open()
    const { bytes, hash } = await getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
    expect(new TextDecoder().decode(bytes)).toBe('first')
    expect(hash).toBe(hashOf('first'))
    expect(caches.counts().audio).toEqual(i === 0 ? { hits: 0, misses: 1 } : { hits: 1, misses: 0 })
  }
  expect(asked).toEqual([undefined, '"1"', '"1"'])
  Object.assign(file, { text: 'second', version: '"2"' })
  const caches = await open()
  const get = () => getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
  expect((await get()).hash).toBe(hashOf('second'))
  expect((await get()).hash).toBe(hashOf('second'))
  expect(asked.slice(3)).toEqual(['"1"', '"2"'])
  expect(caches.counts().audio).toEqual({ hits: 1, misses: 1 })
})

test('force fetches anew, and keeps what came', async () => {
  const { asked, fetch } = storage('song')
  const caches = await open()
  await getRecording(ADDRESS, caches, { ...LIMITS, force: true }, fetch)
  await getRecording(ADDRESS, caches, { ...LIMITS, force: true }, fetch)
  await getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
  expect(asked).toEqual([undefined, undefined, '"1"'])
})

test('what has no version is fetched every time, and takes no room', async () => {
  const { asked, fetch } = storage('song', false)
  const caches = await open()
  for (let i = 0; i < 2; i++) await getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
  expect(asked).toEqual([undefined, undefined])
  expect(readdirSync(join(folder, 'audio'))).toEqual([])
})

test('a damaged recording, or what is known of it, is fetched anew and mended', async () => {
  const { asked, fetch } = storage('song')
  const caches = await open()
  const get = () => getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
  await get()
  for (const kind of ['audio', 'sources']) {
    const entries = readdirSync(join(folder, kind), { recursive: true, withFileTypes: true })
    const { parentPath, name } = entries.find((entry) => entry.isFile())!
    truncateSync(join(parentPath, name), 37)
    expect((await get()).hash).toBe(hashOf('song'))
    expect((await get()).hash).toBe(hashOf('song'))
  }
  expect(asked).toEqual([undefined, undefined, '"1"', undefined, '"1"'])
})

test('nothing of an address is written down, and what is at hand is not kept', async () => {
  const { fetch } = storage('song')
  const caches = await open()
  await getRecording(new URL(ADDRESS), caches, { ...LIMITS, force: false }, fetch)
  await getRecording('s3://bucket/song.mp3', caches, { ...LIMITS, force: false }, fetch)
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  expect(files).toHaveLength(3) // one recording, two addresses
  for (const file of files) {
    expect(file + readFileSync(file, 'latin1')).not.toMatch(/secret|storage\.example|bucket/)
  }
  const before = caches.counts()
  await getRecording('/music/song.mp3', caches, { ...LIMITS, force: false }, fetch)
  await getRecording(new Uint8Array(8), caches, { ...LIMITS, force: false }, fetch)
  expect(caches.counts()).toEqual(before)
})

test('without a folder nothing is asked for, and nothing kept', async () => {
  const { asked, fetch } = storage('song')
  const caches = await openCaches({ folder: undefined, maxBytes: 1e6, warn: () => {} })
  for (let i = 0; i < 2; i++) await getRecording(ADDRESS, caches, { ...LIMITS, force: false }, fetch)
  expect(asked).toEqual([undefined, undefined])
  expect(caches.counts().audio).toEqual({ hits: 0, misses: 0 })
})
