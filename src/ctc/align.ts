import type { Emissions, Unit, UnitSpan } from '../types.ts'
import { GAP_COSTS, type GapCosts, gapScoresOf } from './gaps.ts'
import type { Jumps } from './jumps.ts'
import { type Spelling, spell } from './spell.ts'
import { type SpelledLines, spelledLines } from './structure.ts'
import { bestPath, type TokenPath } from './viterbi.ts'

/** The whole song as the search found it. */
export type CtcAlignment = {
  /** Numbers of the lines, in the order they are sung. */
  sung: number[]
  /** What is sung, in its order; `line` is the place in `sung`. */
  units: Unit[]
  /** By unit of `units`; null where no letter of it is in the vocabulary. */
  spans: (UnitSpan | null)[]
  spelling: Spelling
  path: TokenPath
}

export type AlignUnitsOptions = {
  costs?: GapCosts
  /** Where lines may be left out, sung again or in another order; each once and in order where it is not given. */
  jumps?: (lines: SpelledLines) => Jumps
}

/**
 * Places every unit in one global search.
 * @throws AlignError AUDIO_TOO_SHORT when the text has more letters than the recording has frames
 */
export function alignUnits(
  emissions: Emissions,
  text: readonly Unit[],
  { costs = GAP_COSTS, jumps }: AlignUnitsOptions = {},
): CtcAlignment {
  const { logProbs, frames, vocabulary } = emissions
  const written = spell(text, vocabulary)
  const lines = spelledLines(written, text)
  const gapScores = gapScoresOf(emissions, written.tokens.length, costs)
  const found = bestPath({
    logProbs, frames, size: vocabulary.length, gapScores, ...written, jumps: jumps?.(lines) })
  const { sung, units } = performed(found, written, text)
  const spelling = jumps ? spell(units, vocabulary) : written
  return { sung, units, spans: spansOf(units.length, spelling, found, emissions), spelling, path: found }
}

/** The units of every line as often as it is sung. */
function performed({ tokens }: TokenPath, { unitOfToken }: Spelling, text: readonly Unit[]) {
  const ofLine = new Map<number, Unit[]>()
  for (const unit of text) {
    const known = ofLine.get(unit.line)
    if (known) known.push(unit)
    else ofLine.set(unit.line, [unit])
  }
  const sung: number[] = []
  let before = -1
  tokens.forEach((token) => {
    const { line } = text[unitOfToken[token]!]!
    if (line !== sung.at(-1) || token <= before) sung.push(line)
    before = token
  })
  const units = sung.flatMap((line, visit) => ofLine.get(line)!.map((unit) => ({ ...unit, line: visit })))
  return { sung, units }
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
