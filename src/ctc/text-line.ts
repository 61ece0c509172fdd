import type { Unit } from '../types.ts'
import type { Spelling } from './spell.ts'

/** A line of the text that has letters of the vocabulary. */
export type TextLine = {
  /** Index of the line in the lyrics. */
  index: number
  /** Its place among the lines that have letters, and whether it is the last of them. */
  position: number
  isLast: boolean
  units: readonly Unit[]
  /** Which letters begin a unit. */
  unitStarts: number[]
  /** Vocabulary index of each letter. */
  tokens: Uint16Array
  /** Kind of the gap before each letter; values of GAP. */
  gaps: Uint8Array
}

/** The lines of a text, in their order; those without a letter are left out. */
export function textLinesOf({ tokens, gaps, unitOfToken }: Spelling, units: readonly Unit[]): TextLine[] {
  const unitsOf = new Map<number, Unit[]>()
  for (const unit of units) {
    const known = unitsOf.get(unit.line)
    if (known) known.push(unit)
    else unitsOf.set(unit.line, [unit])
  }
  const lines: TextLine[] = []
  for (let from = 0, to = 0; from < tokens.length; from = to) {
    const index = units[unitOfToken[from]!]!.line
    while (to < tokens.length && units[unitOfToken[to]!]!.line === index) to++
    const unitStarts: number[] = []
    for (let i = from; i < to; i++) {
      if (i === from || unitOfToken[i] !== unitOfToken[i - 1]) unitStarts.push(i - from)
    }
    lines.push({
      index,
      position: lines.length,
      isLast: to === tokens.length,
      units: unitsOf.get(index)!,
      unitStarts,
      tokens: tokens.subarray(from, to),
      gaps: gaps.subarray(from, to),
    })
  }
  return lines
}

/** One time that a line is sung: the frames [first, last] of each of its letters. */
export type Visit = {
  line: TextLine
  first: Int32Array
  last: Int32Array
  /** Found in singing that the search of the whole song had left to no line. */
  added?: true
}

/** Takes a path apart into the lines it goes through. */
export function visitsOf(
  path: { tokens: Int32Array; first: Int32Array; last: Int32Array },
  lines: readonly TextLine[],
): Visit[] {
  const lineOfStart = new Map<number, TextLine>()
  let start = 0
  for (const line of lines) {
    lineOfStart.set(start, line)
    start += line.tokens.length
  }
  const visits: Visit[] = []
  for (let at = 0; at < path.tokens.length; ) {
    const line = lineOfStart.get(path.tokens[at]!)!
    const next = at + line.tokens.length
    visits.push({ line, first: path.first.slice(at, next), last: path.last.slice(at, next) })
    at = next
  }
  return visits
}
