import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CORPUS } from '../../test/audio-fuzz.ts'
import { mutate, randomOf } from '../../test/mutations.ts'
import { AlignError } from '../errors.ts'
import { aiffLayout } from './aiff.ts'
import { lengthOf } from './length.ts'
import { mp4FrameCount, mp4Seconds } from './mp4.ts'
import { findMpegStream, mpegSeconds } from './mpeg-frames.ts'
import { describeBytes, oggChannels, sniff } from './sniff.ts'
import { wavLayout } from './wav.ts'

const MOST = 300
const files = Object.values(CORPUS)
const m4a = new Uint8Array(readFileSync(new URL('../../test/fixtures/click.m4a', import.meta.url)))

/** Files with the damage of a seed, and bytes that were never a file. */
const damaged = fc.oneof(
  fc
    .tuple(fc.constantFrom(...files), fc.nat())
    .map(([file, seed]) => mutate(file, randomOf(seed), files).bytes),
  fc
    .tuple(
      fc.constantFrom(
        'RIFF0000WAVE',
        'FORM0000AIFC',
        'OggS',
        'fLaC',
        'ID3\x04',
        '\0\0\0\x18ftypM4A ',
        '\xff\xfb',
        '',
      ),
      fc.uint8Array({ maxLength: 300 }),
    )
    .map(([magic, rest]) => new Uint8Array(Buffer.concat([Buffer.from(magic, 'latin1'), rest]))),
)

function layoutOf(read: typeof wavLayout, bytes: Uint8Array) {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof AlignError) expect(error.code).toBe('AUDIO_UNREADABLE')
    else expect(error).toBeInstanceOf(RangeError) // beyond the end: whoever decodes says what that means
    return undefined
  }
}

test('whatever the bytes are, what is said of them is within them', () => {
  fc.assert(
    fc.property(damaged, (bytes) => {
      const found = sniff(bytes)
      if (found) expect(found.start).toBeLessThan(bytes.length)
      const seconds = lengthOf(bytes, MOST)
      expect(seconds === undefined || (seconds > 0 && Number.isFinite(seconds))).toBe(true)
      expect(oggChannels(bytes)).toBeLessThanOrEqual(255)
      const stream = findMpegStream(bytes, 0, bytes.length)
      if (stream) expect(stream.start).toBeLessThan(bytes.length)
      expect(mpegSeconds(bytes, MOST, 1e6)).toBeLessThan(MOST + 1)
      for (const layout of [layoutOf(wavLayout, bytes), layoutOf(aiffLayout, bytes)]) {
        if (layout) expect(layout.end).toBeLessThanOrEqual(bytes.length)
      }
    }),
    { numRuns: 1_000, seed: 51 },
  )
})

test('whatever the bytes are, they are described', async () => {
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      expect(await describeBytes(bytes)).toMatch(/./)
    }),
    { numRuns: 300, seed: 52 },
  )
})

test('the tables of a damaged MP4 file are read to a number, in the time that a file has boxes for', () => {
  const read = (bytes: Uint8Array) => {
    expect(mp4FrameCount(bytes)).toBeGreaterThanOrEqual(0)
    expect(mp4FrameCount(bytes)).toBeLessThan(2 ** 32)
    // 0 / 0 and the like, which lengthOf takes for none.
    expect(mp4Seconds(bytes) ?? 0).toBeTypeOf('number')
  }
  for (let seed = 0; seed < 3000; seed++) read(mutate(m4a, randomOf(seed), files).bytes)
  for (let end = 0; end < m4a.length; end += 7) read(m4a.subarray(0, end))
  const box = (type: string, size = 8) => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(size)
    bytes.write(type, 4, 'latin1')
    return bytes
  }
  // Boxes in boxes to the end, and a million empty ones.
  read(new Uint8Array(Buffer.concat([box('ftyp'), ...Array.from({ length: 50_000 }, () => box('moov', 0))])))
  read(new Uint8Array(Buffer.concat([box('ftyp'), ...Array.from({ length: 100_000 }, () => box('free'))])))
})
