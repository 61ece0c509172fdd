import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Aligned, Track, WorkerSetup } from '../engine/tasks.ts'
import { TEST_LYRICS, TEST_SECONDS, testSignal } from '../engine/test-signal.ts'
import { AlignError } from '../errors.ts'
import { type InFlight, openInFlight } from './in-flight.ts'
import { type Pool, type RunHooks, type StartHooks, WorkerDied } from './pool.ts'
import { createProcessPool } from './processes.ts'
import { openQuarantine, type Quarantine } from './quarantine.ts'
import { createPool } from './threads.ts'
import { createWatch, type Watch } from './watch.ts'

/**
 * Where workers run. `thread`: in this process; a crash of native code ends all of it. `process`: in processes of their own;
 * a crash ends one task's worker, and one that is stuck can be ended.
 */
export type Isolation = 'thread' | 'process'

export type GuardOptions = StartHooks & {
  isolation: Isolation
  /** A task that makes no progress for so long is stuck. */
  stuckSeconds: number
  /** How long an input that ends workers is remembered, seconds; 0 refuses none. */
  quarantineSeconds: number
  warn: (message: string) => void
}

export type WorkerHealth = {
  /** Workers that ended in mid-work and were replaced. */
  workerDeaths: number
  /** Whether no alignments can be made, though the models were loaded. */
  stuck: boolean
  /** Why; null while all is well. */
  stuckReason: string | null
}

/** A track, and a hash of everything that its answer depends on. */
export type KeyedTrack = Track & { key: string }

/** A pool that outlives its workers: what a dead one was at is tried once more, and what ends two of them is refused. */
export type GuardedPool = Omit<Pool, 'run' | 'trouble'> & {
  run(track: KeyedTrack, hooks?: Pick<RunHooks, 'signal' | 'onProgress'>): Promise<Aligned>
  /**
   * Whether an input would be run at all; asked before it waits for its turn.
   * @throws AlignError INPUT_QUARANTINED
   */
  check(key: string): Promise<void>
  health(): WorkerHealth
}

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000

/** What tells whether workers work again: words of several scripts, so that every dictionary is needed. */
const TEST_TRACK: Track = {
  lyrics: `${TEST_LYRICS}\n你好\n私は`,
  language: 'yue',
  structure: 'strict',
  maxAudioSeconds: 2 * TEST_SECONDS,
  material: async () => ({ bytes: testSignal() }),
}

const STARTERS = { thread: createPool, process: createProcessPool } as const

/**
 * Starts `size` workers and looks after them.
 * @throws AlignError MODEL_INVALID (or what the worker says) with the reason
 */
