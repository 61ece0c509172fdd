import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeWav, impulse, noise, silence, tone, type WavEncoding } from '../../test/audio-samples.ts'
import type { MonoPcm } from '../types.ts'
import { readAudio } from './read.ts'

const LIMITS = { sampleRate: 16_000, maxSeconds: 300 }

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url))
}

/** Seconds of the loudest sample. */
function peakOf({ samples, sampleRate }: MonoPcm): number {
  let loudest = 0
  for (let i = 0; i < samples.length; i++)
    if (Math.abs(samples[i]!) > Math.abs(samples[loudest]!)) loudest = i
  return loudest / sampleRate
}

function levelOf(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

async function codeOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    () => ({ code: 'none', message: '' }),
    (error) => error,
  )
}

describe('formats', () => {
  // The click lasts 1 ms; lossy formats smear it by less than one more.
  test.each([
    ['click.mp3', 1.5],
    ['click-vbr.mp3', 1.5],
    ['cover.mp3', 1.5],
    ['click.flac', 1.5],
    ['click-flac.ogg', 1.5],
    ['click.ogg', 1.5],
    ['click.opus', 1.5],
    ['click.aiff', 1],
    ['click-8bit.aiff', 1],
    ['click-24bit.aiff', 1],
    ['click-sowt.aifc', 1],
    ['click-fl32.aifc', 1],
  ])('%s has its click at 0.5 s and its whole length', async (name, seconds) => {
    const pcm = await readAudio(fixture(name), LIMITS)
    expect(pcm.sampleRate).toBe(16_000)
    expect(pcm.samples.length / 16_000).toBeCloseTo(seconds, 2)
    expect(Math.abs(peakOf(pcm) - 0.5005)).toBeLessThan(0.0015)
    // the tone alone, at -20 dB: 0.1 / sqrt(2)
    expect(levelOf(pcm.samples.subarray(12_000, 15_000))).toBeCloseTo(0.0707, 2)
  })

  test('an MP3 without a Xing header says nothing of its encoder delay, so it comes up to 50 ms late', async () => {
    const late = peakOf(await readAudio(fixture('click-plain.mp3'), LIMITS)) - 0.5
    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan(0.055)
  })

  const ENCODINGS: [string, WavEncoding][] = [
    ['8-bit', { bits: 8 }],
    ['16-bit', { bits: 16 }],
    ['24-bit', { bits: 24 }],
    ['32-bit', { bits: 32 }],
    ['32-bit float', { bits: 32, float: true }],
    ['64-bit float', { bits: 64, float: true }],
    ['extensible 16-bit', { bits: 16, extensible: true }],
    ['extensible float', { bits: 32, float: true, extensible: true }],
    ['odd chunks before the data', { extraBytes: 7 }],
  ]
  test.each(ENCODINGS)('WAV with %s', async (_, encoding) => {
    const sound = tone(440, 1, 16_000)
    const { samples } = await readAudio(encodeWav([sound, sound], 16_000, encoding), LIMITS)
    expect(samples.length).toBe(16_000)
    const step = encoding.bits === 8 ? 1 / 128 : 1e-4
    for (let i = 0; i < samples.length; i += 97) expect(Math.abs(samples[i]! - sound[i]!)).toBeLessThan(step)
  })

  test('the lowest 24-bit sample stays the lowest', async () => {
    const low = new Float32Array(16_000).fill(-1)
    const { samples } = await readAudio(encodeWav([low], 16_000, { bits: 24 }), LIMITS)
    expect(Math.max(...samples.subarray(0, 1000))).toBe(-1)
  })

  test('8 channels at 192 kHz become one at 16 kHz, their mean', async () => {
    const channels = [tone(440, 0.5, 192_000, 0.8), ...Array.from({ length: 7 }, () => silence(0.5, 192_000))]
    const { samples } = await readAudio(encodeWav(channels, 192_000), LIMITS)
    expect(samples.length).toBe(8000)
    expect(levelOf(samples.subarray(1000, 7000))).toBeCloseTo(0.0707, 3)
  })

  test('bytes in the middle of a larger buffer are read, and nothing around them', async () => {
    const file = fixture('click.flac')
    const larger = new Uint8Array(file.length + 200).fill(0x41)
    larger.set(file, 100)
    const pcm = await readAudio(larger.subarray(100, 100 + file.length), LIMITS)
    expect(pcm.samples.length).toBe(24_000)
  })

  test('two recordings read at the same time do not mix', async () => {
    const alone = await readAudio(fixture('click.mp3'), LIMITS)
    const both = await Promise.all([
      readAudio(fixture('click.mp3'), LIMITS),
      readAudio(fixture('cover.mp3'), LIMITS),
    ])
    for (const { samples } of both) expect(samples).toEqual(alone.samples)
  })
})

