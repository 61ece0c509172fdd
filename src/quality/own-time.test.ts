import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Choice, ownVisits } from './own-time.ts'

const chosen = (visits: readonly Choice[]) => [...ownVisits(visits)].sort(([a], [b]) => a - b)
const equal = (...lines: number[]): Choice[] => lines.map((line) => ({ line, weight: 1 }))

test('nothing sung, nothing chosen', () => {
  expect(chosen([])).toEqual([])
})

test('of a chorus sung again, the visit that keeps the order of the text is its own', () => {
  expect(chosen(equal(1, 0, 1, 2))).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ])
})

test('lines that cannot keep the order take the visit that weighs most', () => {
  const visits = [
    { line: 2, weight: 1 },
    { line: 0, weight: 5 },
    { line: 1, weight: 5 },
    { line: 2, weight: 0.5 },
    { line: 0, weight: 9 },
  ]
  // 0, 1, 2 in order weigh 10.5; line 0 keeps its place in it though it is sung better later.
  expect(chosen(visits)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ])
  expect(chosen(visits.slice(0, 3))).toEqual([
    [0, 1],
    [1, 2],
    [2, 0],
  ])
})

test('every line that is sung has one visit, its own, and no walk in the order of the text weighs more', () => {
  const choice = fc.record({ line: fc.nat(5), weight: fc.integer({ min: 1, max: 50 }) })
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 9 }), (visits) => {
      const own = ownVisits(visits)
      expect(new Set(own.keys())).toEqual(new Set(visits.map(({ line }) => line)))
      for (const [line, visit] of own) expect(visits[visit]!.line).toBe(line)
      const places = [...own.values()].sort((a, b) => a - b).map((visit) => visits[visit]!)
      expect(heaviest(places)).toBe(heaviest(visits))
    }),
    { numRuns: 300 },
  )
})

/** Weight of the heaviest walk with lines that ascend; every subset is tried. */
function heaviest(visits: readonly Choice[]): number {
  const from = (at: number, line: number): number => {
    const visit = visits[at]
    if (!visit) return 0
    const without = from(at + 1, line)
    return visit.line > line ? Math.max(without, visit.weight + from(at + 1, visit.line)) : without
  }
  return from(0, -1)
}
