import fc from 'fast-check'
import { expect, test } from 'vitest'
import { growthExponent, median, percentile } from './statistics.ts'

test('percentiles are interpolated as R and NumPy do', () => {
  const values = [40, 10, 30, 20]
  expect(median(values)).toBe(25)
  expect(percentile(values, 0)).toBe(10)
  expect(percentile(values, 100)).toBe(40)
  expect(percentile(values, 95)).toBeCloseTo(38.5, 10)
})

test('the values are left in their order', () => {
  const values = [3, 1, 2]
  expect(median(values)).toBe(2)
  expect(values).toEqual([3, 1, 2])
})

test('nothing has no percentile', () => {
  expect(median([])).toBeNaN()
})

test('percentiles grow with the percentage and stay within the values', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 })
  const percent = fc.double({ min: 0, max: 100, noNaN: true })
  fc.assert(
    fc.property(values, percent, percent, (list, a, b) => {
      const [low, high] = [percentile(list, Math.min(a, b)), percentile(list, Math.max(a, b))]
      expect(low).toBeLessThanOrEqual(high + 1e-6)
      expect(low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6)
      expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6)
    }),
  )
})

test.each([0.5, 1, 2])('growth with the exponent %s is found again', (exponent) => {
  const points = [30, 240, 600, 3600].map((x) => ({ x, y: 0.7 * x ** exponent }))
  expect(growthExponent(points)).toBeCloseTo(exponent, 9)
})

test('one length says nothing about growth, and a time of 0 has no logarithm', () => {
  expect(() => growthExponent([{ x: 30, y: 1 }])).toThrow('at least two points above 0')
  expect(() =>
    growthExponent([
      { x: 30, y: 0 },
      { x: 60, y: 1 },
    ]),
  ).toThrow('got (30, 0) (60, 1)')
})