describe('what stands around an MP3', () => {
  const mp3 = fixture('click.mp3')

  /** An ID3v2.4 tag with a picture's worth of bytes that look like MP3 frames. */
  function tagOf(bytes: number, flags = 0): Uint8Array {
    const size = [21, 14, 7, 0].map((shift) => (bytes >> shift) & 0x7f)
    const footer = flags & 0x10 ? [0x33, 0x44, 0x49, 4, 0, flags, ...size] : []
    return Uint8Array.from([
      0x49,
      0x44,
      0x33,
      4,
      0,
      flags,
      ...size,
      ...new Uint8Array(bytes).fill(0xff),
      ...footer,
    ])
  }

  const around: [string, Uint8Array[]][] = [
    ['a 400 kB cover', [tagOf(400_000), mp3]],
    ['a tag with a footer', [tagOf(3000, 0x10), mp3]],
    ['an unsynchronised tag', [tagOf(3000, 0x80), mp3]],
    ['two tags', [tagOf(100), tagOf(100), mp3]],
    ['leading junk', [new Uint8Array(5000), new Uint8Array(77).fill(0xff), mp3]],
    ['an ID3v1 tag behind', [mp3, Buffer.from(`TAG${'x'.repeat(125)}`)]],
  ]
  test.each(around)('%s does not move the click', async (_, parts) => {
    const pcm = await readAudio(new Uint8Array(Buffer.concat(parts)), LIMITS)
    expect(Math.abs(peakOf(pcm) - 0.5005)).toBeLessThan(0.0015)
  })

  test('a tag in front of a FLAC is passed over', async () => {
    const pcm = await readAudio(new Uint8Array(Buffer.concat([tagOf(1000), fixture('click.flac')])), LIMITS)
    expect(pcm.samples.length).toBe(24_000)
  })
})

describe('damaged and strange files', () => {
  test.each(['click.mp3', 'click.flac'])('%s cut at its end keeps its length, and says so', async (name) => {
    const whole = fixture(name)
    const cut = whole.subarray(0, Math.floor(whole.length * 0.9))
    const { samples, damaged } = await readAudio(cut, LIMITS)
    expect(Math.abs(samples.length - 24_000)).toBeLessThanOrEqual(1)
    expect(damaged).toHaveLength(1)
    expect(damaged[0]!.start).toBeGreaterThan(0.6)
    expect(damaged[0]!.end).toBeCloseTo(1.5, 3)
  })

  test.each(['click.ogg', 'click.opus'])('%s cut at its end is shorter, and says so', async (name) => {
    const whole = fixture(name)
    const { samples, damaged } = await readAudio(whole.subarray(0, Math.floor(whole.length * 0.9)), LIMITS)
    expect(samples.length).toBeGreaterThan(0.4 * 16_000)
    expect(damaged.at(-1)!.end).toBeCloseTo(samples.length / 16_000, 3)
  })

  test.each(['click.aiff', 'click-fl32.aifc', 'wav'])(
    '%s cut short keeps its length, and says so',
    async (name) => {
      const whole = name === 'wav' ? encodeWav([tone(440, 1, 16_000)], 16_000) : fixture(name)
      const { samples, damaged } = await readAudio(whole.subarray(0, Math.floor(whole.length / 2)), LIMITS)
      expect(samples.length).toBe(16_000)
      expect(damaged).toEqual([{ start: expect.closeTo(0.5, 2), end: 1 }])
    },
  )

  test.each([
    ['an empty file', new Uint8Array(0), 'an empty file'],
    ['a page', Buffer.from('<!DOCTYPE html><html><body>Not found</body></html>'), 'HTML'],
    ['an answer', Buffer.from('{"error": "no such key"}'), 'JSON'],
    ['an S3 error', Buffer.from('<?xml version="1.0"?><Error/>'), 'XML'],
    ['words', Buffer.from('Amazing grace, how sweet the sound'), 'text'],
    ['an archive', Buffer.from('504b0304140000000000', 'hex'), 'application/zip'],
    ['a film', Buffer.from('1a45dfa3a34286810142f7810142f2810442f381084282847765626d', 'hex'), 'webm'],
    ['noise', Buffer.from(noise(0.5, 16_000).buffer), 'no known format'],
  ])('%s is refused and named', async (_, bytes, name) => {
    const { code, message } = await codeOf(readAudio(bytes, LIMITS))
    expect(code).toBe('AUDIO_UNREADABLE')
    expect(message).toContain(name)
  })

  test('a WAV of a kind we cannot read is named', async () => {
    expect(await codeOf(readAudio(fixture('alaw.wav'), LIMITS))).toMatchObject({
      code: 'AUDIO_UNREADABLE',
      message: 'Expected a WAV file with PCM, float or MP3, got A-law',
    })
  })

  test('M4A without its decoder says what to install and under which licence', async () => {
    const { code, message } = await codeOf(readAudio(fixture('click.m4a'), LIMITS))
    expect(code).toBe('AUDIO_UNREADABLE')
    expect(message).toContain('npm install @audio/decode-aac')
    expect(message).toContain('GPL-2.0')
  })

  test('a header alone is no recording', async () => {
    expect(await codeOf(readAudio(encodeWav([new Float32Array(0)], 16_000), LIMITS))).toMatchObject({
      code: 'AUDIO_TOO_SHORT',
    })
    expect(await codeOf(readAudio(fixture('click.flac').subarray(0, 40), LIMITS))).toMatchObject({
      code: 'AUDIO_TOO_SHORT',
    })
  })

  test.each([
    ['sample rate', 24, 0],
    ['sample rate', 24, 4_000_000_000],
    ['channels', 22, 0],
    ['channels', 22, 65_535],
  ])('a WAV with an impossible %s is refused', async (_, offset, value) => {
    const wav = encodeWav([tone(440, 1, 16_000)], 16_000)
    if (offset === 24) new DataView(wav.buffer).setUint32(offset, value, true)
    else new DataView(wav.buffer).setUint16(offset, value, true)
    expect(await codeOf(readAudio(wav, LIMITS))).toMatchObject({ code: 'AUDIO_UNREADABLE' })
  })

  test.each([
    ['click.ogg', 28 + 11],
    ['click.opus', 28 + 9],
  ])('%s with 255 channels is refused before a page of them is unfolded', async (name, offset) => {
    const file = new Uint8Array(fixture(name))
    file[offset] = 255
    expect(await codeOf(readAudio(file, LIMITS))).toMatchObject({
      code: 'AUDIO_UNREADABLE',
      message: 'Expected 1 to 8 channels, got 255',
    })
  })

  test('a few samples that are not numbers become silence, many are refused', async () => {
    const sound = tone(440, 1, 16_000)
    sound.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 5000)
    const { samples } = await readAudio(encodeWav([sound], 16_000, { bits: 32, float: true }), LIMITS)
    expect([...samples.subarray(5000, 5003)]).toEqual([0, 0, 0])
    sound.fill(Number.NaN, 0, 1000)
    expect(
      await codeOf(readAudio(encodeWav([sound], 16_000, { bits: 32, float: true }), LIMITS)),
    ).toMatchObject({
      code: 'AUDIO_UNREADABLE',
      message: 'Expected numbers as samples, got 6.3 % NaN or infinite ones',
    })
  })

  test('samples beyond full scale are clipped', async () => {
    const { samples } = await readAudio(
      encodeWav([tone(440, 1, 16_000, 5)], 16_000, { bits: 32, float: true }),
      LIMITS,
    )
    expect(Math.max(...samples)).toBe(1)
    expect(Math.min(...samples)).toBe(-1)
  })
})

