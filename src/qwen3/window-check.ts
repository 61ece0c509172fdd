import type { Span } from '../types.ts'

/** Why a window's answer cannot be right. */
export type Degeneracy = 'starts coincide' | 'no length' | 'outside the window' | 'far from the anchors'

/** One unit of a window as the model placed it, with the start the acoustic model gave it, seconds. */
export type PlacedUnit = Span & { anchor: number | undefined }

/** Few units say nothing about a pattern. */
const ENOUGH = 4
const MOST_COINCIDING = 0.5
const MOST_WITHOUT_LENGTH = 0.5
const MOST_OUTSIDE = 0.2
/** Seconds; the two engines differ by tenths where both are right. */
const FAR = 2

/**
 * Looks for the ways in which the model is known to fail: everything at one time, units without length, times after
 * the audio, times far from where the acoustic model heard the words.
 * @param raw slot times before repair, seconds from the start of the window
 */
export function degeneracyOf(
  units: readonly PlacedUnit[],
  raw: readonly number[],
  windowSeconds: number,
): Degeneracy | undefined {
  const outside = raw.filter((time) => time > windowSeconds).length
  if (outside > MOST_OUTSIDE * raw.length) return 'outside the window'
  const distances = units.flatMap(({ start, anchor }) =>
    anchor === undefined ? [] : [Math.abs(start - anchor)],
  )
  if (distances.length > 0 && median(distances) > FAR) return 'far from the anchors'
  if (units.length < ENOUGH) return undefined
  const starts = new Set(units.map(({ start }) => Math.round(start * 1000)))
  if (units.length - starts.size > MOST_COINCIDING * units.length) return 'starts coincide'
  const flat = units.filter(({ start, end }) => end <= start).length
  return flat > MOST_WITHOUT_LENGTH * units.length ? 'no length' : undefined
}

/** Whether one line of a sound window is elsewhere than the acoustic model heard it. */
export function isFarFromAnchors(units: readonly PlacedUnit[]): boolean {
  const distances = units.flatMap(({ start, anchor }) =>
    anchor === undefined ? [] : [Math.abs(start - anchor)],
  )
  return distances.length > 0 && median(distances) > FAR
}

function median(values: number[]): number {
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}
