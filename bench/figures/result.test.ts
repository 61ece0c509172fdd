import { expect, test } from 'vitest'
import { keyOf, type Measurement, type Result, record, resultFile, select, value } from './result.ts'

function resultOf(measurements: Measurement[]): Result {
  const machine = { cpu: 'cpu', cores: 2, memoryBytes: 1, platform: 'linux x64', loadAtStart: 0 }
  const model = { name: 'm', version: '1' }
  const origin = { time: '', commit: 'abc', changed: false, machine, versions: {}, model }
  return { bench: 'speed', quick: false, origin, notes: [], measurements }
}

test('runs of one variant are gathered, in whatever order its names stand', () => {
  const measurements: Measurement[] = []
  record(measurements, { runtime: 'node', threads: 1 }, 'whole', 3, 's')
  record(measurements, { threads: 1, runtime: 'node' }, 'whole', 5, 's')
  record(measurements, { runtime: 'bun', threads: 1 }, 'whole', 4, 's')
  expect(measurements.map(({ values }) => values)).toEqual([[3, 5], [4]])
  expect(keyOf(measurements[0]!)).toBe('runtime=node threads=1 whole')
})

test('a median is found by metric and part of the variant', () => {
  const measurements: Measurement[] = []
  for (const seconds of [9, 1, 2])
    record(measurements, { runtime: 'node', threads: 1 }, 'whole', seconds, 's')
  record(measurements, { runtime: 'node', threads: 2 }, 'whole', 7, 's')
  const result = resultOf(measurements)
  expect(value(result, 'whole', { threads: 1 })).toBe(2)
  expect(value(result, 'decode')).toBeUndefined()
  expect(select(result, 'whole', { runtime: 'node' })).toHaveLength(2)
})

test('quick results have a name that the repository leaves out', () => {
  expect(resultFile('speed', true)).toMatch(/speed\.quick\.local\.json$/)
  expect(resultFile('speed', false)).toMatch(/bench\/results\/speed\.json$/)
})
