import { inspectModel } from '../disk/inspect-model.ts'
import { AlignError } from '../errors.ts'
import type { LyricLine, ModelInfo, Unit, UnitSpan } from '../types.ts'
import { readManifest } from './converted.ts'
import { stampOf } from './find-graph.ts'
import { createMemory, type Memory } from './heard-memory.ts'
import { HOP, logMel, SAMPLE_RATE } from './mel.ts'
import type { Qwen3Model } from './model.ts'
import { type PrepareOptions, prepareQwen3 } from './prepare.ts'
import { buildPrompt } from './prompt.ts'
import { type AskWindow, type RefinedSpan, refineSong, type WindowAnswer } from './refine.ts'
import type { SessionOptions } from './session.ts'
import { openSingleGraph } from './single-graph.ts'
import { readSourceConfig } from './source-config.ts'
import {
  likeliestClasses,
  repairTimes,
  type SlotLogits,
  slotConfidences,
  viterbiClasses,
} from './timestamps.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'
import { openTwoGraphs } from './two-graphs.ts'
import type { SilenceBetween } from './windows.ts'

/** `official`: the likeliest class of each slot, repaired as the reference does. `viterbi`: the likeliest rising path. */
export const DECODES = ['official', 'viterbi'] as const
export type Decode = (typeof DECODES)[number]

export type RefineOptions = {
  /** Code or name of the song's language. */
  language: string
  /** Probability of a voice per frame, and seconds between frames; windows are cut where it is low. */
  voice?: { probability: Float32Array; hop: number } | undefined
  decode?: Decode | undefined
  isCancelled?: (() => boolean) | undefined
  /** Told the finished share, [0, 1]. */
  onProgress?: ((fraction: number) => void) | undefined
}

export type AskOptions = Pick<RefineOptions, 'decode' | 'isCancelled' | 'onProgress'>

/** Qwen3-ForcedAligner in memory. */
export type Qwen3Engine = {
  model: ModelInfo
  /** What whoever runs this should know; for the log. */
  warnings: readonly string[]
  /**
   * Sharpens what the acoustic model found, window by window.
   * @param samples the whole recording, 16 kHz mono, [-1, 1]
   * @param anchors by unit; null where the acoustic model found nothing
   * @returns by unit, in order of time; null where neither engine has a time
   * @throws AlignError CANCELLED
   */
  refine(
    samples: Float32Array,
    lines: readonly LyricLine[],
    units: readonly Unit[],
    anchors: readonly (UnitSpan | null)[],
    options: RefineOptions,
  ): Promise<(RefinedSpan | null)[]>
  /** One window, as the reference's align(): a span per text unit, seconds. */
  ask(samples: Float32Array, texts: readonly string[], options?: AskOptions): Promise<WindowAnswer>
  close(): Promise<void>
}

export type LoadOptions = PrepareOptions & {
  /** Threads inside each operator. */
  threads: number
  /** Whether several engines share one copy of the weights; each run takes 10-20% longer. */
  shareWeights?: boolean | undefined
}

/**
 * Loads a converted folder or a public export; a snapshot is converted first (see {@link prepareQwen3}).
 * @throws AlignError MODEL_INVALID
 */
export async function loadQwen3(
  modelPath: string,
  { threads, shareWeights = false, ...options }: LoadOptions,
): Promise<Qwen3Engine> {
  const folder = await prepareQwen3(modelPath, options)
  const loaded = await loadFolder(folder, { threads, shareWeights })
  return {
    model: { name: 'Qwen3-ForcedAligner', version: loaded.version, engine: 'qwen3' },
    warnings: loaded.warnings,
    refine: (samples, lines, units, anchors, { language, voice, onProgress = () => {}, ...rest }) => {
      loaded.heard.nextSong()
      const song = { lines, units, anchors, duration: samples.length / SAMPLE_RATE, language }
      const ask: AskWindow = (start, end, texts, onWindow) => {
        const window = samples.subarray(Math.round(start * SAMPLE_RATE), Math.round(end * SAMPLE_RATE))
        return askModel(loaded, window, texts, { ...rest, onProgress: onWindow })
      }
      return refineSong(song, ask, onProgress, voice && silenceIn(voice))
    },
    ask: (samples, texts, askOptions) => askModel(loaded, samples, texts, askOptions),
    close: loaded.model.close,
  }
}

