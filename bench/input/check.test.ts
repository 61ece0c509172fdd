import { expect, test } from 'vitest'
import { checkOnsets } from './check.ts'

test('the median error of a right result is given', () => {
  expect(checkOnsets([1.1, 2, 30], [1, 2, 3])).toBeCloseTo(0.1, 10)
})

test('a result with too few lines, out of order or somewhere else is refused', () => {
  expect(() => checkOnsets([1], [1, 2])).toThrow('Expected 2 lines, got 1')
  expect(() => checkOnsets([2, 1], [1, 2])).toThrow('line 1 before the one above it')
  expect(() => checkOnsets([5, 6, 7], [1, 2, 3])).toThrow('at most 1 s, got 4.00 s')
})
