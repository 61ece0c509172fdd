import type { AlignedLine, AlignedUnit, Alignment } from '../types.ts'
import { inLayout, type LayoutOptions } from './layout.ts'
import { lrcTime, risingCentiseconds } from './lrc.ts'
import { oneLine } from './text.ts'

/**
 * Enhanced (A2) LRC: as LRC, with `<mm:ss.xx>` before every word or CJK character and after the last one. Lines without
 * timed words are plain LRC lines.
 */
export function toEnhancedLrc(alignment: Alignment, { layout = 'written' }: LayoutOptions = {}): string {
  return inLayout(alignment, layout)
    .map((line) => {
      const start = Math.round(line.start * 100)
      return `[${lrcTime(start)}]${taggedText(line, start)}`
    })
    .join('\n')
}

function taggedText({ text, units }: AlignedLine, lineStart: number): string {
  const last = units.at(-1)
  if (!last) return oneLine(text)
  const times = risingCentiseconds([...units.map((unit) => unit.start), last.end], lineStart)
  const pieces = splitAtUnits(oneLine(text), units)
  const words = pieces.words.map((word, i) => `<${lrcTime(times[i]!)}>${word}`).join('')
  return `${pieces.before}${words}<${lrcTime(times.at(-1)!)}>`
}

/** Cuts a line where its units start. White space and signs that no unit holds stay with the unit before them. */
function splitAtUnits(text: string, units: AlignedUnit[]): { before: string; words: string[] } {
  const cuts: number[] = []
  let from = 0
  for (const unit of units) {
    const word = oneLine(unit.text)
    const at = text.indexOf(word, from)
    // Units of a normalised line need not be found in it letter for letter.
    if (at < 0) return { before: '', words: units.map((each) => `${oneLine(each.text)} `) }
    cuts.push(at)
    from = at + word.length
  }
  return { before: text.slice(0, cuts[0]), words: cuts.map((cut, i) => text.slice(cut, cuts[i + 1])) }
}
