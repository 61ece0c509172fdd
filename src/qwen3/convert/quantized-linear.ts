import type { ExternalWeight, GraphBuilder } from './graph.ts'
import type { Int8Levels } from './int8-levels.ts'
import type { Weights } from './layout.ts'
import {
  asBytes,
  type Dtype,
  floatLinear,
  type Linear,
  type Linears,
  type Matrix,
  stack,
  transpose,
} from './linear.ts'
import { quantizeBlocks, quantizeColumns } from './quantize.ts'

const MICROSOFT = 'com.microsoft'
const BLOCK = 32

/**
 * The matrices of a model in the precision asked for. int8 saves time and memory, int4 memory above all; matrices whose
 * inputs have outliers stay in float32 beside the one, in 8 bits per block beside the other.
 */
export function linearsOf(dtype: Dtype, weights: Weights, levels: Int8Levels): Linears {
  switch (dtype) {
    case 'float32':
      return { linear: floatLinear(weights), risky: floatLinear(weights) }
    case 'int8':
      return { linear: dynamicLinear(weights, levels), risky: floatLinear(weights) }
    case 'int4':
      return { linear: blockLinear(weights, 4), risky: blockLinear(weights, 8) }
    default:
      return dtype satisfies never
  }
}

/** 8-bit weights per output, activations quantised as they come. */
function dynamicLinear(weights: Weights, levels: Int8Levels): Linear {
  return (graph, x, matrix) => {
    const { name, outputs, inputs } = matrix
    const shared = once(async () =>
      quantizeColumns(await stack(weights, matrix.parts), outputs, inputs, levels),
    )
    const codes = graph.weight({
      name,
      element: 'int8',
      dims: [inputs, outputs],
      bytes: inputs * outputs,
      make: async () => asBytes(transpose((await shared()).codes, outputs, inputs)),
    })
    const scales = scalesOf(graph, matrix, outputs, async () => (await shared()).scales)
    return graph.node('DynamicQuantizeMatMul', [x, codes, scales], { domain: MICROSOFT })
  }
}

/** Weights in blocks of 32 with a scale each; only they are quantised in advance. */
function blockLinear(weights: Weights, bits: 4 | 8): Linear {
  return (graph, x, matrix) => {
    const { name, outputs, inputs } = matrix
    const blocks = inputs / BLOCK
    const shared = once(async () => quantizeBlocks(await stack(weights, matrix.parts), inputs, bits, BLOCK))
    const blockBytes = (BLOCK * bits) / 8
    const codes = graph.weight({
      name,
      element: 'uint8',
      dims: [outputs, blocks, blockBytes],
      bytes: outputs * blocks * blockBytes,
      make: async () => (await shared()).codes,
    })
    const scales = scalesOf(graph, matrix, outputs * blocks, async () => (await shared()).scales)
    // accuracy level 4: products in 8 bits, summed per block
    const attributes = { K: inputs, N: outputs, bits, block_size: BLOCK, accuracy_level: 4 }
    return graph.node('MatMulNBits', [x, codes, scales], { attributes, domain: MICROSOFT })
  }
}

function scalesOf(
  graph: GraphBuilder,
  { name }: Matrix,
  count: number,
  scales: () => Promise<Float32Array>,
): string {
  const make: ExternalWeight['make'] = async () => asBytes(await scales())
  return graph.weight({ name: `${name}.scales`, element: 'float32', dims: [count], bytes: count * 4, make })
}

/** Codes and scales are written one after the other: the work is kept for the second, then let go. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined
  return async () => {
    const known = kept
    if (known) {
      kept = undefined
      return known
    }
    kept = work()
    return kept
  }
}
