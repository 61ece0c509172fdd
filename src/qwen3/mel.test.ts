import { describe, expect, test } from 'vitest'
import {
  CLIPS,
  type GoldenClip,
  goldenAudio,
  goldenFloats,
  goldenJson,
  goldensFound,
  goldensNote,
  largestDifference,
} from '../../test/qwen3-goldens.ts'
import { logMel } from './mel.ts'

const TOLERANCE = 1e-4 // the reference computes in float32

test('a sine lies in the mel bin of its pitch', () => {
  const tone = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin((2 * Math.PI * 1000 * i) / 16_000))
  const { values, bins, frames } = logMel(tone, 128)
  const level = Array.from({ length: bins }, (_, bin) => values[bin * frames + 50]!)
  const loudest = level.indexOf(Math.max(...level))
  // 1000 Hz is 15 mel of 45.25 at 8 kHz: corner 42 of 129
  expect(loudest).toBeGreaterThanOrEqual(41)
  expect(loudest).toBeLessThanOrEqual(43)
})

test('silence is flat, and a short clip gets half a second', () => {
  const { values, frames } = logMel(new Float32Array(100), 128)
  expect(frames).toBe(50)
  expect(new Set(values)).toEqual(new Set([(-10 + 4) / 4]))
})

describe.skipIf(!goldensFound)(`against the reference${goldensNote}`, () => {
  test.each(CLIPS)('%s', (clip) => {
    const { mel, frames } = goldenJson<GoldenClip>(clip)
    const found = logMel(goldenAudio(clip), 128)
    expect(found.frames).toBe(frames)
    const index = mel.frame_index ?? Array.from({ length: frames }, (_, t) => t)
    expect(largestDifference(framesOf(found, index), goldenFloats(mel))).toBeLessThan(TOLERANCE)
  })

  test('lengths that are no multiple of the hop', () => {
    type Edge = { samples: number; frames: number; last_frames: { file: string } }
    const clip = goldenAudio('en-3.2s')
    for (const { samples, frames, last_frames } of goldenJson<{ cases: Edge[] }>('mel-edge').cases) {
      const found = logMel(clip.slice(0, samples), 128)
      expect(found.frames).toBe(frames)
      const last = framesOf(found, [frames - 2, frames - 1])
      expect(largestDifference(last, goldenFloats(last_frames))).toBeLessThan(TOLERANCE)
    }
  })
})

function framesOf({ values, bins, frames }: ReturnType<typeof logMel>, index: readonly number[]): number[] {
  return Array.from({ length: bins }, (_, bin) => index.map((t) => values[bin * frames + t]!)).flat()
}
