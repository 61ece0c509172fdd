import type { Emissions } from '../types.ts'
import type { Trellis } from './viterbi.ts'

export type GapCosts = {
  /** What a frame between lines costs (nats) below the most likely token when something unsung is heard there. */
  filler: number
  /** What a frame of blank inside a unit costs: it holds words together, so that their first letter does not float away. */
  inUnit: number
}

/** Chosen on the development songs and on songs with lines left out; see bench/gaps.ts. */
export const GAP_COSTS: GapCosts = { filler: 0.5, inUnit: 0.05 }

/**
 * Log-scores of staying in a gap, by kind and frame. Between units it is the blank. Between lines it is the blank or a
 * filler, whichever is likelier: the filler takes any sound at a fixed cost, and so absorbs instruments and singing that
 * are not in the text ("garbage model", as in keyword spotting: Rose & Paul 1990).
 */
export function gapScoresOf(
  { logProbs, frames, vocabulary }: Emissions,
  blank: number,
  { filler, inUnit }: GapCosts = GAP_COSTS,
): Trellis['gapScores'] {
  const size = vocabulary.length
  const within = new Float32Array(frames)
  const between = new Float32Array(frames)
  const outside = new Float32Array(frames)
  for (let t = 0; t < frames; t++) {
    const silence = logProbs[t * size + blank]!
    within[t] = silence - inUnit
    between[t] = silence
    outside[t] = Math.max(silence, bestOf(logProbs, t * size, size) - filler)
  }
  return [within, between, outside]
}

function bestOf(values: Float32Array, start: number, size: number): number {
  let best = Number.NEGATIVE_INFINITY
  for (let i = start; i < start + size; i++) if (values[i]! > best) best = values[i]!
  return best
}