export async function createGuardedPool(
  workerFile: string,
  setup: WorkerSetup,
  size: number,
  { isolation, stuckSeconds, quarantineSeconds, warn, onLoading }: GuardOptions,
): Promise<GuardedPool> {
  const folder = setup.cacheDir && quarantineSeconds > 0 ? join(setup.cacheDir, 'quarantine') : undefined
  const quarantine = await openQuarantine({ seconds: quarantineSeconds, folder, warn })
  const inFlight =
    isolation === 'thread' && folder ? await rememberCrash(folder, quarantine, warn) : undefined
  const watch = createWatch(stuckSeconds)
  const pool = await STARTERS[isolation](workerFile, setup, size, { onLoading }).catch(async (error) => {
    await inFlight?.close().catch(() => {})
    throw error
  })
  let workerDeaths = 0
  const closing = new AbortController()
  /** What a worker could not load while it worked; undefined once a later try has worked. */
  let fault: string | undefined
  let mending: Promise<void> | undefined

  async function run(track: KeyedTrack, hooks: RunHooks = {}): Promise<Aligned> {
    const { key } = track
    try {
      const { suspect } = await quarantine.check(key)
      const alignment = await (suspect && isolation === 'thread'
        ? runApart(track, hooks)
        : runMarked(track, hooks))
      if (suspect) await quarantine.clear(key)
      return alignment
    } catch (error) {
      // Whatever else it ends with, a worker has survived it.
      if (error instanceof AlignError && !UNPROVEN.has(error.code)) await quarantine.clear(key)
      throw error
    }
  }

  /** A suspect runs in a process of its own: if that dies, the input is guilty beyond doubt, and nobody else is hurt. */
  async function runApart(track: KeyedTrack, hooks: RunHooks): Promise<Aligned> {
    const cell = await createProcessPool(workerFile, setup, 1).catch((cause) => {
      // It says nothing of the input.
      const reason = cause instanceof Error ? cause.message : cause
      throw new AlignError('MODEL_NOT_READY', `No process could be started for a suspect: ${reason}`, {
        cause,
      })
    })
    try {
      return await runTwice(cell, track, hooks)
    } finally {
      await cell.close()
    }
  }

  async function runMarked(track: KeyedTrack, hooks: RunHooks): Promise<Aligned> {
    if (!inFlight) return runTwice(pool, track, hooks)
    const { key } = track
    // A mark that cannot be made (disk full) costs no request.
    await inFlight.begin(key).catch((error) => warn(`What runs could not be marked: ${error.message}`))
    try {
      return await runTwice(pool, track, hooks)
    } finally {
      await inFlight.end(key).catch((error) => warn(`A mark could not be removed: ${error.message}`))
    }
  }

  async function runTwice(workers: Pool, track: KeyedTrack, hooks: RunHooks): Promise<Aligned> {
    const { key } = track
    for (let tries = 1; ; tries++) {
      try {
        const alignment = await runWatched(workers, track, hooks, stuckSeconds, watch)
        if (tries > 1) await quarantine.clear(key)
        return alignment
      } catch (error) {
        if (isNotLoaded(error) && pool.trouble?.() === undefined) told(error)
        if (!(error instanceof WorkerDied)) throw error
        workerDeaths++
        const { refused } = await quarantine.blame(key)
        const last = refused || tries === 2 || hooks.signal?.aborted === true
        warn(`${error.message}; its input ${key.slice(0, 12)} ${fateOf(refused, last)}`)
        if (!last) continue
        throw refused
          ? new AlignError('ALIGNMENT_FAILED', error.message, { retryable: false, cause: error })
          : error
      }
    }
  }

  function told(error: AlignError): void {
    warn(error.stack ?? error.message)
    fault = error.message
    mending ??= mend().finally(() => {
      mending = undefined
    })
  }

  /** Aligns a made sound, ever less often, until nothing fails to load any more. */
  async function mend(): Promise<void> {
    const { signal } = closing
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      await sleep(wait, undefined, { ref: false, signal }).catch(() => {})
      try {
        await runWatched(pool, TEST_TRACK, { signal }, stuckSeconds, watch)
      } catch (error) {
        if (isNotLoaded(error) || error instanceof WorkerDied || signal.aborted) continue
        warn(`An alignment of a made sound failed: ${error instanceof Error ? error.message : error}`)
      }
      fault = undefined
      return
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    await mending
    await pool.close()
    await inFlight?.close().catch((error) => warn(`Marks could not be removed: ${error.message}`))
  }

  async function check(key: string): Promise<void> {
    await quarantine.check(key)
  }

  function health(): WorkerHealth {
    const stuckReason = pool.trouble?.() ?? fault ?? (watch.stuck() > 0 ? noProgress(stuckSeconds) : null)
    return { workerDeaths, stuck: stuckReason !== null, stuckReason }
  }

  const { model, acoustic, warnings } = pool
  return { model, acoustic, warnings, check, run, close, health }
}

/** Something of ours could not be loaded: no fault of the input. */
function isNotLoaded(error: unknown): error is AlignError {
  return error instanceof AlignError && error.code === 'MODEL_NOT_READY'
}

function noProgress(seconds: number): string {
  return `An alignment has made no progress for ${seconds} s. Where it runs in a thread, only the end of the process ends it`
}

function fateOf(refused: boolean, last: boolean): string {
  if (refused) return 'has ended two workers and is refused from now on'
  return last ? 'has failed' : 'is tried once more'
}

/** Ends that tell nothing of the input. */
const UNPROVEN: ReadonlySet<string> = new Set([
  'ALIGNMENT_FAILED',
  'CANCELLED',
  'INPUT_QUARANTINED',
  'MODEL_NOT_READY',
])

/** Puts under suspicion what ran when a process was ended; undefined where marks cannot be kept. */
async function rememberCrash(
  folder: string,
  quarantine: Quarantine,
  warn: GuardOptions['warn'],
): Promise<InFlight | undefined> {
  try {
    const inFlight = await openInFlight(join(folder, 'running'))
    for (const key of inFlight.leftBehind) await quarantine.suspect(key)
    await inFlight.forget()
    const count = inFlight.leftBehind.length
    if (count > 0)
      warn(
        `A process ended while it ran ${count} inputs; if they come again, each runs in a process of its own`,
      )
    return inFlight
  } catch (error) {
    warn(`What runs cannot be marked in ${folder}: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/** Runs a track with an eye on its progress; ends its worker, where it can, when there is none. */
async function runWatched(
  pool: Pool,
  track: Track,
  { signal, onProgress }: RunHooks,
  stuckSeconds: number,
  watch: Watch,
): Promise<Aligned> {
  const ending = new AbortController()
  let started = false
  // Before that it waits for a worker that is being replaced, and there is nothing to end.
  const watched = watch.begin(() => started && ending.abort())
  try {
    return await pool.run(track, {
      signal,
      end: ending.signal,
      onStart() {
        started = true
        watched.progressed()
      },
      onProgress(step) {
        watched.progressed()
        onProgress?.(step)
      },
    })
  } catch (error) {
    if (!ending.signal.aborted || !(error instanceof WorkerDied)) throw error
    throw new WorkerDied('process', `it made no progress for ${stuckSeconds} s and was ended`, error)
  } finally {
    watched.end()
  }
}
