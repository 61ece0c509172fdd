/** Checkpoints with random weights: they exercise converter, memory and speed. What they align is meaningless. */
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expectedTensors, type Layout, storedName } from '../src/qwen3/convert/layout.ts'
import { readShape } from '../src/qwen3/shape.ts'

/** Sizes of Qwen/Qwen3-ForcedAligner-0.6B: 708 tensors, 1.84 GB. */
export const FULL_SIZE = configOf({
  audio: { d_model: 1024, encoder_attention_heads: 16, encoder_ffn_dim: 4096, encoder_layers: 24 },
  channels: 480,
  text: {
    hidden_size: 1024,
    head_dim: 128,
    intermediate_size: 3072,
    num_attention_heads: 16,
    num_hidden_layers: 28,
    num_key_value_heads: 8,
    vocab_size: 152_064,
  },
  firstAddedToken: 151_643,
})

/** A model of the same kind that converts and runs in milliseconds. */
export const TINY = configOf({
  audio: { d_model: 32, encoder_attention_heads: 2, encoder_ffn_dim: 64, encoder_layers: 2 },
  channels: 8,
  text: {
    hidden_size: 32,
    head_dim: 32,
    intermediate_size: 64,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    num_key_value_heads: 1,
    vocab_size: 320,
  },
  firstAddedToken: 256,
})

type Sizes = {
  audio: Record<string, number>
  channels: number
  text: Record<string, number>
  firstAddedToken: number
}

function configOf({ audio, channels, text, firstAddedToken }: Sizes) {
  return {
    architectures: ['Qwen3ASRForConditionalGeneration'],
    model_type: 'qwen3_asr',
    thinker_config: {
      model_type: 'qwen3_forced_aligner',
      classify_num: 5000,
      audio_start_token_id: firstAddedToken,
      audio_end_token_id: firstAddedToken + 1,
      audio_token_id: firstAddedToken + 2,
      audio_config: {
        activation_function: 'gelu',
        n_window: 50,
        n_window_infer: 800,
        num_mel_bins: 128,
        scale_embedding: false,
        downsample_hidden_size: channels,
        output_dim: text.hidden_size,
        ...audio,
      },
      text_config: {
        attention_bias: false,
        hidden_act: 'silu',
        rms_norm_eps: 1e-6,
        rope_theta: 1_000_000,
        ...text,
      },
    },
    timestamp_segment_time: 80,
    timestamp_token_id: firstAddedToken + 3,
    fake: { note: 'random weights: meaningless for accuracy', firstAddedToken },
  }
}

export type FakeOptions = { seed?: number; layout?: Layout; onProgress?: (fraction: number) => void }

const CLASSES = 5000
const PART = 4 * 1024 * 1024

/** Writes config.json, model.safetensors (BF16, streamed) and a tokeniser of single bytes into a folder. */
export async function writeFakeCheckpoint(
  folder: string,
  config: ReturnType<typeof configOf>,
  { seed = 1, layout = 'original', onProgress = () => {} }: FakeOptions = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, undefined, 2))
  await writeTokenizer(folder, config.fake.firstAddedToken)
  const tensors = [...expectedTensors(readShape(config), CLASSES)]
  let end = 0
  const entries = tensors.map(([name, shape]) => {
    const begin = end
    end += 2 * shape.reduce((product, n) => product * n, 1)
    return [storedName(name, layout), { dtype: 'BF16', shape, data_offsets: [begin, end] }] as const
  })
  const header = Buffer.from(
    JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const random = randomPool(seed)
  const handle = await open(join(folder, 'model.safetensors'), 'w')
  try {
    await handle.write(length)
    await handle.write(header)
    let done = 0
    for (const [name, shape] of tensors) {
      for (const part of valuesOf(name, shape, random)) {
        await handle.write(part)
        done += part.byteLength
        onProgress(done / end)
      }
    }
  } finally {
    await handle.close()
  }
}

/** Norms are ones, biases small, matrices scaled so that activations keep their size. */
function* valuesOf(name: string, shape: readonly number[], random: () => number): Generator<Uint8Array> {
  const count = shape.reduce((product, n) => product * n, 1)
  const fanIn = count / shape[0]!
  const isNorm = /norm|ln_post/.test(name) && name.endsWith('weight')
  const spread = shape.length === 1 ? 0.02 : name.includes('embed') ? 0.05 : 1 / Math.sqrt(fanIn)
  for (let at = 0; at < count; at += PART / 2) {
    const floats = new Float32Array(Math.min(PART / 2, count - at))
    for (let i = 0; i < floats.length; i++) floats[i] = (isNorm ? 1 : 0) + spread * random()
    yield toBfloat16(floats)
  }
}

/** The upper halves: rounded towards zero, which is good enough for noise. */
function toBfloat16(floats: Float32Array): Uint8Array {
  const halves = new Uint16Array(floats.buffer)
  const upper = new Uint16Array(floats.length)
  for (let i = 0; i < upper.length; i++) upper[i] = halves[2 * i + 1]!
  return new Uint8Array(upper.buffer)
}

/** Normally distributed numbers out of a pool of a prime size: fast enough for a billion. */
function randomPool(seed: number): () => number {
  const pool = new Float32Array(1_000_003)
  let state = seed >>> 0
  const uniform = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  for (let i = 0; i < pool.length; i++) {
    pool[i] = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  }
  let at = 0
  return () => {
    at = at + 1 === pool.length ? 0 : at + 1
    return pool[at]!
  }
}

/** One token a byte, no merges: prompts are longer than with the real tokeniser. */
async function writeTokenizer(folder: string, firstAddedToken: number): Promise<void> {
  const vocab = Object.fromEntries(byteCharacters().map((character, byte) => [character, byte]))
  const added = ['<|audio_start|>', '<|audio_end|>', '<|audio_pad|>', '<timestamp>']
  const decoder = Object.fromEntries(
    added.map((content, i) => [firstAddedToken + i, { content, special: true, normalized: false }]),
  )
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(vocab))
  await writeFile(join(folder, 'merges.txt'), '#version: 0.2\n')
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ added_tokens_decoder: decoder }))
}

/** The characters that stand for bytes in GPT-2's vocabulary: printable ones for themselves, the rest from U+0100 on. */
function byteCharacters(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}
