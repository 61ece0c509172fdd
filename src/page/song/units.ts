import type { AlignedUnit, Span } from '../../types.ts'

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
// One sign of these scripts, or a run of anything else that is no white space.
const PIECE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu

/** Words, or single signs where words are not set apart; punctuation alone stays with what is before it. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (const [piece] of text.matchAll(PIECE)) {
    const isSign = !/[\p{L}\p{N}]/u.test(piece)
    if (isSign && pieces.length > 0 && CJK.test(pieces.at(-1)!)) pieces[pieces.length - 1] += piece
    else if (!isSign) pieces.push(piece)
  }
  return pieces
}

/**
 * Units for a text that was edited: those of the words that stayed, in front and behind, keep their times; the others
 * share what is between by their length.
 */
export function unitsAfterEdit(text: string, before: readonly AlignedUnit[], span: Span): AlignedUnit[] {
  const pieces = piecesOf(text)
  const same = (a: AlignedUnit | undefined, b: string | undefined) => a !== undefined && a.text === b
  let head = 0
  while (head < pieces.length && same(before[head], pieces[head])) head++
  let tail = 0
  const most = Math.min(pieces.length, before.length) - head
  while (tail < most && same(before[before.length - 1 - tail], pieces[pieces.length - 1 - tail])) tail++
  const kept = { front: before.slice(0, head), behind: before.slice(before.length - tail) }
  const from = kept.front.at(-1)?.end ?? span.start
  const to = kept.behind[0]?.start ?? span.end
  const between = spread(pieces.slice(head, pieces.length - tail), { start: from, end: Math.max(from, to) })
  return [...kept.front, ...between, ...kept.behind]
}

/** Words that share a span by their length. */
export function spread(pieces: readonly string[], { start, end }: Span): AlignedUnit[] {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  let done = 0
  return pieces.map((text) => {
    const from = start + ((end - start) * done) / total
    done += text.length
    return { text, start: from, end: start + ((end - start) * done) / total, confidence: 0 }
  })
}

/** The units of a line laid into another span: as they are where they fit, else at its edges. */
export function fitted(units: readonly AlignedUnit[], span: Span): AlignedUnit[] {
  return within(units, span).map((unit, i) => ({
    ...unit,
    start: i === 0 ? span.start : unit.start,
    end: i === units.length - 1 ? span.end : unit.end,
  }))
}

/** The units of a line cut off at the edges of a span. */
export function within(units: readonly AlignedUnit[], { start, end }: Span): AlignedUnit[] {
  const clip = (time: number) => Math.min(end, Math.max(start, time))
  return units.map((unit) => ({ ...unit, start: clip(unit.start), end: clip(unit.end) }))
}

/** The units moved by some seconds. */
export function moved(units: readonly AlignedUnit[], by: number): AlignedUnit[] {
  return units.map((unit) => ({ ...unit, start: unit.start + by, end: unit.end + by }))
}

/** Which unit is being sung: the last that has begun; -1 before the first. */
export function unitAt(units: readonly AlignedUnit[], time: number): number {
  return units.findLastIndex(({ start }) => start <= time)
}
