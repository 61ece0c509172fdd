import type { Emissions, Unit, UnitSpan } from '../types.ts'
import { GAP_COSTS, type GapCosts, gapScoresOf } from './gaps.ts'
import { type Spelling, spell } from './spell.ts'
import { bestPath, type TokenPath } from './viterbi.ts'

/** The whole song as the search found it. */
export type CtcAlignment = {
  /** By unit; null where no letter of it is in the vocabulary. */
  spans: (UnitSpan | null)[]
  spelling: Spelling
  path: TokenPath
}

/**
 * Places every unit in one global search.
 * @param checkpoint called now and then; throws where the search is to end
 * @throws AlignError AUDIO_TOO_SHORT when the text has more letters than the recording has frames
 */
export function alignUnits(
  emissions: Emissions,
  units: readonly Unit[],
  costs: GapCosts = GAP_COSTS,
  checkpoint?: () => void,
): CtcAlignment {
  const { logProbs, frames, vocabulary } = emissions
  const spelling = spell(units, vocabulary)
  const gapScores = gapScoresOf(emissions, spelling.tokens.length, costs)
  const path = bestPath({ logProbs, frames, size: vocabulary.length, gapScores, checkpoint, ...spelling })
  return { spans: spansOf(units.length, spelling, path, emissions), spelling, path }
}

/** Corrects a model's systematic lateness: `seconds` are added to every onset, negative for earlier. Ends stay. */
export function shiftOnsets(spans: readonly (UnitSpan | null)[], seconds: number): (UnitSpan | null)[] {
  return spans.map(
    (span) => span && { ...span, start: Math.max(0, Math.min(span.end, span.start + seconds)) },
  )
}

function spansOf(
  count: number,
  spelling: Spelling,
  path: TokenPath,
  emissions: Emissions,
): (UnitSpan | null)[] {
  const { tokens, unitOfToken } = spelling
  const spans: (UnitSpan | null)[] = new Array(count).fill(null)
  for (let i = 0; i < tokens.length; ) {
    const unit = unitOfToken[i]!
    const from = i
    while (i < tokens.length && unitOfToken[i] === unit) i++
    const limit = i < tokens.length ? path.first[i]! : emissions.frames
    spans[unit] = {
      start: path.first[from]! * emissions.hop,
      end: lastFrame(path.last[i - 1]!, limit, emissions) * emissions.hop,
      confidence: peakProbability(spelling, path, emissions, from, i),
    }
  }
  return spans
}

const SINGING = 0.5
// A held note rarely lasts longer; what follows a line at an instrumental break may still sound like a voice.
const LONGEST_HOLD_SECONDS = 4

/** A held vowel is blank to CTC: the unit lasts as long as the voice does, until the next one starts. */
function lastFrame(lastOfTokens: number, limit: number, { voice, hop }: Emissions): number {
  let frame = lastOfTokens + 1
  if (!voice) return Math.min(frame, limit)
  const furthest = Math.min(limit, frame + Math.round(LONGEST_HOLD_SECONDS / hop))
  while (frame < furthest && voice[frame]! >= SINGING) frame++
  return frame
}

/** Geometric mean, over tokens [from, to), of the highest probability each reaches in its frames. */
function peakProbability(
  { tokens }: Spelling,
  { first, last }: TokenPath,
  { logProbs, vocabulary }: Emissions,
  from: number,
  to: number,
): number {
  let sum = 0
  for (let i = from; i < to; i++) {
    let peak = Number.NEGATIVE_INFINITY
    for (let t = first[i]!; t <= last[i]!; t++)
      peak = Math.max(peak, logProbs[t * vocabulary.length + tokens[i]!]!)
    sum += peak
  }
  return Math.exp(sum / (to - from))
}
