import { describe, expect, test } from 'vitest'
import { impulse, noise, tone } from '../../test/audio-samples.ts'
import { join } from './join.ts'
import { createResampler, resample } from './resample.ts'

const RATE = 16_000

/** Decibels against the level of a full sine, without the first and last tenth. */
function decibels(samples: Float32Array): number {
  const middle = samples.subarray(samples.length * 0.1, samples.length * 0.9)
  const energy = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length
  return 10 * Math.log10(2 * energy + 1e-20)
}

async function throughput(hertz: number, from: number): Promise<number> {
  const { samples } = await resample({ samples: tone(hertz, 1, from, 1), sampleRate: from }, RATE)
  return decibels(samples)
}

describe('resample', () => {
  test.each([9000, 10_000, 12_000, 15_000, 17_000, 20_000])(
    'a tone of %d Hz leaves no alias',
    async (hertz) => {
      expect(await throughput(hertz, 44_100)).toBeLessThan(-100)
    },
  )

  test.each([50, 440, 1000, 3000, 5000, 6500])('a tone of %d Hz keeps its level', async (hertz) => {
    expect(Math.abs(await throughput(hertz, 44_100))).toBeLessThan(0.1)
  })

  test.each([8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000])(
    'from %d Hz: the length is exact and an impulse stays in its place',
    async (from) => {
      const { samples, sampleRate } = await resample(
        { samples: impulse(0.7, 1.2345, from), sampleRate: from },
        RATE,
      )
      expect(sampleRate).toBe(RATE)
      expect(samples.length).toBe(Math.round((Math.round(1.2345 * from) * RATE) / from))
      const peak = samples.indexOf(Math.max(...samples)) / RATE
      // half a sample of each rate, from rounding
      expect(Math.abs(peak - 0.7)).toBeLessThan(0.5 / RATE + 0.5 / from + 1e-9)
    },
  )

  test('pieces of any size give the same as the whole', async () => {
    const sound = noise(1, 44_100)
    const { samples } = await resample({ samples: sound, sampleRate: 44_100 }, RATE)
    for (const size of [1000, 4096, 40_000]) {
      const resampler = await createResampler(44_100, RATE)
      const pieces: Float32Array[] = []
      for (let start = 0; start < sound.length; start += size) {
        pieces.push(resampler.push(sound.subarray(start, start + size)))
      }
      pieces.push(resampler.finish())
      resampler.free()
      expect(join(pieces)).toEqual(samples)
    }
  })

  test('a sound at the very end is not lost', async () => {
    const { samples } = await resample({ samples: tone(440, 1, 44_100, 1), sampleRate: 44_100 }, RATE)
    expect(decibels(samples.slice(-1600))).toBeGreaterThan(-1)
  })

  test('two resamplers at once do not mix', async () => {
    const [a, b] = [await createResampler(44_100, RATE), await createResampler(48_000, RATE)]
    a.push(tone(440, 0.5, 44_100))
    b.push(noise(0.5, 48_000))
    const rest = a.push(tone(440, 0.5, 44_100))
    const alone = await createResampler(44_100, RATE)
    alone.push(tone(440, 0.5, 44_100))
    expect(rest).toEqual(alone.push(tone(440, 0.5, 44_100)))
    for (const resampler of [a, b, alone]) resampler.free()
  })

  test('qualities differ in the band they keep', async () => {
    const sound = { samples: tone(7300, 1, 44_100, 1), sampleRate: 44_100 }
    const [fast, medium, best] = await Promise.all(
      (['fast', 'medium', 'best'] as const).map((quality) => resample(sound, RATE, { quality })),
    )
    expect(decibels(best!.samples)).toBeGreaterThan(-0.1)
    expect(decibels(medium!.samples)).toBeLessThan(decibels(best!.samples))
    expect(decibels(fast!.samples)).toBeLessThan(decibels(medium!.samples))
  })

  test('an impossible rate is refused', async () => {
    await expect(createResampler(200_000, RATE)).rejects.toMatchObject({ code: 'AUDIO_UNREADABLE' })
  })
})
