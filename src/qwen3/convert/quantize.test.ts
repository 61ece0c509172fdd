import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantizeBlocks, quantizeColumns } from './quantize.ts'

const values = (length: number) =>
  fc
    .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: length, maxLength: length })
    .map((array) => Float32Array.from(array))

test.each([127, 64] as const)('8 bits per output, %i levels: within half a step', (levels) => {
  fc.assert(
    fc.property(values(64), (matrix) => {
      const { codes, scales } = quantizeColumns(matrix, 4, 16, levels)
      for (const [i, value] of matrix.entries()) {
        const scale = scales[i >> 4]!
        expect(Math.abs(codes[i]! * scale - value)).toBeLessThanOrEqual(scale * 0.5001)
        expect(Math.abs(codes[i]!)).toBeLessThanOrEqual(levels)
      }
    }),
  )
})

test('blocks in 4 and 8 bits are within one step, and the largest value within half of one', () => {
  fc.assert(
    fc.property(values(64), fc.constantFrom(4 as const, 8 as const), (matrix, bits) => {
      const { codes, scales } = quantizeBlocks(matrix, 32, bits, 16)
      const middle = 2 ** (bits - 1)
      for (const [i, value] of matrix.entries()) {
        const code = bits === 8 ? codes[i]! : (codes[i >> 1]! >> (4 * (i & 1))) & 15
        const scale = scales[i >> 4]!
        expect(Math.abs((code - middle) * scale - value)).toBeLessThanOrEqual(Math.abs(scale) * 1.0001)
      }
      const largest = matrix.slice(0, 16).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
      const index = matrix.indexOf(largest)
      const code = bits === 8 ? codes[index]! : (codes[index >> 1]! >> (4 * (index & 1))) & 15
      expect((code - middle) * scales[0]!).toBeCloseTo(largest, 4)
    }),
  )
})

test('a matrix of zeros stays zero', () => {
  expect(new Set(quantizeColumns(new Float32Array(32), 2, 16, 127).codes)).toEqual(new Set([0]))
  expect(new Set(quantizeBlocks(new Float32Array(32), 32, 4, 32).codes)).toEqual(new Set([0x88]))
})

test('inputs that do not fill the blocks are refused', () => {
  expect(() => quantizeBlocks(new Float32Array(48), 24, 4, 32)).toThrow(
    'Expected inputs in blocks of 32, got 24',
  )
})
