import type { AlignedUnit, LyricLine, Span, Unit, UnitSpan } from '../types.ts'

/** A line with its time, before it is judged. `located` says whether any of its units was found. */
export type TimedLine = Span & { line: LyricLine; units: AlignedUnit[]; located: boolean }

/**
 * Puts units back into their lines, by index, and gives every line a time: sung lines where their units are, markers
 * where the next sung line starts, blank lines where the last one ends; sung lines in which nothing can be pronounced
 * share the gap between their neighbours. Starts never decrease and nothing ends after `duration` (seconds).
 */
export function assemble(
  lines: readonly LyricLine[],
  units: readonly Unit[],
  spans: readonly (UnitSpan | null)[],
  duration: number,
): TimedLine[] {
  const times = inOrder(spans, duration)
  const unitsOfLine: AlignedUnit[][] = lines.map(() => [])
  const located = lines.map(() => false)
  units.forEach(({ line, text }, i) => {
    unitsOfLine[line]!.push({ text, ...times[i]! })
    if (spans[i]) located[line] = true
  })
  const timed: TimedLine[] = []
  for (let i = 0; i < lines.length; ) {
    if (located[i]) {
      timed.push({ line: lines[i]!, units: unitsOfLine[i]!, located: true, ...spanOf(unitsOfLine[i]!) })
      i++
      continue
    }
    let next = i
    while (next < lines.length && !located[next]) next++
    const after = next < lines.length ? unitsOfLine[next]![0]!.start : undefined
    for (const { line, start, end } of fillGap(
      lines.slice(i, next),
      timed.at(-1)?.end ?? 0,
      after,
      duration,
    )) {
      timed.push({
        line,
        units: spread(unitsOfLine[line.index]!, { start, end }),
        located: false,
        start,
        end,
      })
    }
    i = next
  }
  return timed
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

function spanOf(units: readonly AlignedUnit[]): Span {
  return { start: units[0]!.start, end: units.at(-1)!.end }
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
function spread(units: readonly AlignedUnit[], { start, end }: Span): AlignedUnit[] {
  const share = (end - start) / units.length
  return units.map(({ text }, i) => ({
    text,
    start: start + share * i,
    end: start + share * (i + 1),
    confidence: 0,
  }))
}