type Loaded = {
  model: Qwen3Model
  tokenizer: Tokenizer
  melBins: number
  slotSeconds: number
  heard: Memory
  version: string
  warnings: string[]
}

async function loadFolder(folder: string, options: SessionOptions): Promise<Loaded> {
  const { kind } = inspectModel(folder)
  if (kind === 'qwen3-graph') return loadExport(folder, options)
  const manifest = await readManifest(folder)
  return {
    model: await openTwoGraphs(folder, manifest, options),
    tokenizer: await loadTokenizer(folder),
    melBins: manifest.shape.melBins,
    slotSeconds: manifest.slotMilliseconds / 1000,
    heard: createMemory(),
    version: `${manifest.source.slice(0, 8)}-${manifest.dtype}`,
    warnings: [],
  }
}

async function loadExport(folder: string, options: SessionOptions): Promise<Loaded> {
  const { shape, slotMilliseconds, markers } = await readSourceConfig(folder)
  const slower = `${folder} is an export in one graph: it works, but slower than the original weights, which are converted`
  return {
    model: await openSingleGraph(folder, shape, options),
    tokenizer: await loadTokenizer(folder, markers),
    melBins: shape.melBins,
    slotSeconds: slotMilliseconds / 1000,
    heard: createMemory(),
    version: `export-${await stampOf(folder)}`,
    warnings: [slower],
  }
}

/** Of the work of a window, roughly. */
const HEARING_SHARE = 0.4

async function askModel(
  { model, tokenizer, melBins, slotSeconds, heard }: Loaded,
  samples: Float32Array,
  texts: readonly string[],
  { decode = 'official', isCancelled = () => false, onProgress = () => {} }: AskOptions = {},
): Promise<WindowAnswer> {
  const between = (from: number, share: number) => (fraction: number) => {
    if (isCancelled()) throw new AlignError('CANCELLED', 'The alignment was cancelled')
    onProgress(from + share * fraction)
  }
  const audio = await heard.hear(samples, () =>
    model.encode(logMel(samples, melBins), between(0, HEARING_SHARE)),
  )
  const prompt = buildPrompt(audio.tokens, texts, tokenizer.markers, tokenizer.encode)
  const logits = await model.decode(prompt, audio, between(HEARING_SHARE, 1 - HEARING_SHARE))
  heard.settle()
  const frames = Math.floor(samples.length / HOP)
  const limit = Math.ceil((frames * HOP) / SAMPLE_RATE / slotSeconds) + 1
  return answerOf(logits, texts.length, slotSeconds, decode, limit)
}

/** @param limit classes that lie within the audio */
function answerOf(
  logits: SlotLogits,
  units: number,
  slotSeconds: number,
  decode: Decode,
  limit: number,
): WindowAnswer {
  const classes = decode === 'viterbi' ? viterbiClasses(logits, limit) : likeliestClasses(logits)
  const slot = slotSeconds * 1000
  const milliseconds = classes.map((c) => c * slot)
  const times = decode === 'viterbi' ? milliseconds : repairTimes(milliseconds)
  const confidences = slotConfidences(
    logits,
    times.map((time) => Math.round(time / slot)),
  )
  const spans = Array.from({ length: units }, (_, i) => ({
    start: times[2 * i]! / 1000,
    end: times[2 * i + 1]! / 1000,
    confidence: Math.sqrt(confidences[2 * i]! * confidences[2 * i + 1]!),
  }))
  return { spans, raw: milliseconds.map((time) => time / 1000) }
}

const SILENT = 0.5

function silenceIn({ probability, hop }: { probability: Float32Array; hop: number }): SilenceBetween {
  return (start, end) => {
    let frames = 0
    for (let t = Math.max(0, Math.ceil(start / hop)); t * hop < end && t < probability.length; t++) {
      if (probability[t]! < SILENT) frames++
    }
    return frames * hop
  }
}
