/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * When requests come, seconds from the start, in the order they come: as many as are expected at `perSecond` within
 * `seconds`, each at a time of its own. This is a Poisson process of which the count is given: arrivals do not wait for
 * answers (an open loop), so that a slow service cannot hide its queue.
 */
export function arrivalTimes(perSecond: number, seconds: number, seed: number): number[] {
  const count = Math.max(1, Math.round(perSecond * seconds))
  const random = randomFrom(seed)
  return Array.from({ length: count }, () => random() * seconds).sort((a, b) => a - b)
}
