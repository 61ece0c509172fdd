import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Trellis } from './trellis.ts'
import { bestPath, GAP } from './viterbi.ts'

const BLANK = 0

/** Random emissions over `size` tokens (0 is the blank), normalised, with the blank as the score of every gap. */
function trellis(tokens: number[], frames: number, size: number, random: () => number): Trellis {
  const logProbs = new Float32Array(frames * size)
  for (let t = 0; t < frames; t++) {
    const row = Array.from({ length: size }, random)
    const sum = row.reduce((a, b) => a + b)
    for (let v = 0; v < size; v++) logProbs[t * size + v] = Math.log(row[v]! / sum)
  }
  const blank = Float32Array.from({ length: frames }, (_, t) => logProbs[t * size + BLANK]!)
  return {
    logProbs,
    frames,
    size,
    gapScores: [blank, blank, blank, blank],
    tokens: Uint16Array.from(tokens),
    gaps: new Uint8Array(tokens.length + 1).fill(GAP.betweenUnits),
  }
}

/** Every sequence of labels that collapses to the tokens, tried one by one. */
function bruteForce({ logProbs, frames, size, tokens }: Trellis): number {
  let best = Number.NEGATIVE_INFINITY
  const visit = (t: number, token: number, inToken: boolean, score: number): void => {
    if (t === frames) {
      if (token === tokens.length - 1) best = Math.max(best, score)
      return
    }
    const at = (label: number) => score + logProbs[t * size + label]!
    visit(t + 1, token, false, at(BLANK))
    if (inToken) visit(t + 1, token, true, at(tokens[token]!))
    const next = tokens[token + 1]
    if (next !== undefined && !(inToken && next === tokens[token])) visit(t + 1, token + 1, true, at(next))
  }
  visit(0, -1, false, 0)
  return best
}

/** The score of a path as its spans say it, and whether it is a path at all. */
function scoreOfPath(input: Trellis, first: Int32Array, last: Int32Array): number {
  const { logProbs, frames, size, tokens, gapScores, gaps } = input
  let score = 0
  let token = 0
  for (let t = 0; t < frames; t++) {
    while (token < tokens.length && last[token]! < t) token++
    const inToken = token < tokens.length && first[token]! <= t
    score += inToken ? logProbs[t * size + tokens[token]!]! : gapScores[gaps[token]!]![t]!
  }
  return score
}

/** A small generator with a seed, so that a failure can be seen again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 1) / 2 ** 32
  }
}

test('finds the best of all paths, and its spans add up to its score', () => {
  const tokensOf = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(tokensOf, fc.integer({ min: 0, max: 3 }), fc.integer(), (tokens, spare, seed) => {
      const repeats = tokens.filter((token, i) => token === tokens[i - 1]).length
      const input = trellis(tokens, tokens.length + repeats + spare, 4, randomFrom(seed))
      const { first, last, score } = bestPath(input, { beam: Number.POSITIVE_INFINITY })
      expect(score).toBeCloseTo(bruteForce(input), 4)
      expect(scoreOfPath(input, first, last)).toBeCloseTo(score, 4)
      for (let i = 0; i < tokens.length; i++) {
        expect(first[i]).toBeLessThanOrEqual(last[i]!)
        if (i > 0) expect(first[i]).toBeGreaterThan(last[i - 1]!)
      }
    }),
    { numRuns: 300 },
  )
})

test('equal neighbours keep a gap between them', () => {
  const input = trellis([1, 1], 3, 3, randomFrom(7))
  const { first, last } = bestPath(input)
  expect([...first, ...last]).toEqual([0, 2, 0, 2])
})

test('searched in blocks, the path is the same as at once', () => {
  const random = randomFrom(11)
  const tokens = Array.from({ length: 60 }, () => 1 + Math.floor(random() * 5))
  const input = trellis(tokens, 500, 6, random)
  const atOnce = bestPath(input)
  for (const frames of [1, 7, 100, 499]) expect(bestPath(input, { blockBytes: frames * 61 })).toEqual(atOnce)
})

test('with a beam, a text that is in the sound is found as without one, in blocks or at once', () => {
  const { input, onsets } = spoken(400, 20, randomFrom(3))
  const all = bestPath(input, { beam: Number.POSITIVE_INFINITY })
  expect([...all.first]).toEqual(onsets)
  expect(bestPath(input, { beam: 200 })).toEqual(all)
  expect(bestPath(input, { beam: 200, blockBytes: 20_000 })).toEqual(all)
})

test('a text that the beam gives up is looked for with wider ones', () => {
  const { input } = spoken(40, 10, randomFrom(9))
  const foreign = { ...input, tokens: input.tokens.toReversed() }
  const { first, last, score } = bestPath(foreign, { beam: 1 })
  expect(scoreOfPath(foreign, first, last)).toBeCloseTo(score, 3)
  expect(first.at(-1)).toBeGreaterThan(0)
})

/** Emissions in which each token is clearly heard for a frame, then `pause` frames of blank. */
function spoken(count: number, pause: number, random: () => number) {
  const tokens = Array.from({ length: count }, () => 1 + Math.floor(random() * 5))
  const input = trellis(tokens, count * (pause + 1), 6, random)
  const onsets = tokens.map((_, i) => i * (pause + 1))
  input.logProbs.fill(-6)
  for (let t = 0; t < input.frames; t++) {
    const heard = t % (pause + 1) === 0 ? tokens[t / (pause + 1)]! : BLANK
    input.logProbs[t * input.size + heard] = -0.02
  }
  const blank = Float32Array.from({ length: input.frames }, (_, t) => input.logProbs[t * input.size + BLANK]!)
  return { input: { ...input, gapScores: [blank, blank, blank, blank] }, onsets }
}

test('more letters than frames is an error that says how many are needed', () => {
  const input = trellis([1, 1, 2], 3, 3, randomFrom(1))
  expect(() => bestPath(input)).toThrow(
    expect.objectContaining({
      code: 'AUDIO_TOO_SHORT',
      message: expect.stringContaining('at least 4 frames for the 3 letters'),
    }),
  )
})

test('a text without letters is one long gap', () => {
  const { first, score } = bestPath(trellis([], 5, 3, randomFrom(2)))
  expect(first).toHaveLength(0)
  expect(score).toBeLessThan(0)
})

test('five minutes and 600 words fit in 200 MB of back-pointers', () => {
  const random = randomFrom(5)
  const tokens = Array.from({ length: 3000 }, () => 1 + Math.floor(random() * 26))
  const input = trellis(tokens, 15_000, 27, random)
  const before = process.memoryUsage().arrayBuffers
  const { first } = bestPath(input)
  const grown = process.memoryUsage().arrayBuffers - before
  expect(first.at(-1)).toBeGreaterThan(3000)
  expect(grown).toBeLessThan(200e6)
})
