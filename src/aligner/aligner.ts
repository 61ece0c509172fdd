import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { S3Options } from '../audio/s3.ts'
import { type ParsedSource, type PortRange, parseSource } from '../audio/source.ts'
import { type CacheCounts, openCaches } from '../cache/caches.ts'
import type { WorkerSetup } from '../engine/tasks.ts'
import { AlignError } from '../errors.ts'
import { resolveLanguage } from '../lyrics/language.ts'
import { checkLyrics, parseLyrics } from '../lyrics/parse.ts'
import { createGuardedPool, type GuardOptions, type WorkerHealth } from '../pool/guard.ts'
import type { Alignment, AudioSource, ModelInfo, Progress } from '../types.ts'
import { createAnswering } from './answer.ts'
import { guardOf, limitsOf } from './limits.ts'
import { createQueue } from './queue.ts'
import { untilAborted } from './until-aborted.ts'

export { DEFAULTS } from './limits.ts'

const here = createRequire(import.meta.url)

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

export type AlignOptions = {
  /** A name ("Chinese") or code ("zh"); "auto" looks at the script of every line. */
  language?: string
  /** Cancels: before the start at once, while running within one window. Rejects with CANCELLED. */
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  /** Told of the bytes of audio that come from a server or the cache, before they are kept; what it throws ends the fetch. */
  onFetched?: (bytes: number) => void
  /** Makes everything anew: no cache is read, but the caches are written. */
  force?: boolean
}

export type AlignerStatus = WorkerHealth & {
  state: 'ready' | 'draining' | 'closed'
  model: ModelInfo
  running: number
  queued: number
  /** Audio of the queued requests, seconds, as far as it is there. */
  queuedAudioSeconds: number
  maxConcurrent: number
  /** Threads inside each alignment. */
  threads: number
  /** Seconds until a new request would run: the audio before it at the rate of finished work; null until some has. */
  expectedWaitSeconds: number | null
  /** How often each cache was asked in vain and not, since the start. */
  cache: CacheCounts
}

/** A pool of warm models. Made by {@link createAligner}. */
export type Aligner = {
  /**
   * Aligns lyrics to a recording.
   * @throws AlignError with one of the codes of ERROR_CODES
   */
  align(source: AudioSource | ParsedSource, lyrics: string, options?: AlignOptions): Promise<Alignment>
  status(): AlignerStatus
  /** Takes no new work (DRAINING) and resolves when all that was accepted is done. */
  drain(): Promise<void>
  /** Drains, then ends the threads. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts the threads and loads the model in each; resolves when all of them have run it, so that what is returned works.
 *
 * @example
 *     await using aligner = await createAligner({ maxConcurrent: 2 })
 *     const alignment = await aligner.align('song.mp3', lyrics)
 *     console.log(toLrc(alignment))
 *
 * @throws AlignError MODEL_INVALID, CACHE_UNWRITABLE or CONFIG_INVALID, with the reason
 */
export async function createAligner(options: AlignerOptions = {}): Promise<Aligner> {
  const limits = limitsOf(options)
  const { maxConcurrent, maxQueue, maxQueueAudioSeconds, maxAudioSeconds, cacheMaxBytes, ...fetching } =
    limits
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / maxConcurrent))
  const cacheDir = options.cacheDir && resolve(options.cacheDir)
  const warn = options.onWarning ?? ((message: string) => process.emitWarning(message, 'SowAlignWarning'))
  const caches = await openCaches({ folder: cacheDir || undefined, maxBytes: cacheMaxBytes, warn })
  const setup = {
    modelPath: options.modelPath && resolve(options.modelPath),
    embeddedPath: embeddedModel(),
    threads,
    cacheDir,
    dtype: options.dtype,
    decode: options.decode,
    shareWeights: maxConcurrent > 1,
    loading: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
  }
  const pool = await watched(
    setup.loading,
    options.onLoading,
    createGuardedPool(here.resolve('#worker'), setup, maxConcurrent, { ...guardOf(options), warn }),
  )
  for (const warning of pool.warnings) warn(warning)
  const queue = createQueue({ places: maxConcurrent, maxQueue, maxAudioSeconds: maxQueueAudioSeconds })
  const answer = createAnswering({ pool, queue, caches, fetching, maxAudioSeconds, decode: options.decode })
  const asked = new Set<Promise<unknown>>()
  let state: AlignerStatus['state'] = 'ready'

  async function align(
    source: AudioSource | ParsedSource,
    lyrics: string,
    request: AlignOptions = {},
  ): Promise<Alignment> {
    if (state !== 'ready')
      throw new AlignError('DRAINING', `Expected an aligner that takes work, this one is ${state}`)
    const language = resolveLanguage(request.language ?? 'auto')
    checkLyrics(parseLyrics(lyrics))
    const work = answer(parseSource(source), { lyrics, language }, request)
    asked.add(work)
    const forget = () => asked.delete(work)
    work.then(forget, forget)
    // The work itself ends at its next window.
    return request.signal ? untilAborted(work, request.signal, cancelled) : work
  }

  async function drain(): Promise<void> {
    if (state === 'ready') state = 'draining'
    await Promise.allSettled(asked)
    // Work whose callers have all left goes on to its next window.
    await queue.idle()
  }

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= drain().then(async () => {
      state = 'closed'
      await pool.close()
    })
    return closing
  }

  function status(): AlignerStatus {
    const cache = caches.counts()
    return { state, model: pool.model, maxConcurrent, threads, ...queue.status(), cache, ...pool.health() }
  }

  return { align, status, drain, close, [Symbol.asyncDispose]: close }
}

const WATCH_MILLISECONDS = 250

/** Reports the progress that threads write into `loading` until the work is done. */
async function watched<T>(
  loading: SharedArrayBuffer,
  onLoading: ((fraction: number) => void) | undefined,
  work: Promise<T>,
): Promise<T> {
  const progress = new Int32Array(loading)
  const report = () => onLoading?.(Atomics.load(progress, 0) / 1000)
  const timer = onLoading && setInterval(report, WATCH_MILLISECONDS)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The alignment was cancelled by its caller')
}

function embeddedModel(): string {
  return dirname(here.resolve('#embedded-model/manifest.json'))
}
