import { median } from '../figures/statistics.ts'

// Speech without music: a model that is off by more than this has not found the lines, and its time says nothing.
const MOST_MEDIAN_ERROR = 1

/**
 * The median error of the onsets found, seconds.
 * @throws Error when lines are missing, out of order, or not where they are spoken: a wrong result has no speed
 */
export function checkOnsets(found: readonly number[], onsets: readonly number[]): number {
  if (found.length !== onsets.length) {
    throw new Error(`Expected ${onsets.length} lines, got ${found.length}: the result is wrong`)
  }
  const back = found.findIndex((start, i) => i > 0 && start < found[i - 1]!)
  if (back >= 0)
    throw new Error(`Expected starts that never decrease, got line ${back} before the one above it`)
  const error = median(found.map((start, i) => Math.abs(start - onsets[i]!)))
  if (!(error <= MOST_MEDIAN_ERROR)) {
    const got = `${error.toFixed(2)} s: the result is wrong, so its time is not reported`
    throw new Error(`Expected a median onset error of at most ${MOST_MEDIAN_ERROR} s, got ${got}`)
  }
  return error
}
