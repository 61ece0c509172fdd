import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CTC_MANIFEST, graphsIn, inspectModel } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'

const Manifest = Type.Object({
  name: Type.String({ minLength: 1 }),
  version: Type.String({ minLength: 1 }),
  kind: Type.Literal('ctc'),
  licence: Type.Optional(Type.String()),
  sha256: Type.Record(Type.String(), Type.String({ pattern: '^[0-9a-f]{64}$' })),
  sampleRate: Type.Integer({ minimum: 8000, maximum: 48_000 }),
  hopSeconds: Type.Number({ exclusiveMinimum: 0, maximum: 0.1 }),
  windowSeconds: Type.Number({ minimum: 2, maximum: 120 }),
  overlapSeconds: Type.Number({ minimum: 0 }),
  languages: Type.Array(Type.String()),
  vocabulary: Type.Array(Type.String({ minLength: 1 }), { minItems: 2 }),
  onsetShiftSeconds: Type.Number({ minimum: -1, maximum: 1 }),
})

/** What a model folder says of itself: DESIGN.md 3, the acoustic model contract. */
export type ModelDescription = Static<typeof Manifest> & {
  /** The graph, an absolute or working-directory path. */
  graph: string
  /** Index of the blank in `vocabulary`. */
  blank: number
  /** Samples from the start of a window to the centre of its first frame. */
  firstFrameSample: number
  /** Names of the graph's ends. */
  input: string
  output: string
  /** Whether the input wants zero mean and unit variance, and the output is logits, as Hugging Face exports do. */
  normalizeInput: boolean
  outputIsLogits: boolean
}

/**
 * Reads a model folder: either manifest.json + model.onnx, or a Hugging Face CTC export (vocab.json,
 * preprocessor_config.json and one *.onnx, also in a folder onnx/).
 * @throws AlignError MODEL_INVALID
 */
export function describeModel(folder: string): ModelDescription {
  const { kind } = inspectModel(folder)
  switch (kind) {
    case 'ctc':
      return describeOurs(folder)
    case 'hugging-face-ctc':
      return describeHuggingFace(folder)
    default:
      throw invalid(`Expected a CTC model in ${folder}, got Qwen3-ForcedAligner (${kind})`)
  }
}

function describeOurs(folder: string): ModelDescription {
  const file = join(folder, CTC_MANIFEST)
  const manifest = readJson(file)
  if (!Value.Check(Manifest, manifest)) {
    const first = Value.Errors(Manifest, manifest).First()
    throw invalid(`Expected ${file} to hold a model manifest: ${first?.path || '/'}: ${first?.message}`)
  }
  if (manifest.overlapSeconds >= manifest.windowSeconds / 2) {
    throw invalid(
      `Expected overlapSeconds under half of windowSeconds in ${file}, got ${manifest.overlapSeconds}`,
    )
  }
  const blank = manifest.vocabulary.indexOf('<blank>')
  if (blank < 0) throw invalid(`Expected "<blank>" in the vocabulary of ${file}`)
  return {
    ...manifest,
    graph: join(folder, 'model.onnx'),
    blank,
    firstFrameSample: 0,
    input: 'audio',
    output: 'log_probs',
    normalizeInput: false,
    outputIsLogits: false,
  }
}

// The window of wav2vec2-like encoders: 400 samples wide (their convolutions' receptive field) every 320.
const RECEPTIVE_FIELD = 400
const DEFAULT_RATIO = 320

function describeHuggingFace(folder: string): ModelDescription {
  const vocabulary = vocabularyOf(join(folder, 'vocab.json'))
  const preprocessor = optionalJson(join(folder, 'preprocessor_config.json'))
  const config = optionalJson(join(folder, 'config.json'))
  const sampleRate = numberOr(preprocessor.sampling_rate, 16_000)
  const ratio = numberOr(config.inputs_to_logits_ratio, DEFAULT_RATIO)
  return {
    name:
      typeof config._name_or_path === 'string' && config._name_or_path
        ? config._name_or_path
        : 'hugging-face-ctc',
    version:
      typeof config.transformers_version === 'string'
        ? `transformers ${config.transformers_version}`
        : 'unknown',
    kind: 'ctc',
    sha256: {},
    sampleRate,
    hopSeconds: ratio / sampleRate,
    windowSeconds: 30,
    overlapSeconds: 4,
    languages: [],
    vocabulary,
    // Onsets of wav2vec2-like models on singing are late by a median of 80 ms (public measurements).
    onsetShiftSeconds: -0.08,
    graph: findGraph(folder),
    blank: blankOf(vocabulary, config, folder),
    firstFrameSample: RECEPTIVE_FIELD / 2,
    input: 'input_values',
    output: 'logits',
    normalizeInput: preprocessor.do_normalize !== false,
    outputIsLogits: true,
  }
}

// Vocabularies of letters are far smaller; gaps between ids are filled, and shall not take the memory.
const MAX_TOKEN_ID = 1_000_000

function vocabularyOf(file: string): string[] {
  const ids = readJson(file)
  if (typeof ids !== 'object' || ids === null) throw invalid(`Expected {token: id} in ${file}`)
  const entries = Object.entries(ids)
  // Multilingual exports nest one vocabulary for each language.
  if (entries.some(([, id]) => !Number.isInteger(id))) {
    throw invalid(
      `Expected {token: id} in ${file}, got ids that are no integers (one language's vocabulary is needed)`,
    )
  }
  if (entries.some(([, id]) => id < 0 || id > MAX_TOKEN_ID)) {
    throw invalid(`Expected ids from 0 to ${MAX_TOKEN_ID} in ${file}, got others`)
  }
  const vocabulary: string[] = []
  for (const [token, id] of entries) vocabulary[id as number] = token
  for (let id = 0; id < vocabulary.length; id++) vocabulary[id] ??= `<unused ${id}>`
  // Letters are compared in lower case; English exports are often in capitals.
  return vocabulary.map((token) => (token.length === 1 ? token.toLowerCase() : token))
}

function blankOf(vocabulary: string[], config: Record<string, unknown>, folder: string): number {
  const { pad_token_id: padding } = config
  if (Number.isInteger(padding)) {
    if (vocabulary[padding as number] !== undefined) return padding as number
    throw invalid(
      `Expected pad_token_id in config.json of ${folder} to be an id of vocab.json, got ${padding}`,
    )
  }
  const blank = vocabulary.findIndex((token) => /^(<pad>|\[PAD\]|<blank>)$/.test(token))
  if (blank < 0) throw invalid(`Expected pad_token_id in config.json or <pad> in vocab.json of ${folder}`)
  return blank
}

function findGraph(folder: string): string {
  const graphs = graphsIn(folder)
  const best = graphs.find((graph) => basename(graph) === 'model.onnx') ?? graphs[0]
  if (best) return best
  throw invalid(`Expected a *.onnx file in ${folder} or its folder onnx/, got none`)
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw invalid(`Expected JSON in ${file}: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}

function optionalJson(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {}
  const value = readJson(file)
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw invalid(`Expected a JSON object in ${file}, got another JSON value`)
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value > 0 ? value : otherwise
}

function invalid(message: string, cause?: unknown): AlignError {
  return new AlignError('MODEL_INVALID', message, { cause })
}
