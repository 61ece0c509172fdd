import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { S3Options } from './audio/s3.ts'
import { fetchAudio } from './audio/source.ts'
import { keyOf, openResultCache } from './cache/results.ts'
import { AlignError } from './errors.ts'
import { createGuardedPool, type GuardOptions, type WorkerHealth } from './isolation/guarded-pool.ts'
import { resolveLanguage } from './lyrics/language.ts'
import { checkLyrics, parseLyrics } from './lyrics/parse.ts'
import type { Pool } from './pool.ts'
import { createQueue } from './queue.ts'
import type { WorkerSetup } from './tasks.ts'
import type { Alignment, AudioSource, ModelInfo, Progress } from './types.ts'
import { VERSION } from './version.ts'

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
  /** Folder for finished results and converted models; nothing is kept where it is not given. */
  cacheDir?: string
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
  /** Whether http(s) sources may point to private addresses. */
  allowPrivateUrls?: boolean
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
}

export type AlignerStatus = WorkerHealth & {
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

export const DEFAULTS = {
  maxConcurrent: 1,
  maxQueue: 16,
  maxAudioSeconds: 300,
  maxAudioBytes: 200 * 1024 * 1024,
  fetchTimeoutSeconds: 60,
  isolation: 'thread',
  stuckSeconds: 120,
  quarantineSeconds: 24 * 3600,
} as const

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
  const { maxConcurrent, maxQueue, maxAudioSeconds, ...fetchLimits } = limitsOf(options)
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / maxConcurrent))
  const cacheDir = options.cacheDir && resolve(options.cacheDir)
  const cache = cacheDir ? await openResultCache(cacheDir) : undefined
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
  const warn = options.onWarning ?? ((message: string) => process.emitWarning(message, 'SowAlignWarning'))
  const pool = await watched(
    setup.loading,
    options.onLoading,
    createGuardedPool(here.resolve('#worker'), setup, maxConcurrent, { ...guardOf(options), warn }),
  )
  const queue = createQueue(maxConcurrent, maxQueue)
  for (const warning of pool.warnings) warn(warning)
  let state: AlignerStatus['state'] = 'ready'

  async function align(source: AudioSource, lyrics: string, request: AlignOptions = {}): Promise<Alignment> {
    if (state !== 'ready')
      throw new AlignError('DRAINING', `Expected an aligner that takes work, this one is ${state}`)
    const language = resolveLanguage(request.language ?? 'auto')
    checkLyrics(parseLyrics(lyrics))
    return untilAborted(work(source, { lyrics, language, maxAudioSeconds }, request), request.signal)
  }

  async function work(source: AudioSource, track: Track, request: AlignOptions): Promise<Alignment> {
    const { signal, onProgress = () => {} } = request
    const ticket = queue.admit()
    try {
      onProgress({ stage: 'queued', fraction: 0 })
      onProgress({ stage: 'fetching', fraction: 0 })
      const bytes = await fetchAudio(source, { ...fetchLimits, allowFiles: true, ...(signal && { signal }) })
      const key =
        cache && keyOf({ bytes, ...track, model: pool.model, decode: options.decode, version: VERSION })
      const known = key && (await attempt('read from', cache.get(key), warn))
      if (known) return known
      await ticket.turn(signal)
      const alignment = await runTrack(pool, { ...track, bytes }, request)
      if (key) await attempt('written to', cache.put(key, alignment), warn)
      return alignment
    } finally {
      ticket.leave()
      onProgress({ stage: 'done', fraction: 1 })
    }
  }

  async function drain(): Promise<void> {
    if (state === 'ready') state = 'draining'
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
    return { state, model: pool.model, maxConcurrent, threads, ...queue.status(), ...pool.health() }
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

type Track = { lyrics: string; language: string; maxAudioSeconds: number }

async function runTrack(
  pool: Pool,
  track: Track & { bytes: Uint8Array },
  request: AlignOptions,
): Promise<Alignment> {
  const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const stop = () => Atomics.store(new Int32Array(cancel), 0, 1)
  const { signal, onProgress } = request
  const channel = onProgress && new MessageChannel()
  channel?.port1.on('message', onProgress!)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await pool.run({ kind: 'align', ...track, cancel, ...(channel && { progress: channel.port2 }) })
  } finally {
    signal?.removeEventListener('abort', stop)
    channel?.port1.close()
  }
}

/** A result is a result even where the cache fails (disk full, folder gone); the warning says why it is slow. */
async function attempt<T>(
  what: string,
  use: Promise<T>,
  warn: (message: string) => void,
): Promise<T | undefined> {
  try {
    return await use
  } catch (error) {
    warn(`The result could not be ${what} the cache: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/** Rejects at once when the signal aborts; the work itself ends at its next window. */
function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AlignError('CANCELLED', 'The alignment was cancelled by its caller'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function limitsOf(options: AlignerOptions) {
  const limits = {
    maxConcurrent: options.maxConcurrent ?? DEFAULTS.maxConcurrent,
    maxQueue: options.maxQueue ?? DEFAULTS.maxQueue,
    maxAudioSeconds: options.maxAudioSeconds ?? DEFAULTS.maxAudioSeconds,
    maxBytes: options.maxAudioBytes ?? DEFAULTS.maxAudioBytes,
    timeoutSeconds: options.fetchTimeoutSeconds ?? DEFAULTS.fetchTimeoutSeconds,
    allowPrivateUrls: options.allowPrivateUrls ?? false,
    ...(options.s3 && { s3: options.s3 }),
  }
  for (const name of ['maxAudioSeconds', 'maxBytes', 'timeoutSeconds'] as const) {
    if (!(limits[name] > 0))
      throw new AlignError('CONFIG_INVALID', `Expected ${name} above 0, got ${limits[name]}`)
  }
  checkCount('maxConcurrent', limits.maxConcurrent, 1)
  checkCount('maxQueue', limits.maxQueue, 0)
  if (options.threads !== undefined) checkCount('threads', options.threads, 1)
  return limits
}

function guardOf({
  isolation = DEFAULTS.isolation,
  stuckSeconds = DEFAULTS.stuckSeconds,
  quarantineSeconds = DEFAULTS.quarantineSeconds,
}: AlignerOptions): Omit<GuardOptions, 'warn'> {
  if (isolation !== 'thread' && isolation !== 'process')
    throw new AlignError('CONFIG_INVALID', `Expected isolation thread or process, got ${isolation}`)
  if (!(stuckSeconds > 0))
    throw new AlignError('CONFIG_INVALID', `Expected stuckSeconds above 0, got ${stuckSeconds}`)
  checkCount('quarantineSeconds', quarantineSeconds, 0)
  return { isolation, stuckSeconds, quarantineSeconds }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new AlignError(
    'CONFIG_INVALID',
    `Expected ${name} to be a whole number from ${least} on, got ${value}`,
  )
}

function embeddedModel(): string {
  return dirname(here.resolve('#embedded-model/manifest.json'))
}
