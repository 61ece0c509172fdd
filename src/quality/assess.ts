import type { Evidence, Fit } from '../ctc/evidence.ts'
import type { TimedLine } from '../lyrics/assemble.ts'
import type { AlignedLine, AlignedUnit, LineStatus, Verdict, VerdictLevel } from '../types.ts'
import { fitTwoGroups, probabilityPresent, type TwoGroups } from './two-groups.ts'

/** Lines with their status and confidence, and the song as a whole. */
export type Assessment = { lines: AlignedLine[]; verdict: Verdict }

/** A line is `aligned` from this confidence on. */
export const ALIGNED_FROM = 0.5

// Shares of sung lines that are aligned, from which a song is called good, or at least mixed.
const GOOD_FROM = 0.8
const MIXED_FROM = 0.3
// A line or two may each be likelier there than not, and still prove little: good is what is sure as well.
const SURE_FROM = 0.8

/**
 * Judges every line and the whole song by how much better the text fits the sound than its reversed self does.
 *
 * `confidence` is the probability that the line is sung where it was placed, given that evidence and the song's other
 * lines; it does not see a line that was placed on another repetition of the same words.
 */
export function assess(
  timed: readonly TimedLine[],
  evidence: Evidence,
): { lines: AlignedLine[]; verdict: Verdict } {
  const fits = evidence.lines.filter((fit) => fit !== undefined)
  const groups = fitTwoGroups(fits, evidence.decoys)
  let unit = 0
  const lines = timed.map((line): AlignedLine => {
    const confidence = confidenceOf(line, evidence, groups)
    const units = line.units.map((placed) => judged(placed, evidence.units[unit++], groups, confidence ?? 0))
    const { start, end } = line
    return { text: line.line.text, start, end, status: statusOf(line, confidence), confidence, units }
  })
  return { lines, verdict: verdictOf(lines, evidence.unclaimedSeconds) }
}

// Singing covers at least this share of a line that is there; a line stretched over instruments has less.
const VOICED_FULLY = 0.3

function confidenceOf({ line, located }: TimedLine, evidence: Evidence, groups: TwoGroups): number | null {
  if (line.kind !== 'sung') return null
  const fit = evidence.lines[line.index]
  if (!located || !fit) return 0
  const voiced = evidence.voiced[line.index] ?? 1
  return probabilityPresent(fit, groups) * Math.min(1, voiced / VOICED_FULLY)
}

/** A unit is judged by its own fit, believing of it beforehand what was found of its line. */
function judged(
  unit: AlignedUnit,
  fit: Fit | undefined,
  groups: TwoGroups,
  lineConfidence: number,
): AlignedUnit {
  return { ...unit, confidence: fit ? probabilityPresent(fit, groups, lineConfidence) : 0 }
}

function statusOf({ line, located }: TimedLine, confidence: number | null): LineStatus {
  if (line.kind !== 'sung') return line.kind
  if (!located) return 'interpolated'
  return (confidence ?? 0) >= ALIGNED_FROM ? 'aligned' : 'suspect'
}

function verdictOf(lines: readonly AlignedLine[], unclaimedSeconds: number): Verdict {
  const sung = lines.filter(({ confidence }) => confidence !== null)
  const count = (status: LineStatus) => sung.filter((line) => line.status === status).length
  const aligned = count('aligned')
  const share = aligned / sung.length
  const confidence = sung.reduce((sum, line) => sum + (line.confidence ?? 0), 0) / sung.length
  const level = levelOf(share, confidence)
  const reasons = [
    ...(level === 'unreliable' ? [BY_CHANCE] : []),
    ...(level === 'mixed' && share >= GOOD_FROM ? [UNSURE] : []),
    ...doubts(sung.length, count('suspect'), count('interpolated')),
    ...(unclaimedSeconds >= UNCLAIMED_FROM_SECONDS ? [unclaimed(unclaimedSeconds)] : []),
  ]
  return { level, sungLines: sung.length, alignedLines: aligned, confidence, reasons }
}

function levelOf(share: number, confidence: number): VerdictLevel {
  if (share >= GOOD_FROM && confidence >= SURE_FROM) return 'good'
  return share >= MIXED_FROM ? 'mixed' : 'unreliable'
}

const UNSURE = 'The text fits the recording, but too little of it could be heard to be sure.'
const BY_CHANCE =
  'The text fits the recording hardly better than chance: other lyrics, or singing that could not be heard.'

function doubts(sung: number, suspect: number, interpolated: number): string[] {
  const of = (count: number) => `${count} of ${sung} sung lines`
  return [
    ...(suspect > 0 ? [`${of(suspect)} are suspect: the sound does not support their place.`] : []),
    ...(interpolated > 0
      ? [`${of(interpolated)} hold nothing that can be pronounced; their times are interpolated.`]
      : []),
  ]
}

// Less than this is humming and echo in most songs.
const UNCLAIMED_FROM_SECONDS = 15

function unclaimed(seconds: number): string {
  const amount = `About ${Math.round(seconds)} s of singing are in no line`
  return `${amount}: words may be missing in the lyrics, and a repeated line may stand at another repetition.`
}
