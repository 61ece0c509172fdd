/** A visit as far as the choice of a line's own time depends on it; `weight` is how much it counts. */
export type Choice = { line: number; weight: number }

/**
 * Of all visits, in the order they are sung, the one that gives each line its own time, by line. The lines of the longest
 * walk that keeps the order of the text (by weight) take the visits of that walk, others the one that weighs most.
 * O(visits²).
 */
export function ownVisits(visits: readonly Choice[]): Map<number, number> {
  const best = new Float64Array(visits.length)
  const before = new Int32Array(visits.length).fill(-1)
  let end = -1
  visits.forEach(({ line, weight }, i) => {
    best[i] = weight
    for (let j = 0; j < i; j++) {
      if (visits[j]!.line < line && best[j]! + weight > best[i]!) {
        best[i] = best[j]! + weight
        before[i] = j
      }
    }
    if (end < 0 || best[i]! > best[end]!) end = i
  })
  const own = new Map<number, number>()
  for (let i = end; i >= 0; i = before[i]!) own.set(visits[i]!.line, i)
  const inOrder = new Set(own.keys())
  visits.forEach(({ line, weight }, i) => {
    if (inOrder.has(line)) return
    const known = own.get(line)
    if (known === undefined || weight > visits[known]!.weight) own.set(line, i)
  })
  return own
}
