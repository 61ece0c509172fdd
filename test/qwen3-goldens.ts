import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Reference values of the Hugging Face implementation on a tiny checkpoint; beside the repository, not in it. */
export const GOLDENS = fileURLToPath(new URL('../../shared/qwen3-golden/', import.meta.url))

/** Title of the suites that need them: says so where they are skipped. */
export const goldensFound = existsSync(GOLDENS)
export const goldensNote = goldensFound ? '' : ' (skipped: ../shared/qwen3-golden is not there)'

export const CLIPS = ['en-0.35s', 'en-3.2s', 'zh-25.37s', 'fr-33s'] as const

type FloatFile = { file: string; shape: number[] }

export type GoldenClip = {
  language: string
  text: string
  units: string[]
  frames: number
  audio_tokens: number
  mel: FloatFile & { frame_index: number[] | null }
  encoder: FloatFile
  logits?: FloatFile
  input_ids: number[]
  timestamp_positions: number[]
  argmax: number[]
  top1: number[]
  raw_ms: number[]
  repaired_ms: number[]
  items: { text: string; start_time: number; end_time: number }[]
}

export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(`${GOLDENS}golden/${name}.json`, 'utf8')) as T
}

export function goldenFloats({ file }: { file: string }): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(`${GOLDENS}golden/${file}`)).buffer)
}

/** Samples of a 16-bit mono WAV with the plain header of 44 bytes. */
export function goldenAudio(clip: string): Float32Array {
  const bytes = new Uint8Array(readFileSync(`${GOLDENS}audio/${clip}.wav`))
  return Float32Array.from(new Int16Array(bytes.slice(44).buffer), (sample) => sample / 32768)
}

/** Largest absolute difference; NaN where the lengths differ, so that no tolerance accepts it. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}
