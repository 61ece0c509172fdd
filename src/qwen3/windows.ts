import type { Span } from '../types.ts'

/** A sung line as the acoustic model placed it; undefined where nothing of it was found. */
export type AnchoredLine = { line: number; units: number; anchor: Span | undefined }

/** Lines [from, to) of a list, and the audio they are looked for in, seconds. */
export type Window = Span & { from: number; to: number }

export type WindowLimits = {
  /** Windows are at least so long where the lines allow it, seconds. */
  shortest: number
  /** Longer ones are cut where a pause allows it: the model is sharper in short windows. */
  comfortable: number
  longest: number
  /** The model's slots limit the units of a window. */
  mostUnits: number
}

export const WINDOW_LIMITS: WindowLimits = { shortest: 15, comfortable: 30, longest: 60, mostUnits: 400 }

/** Audio before the first and after the last line, seconds: at least the first, up to the second where nothing is sung. */
const LEAST_MARGIN = 0.5
const MOST_MARGIN = 3
/** Edges lie on this grid, so that nearly the same lyrics give the same windows. */
const GRID = 0.5
/** A pause longer than this is no better place to cut, seconds. */
const LONG_PAUSE = 2

/** How long nobody sings between two times, seconds. */
export type SilenceBetween = (start: number, end: number) => number

/**
 * Cuts a song into windows of whole lines, preferably at long pauses. Lines that fit no window (one line longer than
 * the longest, or nothing of a whole window anchored) are in none of them. O(lines * lines of a window).
 */
export function planWindows(
  lines: readonly AnchoredLine[],
  duration: number,
  silence: SilenceBetween = (start, end) => Math.max(0, end - start),
  limits: WindowLimits = WINDOW_LIMITS,
): Window[] {
  const spans = spansOf(lines, duration)
  // invariant: cost[i] is the cost of the best way to cut lines [0, i), cut[i] the start of its last window
  const cost = new Float64Array(lines.length + 1).fill(Number.POSITIVE_INFINITY)
  const cut = new Int32Array(lines.length + 1)
  cost[0] = 0
  for (let to = 1; to <= lines.length; to++) {
    const pause = to < lines.length ? silence(spans[to - 1]!.end, spans[to]!.start) : LONG_PAUSE
    const atCut = LONG_PAUSE - Math.min(LONG_PAUSE, pause)
    let units = 0
    for (let from = to - 1; from >= 0; from--) {
      units += lines[from]!.units
      const length = spans[to - 1]!.end - spans[from]!.start
      const tooLong = length > limits.longest || units > limits.mostUnits
      if (tooLong && from < to - 1) break
      const total = cost[from]! + 1 + atCut + (tooLong ? 0 : discomfort(length, limits))
      if (total < cost[to]!) {
        cost[to] = total
        cut[to] = from
      }
    }
  }
  return windowsFrom(lines, spans, cut, duration, limits)
}

/** In the unit of pauses: one of twice the comfort costs as much as a cut without a pause, one without length twice that. */
function discomfort(length: number, { shortest, comfortable }: WindowLimits): number {
  const missing = Math.max(0, 1 - length / shortest) * 2
  const excess = Math.max(0, length / comfortable - 1)
  return (missing + excess) * LONG_PAUSE
}

/** Lines without an anchor stand between their neighbours. */
function spansOf(lines: readonly AnchoredLine[], duration: number): Span[] {
  const nextStart = new Float64Array(lines.length + 1).fill(duration)
  for (let i = lines.length - 1; i >= 0; i--) nextStart[i] = lines[i]!.anchor?.start ?? nextStart[i + 1]!
  let end = 0
  return lines.map(({ anchor }, i) => {
    const span = anchor ?? { start: end, end: Math.max(end, nextStart[i]!) }
    end = span.end
    return span
  })
}

function windowsFrom(
  lines: readonly AnchoredLine[],
  spans: readonly Span[],
  cut: Int32Array,
  duration: number,
  limits: WindowLimits,
): Window[] {
  const windows: Window[] = []
  for (let to = lines.length; to > 0; to = cut[to]!) {
    const from = cut[to]!
    if (!lines.slice(from, to).some((line) => line.anchor)) continue
    const window = windowOf(spans, from, to, duration)
    if (window.end - window.start <= limits.longest + 2 * MOST_MARGIN + GRID) windows.push(window)
  }
  return windows.reverse()
}

function windowOf(spans: readonly Span[], from: number, to: number, duration: number): Window {
  const first = spans[from]!.start
  const last = spans[to - 1]!.end
  const before = from > 0 ? spans[from - 1]!.end : 0
  const after = to < spans.length ? spans[to]!.start : duration
  const start = Math.min(first - LEAST_MARGIN, Math.max(before, first - MOST_MARGIN))
  const end = Math.max(last + LEAST_MARGIN, Math.min(after, last + MOST_MARGIN))
  return {
    from,
    to,
    start: Math.max(0, Math.floor(start / GRID) * GRID),
    end: Math.min(duration, Math.ceil(end / GRID) * GRID),
  }
}

/** Halves a window at its longest pause, for a second try; undefined where it is a single line. */
export function splitWindow(
  { from, to }: Window,
  lines: readonly AnchoredLine[],
  duration: number,
): [Window, Window] | undefined {
  if (to - from < 2) return undefined
  const spans = spansOf(lines, duration)
  let best = from + 1
  let longest = Number.NEGATIVE_INFINITY
  for (let i = from + 1; i < to; i++) {
    // near the middle a shorter pause will do
    const balance = Math.min(i - from, to - i) / (to - from)
    const pause = spans[i]!.start - spans[i - 1]!.end + 2 * balance
    if (pause > longest) {
      longest = pause
      best = i
    }
  }
  return [windowOf(spans, from, best, duration), windowOf(spans, best, to, duration)]
}
