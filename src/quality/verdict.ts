import type { AlignedLine, LineStatus, Verdict, VerdictLevel } from '../types.ts'

// Shares of sung lines that are aligned, from which a song is called good, or at least mixed.
const GOOD_FROM = 0.8
const MIXED_FROM = 0.3
// A line or two may each be likelier there than not, and still prove little: good is what is sure as well.
const SURE_FROM = 0.8
// A text of which less is sung is not the text of this performance alone.
const MOSTLY_SUNG = 0.5

/** How much of the singing lies in lines, and of the text in the singing. */
export type Coverage = { covered: number | null; sung: number; extraSeconds: number }

/** The song as a whole. */
export function verdictOf(lines: readonly AlignedLine[], { covered, sung, extraSeconds }: Coverage): Verdict {
  const all = lines.filter(({ confidence }) => confidence !== null)
  const count = (status: LineStatus) => all.filter((line) => line.status === status).length
  const aligned = count('aligned')
  const unsung = count('unsung')
  const found = all.filter(({ status }) => status !== 'unsung')
  const share = found.length > 0 ? aligned / found.length : 0
  const confidence =
    found.length > 0 ? found.reduce((sum, line) => sum + (line.confidence ?? 0), 0) / found.length : 0
  const level = levelOf(share, aligned / all.length, confidence, sung)
  const reasons = [
    ...(level === 'unreliable' ? [BY_CHANCE] : []),
    ...(level === 'mixed' && share >= GOOD_FROM && sung >= MOSTLY_SUNG ? [UNSURE] : []),
    ...counts(all.length, { suspect: count('suspect'), unsung, interpolated: count('interpolated') }),
    ...(extraSeconds >= EXTRA_FROM_SECONDS ? [extraSinging(extraSeconds)] : []),
  ]
  return { level, sungLines: all.length, alignedLines: aligned, confidence, covered, sung, reasons }
}

function levelOf(share: number, ofAll: number, confidence: number, sung: number): VerdictLevel {
  if (share >= GOOD_FROM && confidence >= SURE_FROM && sung >= MOSTLY_SUNG) return 'good'
  return ofAll >= MIXED_FROM ? 'mixed' : 'unreliable'
}

const UNSURE = 'The text fits the recording, but too little of it could be heard to be sure.'
const BY_CHANCE =
  'The text fits the recording hardly better than chance: other lyrics, or singing that could not be heard.'

function counts(all: number, { suspect, unsung, interpolated }: Record<string, number>): string[] {
  const of = (count: number) => `${count} of ${all} lines`
  return [
    ...(suspect! > 0 ? [`${of(suspect!)} are suspect: their place may be wrong.`] : []),
    ...(unsung! > 0 ? [`${of(unsung!)} were not found in the recording.`] : []),
    ...(interpolated! > 0
      ? [`${of(interpolated!)} hold nothing that can be pronounced; their times are interpolated.`]
      : []),
  ]
}

// Less than this is humming and echo in most songs.
const EXTRA_FROM_SECONDS = 15

function extraSinging(seconds: number): string {
  return `About ${Math.round(seconds)} s of singing are in no line: words may be missing in the lyrics.`
}
