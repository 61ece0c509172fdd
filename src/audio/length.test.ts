import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeWav, silence } from '../../test/audio-samples.ts'
import { lengthOf } from './length.ts'
import { readAudio } from './read.ts'

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/', import.meta.url))
const LONGEST = 300
// Encoders pad the sound by a few frames.
const PADDING = 0.15

const sounds = readdirSync(FIXTURES).filter((name) => /^(click|cover)/.test(name))
const read = (name: string) => new Uint8Array(readFileSync(join(FIXTURES, name)))

test.each(sounds.filter((name) => !name.endsWith('.m4a')))(
  '%s: the container says how long it is',
  async (name) => {
    const { samples } = await readAudio(read(name), { sampleRate: 16_000, maxSeconds: LONGEST })
    expect(Math.abs(lengthOf(read(name), LONGEST)! - samples.length / 16_000)).toBeLessThan(PADDING)
  },
)

test('an MP4 file says its length in its movie header', () => {
  expect(Math.abs(lengthOf(read('click.m4a'), LONGEST)! - 1.5)).toBeLessThan(PADDING)
})

test.each(['psalm-en', 'psalm-zh'])('%s: the frames of an MP3 file are counted', async (name) => {
  const bytes = read(`speech/${name}.mp3`)
  const { samples } = await readAudio(bytes, { sampleRate: 16_000, maxSeconds: LONGEST })
  expect(Math.abs(lengthOf(bytes, LONGEST)! - samples.length / 16_000)).toBeLessThan(PADDING)
})

test('a WAV file is as long as its data chunk', () => {
  expect(lengthOf(encodeWav([silence(2.5, 8000), silence(2.5, 8000)], 8000), LONGEST)).toBe(2.5)
})

test('of a stream that is longer than asked for, no more is counted than that', () => {
  const bytes = read('speech/psalm-en.mp3')
  expect(lengthOf(bytes, 3)).toBeGreaterThanOrEqual(3)
  expect(lengthOf(bytes, 3)).toBeLessThan(3.2)
})

test('what is no audio has no length', () => {
  expect(lengthOf(new Uint8Array(0), LONGEST)).toBeUndefined()
  expect(lengthOf(Buffer.from('<!doctype html><p>Not found</p>'), LONGEST)).toBeUndefined()
})

test('damaged files give a length above 0 or none, and nothing else', () => {
  const files = sounds.map(read)
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (file, flips, kept) => {
        const bytes = file.slice(0, Math.ceil(file.length * kept))
        // The first bytes, where containers say what they hold, are hit most often.
        for (const [at, value] of flips) bytes[at % Math.min(bytes.length || 1, 400)] = value
        const seconds = lengthOf(bytes, LONGEST)
        expect(seconds === undefined || (seconds > 0 && Number.isFinite(seconds))).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})

/** Counts what is read of an array, byte by byte or as a part of it. */
function counted(bytes: Uint8Array): { bytes: Uint8Array; read: () => number } {
  let read = 0
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d/.test(key)) read++
      const value = Reflect.get(target, key, target)
      if (key !== 'subarray') return typeof value === 'function' ? value.bind(target) : value
      return (start: number, end: number) => {
        const part = target.subarray(start, end)
        // Headers are copied out; a part to the end is the file, and goes on being counted.
        if (part.length <= 64) read += part.length
        return part.length <= 64 ? part : counted(part).bytes
      }
    },
  })
  return { bytes: proxy, read: () => read }
}

test.each([
  ['empty ID3 tags', Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')],
  ['ID3 tags of one byte', Buffer.from('ID3\x04\0\0\0\0\0\x01\0', 'latin1')],
  ['empty frames', Buffer.from([0xff, 0xfb, 0x10, 0x00])],
  ['zeros', Buffer.alloc(10)],
  ['sync bytes', Buffer.alloc(10, 0xff)],
])('of a file of %s no more is read than of one a tenth as long', (_, piece) => {
  const readOf = (size: number) => {
    const file = counted(Buffer.alloc(size, piece))
    lengthOf(file.bytes, LONGEST)
    return file.read()
  }
  const small = readOf(2_000_000)
  expect(readOf(20_000_000)).toBeLessThanOrEqual(small * 1.1 + 100)
})
