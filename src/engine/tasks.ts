import type { Dtype } from '../qwen3/convert/linear.ts'
import type { AcousticInfo, Alignment, Heard, ModelInfo, Structure } from '../types.ts'

/** What a worker is started with. */
export type WorkerSetup = {
  /** Folder of the model asked for; undefined where the embedded one is all there is. */
  modelPath?: string | undefined
  /** Folder of the embedded acoustic model. */
  embeddedPath: string
  /** Threads inside each model run. */
  threads: number
  /** Where a Qwen3 snapshot is kept once it is converted. */
  cacheDir?: string | undefined
  /** How the large matrices of the Qwen3 engine are kept. */
  dtype?: Dtype | undefined
  /** How the Qwen3 engine reads its answers. */
  decode?: 'official' | 'viterbi' | undefined
  /** Whether other threads load the same weights, which are then kept once for all. */
  shareWeights: boolean
}

/** What the engine needs of a recording: its encoded bytes, or what was heard of it before, or both. */
export type Material = {
  /** Not needed by the ctc engine where the recording was heard before. */
  bytes?: Uint8Array
  /** What the acoustic model heard of this recording before; it is not run again. */
  heard?: Heard
}

/** One song: lyrics as given and a language code or "auto". Its owner keeps the recording until it is asked for. */
export type Track = {
  lyrics: string
  language: string
  structure: Structure
  maxAudioSeconds: number
  /**
   * Asked once, when the lyrics are read and can be aligned.
   * @param language as given, or found in the lyrics; '' where it cannot be told
   */
  material(language: string): Promise<Material>
}

/** What is loaded, and what its user should know of it. */
export type Loaded = { model: ModelInfo; acoustic: AcousticInfo; warnings: readonly string[] }

/** `heard` where the acoustic model was run, to be kept. */
export type Aligned = { alignment: Alignment; heard?: Heard }
