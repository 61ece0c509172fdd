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

/**
 * Most of each that is taken, some ten times what published models have: what is larger is damage, and would take memory
 * before the weights could show that it is wrong.
 */
const LIMITS: Limits = {
  melBins: 1024,
  chunkFrames: 2000,
  windowFrames: 100_000,
  encoder: { width: 16_384, heads: 1024, ffn: 131_072, layers: 512, channels: 16_384, output: 16_384 },
  decoder: {
    width: 16_384,
    heads: 1024,
    kvHeads: 1024,
    headWidth: 4096,
    ffn: 131_072,
    layers: 512,
    ropeTheta: 1e12,
    epsilon: 1,
    vocabulary: 10_000_000,
  },
}

type Limits = {
  [K in keyof ModelShape]: ModelShape[K] extends number ? number : { [P in keyof ModelShape[K]]: number }
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
  const { encoder, decoder } = LIMITS
  const shape: ModelShape = {
    melBins: count(audio, 'num_mel_bins', LIMITS.melBins),
    chunkFrames: 2 * count(audio, 'n_window', LIMITS.chunkFrames / 2),
    windowFrames: count(audio, 'n_window_infer', LIMITS.windowFrames),
    encoder: {
      width: count(audio, 'd_model', encoder.width),
      heads: count(audio, 'encoder_attention_heads', encoder.heads),
      ffn: count(audio, 'encoder_ffn_dim', encoder.ffn),
      layers: count(audio, 'encoder_layers', encoder.layers),
      channels: count(audio, 'downsample_hidden_size', encoder.channels),
      output: count(audio, 'output_dim', encoder.output),
    },
    decoder: {
      width: count(text, 'hidden_size', decoder.width),
      heads: count(text, 'num_attention_heads', decoder.heads),
      kvHeads: count(text, 'num_key_value_heads', decoder.kvHeads),
      headWidth: count(text, 'head_dim', decoder.headWidth),
      ffn: count(text, 'intermediate_size', decoder.ffn),
      layers: count(text, 'num_hidden_layers', decoder.layers),
      ropeTheta: count(rope, 'rope_theta', decoder.ropeTheta),
      epsilon: positive(text, 'rms_norm_eps', decoder.epsilon),
      vocabulary: count(text, 'vocab_size', decoder.vocabulary),
    },
  }
  requireHeads(shape, 'config.json')
  return shape
}

/**
 * Checks the sizes that a converted folder gives, by the limits of config.json.
 * @throws AlignError MODEL_INVALID
 */
export function checkShape(shape: unknown, file: string): void {
  const from = object(shape, 'shape', file)
  for (const [name, limit] of Object.entries(LIMITS)) {
    if (typeof limit === 'number') {
      count(from, name, limit, file)
      continue
    }
    const part = object(from[name], `shape.${name}`, file)
    for (const [inner, most] of Object.entries(limit)) {
      if (inner === 'epsilon') positive(part, inner, most, file)
      else count(part, inner, most, file)
    }
  }
  requireHeads(from as ModelShape, file)
}

/** No tensor shows how many heads share a width: only the graph would fail, when it is run. */
function requireHeads({ encoder, decoder }: ModelShape, file: string): void {
  const refuse = (expected: string, got: number) => {
    throw new AlignError('MODEL_INVALID', `${file}: Expected ${expected}, got ${got}`)
  }
  if (encoder.width % encoder.heads !== 0)
    refuse(`as many encoder heads as divide the width ${encoder.width}`, encoder.heads)
  if (decoder.heads % decoder.kvHeads !== 0)
    refuse(`as many key and value heads as divide ${decoder.heads} heads`, decoder.kvHeads)
  if (decoder.headWidth % 2 !== 0) refuse('heads of an even width', decoder.headWidth)
}

function requireAligner(root: Json, top: Json, nested: boolean): void {
  const named = Array.isArray(root.architectures) ? root.architectures.filter(isText).slice(0, 8) : []
  const architectures = named.map((name) => name.slice(0, LONGEST)).join(', ') || 'none'
  const aligner = nested
    ? top.model_type === 'qwen3_forced_aligner'
    : architectures.includes('Qwen3ASRForTokenClassification')
  if (aligner) return
  throw new AlignError(
    'MODEL_INVALID',
    `Expected Qwen3-ForcedAligner, got model_type ${shown(top.model_type)} (architectures: ${architectures})`,
  )
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

// Of a text that came, characters.
const LONGEST = 100

/** What came, for a message: of texts and numbers the value, of all else the kind. */
export function shown(value: unknown): string {
  if (isText(value)) return JSON.stringify(value.slice(0, LONGEST))
  if (Array.isArray(value)) return 'an array'
  return isObject(value) ? 'an object' : String(value)
}

function object(value: unknown, name: string, file = 'config.json'): Json {
  if (isObject(value)) return value
  throw new AlignError('MODEL_INVALID', `${file}: Expected ${name} as an object, got ${shown(value)}`)
}

function count(from: Json, name: string, most: number, file = 'config.json'): number {
  const value = positive(from, name, most, file)
  if (Number.isSafeInteger(value)) return value
  throw new AlignError('MODEL_INVALID', `${file}: Expected ${name} as a whole number, got ${value}`)
}

function positive(from: Json, name: string, most: number, file = 'config.json'): number {
  const value = from[name]
  if (typeof value === 'number' && value > 0 && value <= most) return value
  throw new AlignError(
    'MODEL_INVALID',
    `${file}: Expected ${name} as a positive number, at most ${most}, got ${shown(value)}`,
  )
}

function requireValue(value: unknown, expected: unknown, name: string): void {
  if (value === expected) return
  throw new AlignError(
    'MODEL_INVALID',
    `config.json: Expected ${name} ${shown(expected)}, got ${shown(value)}`,
  )
}
