import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeWav, noise } from '../../test/audio-samples.ts'
import { lengthOf } from './length.ts'
import { readAudio } from './read.ts'

const LIMITS = { sampleRate: 16_000, maxSeconds: 300 }
const RATE = 16_000
const HEADER = 44
// Noise, as silence behind the sound is taken for padding, and an even number of bytes.
const sound = noise(0.5, RATE)
const wav = encodeWav([sound], RATE)
const samples = wav.subarray(HEADER)

/** The file with these sizes in its header, and more behind it. */
function withSizes(riff: number, data: number, ...more: Uint8Array[]): Uint8Array {
  const file = Buffer.concat([wav, ...more])
  file.writeUInt32LE(riff >>> 0, 4)
  file.writeUInt32LE(data >>> 0, 40)
  return new Uint8Array(file)
}

/** What was read, and how far it is from the sound. */
async function read(file: Uint8Array) {
  const recording = await readAudio(file, LIMITS)
  let worst = 0
  const both = Math.min(sound.length, recording.samples.length)
  for (let i = 0; i < both; i++) worst = Math.max(worst, Math.abs(recording.samples[i]! - sound[i]!))
  return { length: recording.samples.length, worst, damaged: recording.damaged }
}

const whole = { length: sound.length, damaged: [] }
const list = Buffer.from(`LIST${String.fromCharCode(8, 0, 0, 0)}INFOIART`, 'latin1')
const own = Buffer.from(`zzzz${String.fromCharCode(4, 0, 0, 0)}abcd`, 'latin1')

describe('sizes that a writer did not finish', () => {
  test.each([
    ['both 0', 0, 0],
    ['both of all ones', 0xffffffff, 0xffffffff],
    ['a RIFF size of all ones and no data size', 0xffffffff, 0],
    ['those of a header alone', 36, 0],
    ['those of SoX to a pipe', 0x7ffff024, 0x7ffff000],
    ['a data size of half the sound', 36 + samples.length, samples.length / 2],
    ['both of half the sound', 36 + samples.length / 2, samples.length / 2],
    ['a RIFF size of 0 and a right data size', 0, samples.length],
    ['a RIFF size of the half and a right data size', 36 + samples.length / 2, samples.length],
  ])('%s: all of the sound is read', async (_, riff, data) => {
    const { worst, ...rest } = await read(withSizes(riff, data))
    expect(rest).toEqual(whole)
    expect(worst).toBeLessThan(1e-3)
  })

  test('whatever the two sizes are, the sound that is there is read from its first sample on, and no more', async () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 50_000 }))
    await fc.assert(
      fc.asyncProperty(size, size, async (riff, data) => {
        const isOpen = riff >= 0x7ff00000 || data >= 0x7ff00000
        const told = !isOpen && riff + 8 >= HEADER + data && data > samples.length
        if (told && data / 2 / RATE > LIMITS.maxSeconds) return
        const { length, worst } = await read(withSizes(riff, data))
        expect(length).toBe(told ? Math.floor(data / 2) : sound.length)
        expect(worst).toBeLessThan(1e-3)
      }),
      { numRuns: 60 },
    )
  })

  test('what both sizes tell of and is not there is silence of its length, and named', async () => {
    const { length, damaged } = await read(withSizes(36 + samples.length * 2, samples.length * 2))
    expect(length).toBe(2 * sound.length)
    expect(damaged).toEqual([{ start: 0.5, end: 1 }])
    expect(lengthOf(withSizes(36 + samples.length * 2, samples.length * 2), 300)).toBe(1)
  })
})

describe('what follows the sound is none', () => {
  const zeros = new Uint8Array(4096)
  const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 65)])
  test.each([
    ['a LIST chunk', [list]],
    ['a chunk of an unknown name', [own]],
    ['an ID3v1 tag', [tag]],
    ['zeros', [zeros]],
    ['another WAV file', [wav]],
  ])('%s', async (_, more) => {
    const size = samples.length
    const all = more.reduce((sum, piece) => sum + piece.length, 36 + size)
    for (const riff of [36 + size, all, 0]) {
      expect(await read(withSizes(riff, size, ...more))).toMatchObject(whole)
    }
  })

  test('a LIST chunk behind a sound of an odd number of bytes', async () => {
    const bytes = encodeWav([noise(0.25, RATE).subarray(0, 3999)], RATE, { bits: 8 })
    const file = new Uint8Array(Buffer.concat([bytes, list]))
    expect((await readAudio(file, LIMITS)).samples.length).toBe(3999)
  })
})

