import { expect, test } from 'vitest'
import { noise, silence, tone } from '../../test/audio-samples.ts'
import { createDownmix, toMono } from './downmix.ts'

const RATE = 16_000
const inverted = (samples: Float32Array) => samples.map((sample) => -sample)

test('one channel stays as it is', () => {
  const samples = tone(440, 0.1, RATE)
  expect(toMono({ channels: [samples], sampleRate: RATE })).toEqual({ samples, sampleRate: RATE })
})

test('channels are averaged, silent ones too', () => {
  const { samples } = toMono({ channels: [tone(440, 0.1, RATE, 0.8), silence(0.1, RATE)], sampleRate: RATE })
  expect(samples[9]).toBeCloseTo(tone(440, 0.1, RATE, 0.4)[9]!, 6)
})

test('where one side is the other inverted, the louder one is heard instead of nothing', () => {
  const left = tone(440, 0.1, RATE, 0.5)
  const right = inverted(tone(440, 0.1, RATE, 0.55))
  expect(toMono({ channels: [left, right], sampleRate: RATE }).samples).toEqual(right)
})

test('the channel that stands in does not change while the sides cancel', () => {
  const downmix = createDownmix()
  const sound = noise(0.1, RATE)
  expect(downmix([sound, inverted(sound)])).toEqual(sound)
  expect(downmix([silence(0.1, RATE), silence(0.1, RATE)])).toEqual(silence(0.1, RATE))
  const slightlyLouder = inverted(sound.map((sample) => sample * 1.01))
  expect(downmix([sound, slightlyLouder])).toEqual(sound)
})

test('ordinary stereo is averaged again after a cancelled stretch', () => {
  const downmix = createDownmix()
  const sound = noise(0.1, RATE)
  downmix([sound, inverted(sound)])
  expect(downmix([sound, sound])).toEqual(sound)
  expect(downmix([sound, silence(0.1, RATE)])).toEqual(sound.map((sample) => sample / 2))
})
