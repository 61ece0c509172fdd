import type { Int8Levels } from './int8-levels.ts'

/** A matrix in 8 bits with one scale per output: value = code * scale. */
export type ColumnCodes = { codes: Int8Array; scales: Float32Array }

/** Quantises a matrix [outputs, inputs] for DynamicQuantizeMatMul. O(outputs * inputs). */
export function quantizeColumns(
  matrix: Float32Array,
  outputs: number,
  inputs: number,
  levels: Int8Levels,
): ColumnCodes {
  const codes = new Int8Array(matrix.length)
  const scales = new Float32Array(outputs)
  for (let row = 0; row < outputs; row++) {
    const from = row * inputs
    const scale = Math.fround(largestOf(matrix, from, from + inputs).size / levels) || 1
    scales[row] = scale
    for (let i = from; i < from + inputs; i++) {
      codes[i] = Math.max(-levels, Math.min(levels, Math.round(matrix[i]! / scale)))
    }
  }
  return { codes, scales }
}

/** A matrix [outputs, inputs] in 4 or 8 bits with one scale per block of inputs. */
export type BlockCodes = { codes: Uint8Array; scales: Float32Array }

/**
 * Quantises for MatMulNBits: value = (code - middle) * scale, the value of largest size in each block being the lowest
 * code, so that the range is used to its end. Two 4-bit codes share a byte, the first in the lower half.
 * @param inputs a multiple of `block`
 */
export function quantizeBlocks(matrix: Float32Array, inputs: number, bits: 4 | 8, block: number): BlockCodes {
  if (inputs % block !== 0) throw new RangeError(`Expected inputs in blocks of ${block}, got ${inputs}`)
  const middle = 2 ** (bits - 1)
  const blocks = matrix.length / block
  const codes = new Uint8Array((matrix.length * bits) / 8)
  const scales = new Float32Array(blocks)
  for (let b = 0; b < blocks; b++) {
    const from = b * block
    const { value } = largestOf(matrix, from, from + block)
    const scale = Math.fround(value / -middle) || 1
    scales[b] = scale
    for (let i = from; i < from + block; i++) {
      const code = Math.min(2 * middle - 1, Math.max(0, Math.round(matrix[i]! / scale) + middle))
      if (bits === 8) codes[i] = code
      else codes[i >> 1]! |= i & 1 ? code << 4 : code
    }
  }
  return { codes, scales }
}

/** The value furthest from zero in [from, to), and how far it is. */
function largestOf(values: Float32Array, from: number, to: number): { value: number; size: number } {
  let value = 0
  let size = 0
  for (let i = from; i < to; i++) {
    const here = Math.abs(values[i]!)
    if (here > size) {
      size = here
      value = values[i]!
    }
  }
  return { value, size }
}
