import type { GraphBuilder } from './graph.ts'
import type { Weights } from './layout.ts'

/** How the large matrices are kept. */
export const DTYPES = ['float32', 'int8', 'int4'] as const
export type Dtype = (typeof DTYPES)[number]

/** A matrix [outputs, inputs] as PyTorch keeps it, or several of one width stacked along the outputs. */
export type Matrix = { name: string; parts: readonly string[]; outputs: number; inputs: number }

/** The matrix of one layer as the checkpoint names it. */
export function matrix(name: string, outputs: number, inputs: number): Matrix {
  return { name: `${name}.matrix`, parts: [`${name}.weight`], outputs, inputs }
}

/** Makes y = x W^T for the matrices of one model, in the precision asked for. */
export type Linear = (graph: GraphBuilder, x: string, matrix: Matrix) => string

/** `linear` for most matrices; `risky` for those whose inputs have outliers: they stay in float32. */
export type Linears = { linear: Linear; risky: Linear }

/** Matrices in float32, transposed to [inputs, outputs] as MatMul wants them. */
export function floatLinear(weights: Weights): Linear {
  return (graph, x, { name, parts, outputs, inputs }) => {
    const weight = graph.weight({
      name,
      element: 'float32',
      dims: [inputs, outputs],
      bytes: inputs * outputs * 4,
      make: async () => asBytes(transpose(await stack(weights, parts), outputs, inputs)),
    })
    return graph.node('MatMul', [x, weight])
  }
}

/** The parts of a matrix below each other, [outputs, inputs]. */
export async function stack(weights: Weights, parts: readonly string[]): Promise<Float32Array> {
  const arrays: Float32Array[] = []
  for (const part of parts) arrays.push(await weights.readFloats(part))
  if (arrays.length === 1) return arrays[0]!
  const joined = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0))
  let at = 0
  for (const array of arrays) {
    joined.set(array, at)
    at += array.length
  }
  return joined
}

/** [rows, columns] to [columns, rows], in tiles that stay in the cache. O(rows * columns). */
export function transpose<T extends Float32Array | Int8Array | Uint8Array>(
  values: T,
  rows: number,
  columns: number,
): T {
  const TILE = 32
  const result = new (values.constructor as { new (length: number): T })(values.length)
  for (let r0 = 0; r0 < rows; r0 += TILE) {
    const r1 = Math.min(rows, r0 + TILE)
    for (let c0 = 0; c0 < columns; c0 += TILE) {
      const c1 = Math.min(columns, c0 + TILE)
      for (let r = r0; r < r1; r++) {
        for (let c = c0; c < c1; c++) result[c * rows + r] = values[r * columns + c]!
      }
    }
  }
  return result
}

/** The same memory as bytes. */
export function asBytes(values: Float32Array | Int8Array | Uint8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** A vector or small tensor (bias, norm, convolution) in float32. */
export function vector(
  graph: GraphBuilder,
  weights: Weights,
  parts: readonly string[],
  name = parts[0]!,
): string {
  const dims =
    parts.length === 1
      ? weights.entry(parts[0]!).shape
      : [parts.reduce((sum, part) => sum + weights.entry(part).shape[0]!, 0)]
  return graph.weight({
    name,
    element: 'float32',
    dims,
    bytes: dims.reduce((product, n) => product * n, 4),
    make: async () => asBytes(await stack(weights, parts)),
  })
}
