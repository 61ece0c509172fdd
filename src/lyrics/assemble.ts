import type { AlignedUnit, LyricLine, Span, Unit, UnitSpan } from '../types.ts'

/** Something that is sung, with its units. */
export type TimedUnits = Span & { units: AlignedUnit[] }

/** A line of the lyrics with its time, before it is judged. `located` says whether it was found. */
export type TimedLine = TimedUnits & { line: LyricLine; located: boolean }

/**
 * Gives every unit of what is sung a time, and puts them together by visit (`line` of a unit, from 0 to `count` - 1). Starts
 * never decrease, nothing overlaps, and nothing ends after `duration` (seconds).
 */
export function assemble(
  count: number,
  units: readonly Unit[],
  spans: readonly (UnitSpan | null)[],
  duration: number,
): TimedUnits[] {
  const times = inOrder(spans, duration)
  const visits: AlignedUnit[][] = Array.from({ length: count }, () => [])
  units.forEach(({ line, text }, i) => {
    visits[line]!.push({ text, ...times[i]! })
  })
  return visits.map((sung) => ({ start: sung[0]!.start, end: sung.at(-1)!.end, units: sung }))
}

/**
 * Gives every line of the lyrics a time: those that were found their own, markers that of the next sung line, blank lines the
 * end of the last one. Others share the time between the end of the line before and the start of the one after, if that is
 * later. A translation has the time of its line.
 */
export function layOut(
  lines: readonly LyricLine[],
  text: readonly Unit[],
  found: ReadonlyMap<number, TimedUnits>,
  duration: number,
): TimedLine[] {
  const unitsOfLine: string[][] = lines.map(() => [])
  for (const unit of text) unitsOfLine[unit.line]!.push(unit.text)
  const timed: TimedLine[] = []
  for (let i = 0; i < lines.length; ) {
    const own = found.get(i)
    if (own) {
      timed.push({ ...own, line: lines[i]!, located: true })
      i++
      continue
    }
    let next = i
    while (next < lines.length && !found.has(next)) next++
    const after = found.get(next)?.start
    for (const { line, start, end } of fillGap(
      lines.slice(i, next),
      timed.at(-1)?.end ?? 0,
      after,
      duration,
    )) {
      const units = spread(unitsOfLine[line.index]!, { start, end })
      timed.push({ line, units, located: false, start, end })
    }
    i = next
  }
  return timed.map((line) => {
    const original = line.line.translates === undefined ? undefined : timed[line.line.translates]
    return original ? { ...line, start: original.start, end: original.end } : line
  })
}

/** Every unit gets a time; one that was not heard takes none, where the unit before ends. */
function inOrder(spans: readonly (UnitSpan | null)[], duration: number): UnitSpan[] {
  const starts = startsOf(spans, duration)
  return spans.map((span, i) => {
    const start = starts[i]!
    const end = span ? Math.min(Math.max(start, span.end), starts[i + 1]!) : start
    return { start, end, confidence: span?.confidence ?? 0 }
  })
}

/** Starts that never decrease, one more for the end; null spans start where the next heard one does. */
function startsOf(spans: readonly (UnitSpan | null)[], duration: number): Float64Array {
  const starts = new Float64Array(spans.length + 1).fill(duration)
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i]
    const start = span ? Math.max(0, span.start) : starts[i + 1]!
    starts[i] = Math.min(start, starts[i + 1]!)
  }
  return starts
}

/** Lines without a place of their own, between the end of what is before them and the start of what comes after. */
function fillGap(
  lines: readonly LyricLine[],
  from: number,
  after: number | undefined,
  duration: number,
): (Span & { line: LyricLine })[] {
  const sung = lines.filter(({ kind }) => kind === 'sung').length
  const to = Math.max(from, after ?? (sung > 0 ? duration : from))
  const share = sung > 0 ? (to - from) / sung : 0
  let sungYet = 0
  let now = from
  return lines.map((line) => {
    const start = now
    if (line.kind === 'sung') now = ++sungYet === sung ? to : from + share * sungYet
    // A marker belongs to what follows it; so does all that comes after the marker.
    if (line.kind === 'marker' && sungYet === sung) now = to
    return line.kind === 'marker'
      ? { line, start: now, end: now }
      : { line, start, end: Math.max(start, now) }
  })
}

/** Equal shares of a line's time for units nobody heard. */
function spread(texts: readonly string[], { start, end }: Span): AlignedUnit[] {
  const share = (end - start) / texts.length
  return texts.map((text, i) => ({
    text,
    start: start + share * i,
    end: start + share * (i + 1),
    confidence: 0,
  }))
}
