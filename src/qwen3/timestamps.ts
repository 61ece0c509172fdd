/**
 * Makes slot times rise: keeps the longest non-falling chain, snaps one or two outliers to their nearer neighbour and
 * spreads longer runs evenly, as the reference's fix_timestamp. O(n^2); n is twice the number of units.
 * @param times milliseconds
 * @returns whole milliseconds, rounded towards zero
 */
export function repairTimes(times: readonly number[]): number[] {
  const kept = longestChain(times)
  const repaired = [...times]
  for (let begin = 0; begin < times.length; begin++) {
    if (kept[begin]) continue
    let end = begin
    while (end < times.length && !kept[end]) end++
    const left = begin > 0 ? repaired[begin - 1] : undefined
    fillRun(repaired, begin, end, left, end < times.length ? repaired[end] : undefined)
    begin = end
  }
  return repaired.map(Math.trunc)
}

/** Marks the longest non-falling subsequence; of several, the one found first. */
function longestChain(times: readonly number[]): boolean[] {
  const n = times.length
  // invariant: length[i] is the longest chain that ends in i, before[i] the index ahead of i in it
  const length = new Array<number>(n).fill(1)
  const before = new Array<number>(n).fill(-1)
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      if (times[j]! <= times[i]! && length[j]! + 1 > length[i]!) {
        length[i] = length[j]! + 1
        before[i] = j
      }
    }
  }
  let longest = 0
  for (let i = 1; i < n; i++) if (length[i]! > length[longest]!) longest = i
  const kept = new Array<boolean>(n).fill(false)
  for (let i = n > 0 ? longest : -1; i !== -1; i = before[i]!) kept[i] = true
  return kept
}

function fillRun(times: number[], begin: number, end: number, left?: number, right?: number): void {
  const count = end - begin
  for (let i = begin; i < end; i++) {
    if (left === undefined) times[i] = right!
    else if (right === undefined) times[i] = left
    else if (count > 2) times[i] = left + ((right - left) / (count + 1)) * (i - begin + 1)
    else times[i] = i - (begin - 1) <= end - i ? left : right
  }
}

/** Row-major [slots, classes], as the model gives them. */
export type SlotLogits = { values: Float32Array; slots: number; classes: number }

/** The most likely class of every slot, and how likely it is: what the reference takes. */
export function likeliestClasses({ values, slots, classes }: SlotLogits): number[] {
  return Array.from({ length: slots }, (_, slot) => {
    const row = slot * classes
    let best = 0
    for (let c = 1; c < classes; c++) if (values[row + c]! > values[row + best]!) best = c
    return best
  })
}

/**
 * The likeliest sequence of classes that never falls, among the first `limit` classes. O(slots * limit) time, and as
 * many bytes for the way back.
 */
export function viterbiClasses({ values, slots, classes }: SlotLogits, limit: number): number[] {
  const bins = Math.max(1, Math.min(limit, classes))
  // invariant: best[c] is the score of the best path that ends in class c or below at the present slot
  const best = new Float64Array(bins)
  const stayed = new Uint8Array(slots * bins)
  for (let slot = 0; slot < slots; slot++) {
    const row = slot * classes
    const norm = logSumExp(values.subarray(row, row + classes))
    for (let c = 0; c < bins; c++) {
      const here = best[c]! + values[row + c]! - norm
      // equal scores stay below, so that the earliest path wins
      const below = c > 0 ? best[c - 1]! : Number.NEGATIVE_INFINITY
      stayed[slot * bins + c] = here > below ? 1 : 0
      best[c] = Math.max(here, below)
    }
  }
  const path = new Array<number>(slots)
  let c = bins - 1
  for (let slot = slots - 1; slot >= 0; slot--) {
    while (stayed[slot * bins + c] === 0) c--
    path[slot] = c
  }
  return path
}

/**
 * How sure the model is of each slot: the probability it gives to the class taken and its two neighbours.
 */
export function slotConfidences({ values, slots, classes }: SlotLogits, taken: readonly number[]): number[] {
  return Array.from({ length: slots }, (_, slot) => {
    const row = values.subarray(slot * classes, (slot + 1) * classes)
    const norm = logSumExp(row)
    let sum = 0
    for (let c = Math.max(0, taken[slot]! - 1); c <= Math.min(classes - 1, taken[slot]! + 1); c++) {
      sum += Math.exp(row[c]! - norm)
    }
    return Math.min(1, sum)
  })
}

function logSumExp(values: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) if (values[i]! > top) top = values[i]!
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top)
  return top + Math.log(sum)
}
