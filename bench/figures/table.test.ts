import { expect, test } from 'vitest'
import { digits, table, withRange } from './table.ts'

test('numbers stand to the right, words to the left', () => {
  expect(
    table(
      ['what', 's'],
      [
        ['decode', '1.5'],
        ['all', '12'],
      ],
    ),
  ).toBe(['| what   |   s |', '| ------ | --: |', '| decode | 1.5 |', '| all    |  12 |'].join('\n'))
})

test('three digits count, at whatever size', () => {
  expect([1234.5, 99.94, 1.005, 0.01234, 0.00001234, 0].map(digits)).toEqual([
    '1235',
    '99.9',
    '1.00',
    '0.0123',
    '0.0000',
    '0',
  ])
})

test('what was not measured is a dash', () => {
  expect(digits(undefined)).toBe('–')
  expect(digits(Number.NaN)).toBe('–')
})

test('several runs are shown with their range', () => {
  expect(withRange([3, 1, 2])).toBe('2.00 (1.00–3.00)')
  expect(withRange([0.5])).toBe('0.500')
})
