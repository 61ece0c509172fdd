import type { Alignment, Verdict } from '../types.ts'
import { clock, cuesOf } from './cues.ts'
import type { FormatOptions } from './options.ts'
import { oneLine } from './text.ts'

/**
 * WebVTT subtitles of the sung lines. What cannot be trusted shows: a NOTE (a comment of the format) where the verdict
 * is not good, and the class `suspect` on such lines (`::cue(.suspect)` styles them; players ignore it otherwise).
 */
export function toVtt(alignment: Alignment, options: FormatOptions = {}): string {
  const cues = cuesOf(alignment, options).map(({ start, end, headings, text, line }) => {
    const escaped = escapeText(text)
    const shown = line.status === 'suspect' ? `<c.suspect>${escaped}</c>` : escaped
    return `${clock(start, '.')} --> ${clock(end, '.')}\n${[...headings.map(escapeText), shown].join('\n')}\n`
  })
  return ['WEBVTT\n', ...noteOf(alignment.verdict), ...cues].join('\n')
}

function noteOf({ level, alignedLines, sungLines, reasons }: Verdict): string[] {
  if (level === 'good') return []
  const sentences = [`${level}: ${alignedLines} of ${sungLines} lines can be trusted.`, ...reasons]
  return [`NOTE\n${sentences.map((sentence) => escapeText(oneLine(sentence))).join('\n')}\n`]
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
