import type { ModelShape } from '../shape.ts'
import { createGraph, type GraphBuilder } from './graph.ts'
import type { Weights } from './layout.ts'
import { type Linear, type Linears, matrix, vector } from './linear.ts'

const MICROSOFT = 'com.microsoft'

/**
 * The text decoder over embeddings, for prefill in chunks: keys and values go in and come out.
 *
 * - in `embeddings` [1, tokens, width]
 * - in `past.{layer}.key|value` [1, kv heads, past, head width]
 * - in `last` int32 [1]: past + tokens - 1; `total` int32 [1]: past + tokens
 * - in `cosines`, `sines` [positions, head width / 2]
 * - in `slots` int64 [slots]: positions within this chunk of which the head is wanted; at least one
 * - out `logits` [1, slots, classes], `present.{layer}.key|value`
 */
export function decoderGraph(shape: ModelShape, weights: Weights, linears: Linears): GraphBuilder {
  const { width, layers } = shape.decoder
  const graph = createGraph()
  const x = graph.input('embeddings', 'float32', [1, 'tokens', width])
  const rotary = rotaryInputs(graph, shape)
  const wanted = slotRows(graph, layers)
  let { normed, sum } = { normed: rmsNorm(graph, shape, x, norm(graph, weights, 0)), sum: x }
  for (let i = 0; i < layers; i++) {
    const attended = attention(graph, shape, weights, linears.linear, i, normed, rotary)
    const middle = addAndNorm(
      graph,
      shape,
      projectAttention(graph, shape, linears.linear, i, wanted(i, attended)),
      wanted(i, sum),
      vector(graph, weights, [`text.layers.${i}.post_attention_layernorm.weight`]),
    )
    const fed = feedForward(graph, shape, linears, i, middle.normed)
    const next = i + 1 < layers ? norm(graph, weights, i + 1) : vector(graph, weights, ['text.norm.weight'])
    ;({ normed, sum } = addAndNorm(graph, shape, fed, middle.sum, next))
  }
  const logits = linears.risky(graph, normed, matrix('head', weights.classes, width))
  const dims = [1, 'slots', weights.classes]
  graph.publish(logits, graph.output('logits', 'float32', dims))
  return graph
}

function norm(graph: GraphBuilder, weights: Weights, layer: number): string {
  return vector(graph, weights, [`text.layers.${layer}.input_layernorm.weight`])
}

/** In the last layer only the slots are wanted once it has attended; before it every token is. */
function slotRows(graph: GraphBuilder, layers: number): (layer: number, x: string) => string {
  const slots = graph.input('slots', 'int64', ['slots'])
  return (layer, x) =>
    layer + 1 < layers ? x : graph.node('Gather', [x, slots], { attributes: { axis: 1 } })
}

type RotaryInputs = { last: string; total: string; cosines: string; sines: string }

function rotaryInputs(graph: GraphBuilder, { decoder }: ModelShape): RotaryInputs {
  return {
    last: graph.input('last', 'int32', [1]),
    total: graph.input('total', 'int32', [1]),
    cosines: graph.input('cosines', 'float32', ['positions', decoder.headWidth / 2]),
    sines: graph.input('sines', 'float32', ['positions', decoder.headWidth / 2]),
  }
}

function attention(
  graph: GraphBuilder,
  shape: ModelShape,
  weights: Weights,
  linear: Linear,
  index: number,
  x: string,
  { last, total, cosines, sines }: RotaryInputs,
): string {
  const { width, heads, kvHeads, headWidth } = shape.decoder
  const name = `text.layers.${index}`
  const [queries, keys] = [heads * headWidth, kvHeads * headWidth]
  const qkv = linear(graph, x, {
    name: `${name}.qkv`,
    parts: ['q_proj', 'k_proj', 'v_proj'].map((part) => `${name}.self_attn.${part}.weight`),
    outputs: queries + 2 * keys,
    inputs: width,
  })
  const split = graph.constant(BigInt64Array.of(BigInt(queries), BigInt(keys), BigInt(keys)))
  const [q, k, v] = graph.nodes('Split', [qkv, split], { attributes: { axis: -1 }, outputs: 3 })
  const query = headNorm(graph, shape, weights, q!, `${name}.self_attn.q_norm.weight`, queries)
  const key = headNorm(graph, shape, weights, k!, `${name}.self_attn.k_norm.weight`, keys)
  const past = (part: string) =>
    graph.input(`past.${index}.${part}`, 'float32', [1, kvHeads, 'past', headWidth])
  const inputs = [query, key, v!, past('key'), past('value'), last, total, cosines, sines]
  const present = (part: string) =>
    graph.output(`present.${index}.${part}`, 'float32', [1, kvHeads, 'all', headWidth])
  return graph.node('GroupQueryAttention', inputs, {
    attributes: { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1 },
    domain: MICROSOFT,
    outputs: [`${name}.attended`, present('key'), present('value')],
  })
}

function projectAttention(
  graph: GraphBuilder,
  { decoder }: ModelShape,
  linear: Linear,
  index: number,
  attended: string,
): string {
  const { width, heads, headWidth } = decoder
  const name = `text.layers.${index}.self_attn.o_proj`
  return linear(graph, attended, matrix(name, width, heads * headWidth))
}

/** RMS norm of every head by itself. */
function headNorm(
  graph: GraphBuilder,
  shape: ModelShape,
  weights: Weights,
  x: string,
  weight: string,
  width: number,
): string {
  const headWidth = BigInt(shape.decoder.headWidth)
  const byHead = graph.node('Reshape', [x, graph.constant(BigInt64Array.of(0n, 0n, -1n, headWidth))])
  const normed = rmsNorm(graph, shape, byHead, vector(graph, weights, [weight]))
  return graph.node('Reshape', [normed, graph.constant(BigInt64Array.of(0n, 0n, BigInt(width)))])
}

function feedForward(
  graph: GraphBuilder,
  { decoder }: ModelShape,
  { linear, risky }: Linears,
  index: number,
  x: string,
): string {
  const { width, ffn } = decoder
  const name = `text.layers.${index}.mlp`
  const both = linear(graph, x, {
    name: `${name}.gate_up`,
    parts: [`${name}.gate_proj.weight`, `${name}.up_proj.weight`],
    outputs: 2 * ffn,
    inputs: width,
  })
  const halves = graph.constant(BigInt64Array.of(BigInt(ffn), BigInt(ffn)))
  const [gate, up] = graph.nodes('Split', [both, halves], { attributes: { axis: -1 }, outputs: 2 })
  // x * sigmoid(x) is QuickGelu with alpha 1
  const active = graph.node('QuickGelu', [gate!], { attributes: { alpha: { float: 1 } }, domain: MICROSOFT })
  return risky(graph, graph.node('Mul', [active, up!]), matrix(`${name}.down_proj`, width, ffn))
}

function rmsNorm(graph: GraphBuilder, { decoder }: ModelShape, x: string, weight: string): string {
  const attributes = { axis: -1, epsilon: { float: decoder.epsilon } }
  return graph.node('SimplifiedLayerNormalization', [x, weight], { attributes })
}

/** sum = x + residual, and its RMS norm, in one operator. */
function addAndNorm(
  graph: GraphBuilder,
  { decoder }: ModelShape,
  x: string,
  residual: string,
  weight: string,
): { normed: string; sum: string } {
  const outputs = graph.nodes('SkipSimplifiedLayerNormalization', [x, residual, weight], {
    attributes: { epsilon: { float: decoder.epsilon } },
    domain: MICROSOFT,
    outputs: 4,
  })
  return { normed: outputs[0]!, sum: outputs[3]! }
}