describe.each(['RF64', 'BW64'])('%s', (name) => {
  /** A file with the sizes of 64 bits in its chunk ds64. */
  function long(riff: bigint, data: bigint, ...more: Uint8Array[]): Uint8Array {
    const ds64 = Buffer.alloc(36)
    ds64.write('ds64', 0, 'latin1')
    ds64.writeUInt32LE(28, 4)
    ds64.writeBigUInt64LE(riff, 8)
    ds64.writeBigUInt64LE(data, 16)
    const head = Buffer.from(wav.subarray(0, 12))
    head.write(name, 0, 'latin1')
    head.writeUInt32LE(0xffffffff, 4)
    const rest = Buffer.from(wav.subarray(12))
    rest.writeUInt32LE(0xffffffff, 28)
    return new Uint8Array(Buffer.concat([head, ds64, rest, ...more]))
  }
  const size = BigInt(samples.length)

  test('its own sizes end the sound, whatever follows', async () => {
    expect(await read(long(72n + size, size))).toMatchObject(whole)
    expect(await read(long(72n + size, size, samples))).toMatchObject(whole)
    expect(await read(long(72n + size, size, list))).toMatchObject(whole)
  })

  test('without them all that follows is sound', async () => {
    expect(await read(long(0n, 0n))).toMatchObject(whole)
    expect(await read(long(2n ** 64n - 1n, 2n ** 64n - 1n))).toMatchObject(whole)
  })

  test('cut short it keeps its length', async () => {
    expect(await read(long(72n + size * 2n, size * 2n))).toMatchObject({
      length: 2 * sound.length,
      damaged: [{ start: 0.5, end: 1 }],
    })
  })
})

describe('Wave64', () => {
  const guid = (name: string) =>
    Buffer.concat([
      Buffer.from(name, 'latin1'),
      Buffer.from(name === 'riff' ? '2e91cf11a5d628db04c10000' : 'f3acd3118cd100c04f8edb8a', 'hex'),
    ])
  const sized = (name: string, size: bigint, body: Uint8Array) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(size)
    return Buffer.concat([guid(name), bytes, body])
  }
  const format = wav.subarray(20, 36)
  function w64(riff: bigint, data: bigint, ...more: Uint8Array[]): Uint8Array {
    const chunks = [sized('fmt ', 40n, format), sized('data', data, samples), ...more]
    return new Uint8Array(Buffer.concat([sized('riff', riff, guid('wave')), ...chunks]))
  }
  const size = BigInt(samples.length)
  const all = 40n + 40n + 24n + size

  test.each([
    ['right sizes', w64(all, 24n + size)],
    ['no sizes', w64(0n, 0n)],
    ['sizes of a pipe', w64(2n ** 63n - 1n, 2n ** 63n - 1n)],
    ['a data size of the half', w64(all, 24n + size / 2n)],
    ['a chunk behind', w64(all + 32n, 24n + size, sized('levl', 32n, Buffer.alloc(8, 1)))],
  ])('%s', async (_, file) => {
    expect(await read(file)).toMatchObject(whole)
    expect(lengthOf(file, 300)).toBe(0.5)
  })

  test('cut short it keeps its length', async () => {
    expect(await read(w64(all + size, 24n + size * 2n))).toMatchObject({
      length: 2 * sound.length,
      damaged: [{ start: 0.5, end: 1 }],
    })
  })
})

test('an MP3 in a WAV file is read as it is alone', async () => {
  const mp3 = readFileSync(new URL('../../test/fixtures/click.mp3', import.meta.url))
  const head = Buffer.alloc(HEADER + 14)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(head.length - 8 + mp3.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(30, 16)
  head.writeUInt16LE(0x55, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(44_100, 24)
  head.write('data', 50, 'latin1')
  head.writeUInt32LE(mp3.length, 54)
  const file = new Uint8Array(Buffer.concat([head, mp3, list]))
  const alone = await readAudio(mp3, LIMITS)
  expect((await readAudio(file, LIMITS)).samples).toEqual(alone.samples)
  expect(lengthOf(file, 300)).toBeCloseTo(1.55, 1)
})
