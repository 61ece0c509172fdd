import { AlignError } from '../errors.ts'

/** The sizes of a Qwen3-ForcedAligner, as its config.json gives them. */
export type ModelShape = {
  melBins: number
  /** Mel frames the convolutions see at once; 100 = 1 s. */
  chunkFrames: number
  /** Mel frames the encoder attends over; 800 = 8 s. */
  windowFrames: number
  encoder: { width: number; heads: number; ffn: number; layers: number; channels: number; output: number }
  decoder: {
    width: number
    heads: number
    kvHeads: number
    headWidth: number
    ffn: number
    layers: number
    ropeTheta: number
    epsilon: number
    vocabulary: number
  }
}

/** Tokens that one full chunk of frames becomes: three convolutions of stride 2. */
export function tokensPerChunk({ chunkFrames }: ModelShape): number {
  return afterConvolutions(chunkFrames)
}

/** Audio tokens of `frames` mel frames. */
export function audioTokens(frames: number, shape: ModelShape): number {
  const full = Math.floor(frames / shape.chunkFrames)
  const rest = frames % shape.chunkFrames
  return full * tokensPerChunk(shape) + (rest > 0 ? afterConvolutions(rest) : 0)
}

function afterConvolutions(frames: number): number {
  let length = frames
  for (let i = 0; i < 3; i++) length = Math.floor((length - 1) / 2) + 1
  return length
}

type Json = Record<string, unknown>

/**
 * Reads config.json of either layout: the original (`thinker_config`) or the one of transformers.
 * @throws AlignError MODEL_INVALID where it is another model or lacks a size
 */
export function readShape(config: unknown): ModelShape {
  const root = object(config, 'config.json')
  const nested = isObject(root.thinker_config)
  const top = nested ? object(root.thinker_config, 'thinker_config') : root
  requireAligner(root, top, nested)
  const audio = object(top.audio_config, 'audio_config')
  const text = object(top.text_config, 'text_config')
  requireValue(audio.activation_function, 'gelu', 'audio_config.activation_function')
  requireValue(text.hidden_act, 'silu', 'text_config.hidden_act')
  requireValue(text.attention_bias ?? false, false, 'text_config.attention_bias')
  requireValue(audio.scale_embedding ?? false, false, 'audio_config.scale_embedding')
  const rope = isObject(text.rope_parameters) ? text.rope_parameters : text
  return {
    melBins: count(audio, 'num_mel_bins'),
    chunkFrames: 2 * count(audio, 'n_window'),
    windowFrames: count(audio, 'n_window_infer'),
    encoder: {
      width: count(audio, 'd_model'),
      heads: count(audio, 'encoder_attention_heads'),
      ffn: count(audio, 'encoder_ffn_dim'),
      layers: count(audio, 'encoder_layers'),
      channels: count(audio, 'downsample_hidden_size'),
      output: count(audio, 'output_dim'),
    },
    decoder: {
      width: count(text, 'hidden_size'),
      heads: count(text, 'num_attention_heads'),
      kvHeads: count(text, 'num_key_value_heads'),
      headWidth: count(text, 'head_dim'),
      ffn: count(text, 'intermediate_size'),
      layers: count(text, 'num_hidden_layers'),
      ropeTheta: count(rope, 'rope_theta'),
      epsilon: positive(text, 'rms_norm_eps'),
      vocabulary: count(text, 'vocab_size'),
    },
  }
}

function requireAligner(root: Json, top: Json, nested: boolean): void {
  const architectures = Array.isArray(root.architectures) ? root.architectures.join(', ') : 'none'
  const aligner = nested
    ? top.model_type === 'qwen3_forced_aligner'
    : architectures.includes('Qwen3ASRForTokenClassification')
  if (aligner) return
  throw new AlignError(
    'MODEL_INVALID',
    `Expected Qwen3-ForcedAligner, got model_type ${JSON.stringify(top.model_type)} (architectures: ${architectures})`,
  )
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(value: unknown, name: string): Json {
  if (isObject(value)) return value
  throw new AlignError(
    'MODEL_INVALID',
    `config.json: Expected ${name} as an object, got ${JSON.stringify(value)}`,
  )
}

function count(from: Json, name: string): number {
  const value = positive(from, name)
  if (Number.isSafeInteger(value)) return value
  throw new AlignError('MODEL_INVALID', `config.json: Expected ${name} as a whole number, got ${value}`)
}

function positive(from: Json, name: string): number {
  const value = from[name]
  if (typeof value === 'number' && value > 0) return value
  throw new AlignError(
    'MODEL_INVALID',
    `config.json: Expected ${name} as a positive number, got ${JSON.stringify(value)}`,
  )
}

function requireValue(value: unknown, expected: unknown, name: string): void {
  if (value === expected) return
  throw new AlignError(
    'MODEL_INVALID',
    `config.json: Expected ${name} ${JSON.stringify(expected)}, got ${JSON.stringify(value)}`,
  )
}
