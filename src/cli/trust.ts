import { lrcTime } from '../format/lrc.ts'
import type { AlignedLine, Alignment } from '../index.ts'

const LONGEST_TEXT = 40

/** What can be trusted of an alignment, in plain words: a line for the song, and one for every line to be looked at. */
export function trustReport({ verdict, lines }: Alignment): string[] {
  const { level, sungLines, alignedLines, reasons } = verdict
  const summary = `${level}: ${alignedLines} of ${sungLines} sung lines were found in the recording`
  if (level === 'good' && alignedLines === sungLines) return [summary]
  const doubtful = lines.flatMap((line, index) => doubtOf(line, index) ?? [])
  return [`warning: ${summary}`, ...reasons.map((reason) => `warning: ${reason}`), ...doubtful]
}

function doubtOf(line: AlignedLine, index: number): string | undefined {
  const { status, confidence, start, text, doubt } = line
  const where = `line ${index + 1} at ${lrcTime(Math.round(start * 100))}`
  if (status === 'unsung') return `warning: line ${index + 1} is not in the recording: ${shortened(text)}`
  if (status === 'interpolated') return `warning: ${where} is interpolated: ${shortened(text)}`
  if (status !== 'suspect') return undefined
  const reason = doubt ? ` ${doubt.message}` : ''
  return `warning: ${where} is suspect (confidence ${(confidence ?? 0).toFixed(2)}): ${shortened(text)}${reason}`
}

function shortened(text: string): string {
  const characters = [...text.trim()]
  return characters.length > LONGEST_TEXT
    ? `${characters.slice(0, LONGEST_TEXT).join('')}…`
    : characters.join('')
}
