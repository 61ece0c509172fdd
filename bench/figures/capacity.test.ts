import { expect, test } from 'vitest'
import { costOf, exceeded, highestRate, machinesFor, sharesOf } from './capacity.ts'

test('the highest rate that met the target is found, whatever failed above it', () => {
  const probes = [
    { songsPerHour: 100, p95: 5 },
    { songsPerHour: 300, p95: 90 },
    { songsPerHour: 200, p95: 29 },
  ]
  expect(highestRate(probes, 30)?.songsPerHour).toBe(200)
  expect(highestRate(probes, 1)).toBeUndefined()
})

test('each exceeded budget is said, and none that was kept', () => {
  const budget = { cpus: 4, bytes: 8e9 }
  expect(exceeded(budget, { cpus: 4.05, bytes: 7.9e9 })).toEqual([])
  expect(exceeded(budget, { cpus: 5, bytes: 9e9 })).toEqual([
    'Expected at most 4 CPU seconds a second, got 5.00',
    'Expected at most 8.00 GB of memory, got 9.00 GB',
  ])
})

test('cores are shared without a rest', () => {
  expect(sharesOf(4)).toEqual([
    { maxConcurrent: 1, threads: 4 },
    { maxConcurrent: 2, threads: 2 },
    { maxConcurrent: 4, threads: 1 },
  ])
  expect(sharesOf(1)).toEqual([{ maxConcurrent: 1, threads: 1 }])
})

test('a song of 4 minutes at 6 CPU seconds is 40 hours of audio in a core-hour', () => {
  expect(costOf(240, 6)).toEqual({ audioHoursPerCoreHour: 40, coreHoursFor100000: 600_000 / 3600 })
})

test('machines are whole', () => {
  expect(machinesFor(1000, 600)).toBe(2)
  expect(machinesFor(600, 600)).toBe(1)
})
