import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { type ParsedSource, parseSource } from '../audio/source.ts'
import { type CacheCounts, openCaches } from '../cache/caches.ts'
import { keyOf } from '../cache/digest.ts'
import { VERSION } from '../config/version.ts'
import { AlignError } from '../errors.ts'
import { resolveLanguage } from '../lyrics/language.ts'
import { checkLyricsSize } from '../lyrics/size.ts'
import { createGuardedPool, type WorkerHealth } from '../pool/guard.ts'
import { untilAborted } from '../pool/until-aborted.ts'
import type { Alignment, AudioSource, ModelInfo } from '../types.ts'
import { createAnswering } from './answer.ts'
import { checkAlignerOptions, checkAlignOptions } from './check-options.ts'
import { guardOf, limitsOf } from './limits.ts'
import type { AlignerOptions, AlignOptions } from './options.ts'
import { createQueue } from './queue.ts'

export { DEFAULTS } from './limits.ts'
export type { AlignerOptions, AlignOptions }

const here = createRequire(import.meta.url)

export type AlignerStatus = WorkerHealth & {
  state: 'ready' | 'draining' | 'closed'
  model: ModelInfo
  /** A hash of all that answers depend on beside the song and its options: the model, how it is run, and this version. */
  identity: string
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
export async function createAligner(given: AlignerOptions = {}): Promise<Aligner> {
  const options = checkAlignerOptions(given)
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
  }
  const guard = { ...guardOf(options), warn, onLoading: options.onLoading }
  const pool = await createGuardedPool(here.resolve('#worker'), setup, maxConcurrent, guard)
  for (const warning of pool.warnings) warn(warning)
  const queue = createQueue({ places: maxConcurrent, maxQueue, maxAudioSeconds: maxQueueAudioSeconds })
  const answer = createAnswering({ pool, queue, caches, fetching, maxAudioSeconds, decode: options.decode })
  const identity = keyOf(pool.model, pool.acoustic.identity, options.decode ?? 'official', VERSION)
  const asked = new Set<Promise<unknown>>()
  let state: AlignerStatus['state'] = 'ready'

  async function align(
    source: AudioSource | ParsedSource,
    lyrics: string,
    given: AlignOptions = {},
  ): Promise<Alignment> {
    if (state !== 'ready')
      throw new AlignError('DRAINING', `Expected an aligner that takes work, this one is ${state}`)
    const request = checkAlignOptions(given)
    const language = resolveLanguage(request.language ?? 'auto')
    const { structure = 'free' } = request
    checkLyricsSize(lyrics)
    const work = answer(parseSource(source), { lyrics, language, structure }, request)
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
    return {
      state,
      model: pool.model,
      identity,
      maxConcurrent,
      threads,
      ...queue.status(),
      cache,
      ...pool.health(),
    }
  }

  return { align, status, drain, close, [Symbol.asyncDispose]: close }
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The alignment was cancelled by its caller')
}

function embeddedModel(): string {
  return dirname(here.resolve('#embedded-model/manifest.json'))
}
