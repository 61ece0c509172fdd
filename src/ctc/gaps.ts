import type { Emissions } from '../types.ts'
import { GAP } from './viterbi.ts'

/** Costs of one frame in a gap, nats; those within a line are for singing of {@link BRISK} letters a second or more. */
export type GapCosts = {
  /** Within a unit after a consonant: it is sung on its vowels, so a consonant is soon followed by the next sound. */
  afterConsonant: number
  /** Within a unit after a vowel, which may be held for seconds. */
  afterVowel: number
  /** Within a unit, for each factor of e by which the voice falls short of certainty: nobody holds a note in silence. */
  unvoiced: number
  /** The same between the units of a line, where a breath is taken but no instrument plays for long. */
  unvoicedPause: number
  /** Between lines, below the likeliest token: what an unsung sound costs. */
  filler: number
}

/** Found on the development songs by scripts/tune-gaps.ts; halving or doubling any of them changes little. */
export const GAP_COSTS: GapCosts = {
  afterConsonant: 0.4,
  afterVowel: 0.02,
  unvoiced: 0.05,
  unvoicedPause: 0.02,
  filler: 2,
}

const LEAST_VOICE = 1e-3

// Letters per second of recording from which the costs within a line hold in full. Slower songs hold their sounds longer
// and interrupt them more: the costs fall in proportion.
const BRISK = 4

/**
 * Log-scores of staying in a gap, by kind and frame. Within a line it is the blank at a cost: this keeps the first letters
 * of a line from floating away into the instruments before it. Between lines it is the blank or a filler, whichever is
 * likelier: the filler takes any sound at a fixed cost, and so absorbs instruments and singing that are not in the text
 * (a "garbage model", as in keyword spotting: Rose & Paul 1990).
 *
 * @param letters how many letters the whole text has
 */
export function gapScoresOf(
  { logProbs, frames, vocabulary, blank, voice, hop }: Emissions,
  letters: number,
  costs: GapCosts = GAP_COSTS,
): Float32Array[] {
  const size = vocabulary.length
  const pace = Math.min(1, letters / (frames * hop) / BRISK)
  const scores = Object.values(GAP).map(() => new Float32Array(frames))
  for (let t = 0; t < frames; t++) {
    const silence = logProbs[t * size + blank]!
    const unvoiced = voice ? -Math.log(Math.max(LEAST_VOICE, voice[t]!)) : 0
    scores[GAP.afterConsonant]![t] = silence - pace * (costs.unvoiced * unvoiced + costs.afterConsonant)
    scores[GAP.afterVowel]![t] = silence - pace * (costs.unvoiced * unvoiced + costs.afterVowel)
    scores[GAP.betweenUnits]![t] = silence - pace * costs.unvoicedPause * unvoiced
    scores[GAP.betweenLines]![t] = Math.max(silence, bestOf(logProbs, t * size, size) - costs.filler)
  }
  return scores
}

function bestOf(values: Float32Array, start: number, size: number): number {
  let best = Number.NEGATIVE_INFINITY
  for (let i = start; i < start + size; i++) if (values[i]! > best) best = values[i]!
  return best
}
