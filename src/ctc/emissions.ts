import { AlignError } from '../errors.ts'
import type { Emissions, MonoPcm } from '../types.ts'
import type { CtcModel, WindowOutput } from './model.ts'

export type ListenOptions = {
  /** Asked between windows; true stops with CANCELLED. */
  isCancelled?: () => boolean
  /** Told the share that is done, [0, 1]. */
  onProgress?: (fraction: number) => void
}

/**
 * Runs the acoustic model over the whole recording in overlapping windows. Frames are placed by their time: frame t of
 * the result is centred on t * hop, whatever a window's own first frame is, and the seam of two windows lies in the
 * middle of their overlap.
 */
export async function listen(
  model: CtcModel,
  { samples, sampleRate }: MonoPcm,
  language: string,
  { isCancelled = () => false, onProgress = () => {} }: ListenOptions = {},
): Promise<Emissions> {
  const { description } = model
  if (sampleRate !== description.sampleRate) {
    throw new AlignError(
      'ALIGNMENT_FAILED',
      `Expected audio at ${description.sampleRate} Hz, got ${sampleRate} Hz`,
    )
  }
  const hopSamples = Math.round(description.hopSeconds * sampleRate)
  const frames = Math.floor(samples.length / hopSamples) + 1
  const size = description.vocabulary.length
  const logProbs = new Float32Array(frames * size)
  let voice: Float32Array | undefined
  for (const window of windowsOf(frames, description)) {
    if (isCancelled()) throw new AlignError('CANCELLED', 'The alignment was cancelled')
    const heard = await model.run(cut(samples, window.first * hopSamples, window.last * hopSamples), language)
    const offset = window.first + Math.round(description.firstFrameSample / hopSamples)
    place(logProbs, heard.logProbs, window, offset, heard, size)
    if (heard.voice) {
      voice ??= new Float32Array(frames)
      place(voice, heard.voice, window, offset, heard, 1)
    }
    onProgress(window.to / frames)
  }
  const { vocabulary, blank, hopSeconds: hop } = description
  return { logProbs, frames, vocabulary, blank, hop, ...(voice && { voice }) }
}

/** Frames [first, last) are heard together; of them [from, to) are kept. */
type Window = { first: number; last: number; from: number; to: number }

/** Windows of equal length, so that no short rest is heard without its context. */
function* windowsOf(
  frames: number,
  { windowSeconds, overlapSeconds, hopSeconds }: CtcModel['description'],
): Generator<Window> {
  const longest = Math.round(windowSeconds / hopSeconds)
  const overlap = Math.round(overlapSeconds / hopSeconds)
  const count = Math.max(1, Math.ceil((frames - overlap) / (longest - overlap)))
  const step = Math.ceil((frames - overlap) / count)
  for (let k = 0; k < count; k++) {
    const first = k * step
    const last = k === count - 1 ? frames : first + step + overlap
    const from = k === 0 ? 0 : first + (overlap >> 1)
    const to = k === count - 1 ? frames : first + step + (overlap >> 1)
    yield { first, last, from, to }
  }
}

// Models want some context even for a very short recording.
const SHORTEST_SAMPLES = 16_000

function cut(samples: Float32Array, start: number, end: number): Float32Array {
  const window = samples.subarray(start, end)
  if (window.length >= SHORTEST_SAMPLES) return window
  const padded = new Float32Array(SHORTEST_SAMPLES)
  padded.set(window)
  return padded
}

/** Copies the kept frames; a frame before a window's first or after its last one repeats that one. */
function place(
  target: Float32Array,
  heard: Float32Array,
  { from, to }: Window,
  offset: number,
  { frames }: WindowOutput,
  size: number,
): void {
  for (let frame = from; frame < to; frame++) {
    const source = Math.min(frames - 1, Math.max(0, frame - offset))
    target.set(heard.subarray(source * size, source * size + size), frame * size)
  }
}
