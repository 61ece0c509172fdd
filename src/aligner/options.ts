import type { S3Options } from '../audio/s3.ts'
import type { PortRange } from '../audio/source.ts'
import type { WorkerSetup } from '../engine/tasks.ts'
import type { GuardOptions } from '../pool/guard.ts'
import type { Progress, Structure } from '../types.ts'

/**
 * How createAligner is to work. What is a setting of the service as well has the limits of the setting; a name that is no
 * option, and a value that cannot work, are refused with CONFIG_INVALID.
 */
export type AlignerOptions = {
  /** Alignments that run at once, 1 to 64; each has a thread of its own. */
  maxConcurrent?: number
  /**
   * Folder of a model: a CTC model, or Qwen3-ForcedAligner as a Hugging Face snapshot or converted. The embedded one where
   * it is not given. Never falls back: what is given must load.
   */
  modelPath?: string
  /** Threads inside each alignment, 1 to 256; floor(cores / maxConcurrent) where it is not given. */
  threads?: number
  /** Requests that may wait for a thread; one more is refused with QUEUE_FULL. */
  maxQueue?: number
  /** Audio that may wait for a thread, seconds; 300 for each request that may wait where it is not given. */
  maxQueueAudioSeconds?: number
  /**
   * Folder for finished results, what the model heard, fetched audio and converted models. Where it is not given, what was
   * heard lately is kept in memory, and nothing else.
   */
  cacheDir?: string
  /** Most that is kept in `cacheDir`, bytes, converted models aside; what was used least lately goes first. */
  cacheMaxBytes?: number
  /** How the Qwen3 engine keeps its large matrices; float32 where it is not given. */
  dtype?: WorkerSetup['dtype']
  /** How the Qwen3 engine reads its answers: as the reference does (`official`, the default), or as the likeliest rising path. */
  decode?: WorkerSetup['decode']
  /** Told the share of a model's conversion that is done, [0, 1], while createAligner loads it. */
  onLoading?: (fraction: number) => void
  /** Longest recording, seconds; 36,000 at most. */
  maxAudioSeconds?: number
  /** Largest recording, bytes, before decoding; 2^31 - 1 at most. */
  maxAudioBytes?: number
  /** Time limit for fetching the audio, seconds; 3600 at most. */
  fetchTimeoutSeconds?: number
  /** Whether paths and file: URLs may be sources; they may where it is not given. A service says no. */
  allowFiles?: boolean
  /** Whether http(s) sources may point to private addresses. */
  allowPrivateUrls?: boolean
  /** Ports that http(s) sources may name, [first, last] each; 80, 443, 8080 and 8443, and with allowPrivateUrls all from 1024 on. */
  fetchPorts?: readonly PortRange[]
  /**
   * Where alignments run: in threads of this process, or in processes of their own, so that a crash of native code ends one
   * alignment alone.
   */
  isolation?: GuardOptions['isolation']
  /** An alignment without progress for so long, seconds, is stuck: its process is ended, its thread is told of. 86,400 at most. */
  stuckSeconds?: number
  /** How long an input that has ended two workers is refused, seconds; 0 refuses none. */
  quarantineSeconds?: number
  /** Where s3:// sources are read; the AWS environment where it is not given. */
  s3?: S3Options
  /** Told of what costs no request but should be known: a model that is slower than it could be, a cache that fails. */
  onWarning?: (message: string) => void
}

/** How one song is to be aligned. */
export type AlignOptions = {
  /** A name ("Chinese") or code ("zh"); "auto" looks at the script of every line. */
  language?: string
  /** `free` (the default) lets lines be left out, sung again or in another order; `strict` sings each once, in order. */
  structure?: Structure
  /** Cancels: rejects with CANCELLED at once; work that has begun ends at its next window, or line of the lyrics. */
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  /** Told of the bytes of audio that come from a server or the cache, before they are kept; what it throws ends the fetch. */
  onFetched?: (bytes: number) => void
  /** Makes everything anew: no cache is read, but the caches are written. */
  force?: boolean
}
