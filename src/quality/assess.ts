import type { CtcAlignment } from '../ctc/align.ts'
import type { Evidence, Fit } from '../ctc/evidence.ts'
import { singingOutside } from '../ctc/singing.ts'
import { layOut, type TimedLine, type TimedUnits } from '../lyrics/assemble.ts'
import type {
  AlignedLine,
  AlignedUnit,
  Alignment,
  Emissions,
  LyricLine,
  PerformedLine,
  Unit,
} from '../types.ts'
import { doubtOf } from './doubt.ts'
import type { Features } from './features.ts'
import { ownVisits } from './own-time.ts'
import { fitTwoGroups, probabilityPresent, type TwoGroups } from './two-groups.ts'
import { verdictOf } from './verdict.ts'

/** Lines with their status and confidence, what is sung, and the song as a whole. */
export type Assessment = Pick<Alignment, 'lines' | 'performance' | 'extra' | 'verdict'>

/**
 * A line is `aligned` from this confidence on: of the development songs, changed in all ways of scripts/fit-trust.ts and left
 * out of its fit, 1 % of the lines above are wrong by more than a second, and 96 % of the right ones are above.
 */
export const ALIGNED_FROM = 0.85

/** All that is known of a song when it is judged. */
export type Assessed = {
  lines: readonly LyricLine[]
  /** The units of the lyrics. */
  text: readonly Unit[]
  found: CtcAlignment
  /** Times of the visits. */
  timed: readonly TimedUnits[]
  evidence: Evidence
  /** By visit. */
  features: readonly Features[]
  confidences: readonly number[]
  emissions: Emissions
  duration: number
}

/** Judges what is sung, gives every line of the lyrics its own time, and the whole song a verdict. */
export function assess(song: Assessed): Assessment {
  const { lines, text, found, emissions, duration, confidences } = song
  const performance = performanceOf(song)
  const own = ownVisits(
    found.visits.map(({ line, first }, i) => ({ line: line.index, weight: confidences[i]! * first.length })),
  )
  const times = new Map([...own].map(([line, visit]) => [line, performance[visit]!]))
  const letters = new Map<number, number>()
  for (const { line, romanized } of text) letters.set(line, (letters.get(line) ?? 0) + romanized.length)
  const occurrences = occurrencesOf(performance)
  const written = layOut(lines, text, times, duration).map((line) =>
    judgedLine(line, times.get(line.line.index), letters, occurrences),
  )
  const { extra, covered } = singingOutside(emissions, performance)
  const extraSeconds = extra.reduce((sum, { start, end }) => sum + end - start, 0)
  const sung = shareSung(letters, times)
  return { lines: written, performance, extra, verdict: verdictOf(written, { covered, sung, extraSeconds }) }
}

function performanceOf({ found, timed, evidence, features, confidences }: Assessed): PerformedLine[] {
  const groups = fitTwoGroups(evidence.visits, evidence.decoys)
  let unit = 0
  return found.visits.map(({ line }, i) => {
    const { start, end, units } = timed[i]!
    const confidence = confidences[i]!
    const judged = units.map((placed) => judgedUnit(placed, evidence.units[unit++], groups, confidence))
    const base = { line: line.index, start, end, confidence, units: judged }
    return confidence >= ALIGNED_FROM
      ? { ...base, status: 'aligned' }
      : { ...base, status: 'suspect', doubt: doubtOf(features[i]!) }
  })
}

/** A unit is judged by its own fit, believing of it beforehand what was found of its line. */
function judgedUnit(unit: AlignedUnit, fit: Fit | undefined, groups: TwoGroups, line: number): AlignedUnit {
  return { ...unit, confidence: fit ? probabilityPresent(fit, groups, line) : 0 }
}

function occurrencesOf(performance: readonly PerformedLine[]): Map<number, AlignedLine['occurrences']> {
  const all = new Map<number, AlignedLine['occurrences']>()
  for (const { line, start, end, confidence, units } of performance) {
    const known = all.get(line) ?? []
    known.push({ start, end, confidence, units })
    all.set(line, known)
  }
  return all
}

function judgedLine(
  { line, start, end, units }: TimedLine,
  own: PerformedLine | undefined,
  letters: ReadonlyMap<number, number>,
  occurrences: ReadonlyMap<number, AlignedLine['occurrences']>,
): AlignedLine {
  const { text, kind, index, marker, singer, translation, romanization } = line
  const base = {
    text,
    start,
    end,
    units,
    ...(marker && { marker }),
    ...(singer !== undefined && { singer }),
    ...(translation !== undefined && { translation }),
    ...(romanization !== undefined && { romanization }),
    occurrences: occurrences.get(index) ?? [],
  }
  if (kind !== 'sung') return { ...base, status: kind, confidence: null }
  if (!own) return { ...base, status: letters.get(index) ? 'unsung' : 'interpolated', confidence: 0 }
  const { status, confidence, doubt } = own
  return { ...base, status, confidence, ...(doubt && { doubt }) }
}

function shareSung(letters: ReadonlyMap<number, number>, sung: ReadonlyMap<number, unknown>): number {
  let all = 0
  let found = 0
  for (const [line, count] of letters) {
    all += count
    if (sung.has(line)) found += count
  }
  return all > 0 ? found / all : 0
}
