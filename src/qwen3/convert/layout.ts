import { AlignError } from '../../errors.ts'
import type { ModelShape } from '../shape.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import type { TensorEntry } from './safetensors.ts'

/** Our names of the parts, and what the two published layouts call them. The longest match counts. */
const LAYOUTS = {
  original: {
    'audio.': 'thinker.audio_tower.',
    'text.': 'thinker.model.',
    'head.': 'thinker.lm_head.',
  },
  transformers: {
    'audio.proj1.': 'model.multi_modal_projector.linear_1.',
    'audio.proj2.': 'model.multi_modal_projector.linear_2.',
    'audio.': 'model.audio_tower.',
    'text.': 'model.language_model.',
    'head.': 'score.',
  },
} as const
export type Layout = keyof typeof LAYOUTS

/** The weights under our names, whichever layout they came in. */
export type Weights = Pick<Checkpoint, 'readFloats' | 'readRaw' | 'files' | 'close'> & {
  /** Classes of the head: time slots. */
  classes: number
  /** Shape of a tensor; element type as stored. */
  entry(name: string): Pick<TensorEntry, 'shape' | 'dtype' | 'bytes'>
}

/**
 * Opens the weights of a snapshot and checks that every tensor of the model is there with its shape.
 * @throws AlignError MODEL_INVALID
 */
export async function openWeights(folder: string, shape: ModelShape): Promise<Weights> {
  const checkpoint = await openCheckpoint(folder)
  try {
    const layout = findLayout(checkpoint)
    const classes = classesOf(checkpoint, layout)
    for (const [name, dims] of expectedTensors(shape, classes)) requireTensor(checkpoint, layout, name, dims)
    const stored = (name: string) => storedName(name, layout)
    return {
      files: checkpoint.files,
      classes,
      entry: (name) => checkpoint.tensors.get(stored(name))!,
      readFloats: (name) => checkpoint.readFloats(stored(name)),
      readRaw: (name, partBytes) => checkpoint.readRaw(stored(name), partBytes),
      close: checkpoint.close,
    }
  } catch (error) {
    await checkpoint.close()
    throw error
  }
}

/** What a layout calls a tensor of ours. */
export function storedName(name: string, layout: Layout): string {
  for (const [ours, theirs] of Object.entries(LAYOUTS[layout])) {
    if (name.startsWith(ours)) return theirs + name.slice(ours.length)
  }
  throw new AlignError('MODEL_INVALID', `No layout knows the tensor ${name}`)
}

function findLayout({ tensors }: Checkpoint): Layout {
  for (const layout of Object.keys(LAYOUTS) as Layout[]) {
    if (tensors.has(storedName('audio.conv2d1.weight', layout))) return layout
  }
  const some = [...tensors.keys()].slice(0, 3).join(', ')
  throw new AlignError(
    'MODEL_INVALID',
    `Expected the tensors of Qwen3-ForcedAligner (thinker.audio_tower.* or model.audio_tower.*), got ${some}, ...`,
  )
}

function classesOf({ tensors }: Checkpoint, layout: Layout): number {
  const name = storedName('head.weight', layout)
  const classes = tensors.get(name)?.shape[0]
  if (classes) return classes
  throw new AlignError('MODEL_INVALID', `Expected the tensor ${name}, the weights lack it`)
}

function requireTensor({ tensors }: Checkpoint, layout: Layout, name: string, dims: readonly number[]): void {
  const stored = storedName(name, layout)
  const found = tensors.get(stored)
  if (!found) throw new AlignError('MODEL_INVALID', `Expected the tensor ${stored}, the weights lack it`)
  if (found.shape.join() === dims.join()) return
  throw new AlignError('MODEL_INVALID', `Expected ${stored} as [${dims}], got [${found.shape}]`)
}

/** Every tensor of the model with its shape, under our names. */
export function expectedTensors(shape: ModelShape, classes: number): Map<string, readonly number[]> {
  return new Map([...encoderTensors(shape), ...decoderTensors(shape, classes)])
}

type Named = [string, readonly number[]]

function encoderTensors({ melBins, encoder }: ModelShape): Named[] {
  const { width, ffn, layers, channels, output } = encoder
  const rows = Math.ceil(Math.ceil(Math.ceil(melBins / 2) / 2) / 2)
  const named: Named[] = [
    ...affine('audio.conv2d1', [channels, 1, 3, 3]),
    ...affine('audio.conv2d2', [channels, channels, 3, 3]),
    ...affine('audio.conv2d3', [channels, channels, 3, 3]),
    ['audio.conv_out.weight', [width, channels * rows]],
    ...affine('audio.ln_post', [width]),
    ...affine('audio.proj1', [width, width]),
    ...affine('audio.proj2', [output, width]),
  ]
  for (let i = 0; i < layers; i++) {
    const layer = `audio.layers.${i}`
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
      named.push(...affine(`${layer}.self_attn.${part}`, [width, width]))
    }
    named.push(...affine(`${layer}.self_attn_layer_norm`, [width]))
    named.push(...affine(`${layer}.final_layer_norm`, [width]))
    named.push(...affine(`${layer}.fc1`, [ffn, width]), ...affine(`${layer}.fc2`, [width, ffn]))
  }
  return named
}

function affine(name: string, dims: readonly number[]): Named[] {
  return [
    [`${name}.weight`, dims],
    [`${name}.bias`, dims.slice(0, 1)],
  ]
}

function decoderTensors({ decoder }: ModelShape, classes: number): Named[] {
  const { width, heads, kvHeads, headWidth, ffn, layers, vocabulary } = decoder
  const named: Named[] = [
    ['text.embed_tokens.weight', [vocabulary, width]],
    ['text.norm.weight', [width]],
    ['head.weight', [classes, width]],
  ]
  for (let i = 0; i < layers; i++) {
    const layer = `text.layers.${i}`
    named.push(
      [`${layer}.input_layernorm.weight`, [width]],
      [`${layer}.self_attn.q_proj.weight`, [heads * headWidth, width]],
      [`${layer}.self_attn.k_proj.weight`, [kvHeads * headWidth, width]],
      [`${layer}.self_attn.v_proj.weight`, [kvHeads * headWidth, width]],
      [`${layer}.self_attn.o_proj.weight`, [width, heads * headWidth]],
      [`${layer}.self_attn.q_norm.weight`, [headWidth]],
      [`${layer}.self_attn.k_norm.weight`, [headWidth]],
      [`${layer}.post_attention_layernorm.weight`, [width]],
      [`${layer}.mlp.gate_proj.weight`, [ffn, width]],
      [`${layer}.mlp.up_proj.weight`, [ffn, width]],
      [`${layer}.mlp.down_proj.weight`, [width, ffn]],
    )
  }
  return named
}
