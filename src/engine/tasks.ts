import type { MessagePort } from 'node:worker_threads'
import type { ErrorData } from '../errors.ts'
import type { Dtype } from '../qwen3/convert/linear.ts'
import type { AcousticInfo, Alignment, Heard, ModelInfo, Structure } from '../types.ts'

/** What a worker thread is started with. */
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
  /** One Int32: thousandths of a conversion that are done. */
  loading: SharedArrayBuffer
}

/** Loads and runs the models, and waits until `size` threads have: so every thread is warm, not one of them `size` times. */
export type WarmTask = { kind: 'warm'; barrier: SharedArrayBuffer; size: number }

/** One song. `cancel` holds one Int32: not 0 asks the thread to stop at the next window. */
export type AlignTask = {
  kind: 'align'
  /** Hash of everything that the answer depends on. */
  key: string
  /** The recording, encoded; not needed by the ctc engine where it was heard before. */
  bytes?: Uint8Array
  /** What the acoustic model heard of this recording before; it is not run again. */
  heard?: Heard
  lyrics: string
  language: string
  structure: Structure
  maxAudioSeconds: number
  cancel: SharedArrayBuffer
  progress?: MessagePort
}

/** Errors cross threads as data: a thrown one would lose its class and code. */
export type Reply<T> = { value: T } | { error: ErrorData }
/** What is loaded, and what its user should know of it. */
export type Loaded = { model: ModelInfo; acoustic: AcousticInfo; warnings: readonly string[] }
export type WarmReply = Reply<Loaded>
/** `heard` where the acoustic model was run, to be kept. */
export type Aligned = { alignment: Alignment; heard?: Heard }
export type AlignReply = Reply<Aligned>
