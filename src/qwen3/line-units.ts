import type { LyricLine, Unit, UnitSpan } from '../types.ts'
import { alignmentUnits, type TextUnit } from './units.ts'

/** A sung line in both cuts: ours (index into all units, offsets into `sung`) and the aligner's. */
export type CutLine = {
  line: number
  ours: { index: number; start: number; end: number }[]
  theirs: TextUnit[]
}

/**
 * Cuts every sung line as the aligner wants it, and finds where our units lie in it.
 * @param language of the song; a line with Japanese or Korean units goes by its own
 */
export function cutLines(lines: readonly LyricLine[], units: readonly Unit[], language: string): CutLine[] {
  const cut: CutLine[] = []
  for (let first = 0; first < units.length; ) {
    const { line } = units[first]!
    let last = first
    while (last < units.length && units[last]!.line === line) last++
    const sung = lines[line]?.sung ?? ''
    const own = units.slice(first, last).find((unit) => unit.language === 'ja' || unit.language === 'ko')
    cut.push({
      line,
      ours: offsetsOf(units, first, last, sung),
      theirs: alignmentUnits(sung, own?.language ?? language),
    })
    first = last
  }
  return cut
}

/** Our units follow each other with nothing but white space between them. */
function offsetsOf(units: readonly Unit[], first: number, last: number, sung: string): CutLine['ours'] {
  const offsets: CutLine['ours'] = []
  let at = 0
  for (let index = first; index < last; index++) {
    const { text, line } = units[index]!
    while (at < sung.length && /\s/.test(sung[at]!)) at++
    if (!sung.startsWith(text, at)) {
      throw new RangeError(
        `Expected unit ${JSON.stringify(text)} at ${at} of line ${line}: ${JSON.stringify(sung)}`,
      )
    }
    offsets.push({ index, start: at, end: at + text.length })
    at += text.length
  }
  return offsets
}

/**
 * Times of our units out of those of the aligner's. A unit that is part of one of theirs gets its share of the time;
 * one that covers several lasts from the first to the last. Undefined where the aligner has nothing of it (a sign).
 * @param spans by the aligner's units of this line
 */
export function timesOfOurs({ ours, theirs }: CutLine, spans: readonly UnitSpan[]): (UnitSpan | undefined)[] {
  return ours.map(({ start, end }) => {
    const covered = theirs.flatMap((unit, i) => (unit.start < end && unit.end > start ? [i] : []))
    if (covered.length === 0) return undefined
    const first = covered[0]!
    const last = covered.at(-1)!
    const confidence = covered.reduce((sum, i) => sum + spans[i]!.confidence, 0) / covered.length
    return {
      start: timeAt(theirs[first]!, spans[first]!, start),
      end: timeAt(theirs[last]!, spans[last]!, end),
      confidence,
    }
  })
}

/** Time of an offset, in proportion; offsets outside the unit mean its edges. */
function timeAt(unit: TextUnit, span: UnitSpan, offset: number): number {
  const share = (Math.min(unit.end, Math.max(unit.start, offset)) - unit.start) / (unit.end - unit.start)
  return span.start + share * (span.end - span.start)
}
