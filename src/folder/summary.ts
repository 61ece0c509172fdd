import type { Alignment } from '../types.ts'
import type { SongSummary } from './record.ts'

// What a table has place for, and a record of many songs.
const MOST_LINES = 20
const LONGEST_TEXT = 100

/** How a song came out, as far as a table of many songs tells it. */
export function summaryOf({ verdict, duration, language, lines }: Alignment): SongSummary {
  const { level, sungLines, alignedLines, confidence, reasons } = verdict
  const doubtful = lines.flatMap(({ status, start, text }, line) =>
    status === 'suspect' || status === 'unsung'
      ? [{ line, start: thousandths(start), status, text: [...text.trim()].slice(0, LONGEST_TEXT).join('') }]
      : [],
  )
  return {
    level,
    sungLines,
    alignedLines,
    confidence: thousandths(confidence),
    duration: thousandths(duration),
    language,
    reasons,
    doubtful: doubtful.slice(0, MOST_LINES),
  }
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
