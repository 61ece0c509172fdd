import { createPowerSpectrum } from './fft.ts'

export const SAMPLE_RATE = 16_000
/** Samples between frames: 10 ms. */
export const HOP = 160
const FFT_SIZE = 400
const BINS = FFT_SIZE / 2 + 1
const HALF = FFT_SIZE / 2
/** Shorter clips are padded with zeros, as the reference does. */
const SHORTEST = 8000
const FLOOR = 1e-10

/** Log-mel spectrogram, row-major [bins, frames]; frame t is centred on t * 10 ms. */
export type LogMel = { values: Float32Array; bins: number; frames: number }

/**
 * The features of Whisper as Qwen3 uses them: floor(samples / 160) frames, values within 8 decades of the loudest.
 * O(frames), in double precision.
 * @param samples 16 kHz, [-1, 1]
 */
export function logMel(samples: Float32Array, bins: number): LogMel {
  const padded = padAround(samples)
  const frames = Math.floor((padded.length - FFT_SIZE) / HOP)
  const values = new Float32Array(bins * frames)
  const filters = melFilters(bins)
  const spectrum = createPowerSpectrum([4, 4, 5, 5])
  const frame = [new Float64Array(FFT_SIZE), new Float64Array(FFT_SIZE)] as const
  const power = [new Float64Array(BINS), new Float64Array(BINS)] as const
  let loudest = Math.log10(FLOOR)
  for (let t = 0; t < frames; t += 2) {
    for (const i of [0, 1] as const) windowInto(frame[i], padded, (t + i) * HOP)
    spectrum(frame[0], frame[1], power[0], power[1])
    for (let i = 0; i < 2 && t + i < frames; i++) {
      for (let bin = 0; bin < bins; bin++) {
        const level = Math.log10(Math.max(FLOOR, energy(power[i]!, filters[bin]!)))
        values[bin * frames + t + i] = level
        if (level > loudest) loudest = level
      }
    }
  }
  for (let i = 0; i < values.length; i++) values[i] = (Math.max(values[i]!, loudest - 8) + 4) / 4
  return { values, bins, frames }
}

/** Half a window mirrored at both ends, so that frames are centred on their time. */
function padAround(samples: Float32Array): Float32Array {
  const length = Math.max(samples.length, SHORTEST)
  const padded = new Float32Array(length + FFT_SIZE)
  padded.set(samples, HALF)
  for (let i = 0; i < HALF; i++) {
    padded[i] = padded[2 * HALF - i]!
    padded[HALF + length + i] = padded[HALF + length - 2 - i]!
  }
  return padded
}

const HANN = Float64Array.from(
  { length: FFT_SIZE },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FFT_SIZE),
)

/** What lies behind the end counts as silence: the partner of the last frame, which is not kept. */
function windowInto(frame: Float64Array, samples: Float32Array, start: number): void {
  for (let i = 0; i < FFT_SIZE; i++) frame[i] = (samples[start + i] ?? 0) * HANN[i]!
}

type Filter = { first: number; weights: Float64Array }

function energy(power: Float64Array, { first, weights }: Filter): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += power[first + i]! * weights[i]!
  return sum
}

/** Triangles between 0 and 8 kHz on the Slaney mel scale, each of unit area. */
function melFilters(bins: number): Filter[] {
  const top = hertzToMel(SAMPLE_RATE / 2)
  const corners = Array.from({ length: bins + 2 }, (_, i) => melToHertz((top * i) / (bins + 1)))
  return Array.from({ length: bins }, (_, bin) =>
    triangle(corners[bin]!, corners[bin + 1]!, corners[bin + 2]!),
  )
}

function triangle(low: number, peak: number, high: number): Filter {
  const weights: number[] = []
  let first = 0
  for (let k = 0; k < BINS; k++) {
    const hertz = (k * SAMPLE_RATE) / FFT_SIZE
    const height = Math.min((hertz - low) / (peak - low), (high - hertz) / (high - peak))
    if (height <= 0) continue
    if (weights.length === 0) first = k
    weights.push((height * 2) / (high - low))
  }
  return { first, weights: Float64Array.from(weights) }
}

const LINEAR_TOP = 1000 // Hz: linear below, logarithmic above
const LINEAR_TOP_MEL = 15
const LOG_STEP = Math.log(6.4) / 27

function hertzToMel(hertz: number): number {
  if (hertz < LINEAR_TOP) return (3 * hertz) / 200
  return LINEAR_TOP_MEL + Math.log(hertz / LINEAR_TOP) / LOG_STEP
}

function melToHertz(mel: number): number {
  if (mel < LINEAR_TOP_MEL) return (200 * mel) / 3
  return LINEAR_TOP * Math.exp(LOG_STEP * (mel - LINEAR_TOP_MEL))
}
