import type { Logger } from 'pino'
import type { Config } from '../../config/load.ts'
import { NO_TENANT, tenantOf } from '../auth.ts'
import { type Budget, createBudget, inflightBytes } from '../budget.ts'
import { NotReadyError, type Readiness } from '../readiness.ts'
import { requestedUrl } from '../source.ts'
import { type OpenedJobs, openJobs } from './opened-jobs.ts'
import { createRunner, type OnAnswer, type Runner } from './runner.ts'

/**
 * The jobs of a service: kept in CACHE_DIR/jobs, or for the life of this process where there is no such folder, and run
 * while they are started.
 */
export type Jobs = {
  /**
   * Opens the folder when it is first needed.
   * @throws AlignError CACHE_UNWRITABLE; NotReadyError when the jobs were stopped
   */
  openedJobs(): OpenedJobs
  runner(): Runner
  /** Goes on with what was left, and runs what comes. Starting twice does nothing; what fails is logged. */
  start(): void
  /** Takes no more jobs into work; those that run go on. */
  drain(): void
  /** Puts running jobs back, to be gone on with after the next start, and ends streams of events. */
  stop(): Promise<void>
  onAnswer(listener: OnAnswer): void
  /** What all jobs and requests of the service may hold in memory. */
  budget: Budget
  /** Jobs that are queued or run; 0 before there were any. */
  unfinished(): number
}

export type JobsOptions = {
  /** How long a process is believed to live without a sign, milliseconds. */
  leaseMs?: number
  /** How often it gives one, and looks for those that do not. */
  beatMs?: number
}

// How often is looked for jobs that other processes have accepted, put back or changed.
const LOOK_MS = 250
const SWEEP_MS = 60_000

export function createJobs(
  readiness: () => Readiness,
  config: Config,
  logger: Logger,
  { leaseMs = 30_000, beatMs = 2_000 }: JobsOptions = {},
): Jobs {
  const budget = createBudget(inflightBytes(config))
  const [firstKey] = config.apiKeys ?? []
  const heir = firstKey === undefined ? NO_TENANT : tenantOf(firstKey)
  let started: { openedJobs: OpenedJobs; runner: Runner } | undefined
  let timers: NodeJS.Timeout[] | undefined
  let draining = false
  let stopped = false
  let answered: OnAnswer = () => {}

  function open(): { openedJobs: OpenedJobs; runner: Runner } {
    if (stopped) throw new NotReadyError('draining', 'The service is shutting down')
    if (started) return started
    const openedJobs = openJobs(config.cacheDir, leaseMs, (message) => logger.warn(message), heir)
    const runner = createRunner(openedJobs, readiness, logger, {
      limitSeconds: config.requestTimeoutSeconds,
      budget,
      sourceOf: (audioUrl) => requestedUrl(audioUrl, config).source,
      onAnswer: (...given) => answered(...given),
    })
    started = { openedJobs, runner }
    return started
  }

  function start(): void {
    if (timers || draining) return
    let running: ReturnType<typeof open>
    try {
      running = open()
    } catch (error) {
      // Every request for a job is told as well.
      logger.error({ err: error }, 'jobs cannot be kept')
      return
    }
    const { openedJobs, runner } = running
    timers = [
      every(LOOK_MS, () => {
        runner.look()
        openedJobs.look()
      }),
      every(beatMs, runner.beat),
      every(Math.min(SWEEP_MS, config.jobTtlSeconds * 500), expire),
    ]
    expire()
    runner.beat()
    runner.look()
  }

  function expire(): void {
    const { openedJobs } = open()
    openedJobs.store.expire(Date.now() - config.jobTtlSeconds * 1000)
    openedJobs.sweep()
  }

  /** Does not hold the process, and what fails once is tried again. */
  function every(milliseconds: number, work: () => void): NodeJS.Timeout {
    const guarded = () => {
      try {
        work()
      } catch (error) {
        logger.error({ err: error }, 'the jobs could not be looked after')
      }
    }
    return setInterval(guarded, milliseconds).unref()
  }

  function drain(): void {
    draining = true
    started?.runner.drain()
  }

  async function stop(): Promise<void> {
    drain()
    for (const timer of timers ?? []) clearInterval(timer)
    if (!started || stopped) return
    const { openedJobs, runner } = started
    await runner.putBack()
    stopped = true
    await openedJobs.close()
  }

  return {
    budget,
    openedJobs: () => open().openedJobs,
    runner: () => open().runner,
    start,
    drain,
    stop,
    onAnswer(listener) {
      answered = listener
    },
    // A store that was closed answers no more, and nothing is unfinished here then.
    unfinished: () => (started && !stopped ? started.openedJobs.store.unfinished() : 0),
  }
}
