import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileSearch, SEARCH_FILE, SEARCH_SOURCE } from '../../scripts/compile-search.ts'
import { openSearch, ROW_HEAD } from './frame-search.ts'
import type { Trellis } from './trellis.ts'

const NEVER = Number.NEGATIVE_INFINITY

/** What viterbi.wat does, one pair after the other. */
function advance(trellis: Trellis, gap: Float64Array, token: Float64Array, t: number): number[] {
  const { logProbs, size, gapScores, tokens, gaps } = trellis
  const choices: number[] = []
  for (let i = Math.min(tokens.length, t + 1); i >= 0; i--) {
    const before = i > 0 ? token[i - 1]! : NEVER
    const inGap = gap[i]!
    let entered = 0
    if (i < tokens.length) {
      let score = token[i]!
      if (inGap > score) {
        score = inGap
        entered = 2
      }
      if (before > score && i > 0 && tokens[i] !== tokens[i - 1]) {
        score = before
        entered = 4
      }
      token[i] = score + logProbs[t * size + tokens[i]!]!
    }
    gap[i] = Math.max(before, inGap) + gapScores[gaps[i]!]![t]!
    choices[i] = entered | (before > inGap ? 1 : 0)
  }
  return choices
}

const trellises = fc
  .record({
    tokens: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 9 }),
    frames: fc.integer({ min: 1, max: 20 }),
    kinds: fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
    values: fc.infiniteStream(fc.float({ min: -30, max: 0, noNaN: true })),
  })
  .map(({ tokens, frames, kinds, values }): Trellis => {
    const take = (length: number) => Float32Array.from({ length }, () => values.next().value)
    return {
      logProbs: take(frames * 5),
      frames,
      size: 5,
      gapScores: [0, 1, 2, 3].map(() => take(frames)),
      tokens: Uint16Array.from(tokens),
      gaps: Uint8Array.from({ length: tokens.length + 1 }, () => kinds.next().value),
    }
  })

test('two pairs at a time are, bit for bit, one pair after the other', () => {
  fc.assert(
    fc.property(trellises, (trellis) => {
      const { tokens, frames } = trellis
      const count = tokens.length
      const width = ROW_HEAD + count + 1
      const search = openSearch(trellis, frames * width)
      search.gap[0] = 0
      const gap = new Float64Array(count + 1).fill(NEVER)
      const token = new Float64Array(count + 1).fill(NEVER)
      gap[0] = 0
      for (let t = 0; t < frames; t++) {
        search.advance(t, 0, Math.min(count, t + 1), t * width + ROW_HEAD)
        const expected = advance(trellis, gap, token, t)
        const row = search.choices.subarray(t * width + ROW_HEAD)
        expect([...search.gap]).toEqual([...gap])
        // Behind the last letter there is only the gap.
        expect([...search.token.subarray(0, count)]).toEqual([...token.subarray(0, count)])
        expected.forEach((choice, i) => {
          expect(row[i]! & (i < count ? 7 : 1)).toBe(choice)
        })
      }
    }),
    { numRuns: 300 },
  )
})

test('a search after a longer one starts afresh', () => {
  const trellis = (length: number): Trellis => ({
    logProbs: new Float32Array(100 * 2).fill(-1),
    frames: 100,
    size: 2,
    gapScores: [0, 1, 2, 3].map(() => new Float32Array(100).fill(-1)),
    tokens: new Uint16Array(length).fill(1),
    gaps: new Uint8Array(length + 1),
  })
  openSearch(trellis(50_000), 60_000).advance(0, 0, 50_000, ROW_HEAD)
  const { gap, token } = openSearch(trellis(3), 10)
  expect([...gap, ...token]).toEqual(new Array(8).fill(NEVER))
})

test('the compiled form is that of the source', async () => {
  expect(readFileSync(SEARCH_FILE, 'utf8')).toBe(await compileSearch(readFileSync(SEARCH_SOURCE, 'utf8')))
})
