import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomFrom } from '../../test/made-song.ts'
import type { Jumps } from './jumps.ts'
import type { Trellis } from './trellis.ts'
import { bestPath, GAP, type TokenPath } from './viterbi.ts'

const BLANK = 0
const SIZE = 4
const NEVER = Number.NEGATIVE_INFINITY

type Song = Trellis & { jumps: Jumps }

/** Random emissions for lines of tokens, with random costs of every way. */
function songOf(lines: readonly number[][], frames: number, seed: number, withHint = false): Song {
  const random = randomFrom(seed)
  const logProbs = new Float32Array(frames * SIZE)
  for (let t = 0; t < frames; t++) {
    const row = Array.from({ length: SIZE }, () => random() ** 3 + 1e-3)
    const sum = row.reduce((a, b) => a + b)
    for (let v = 0; v < SIZE; v++) logProbs[t * SIZE + v] = Math.log(row[v]! / sum)
  }
  const starts = new Int32Array(lines.length + 1)
  lines.forEach((line, i) => {
    starts[i + 1] = starts[i]! + line.length
  })
  const tokens = Uint16Array.from(lines.flat())
  const gaps = new Uint8Array(tokens.length + 1).fill(GAP.betweenUnits)
  for (const start of starts) gaps[start] = GAP.betweenLines
  const silence = (cost: number) =>
    Float32Array.from({ length: frames }, (_, t) => logProbs[t * SIZE + BLANK]! - cost)
  const cost = () => 3 * random()
  const jumps: Jumps = {
    starts,
    ahead: Float64Array.from(starts, cost),
    back: Float64Array.from(starts, (_, line) => (line === lines.length ? Number.POSITIVE_INFINITY : cost())),
    worth: 2 * random(),
    hints: withHint ? [{ from: lines.length, to: 0, cost: 0.1 }] : [],
  }
  const gapScores = [silence(0.3), silence(0.1), silence(0.2), silence(0)]
  return { logProbs, frames, size: SIZE, gapScores, tokens, gaps, jumps }
}

/** Whether a walk may be in the token (-1: in a gap) in a frame. */
type Allowed = (t: number, token: number) => boolean

/**
 * The best of all walks, tried one by one: a gap or a token in every frame, and after a frame in the gap before a line, or
 * at the end, one jump. Letters are worth something each time they are sung, against all of them sung once.
 */
function bruteForce(song: Song, allowed: Allowed = () => true): number {
  const { logProbs, frames, size, gapScores, tokens, gaps, jumps } = song
  const { starts, ahead, back, worth, hints } = jumps
  const count = tokens.length
  let best = NEVER
  const land = (t: number, pair: number, score: number) => {
    inGap(t, pair, score)
    const from = starts.indexOf(pair)
    if (from < 0) return
    starts.forEach((start, to) => {
      if (to > from) inGap(t, start, score - ahead[to]!)
      if (to < from) inGap(t, start, score - back[to]!)
    })
    for (const hint of hints) if (hint.from === from) inGap(t, starts[hint.to]!, score - hint.cost)
  }
  const sing = (t: number, token: number, score: number, isNew: boolean) => {
    if (!allowed(t, token)) return
    const now = score + logProbs[t * size + tokens[token]!]! + (isNew ? worth : 0)
    inToken(t + 1, token, now)
  }
  const rest = (t: number, pair: number, score: number) => {
    if (allowed(t, -1)) land(t + 1, pair, score + gapScores[gaps[pair]!]![t]!)
  }
  function inGap(t: number, pair: number, score: number): void {
    if (score === NEVER) return
    if (t === frames) {
      if (pair === count) best = Math.max(best, score)
      return
    }
    rest(t, pair, score)
    if (pair < count) sing(t, pair, score, true)
  }
  function inToken(t: number, token: number, score: number): void {
    if (t === frames) {
      if (token === count - 1) best = Math.max(best, score)
      return
    }
    sing(t, token, score, false)
    rest(t, token + 1, score)
    if (token + 1 < count && tokens[token + 1] !== tokens[token]) sing(t, token + 1, score, true)
  }
  inGap(0, 0, 0)
  for (let line = 1; line < starts.length; line++) inGap(0, starts[line]!, -ahead[line]!)
  return best - worth * count
}

