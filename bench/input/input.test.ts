import { expect, test } from 'vitest'
import { readAudio } from '../../src/audio/read.ts'
import { loopLines } from './speech.ts'
import { numberedWav, padWav, stereoWav } from './wav.ts'

const RAMP = Float32Array.from({ length: 16_000 }, (_, i) => i / 16_000 - 0.5)

test('a turn is repeated with its onsets, and lines that would not end in time are left out', () => {
  const turn = {
    seconds: 10,
    lines: [
      { text: 'a', start: 1, end: 4 },
      { text: 'b', start: 6, end: 9 },
    ],
  }
  const lines = loopLines(turn, 25)
  expect(lines.map(({ text, start }) => [text, start])).toEqual([
    ['a', 1],
    ['b', 6],
    ['a', 11],
    ['b', 16],
    ['a', 21],
  ])
})

test('the WAV made of a turn is read back as the turn, over and over', async () => {
  const { samples } = await readAudio(stereoWav(RAMP, 16_000, 2.5), { sampleRate: 16_000, maxSeconds: 10 })
  expect(samples).toHaveLength(40_000)
  // 16 bits: half a step of rounding.
  for (const i of [0, 15_999, 16_000, 39_999]) expect(samples[i]).toBeCloseTo(RAMP[i % 16_000]!, 3)
})

test('a WAV made larger by what is no audio is read as before', async () => {
  const wav = stereoWav(RAMP, 16_000, 1)
  const padded = padWav(wav, 100_001)
  expect(padded.length).toBe(wav.length + 8 + 100_002)
  const read = { sampleRate: 16_000, maxSeconds: 10 }
  expect(await readAudio(padded, read)).toEqual(await readAudio(wav, read))
})

test('numbered WAVs differ in their bytes and sound alike, whatever chunks stand before their samples', async () => {
  const read = { sampleRate: 16_000, maxSeconds: 10 }
  for (const wav of [stereoWav(RAMP, 16_000, 1), padWav(stereoWav(RAMP, 16_000, 1), 2)]) {
    const files = [1, 2, 30_001].map((number) => numberedWav(wav, number))
    expect(new Set(files.map((file) => Buffer.from(file).toString('base64')))).toHaveProperty('size', 3)
    const { samples } = await readAudio(wav, read)
    for (const file of files) {
      const numbered = await readAudio(file, read)
      expect(numbered.samples).toHaveLength(samples.length)
      for (let i = 0; i < 20; i++) expect(numbered.samples[i]).toBeCloseTo(samples[i]!, 3)
    }
  }
})
