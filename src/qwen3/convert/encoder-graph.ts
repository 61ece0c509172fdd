import { type ModelShape, tokensPerChunk } from '../shape.ts'
import { createGraph, type GraphBuilder } from './graph.ts'
import type { Weights } from './layout.ts'
import { type Linear, type Linears, matrix, vector } from './linear.ts'

const EPSILON = { float: 1e-5 } // nn.LayerNorm's default
const MICROSOFT = 'com.microsoft'

/**
 * The audio encoder with its projector.
 *
 * - in `features` [chunks, 1, mels, frames of a chunk]: log-mel, the last chunk padded with zeros
 * - in `tokens` int64 [1]: tokens that count; what lies behind them is padding
 * - in `windows` int64 [1]: windows of equal length in this call (one, where it is the short last one)
 * - out `embeddings` [windows, tokens / windows, output]
 *
 * A window is a row of the batch, so that attention ends at its borders without a mask.
 */
export function encoderGraph(shape: ModelShape, weights: Weights, { linear, risky }: Linears): GraphBuilder {
  const { width, layers, output } = shape.encoder
  const graph = createGraph()
  const x = windowed(graph, shape, convolved(graph, shape, weights, risky))
  let { normed, sum } = { normed: firstNorm(graph, weights, x), sum: x }
  for (let i = 0; i < layers; i++) {
    const next = i + 1 < layers ? `audio.layers.${i + 1}.self_attn_layer_norm` : 'audio.ln_post'
    ;({ normed, sum } = layer(graph, shape, weights, linear, i, normed, sum, normNames(next)))
  }
  const hidden = risky(graph, normed, matrix('audio.proj1', width, width))
  const active = biasGelu(graph, hidden, vector(graph, weights, ['audio.proj1.bias']))
  const projected = risky(graph, active, matrix('audio.proj2', output, width))
  const result = graph.node('Add', [projected, vector(graph, weights, ['audio.proj2.bias'])])
  graph.publish(result, graph.output('embeddings', 'float32', ['windows', 'window_tokens', output]))
  return graph
}

function convolved(graph: GraphBuilder, shape: ModelShape, weights: Weights, linear: Linear): string {
  const { melBins, chunkFrames, encoder } = shape
  let x = graph.input('features', 'float32', ['chunks', 1, melBins, chunkFrames])
  for (const name of ['audio.conv2d1', 'audio.conv2d2', 'audio.conv2d3']) {
    const inputs = [x, vector(graph, weights, [`${name}.weight`]), vector(graph, weights, [`${name}.bias`])]
    const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }
    x = graph.node('Gelu', [graph.node('Conv', inputs, { attributes })], { domain: MICROSOFT })
  }
  const timeFirst = graph.node('Transpose', [x], { attributes: { perm: [0, 3, 1, 2] } })
  const rows = graph.node('Reshape', [timeFirst, graph.constant(BigInt64Array.of(0n, 0n, -1n))])
  const inputs = weights.entry('audio.conv_out.weight').shape[1]!
  const tokens = linear(graph, rows, matrix('audio.conv_out', encoder.width, inputs))
  return graph.node('Add', [tokens, positions(graph, tokensPerChunk(shape), encoder.width)])
}

/** Sinusoids as in Whisper: sines of all timescales, then cosines. They start anew in every chunk. */
function positions(graph: GraphBuilder, tokens: number, width: number): string {
  const half = width / 2
  const increment = Math.log(10_000) / (half - 1)
  const table = new Float32Array(tokens * width)
  for (let t = 0; t < tokens; t++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(t * Math.fround(Math.exp(Math.fround(-increment * i))))
      table[t * width + i] = Math.sin(angle)
      table[t * width + half + i] = Math.cos(angle)
    }
  }
  return graph.constant(table, [tokens, width])
}

function windowed(graph: GraphBuilder, { encoder }: ModelShape, chunks: string): string {
  const tokens = graph.input('tokens', 'int64', [1])
  const windows = graph.input('windows', 'int64', [1])
  const width = BigInt(encoder.width)
  const flat = graph.node('Reshape', [chunks, graph.constant(BigInt64Array.of(-1n, width))])
  const zero = graph.constant(BigInt64Array.of(0n))
  const valid = graph.node('Slice', [flat, zero, tokens, zero])
  const dims = graph.node('Concat', [windows, graph.constant(BigInt64Array.of(-1n, width))], {
    attributes: { axis: 0 },
  })
  return graph.node('Reshape', [valid, dims])
}

type NormNames = { gamma: string; beta: string }

function normNames(name: string): NormNames {
  return { gamma: `${name}.weight`, beta: `${name}.bias` }
}

function firstNorm(graph: GraphBuilder, weights: Weights, x: string): string {
  const { gamma, beta } = normNames('audio.layers.0.self_attn_layer_norm')
  const inputs = [x, vector(graph, weights, [gamma]), vector(graph, weights, [beta])]
  return graph.node('LayerNormalization', inputs, { attributes: { axis: -1, epsilon: EPSILON } })
}

function layer(
  graph: GraphBuilder,
  { encoder }: ModelShape,
  weights: Weights,
  linear: Linear,
  index: number,
  normed: string,
  residual: string,
  next: NormNames,
): { normed: string; sum: string } {
  const { width, heads, ffn } = encoder
  const name = `audio.layers.${index}`
  const projections = ['q_proj', 'k_proj', 'v_proj'].map((part) => `${name}.self_attn.${part}`)
  const qkv = linear(graph, normed, {
    name: `${name}.qkv`,
    parts: projections.map((part) => `${part}.weight`),
    outputs: 3 * width,
    inputs: width,
  })
  const split = graph.constant(BigInt64Array.of(BigInt(width), BigInt(width), BigInt(width)))
  const [q, k, v] = graph.nodes('Split', [qkv, split], { attributes: { axis: -1 }, outputs: 3 })
  const biases = projections.map((part) => `${part}.bias`)
  const bias = vector(graph, weights, biases, `${name}.qkv.bias`)
  const attended = graph.node('MultiHeadAttention', [q!, k!, v!, bias], {
    attributes: { num_heads: heads },
    domain: MICROSOFT,
  })
  const out = linear(graph, attended, matrix(`${name}.self_attn.out_proj`, width, width))
  const middle = addAndNorm(
    graph,
    weights,
    out,
    residual,
    `${name}.self_attn.out_proj.bias`,
    normNames(`${name}.final_layer_norm`),
  )
  const wide = linear(graph, middle.normed, matrix(`${name}.fc1`, ffn, width))
  const active = biasGelu(graph, wide, vector(graph, weights, [`${name}.fc1.bias`]))
  const narrow = linear(graph, active, matrix(`${name}.fc2`, width, ffn))
  return addAndNorm(graph, weights, narrow, middle.sum, `${name}.fc2.bias`, next)
}

/** sum = x + bias + residual, and its layer norm, in one operator. */
function addAndNorm(
  graph: GraphBuilder,
  weights: Weights,
  x: string,
  residual: string,
  bias: string,
  { gamma, beta }: NormNames,
): { normed: string; sum: string } {
  const names = [gamma, beta, bias].map((name) => vector(graph, weights, [name]))
  const outputs = graph.nodes('SkipLayerNormalization', [x, residual, ...names], {
    attributes: { epsilon: EPSILON },
    domain: MICROSOFT,
    outputs: 4,
  })
  return { normed: outputs[0]!, sum: outputs[3]! }
}

function biasGelu(graph: GraphBuilder, x: string, bias: string): string {
  return graph.node('BiasGelu', [x, bias], { domain: MICROSOFT })
}