/** Allows nothing but what the path says of each frame. */
function along({ tokens, first, last }: TokenPath): Allowed {
  return (t, token) => {
    const at = first.findIndex((from, i) => from <= t && t <= last[i]!)
    return token === (at < 0 ? -1 : tokens[at]!)
  }
}

/** Whether the path sings lines from their first token to their last. */
function isWholeLines({ tokens }: TokenPath, { starts }: Jumps): boolean {
  let at = 0
  while (at < tokens.length) {
    const line = starts.indexOf(tokens[at]!)
    if (line < 0 || line === starts.length - 1) return false
    for (let token = starts[line]!; token < starts[line + 1]!; token++)
      if (tokens[at++] !== token) return false
  }
  return true
}

const token = fc.integer({ min: 1, max: SIZE - 1 })
const lineOf = fc.array(token, { minLength: 1, maxLength: 2 })
const linesOf = (maxLength: number) => fc.array(lineOf, { minLength: 1, maxLength })
const seeds = fc.nat()

test('finds the best of all walks, and its path is worth its score and sings whole lines', () => {
  fc.assert(
    fc.property(
      linesOf(3),
      fc.integer({ min: 1, max: 6 }),
      seeds,
      fc.boolean(),
      (lines, frames, seed, withHint) => {
        const song = songOf(lines, frames, seed, withHint)
        const path = bestPath(song)
        expect(path.score).toBeCloseTo(bruteForce(song), 4)
        expect(bruteForce(song, along(path))).toBeCloseTo(path.score, 4)
        expect(isWholeLines(path, song.jumps)).toBe(true)
        path.first.forEach((first, i) => {
          expect(first).toBeGreaterThan(path.last[i - 1] ?? -1)
          expect(first).toBeLessThanOrEqual(path.last[i]!)
        })
      },
    ),
    { numRuns: 200 },
  )
})

test('these walks do leave lines out, sing them again and in another order', () => {
  const paths = Array.from({ length: 200 }, (_, seed) => bestPath(songOf([[1], [2], [3]], 12, seed)))
  const orders = paths.map(({ tokens }) => [...tokens])
  expect(orders.some((order) => order.length < 3)).toBe(true)
  expect(orders.some((order) => new Set(order).size < order.length)).toBe(true)
  expect(orders.some((order) => order.some((now, i) => now < order[i - 1]!))).toBe(true)
})

test('where jumps cost too much, the path is the one of a search that has none', () => {
  fc.assert(
    fc.property(linesOf(5), fc.integer({ min: 0, max: 30 }), seeds, (lines, spare, seed) => {
      const song = songOf(lines, 2 * lines.flat().length + spare, seed)
      const never = Float64Array.from(song.jumps.starts, () => Number.POSITIVE_INFINITY)
      const { jumps, ...strict } = song
      expect(bestPath({ ...strict, jumps: { ...jumps, ahead: never, back: never } })).toEqual(
        bestPath(strict),
      )
    }),
  )
})

test('searched in blocks, down to one frame at a time, the path is the same as at once', () => {
  fc.assert(
    fc.property(
      linesOf(6),
      fc.integer({ min: 1, max: 80 }),
      seeds,
      fc.nat(400),
      (lines, frames, seed, bytes) => {
        const song = songOf(lines, frames, seed, true)
        const atOnce = bestPath(song)
        expect(bestPath(song, { blockBytes: 1 })).toEqual(atOnce)
        expect(bestPath(song, { blockBytes: bytes })).toEqual(atOnce)
      },
    ),
  )
})

test('fewer frames than letters are no error: what there is no room for is left out', () => {
  const song = songOf(
    [
      [1, 2],
      [3, 1],
      [2, 3],
    ],
    2,
    5,
  )
  const { tokens } = bestPath(song)
  expect(tokens.length).toBeLessThanOrEqual(2)
})
