import type { Alignment } from '../types.ts'
import { oneLine } from './text.ts'

/**
 * LRC: one timed line for every line of the lyrics, in their order, so that line n of the one is line n of the other.
 * Blank lines are a bare time, which players show as a pause; markers keep their text. There is no header: every line
 * can be parsed the same way. Lines are joined by \n, without one at the end.
 */
export function toLrc({ lines }: Alignment): string {
  const times = risingCentiseconds(lines.map((line) => line.start))
  return lines.map((line, i) => `[${lrcTime(times[i]!)}]${oneLine(line.text)}`).join('\n')
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
