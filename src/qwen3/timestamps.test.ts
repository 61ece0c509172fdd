import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goldenJson, goldensFound, goldensNote } from '../../test/qwen3-goldens.ts'
import { likeliestClasses, repairTimes, slotConfidences, viterbiClasses } from './timestamps.ts'

test('one outlier goes to its nearer neighbour, a run is spread evenly', () => {
  expect(repairTimes([0, 80, 4000, 160, 240])).toEqual([0, 80, 80, 160, 240])
  expect(repairTimes([0, 80, 9000, 8000, 7000, 160, 240])).toEqual([0, 80, 100, 120, 140, 160, 240])
  expect(repairTimes([])).toEqual([])
})

test('repaired times never fall', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4999), { minLength: 1, maxLength: 60 }), (classes) => {
      const times = repairTimes(classes.map((c) => c * 80))
      for (let i = 1; i < times.length; i++) expect(times[i]!).toBeGreaterThanOrEqual(times[i - 1]!)
    }),
  )
})

describe.skipIf(!goldensFound)(`against the reference${goldensNote}`, () => {
  test('300 sequences are repaired alike', () => {
    type Case = { in: number[]; out: number[] }
    for (const golden of goldenJson<{ cases: Case[] }>('repair').cases) {
      expect(repairTimes(golden.in)).toEqual(golden.out)
    }
  })
})

const logitsOf = (rows: number[][]) => ({
  values: Float32Array.from(rows.flat()),
  slots: rows.length,
  classes: rows[0]!.length,
})

test('Viterbi takes the best path that never falls', () => {
  const logits = logitsOf([
    [0, 5, 0, 0],
    [4, 0, 3, 0], // alone it would fall back to 0
    [0, 0, 5, 0],
  ])
  expect(likeliestClasses(logits)).toEqual([1, 0, 2])
  expect(viterbiClasses(logits, 4)).toEqual([1, 2, 2])
})

test('Viterbi never leaves the window', () => {
  expect(
    viterbiClasses(
      logitsOf([
        [0, 1, 9],
        [0, 1, 9],
      ]),
      2,
    ),
  ).toEqual([1, 1])
})

test('Viterbi is as good as trying every path', () => {
  const slots = fc.array(
    fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  fc.assert(
    fc.property(slots, (rows) => {
      const score = (path: readonly number[]) =>
        path.reduce((sum, c, slot) => sum + Math.fround(rows[slot]![c]!), 0)
      const best = Math.max(...risingPaths(rows.length, 4).map(score))
      expect(score(viterbiClasses(logitsOf(rows), 4))).toBeCloseTo(best, 3)
    }),
  )
})

test('a confidence is the probability around the class taken', () => {
  const [sure, unsure] = slotConfidences(
    logitsOf([
      [0, 20, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]),
    [1, 0],
  )
  expect(sure).toBeCloseTo(1, 5)
  expect(unsure).toBeCloseTo(0.4, 5)
})

function risingPaths(slots: number, classes: number, from = 0): number[][] {
  if (slots === 0) return [[]]
  const starts = Array.from({ length: classes - from }, (_, i) => from + i)
  return starts.flatMap((c) => risingPaths(slots - 1, classes, c).map((rest) => [c, ...rest]))
}
