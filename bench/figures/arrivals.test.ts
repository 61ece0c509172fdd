import { expect, test } from 'vitest'
import { arrivalTimes } from './arrivals.ts'

test('arrivals come in order, within the time, and as many as the rate says', () => {
  const times = arrivalTimes(2, 60, 1)
  expect(times).toHaveLength(120)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times[0]).toBeGreaterThanOrEqual(0)
  expect(times.at(-1)).toBeLessThan(60)
})

test('the same seed gives the same arrivals, another one others', () => {
  expect(arrivalTimes(1, 30, 7)).toEqual(arrivalTimes(1, 30, 7))
  expect(arrivalTimes(1, 30, 7)).not.toEqual(arrivalTimes(1, 30, 8))
})

test('the pauses are spread as in a Poisson process: their deviation is about their mean', () => {
  const times = arrivalTimes(10, 1000, 3)
  const pauses = times.slice(1).map((time, i) => time - times[i]!)
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
  const deviation = Math.sqrt(pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length)
  // Ten thousand exponential pauses: the ratio is 1 within a few per cent.
  expect(deviation / mean).toBeGreaterThan(0.93)
  expect(deviation / mean).toBeLessThan(1.07)
})

test('a slow rate still sends one request', () => {
  expect(arrivalTimes(0.001, 10, 1)).toHaveLength(1)
})