describe('limits', () => {
  test('one sample more than maxSeconds is too long, exactly maxSeconds is not', async () => {
    const limits = { sampleRate: 16_000, maxSeconds: 1 }
    await expect(readAudio(encodeWav([silence(1, 16_000)], 16_000), limits)).resolves.toBeDefined()
    expect(await codeOf(readAudio(encodeWav([silence(1.0001, 16_000)], 16_000), limits))).toMatchObject({
      code: 'AUDIO_TOO_LONG',
      message: 'Expected at most 1 s of audio, got more than 1 s',
    })
    expect(await codeOf(readAudio(fixture('click.opus'), limits))).toMatchObject({ code: 'AUDIO_TOO_LONG' })
  })

  test('0.1 s is too short, 0.2 s is not', async () => {
    expect(await codeOf(readAudio(encodeWav([silence(0.1, 16_000)], 16_000), LIMITS))).toMatchObject({
      code: 'AUDIO_TOO_SHORT',
      message: 'Expected at least 0.2 s of audio, got 0.100 s',
    })
    await expect(readAudio(encodeWav([silence(0.2, 16_000)], 16_000), LIMITS)).resolves.toBeDefined()
  })

  test('cancelling ends the reading at the next piece', async () => {
    let asked = 0
    const promise = readAudio(encodeWav([silence(60, 16_000)], 16_000), {
      ...LIMITS,
      isCancelled: () => ++asked > 3,
    })
    expect(await codeOf(promise)).toMatchObject({ code: 'CANCELLED' })
    expect(asked).toBe(4)
  })

  test('progress goes up to 1', async () => {
    const told: number[] = []
    await readAudio(encodeWav([impulse(1, 10, 16_000)], 16_000), {
      ...LIMITS,
      onProgress: (share) => told.push(share),
    })
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.length).toBeGreaterThan(3)
    expect(told.at(-1)).toBe(1)
  })
})
