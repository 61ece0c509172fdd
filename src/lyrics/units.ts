import type { LyricLine, Unit } from '../types.ts'
import type { Reading } from './reading.ts'
import { readings } from './romanize.ts'

/**
 * The things with a time of their own, in the order they are sung: words; single characters in Chinese; morae and the
 * kanji of one word in Japanese. Punctuation and symbols belong to the unit they stand by, so that the texts of a
 * line's units, put one after the other, hold all of its `sung` text apart from white space between units.
 * @param language a code, or '' to go by the script of each line
 * @param checkpoint called before every line; throws where the work is to end
 */
export function unitsOf(
  lines: readonly LyricLine[],
  language: string,
  checkpoint: () => void = () => {},
): Unit[] {
  return lines.flatMap(({ kind, sung, index }) => {
    checkpoint()
    return kind === 'sung' ? unitsOfLine(sung, index, language) : []
  })
}

function unitsOfLine(sung: string, line: number, language: string): Unit[] {
  const read = readings(sung, language)
  if (read.length === 0) return [{ line, text: sung, language, romanized: '' }]
  const edges = edgesOf(sung, read)
  return read.map(({ romanized, language: code }, at) => ({
    line,
    text: sung.slice(edges[at], edges[at + 1]).trim(),
    language: code,
    romanized: romanized.replaceAll(' ', ''),
  }))
}

/** Where each unit begins, and where the last one ends. */
function edgesOf(sung: string, read: Reading[]): number[] {
  const inner = read.slice(1).map(({ start }, at) => {
    const end = read[at]!.end
    return end + splitOf(sung.slice(end, start))
  })
  return [0, ...inner, sung.length]
}

const OPENING = /[\p{Ps}\p{Pi}¿¡"'’#]/u
const QUOTE = /["'’]/

/** How much of what stands between two units goes to the first: all but what opens the second. */
function splitOf(between: string): number {
  let at = between.length
  while (at > 0 && OPENING.test(between[at - 1]!)) at--
  // a straight quote opens only after white space: in 'say "no"!' the second one closes
  return QUOTE.test(between[at] ?? '') && !/\s/.test(between[at - 1] ?? '') ? between.length : at
}
