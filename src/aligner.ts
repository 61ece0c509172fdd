import type { Alignment, AudioSource, ModelInfo, Progress } from './types.ts'

export type AlignerOptions = {
  /** Alignments that run at once; each has a thread of its own. */
  maxConcurrent?: number
  /** Folder of a model; the embedded one where it is not given. Never falls back: what is given must load. */
  modelPath?: string
  /** Threads inside each alignment; floor(cores / maxConcurrent) where it is not given. */
  threads?: number
  /** Requests that may wait for a thread; one more is refused with QUEUE_FULL. */
  maxQueue?: number
  /** Folder for finished results; nothing is kept where it is not given. */
  cacheDir?: string
  /** Longest recording, seconds. */
  maxAudioSeconds?: number
  /** Largest recording, bytes, before decoding. */
  maxAudioBytes?: number
  /** Time limit for fetching the audio, seconds. */
  fetchTimeoutSeconds?: number
  /** Whether http(s) sources may point to private addresses. */
  allowPrivateUrls?: boolean
  /** Where s3:// sources are read; the AWS environment where it is not given. */
  s3?: S3Options
  /** Told of what went wrong without failing a request (a result that could not be cached). */
  onWarning?: (message: string) => void
}

/** An S3-compatible storage (Cloudflare R2, MinIO, AWS). */
export type S3Options = {
  endpoint?: string
  region?: string
  accessKeyId?: string
  secretAccessKey?: string
}

export type AlignOptions = {
  /** A name ("Chinese") or code ("zh"); "auto" looks at the script of every line. */
  language?: string
  /** Cancels: before the start at once, while running within one window. Rejects with CANCELLED. */
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
}

export type AlignerStatus = {
  state: 'ready' | 'draining' | 'closed'
  model: ModelInfo
  running: number
  queued: number
  maxConcurrent: number
  /** Threads inside each alignment. */
  threads: number
  /** Seconds until a place is free, as measured on finished work; null until some has finished. */
  expectedWaitSeconds: number | null
}

/** A pool of warm models. Made by {@link createAligner}. */
export type Aligner = {
  /**
   * Aligns lyrics to a recording.
   * @throws AlignError with one of the codes of ERROR_CODES
   */
  align(source: AudioSource, lyrics: string, options?: AlignOptions): Promise<Alignment>
  status(): AlignerStatus
  /** Takes no new work (DRAINING) and resolves when all that was accepted is done. */
  drain(): Promise<void>
  /** Drains, then ends the threads. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
