import type { AlignedLine, Alignment, Span } from '../types.ts'
import { inLayout } from './layout.ts'
import type { FormatOptions } from './options.ts'
import { withMarkers } from './shown.ts'
import { oneLine } from './text.ts'

/**
 * LRC: one timed line for every line of the lyrics, in their order, so that line n of the one is line n of the other.
 * Blank lines are a bare time, which players show as a pause; markers keep their text unless told otherwise. There is no header: every line
 * can be parsed the same way. Lines are joined by \n, without one at the end.
 */
export function toLrc(
  alignment: Alignment,
  { layout = 'written', compressed = false, markers = 'keep' }: FormatOptions = {},
): string {
  // Each line has its own time, also where the text has its parts in another order than they are sung: players sort.
  if (!compressed)
    return withMarkers(inLayout(alignment, layout), markers)
      .map((line) => tagged(line, [line]))
      .join('\n')
  return withMarkers(alignment.lines, markers)
    .filter((line) => layout === 'written' || line.occurrences.length > 0)
    .map((line) => tagged(line, line.occurrences.length > 0 ? line.occurrences : [line]))
    .join('\n')
}

function tagged({ text }: AlignedLine, times: readonly Span[]): string {
  return `${times.map(({ start }) => `[${lrcTime(Math.round(start * 100))}]`).join('')}${oneLine(text)}`
}

/** `mm:ss.xx` of a time in centiseconds; minutes go on beyond 99. */
export function lrcTime(centiseconds: number): string {
  const minutes = Math.floor(centiseconds / 6000)
  const seconds = Math.floor(centiseconds / 100) % 60
  return `${twoDigits(minutes)}:${twoDigits(seconds)}.${twoDigits(centiseconds % 100)}`
}

/** Seconds rounded once, to centiseconds, so that 59.996 carries into the minute; never decreasing, from `floor` on. */
export function risingCentiseconds(seconds: number[], floor = 0): number[] {
  let latest = floor
  return seconds.map((time) => {
    latest = Math.max(latest, Math.round(time * 100))
    return latest
  })
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
