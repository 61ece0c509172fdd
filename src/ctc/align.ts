import type { Emissions, Movement, Unit, UnitSpan } from '../types.ts'
import { GAP_COSTS, type GapCosts, gapScoresOf } from './gaps.ts'
import { keepOrder } from './keep-order.ts'
import { type Spelling, spell } from './spell.ts'
import { type JumpCosts, jumpsOf } from './structure.ts'
import { type TextLine, textLinesOf, type Visit, visitsOf } from './text-line.ts'
import type { Trellis } from './trellis.ts'
import { bestPath, type TokenPath } from './viterbi.ts'

/** The whole song as the search found it. */
export type CtcAlignment = {
  /** What is sung, in its order. */
  visits: Visit[]
  /** How many letters the text has. */
  letters: number
  /** The units of all visits; `line` is the place in `visits`. */
  units: Unit[]
  /** By unit of `units`; null where no letter of it is in the vocabulary. */
  spans: (UnitSpan | null)[]
  spelling: Spelling
  /** Frames of every letter of `spelling`. */
  path: Pick<TokenPath, 'first' | 'last'>
}

/** An alignment with what it was found in, to search parts of it again. */
export type Searched = CtcAlignment & { lines: readonly TextLine[]; trellis: Trellis }

export type AlignUnitsOptions = {
  costs?: GapCosts
  /** Lets lines be left out, sung again or in another order. Where it is not given, each is sung once, in order. */
  movement?: Movement | undefined
  jumpCosts?: JumpCosts | undefined
  /** Called now and then; throws where the search is to end. */
  checkpoint?: (() => void) | undefined
}

/**
 * Places every unit in one global search.
 * @throws AlignError AUDIO_TOO_SHORT when each line is to be sung and the text has more letters than the recording has frames
 */
export function alignUnits(
  emissions: Emissions,
  text: readonly Unit[],
  { costs = GAP_COSTS, movement, jumpCosts, checkpoint }: AlignUnitsOptions = {},
): Searched {
  const { logProbs, frames, vocabulary } = emissions
  const spelling = spell(text, vocabulary)
  const lines = textLinesOf(spelling, text)
  const gapScores = gapScoresOf(emissions, spelling.tokens.length, costs)
  const trellis: Trellis = { logProbs, frames, size: vocabulary.length, gapScores, checkpoint, ...spelling }
  const jumps = movement && jumpsOf(lines, movement, jumpCosts)
  const visits = visitsOf(bestPath({ ...trellis, jumps }), lines)
  const ordered = movement ? keepOrder(visits, lines, trellis) : visits
  return { ...performed(ordered, spelling.tokens.length, emissions), lines, trellis }
}

/** The alignment of what is sung. */
export function performed(visits: Visit[], letters: number, emissions: Emissions): CtcAlignment {
  const units = visits.flatMap(({ line }, visit) => line.units.map((unit) => ({ ...unit, line: visit })))
  const spelling = spell(units, emissions.vocabulary)
  const path = {
    first: joined(visits.map(({ first }) => first)),
    last: joined(visits.map(({ last }) => last)),
  }
  return { visits, letters, units, spelling, path, spans: spansOf(units.length, spelling, path, emissions) }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
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
  path: CtcAlignment['path'],
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
  { first, last }: CtcAlignment['path'],
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
