import type { Alignment } from '../types.ts'
import { clock, cuesOf } from './cues.ts'
import type { FormatOptions } from './options.ts'

/**
 * SubRip subtitles of the sung lines. SRT has no escapes, and players take <...>, {...} and backslashes for markup and
 * leave them out: they are written as ‹...›, (...) and /, and an arrow as →.
 */
export function toSrt(alignment: Alignment, options: FormatOptions = {}): string {
  return cuesOf(alignment, options)
    .map(({ start, end, headings, text }, i) => {
      const times = `${clock(start, ',')} --> ${clock(end, ',')}`
      return `${i + 1}\n${times}\n${[...headings, text].map(withoutMarkup).join('\n')}\n`
    })
    .join('\n')
}

const INSTEAD: Readonly<Record<string, string>> = {
  '-->': '→',
  '<': '‹',
  '>': '›',
  '{': '(',
  '}': ')',
  '\\': '/',
}

function withoutMarkup(text: string): string {
  return text.replace(/-->|[<>{}\\]/g, (found) => INSTEAD[found]!)
}
