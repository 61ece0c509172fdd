import type { S3Options } from '../audio/s3.ts'
import type { PortRange } from '../audio/source.ts'
import type { WorkerSetup } from '../engine/tasks.ts'
import type { GuardOptions } from '../pool/guard.ts'

/** How createAligner is to work. */
export type AlignerOptions = {
  /** Alignments that run at once; each has a thread of its own. */
  maxConcurrent?: number
  /**
   * Folder of a model: a CTC model, or Qwen3-ForcedAligner as a Hugging Face snapshot or converted. The embedded one where
   * it is not given. Never falls back: what is given must load.
   */
  modelPath?: string
  /** Threads inside each alignment; floor(cores / maxConcurrent) where it is not given. */
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
  /** Longest recording, seconds. */
  maxAudioSeconds?: number
  /** Largest recording, bytes, before decoding. */
  maxAudioBytes?: number
  /** Time limit for fetching the audio, seconds. */
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
  /** An alignment without progress for so long, seconds, is stuck: its process is ended, its thread is told of. */
  stuckSeconds?: number
  /** How long an input that has ended two workers is refused, seconds; 0 refuses none. */
  quarantineSeconds?: number
  /** Where s3:// sources are read; the AWS environment where it is not given. */
  s3?: S3Options
  /** Told of what costs no request but should be known: a model that is slower than it could be, a cache that fails. */
  onWarning?: (message: string) => void
}
