import type { AlignedLine, Alignment } from '../types.ts'
import { inLayout } from './layout.ts'
import { lrcTime, risingCentiseconds } from './lrc.ts'
import type { FormatOptions } from './options.ts'
import { withMarkers } from './shown.ts'
import { oneLine } from './text.ts'
import { cutAtWords } from './words.ts'

/**
 * Enhanced (A2) LRC: as LRC, with `<mm:ss.xx>` before every word or CJK character and after the last one. Lines without
 * timed words are plain LRC lines. Angle brackets of the text are written as ‹ and ›, because those of times would run
 * into them.
 */
export function toEnhancedLrc(
  alignment: Alignment,
  { layout = 'written', markers = 'keep' }: FormatOptions = {},
): string {
  return withMarkers(inLayout(alignment, layout), markers)
    .map((line) => {
      const start = Math.round(line.start * 100)
      return `[${lrcTime(start)}]${taggedText(line, start)}`
    })
    .join('\n')
}

function taggedText(line: AlignedLine, lineStart: number): string {
  const last = line.units.at(-1)
  if (!last) return withoutAngles(oneLine(line.text))
  const { before, words } = cutAtWords(line)
  const times = risingCentiseconds([...words.map(({ start }) => start), last.end], lineStart)
  const tagged = words.map(({ text }, i) => `<${lrcTime(times[i]!)}>${withoutAngles(text)}`).join('')
  return `${withoutAngles(before)}${tagged}<${lrcTime(times.at(-1)!)}>`
}

function withoutAngles(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›')
}
