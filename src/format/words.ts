import type { AlignedLine, Span } from '../types.ts'
import { oneLine } from './text.ts'

/** A piece of a line with its time, the white space and signs after it included. */
export type TimedWord = Span & { text: string }

/** A line cut where its words start: `before` and the texts of the words together are the line. */
export type CutLine = { before: string; words: TimedWord[] }

/**
 * Cuts a line where its words start. White space and signs that no word holds stay with the word before them; what stands
 * before the first word is `before`. Lines without timed words have none.
 */
export function cutAtWords({ text, units }: AlignedLine): CutLine {
  const line = oneLine(text)
  const cuts: number[] = []
  let from = 0
  for (const unit of units) {
    const word = oneLine(unit.text)
    const at = line.indexOf(word, from)
    // Units of a normalised line need not be found in it letter for letter.
    if (at < 0)
      return { before: '', words: units.map((each) => ({ ...spanOf(each), text: `${oneLine(each.text)} ` })) }
    cuts.push(at)
    from = at + word.length
  }
  return {
    before: line.slice(0, cuts[0]),
    words: units.map((unit, i) => ({ ...spanOf(unit), text: line.slice(cuts[i], cuts[i + 1]) })),
  }
}

function spanOf({ start, end }: Span): Span {
  return { start, end }
}
