import type { Visit } from '../ctc/text-line.ts'

// A repeat that is less likely there than not is left out; the line still has a place that is likelier.
const LEAST = 0.5

/** Which visits stay: repeats of a line that hardly fit go, where the same line was found at a place that fits better. */
export function likelyVisits(visits: readonly Visit[], confidences: readonly number[]): boolean[] {
  const best = new Map<number, number>()
  visits.forEach(({ line }, i) => {
    best.set(line.index, Math.max(best.get(line.index) ?? 0, confidences[i]!))
  })
  // NaN, of a network that is broken, is no reason to leave anything out.
  return visits.map(({ line }, i) => !(confidences[i]! < LEAST && confidences[i]! < best.get(line.index)!))
}
