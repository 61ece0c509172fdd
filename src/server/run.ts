import pino, { type Logger } from 'pino'
import { type Aligner, createAligner } from '../aligner/aligner.ts'
import { alignerOptions } from '../aligner/from-config.ts'
import { type Config, describeConfig, giveMemoryBack, loadConfig } from '../config/load.ts'
import { VERSION } from '../config/version.ts'
import { AlignError } from '../errors.ts'
import { createApp } from './app.ts'
import { createJobs, type Jobs } from './jobs/jobs.ts'
import { type Listening, listen } from './listen.ts'
import type { Readiness } from './readiness.ts'
import { startTracing, type Tracing } from './tracing.ts'

// How long answers that are ready may take to leave, and cancelled work to end.
const LAST_ANSWERS_MS = 2000
const CANCEL_MS = 15_000

/**
 * Runs the service until it is told to stop (SIGTERM, SIGINT): listens at once, loads the model meanwhile, and lets
 * running work end before it goes.
 * @returns the exit code
 */
export async function runService(): Promise<number> {
  const config = readConfig()
  if (!config) return 1
  giveMemoryBack()
  const logger = pino({ level: config.logLevel })
  sayWhatIsSet(config, logger)

  const tracing = await readTracing(config)
  if (tracing === null) return 1
  const service: { now: Readiness } = { now: { state: 'loading' } }
  const jobs = createJobs(() => service.now, config, logger)
  const app = createApp(() => service.now, config, logger, { tracing, jobs })
  const listening = await listen(app, config).catch((error) => explainListenError(error, config, logger))
  if (!listening) return 1
  logger.info({ url: listening.url }, `listening on ${listening.url}`)

  const stop = stopSignal()
  const loading = load(config, logger, (converted) => {
    if (service.now.state === 'loading') service.now = { state: 'loading', converted }
  })
  loading.then((loaded) => {
    if (service.now.state !== 'draining') service.now = loaded
  })
  logger.info({ signal: await stop }, 'stopping: no new work is taken')
  jobs.drain()
  service.now = { ...('aligner' in service.now && { aligner: service.now.aligner }), state: 'draining' }
  const loaded = await within(loading, Math.max(config.drainSeconds * 1000, CANCEL_MS))
  const aligner = loaded ? alignerOf(await loading) : undefined
  const ended = await end(listening, aligner, jobs, config, logger)
  if (tracing) await within(tracing.stop(), LAST_ANSWERS_MS)
  if (!loaded || !ended) killSelf(logger)
  return 0
}

function alignerOf(readiness: Readiness): Aligner | undefined {
  return 'aligner' in readiness ? readiness.aligner : undefined
}

/** A thread that is stuck in native code (a model on storage that hangs) would hold the process for ever. */
function killSelf(logger: Logger): void {
  logger.fatal('a thread is stuck and cannot be ended: the process kills itself')
  process.kill(process.pid, 'SIGKILL')
}

function readConfig(): Config | undefined {
  try {
    return loadConfig()
  } catch (error) {
    if (!(error instanceof AlignError)) throw error
    console.error(`The configuration cannot work. ${error.message}`)
    return undefined
  }
}

/** Null where traces are asked for and cannot be made. */
async function readTracing(config: Config): Promise<Tracing | undefined | null> {
  try {
    return await startTracing(config)
  } catch (error) {
    if (!(error instanceof AlignError)) throw error
    console.error(`The configuration cannot work. ${error.message}`)
    return null
  }
}

function sayWhatIsSet(config: Config, logger: Logger): void {
  const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`
  logger.info({ version: VERSION, runtime, config: describeConfig(config) }, 'starting')
  for (const warning of config.warnings) logger.warn(warning)
  if (config.modelPath === undefined) {
    logger.info('SOW_QWEN3_MODEL_PATH is not set: the embedded model is used')
  }
  if (config.host !== '127.0.0.1' && config.host !== '::1' && config.apiKeys === undefined) {
    logger.warn('SOW_QWEN3_API_KEY is not set: whoever reaches this address can use the service')
  }
}

async function load(
  config: Config,
  logger: Logger,
  onLoading: (converted: number) => void,
): Promise<Readiness> {
  const started = performance.now()
  try {
    const aligner = await createAligner({
      ...alignerOptions(config),
      allowFiles: false,
      onWarning: (message) => logger.warn(message),
      onLoading,
    })
    const { model, threads, maxConcurrent } = aligner.status()
    const ms = Math.round(performance.now() - started)
    logger.info({ model, threads, maxConcurrent, ms }, `ready: ${model.name} ${model.version}`)
    return { state: 'ready', aligner }
  } catch (error) {
    logger.error({ err: error }, 'the model could not be loaded; alignments are answered with 503')
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

function explainListenError(error: NodeJS.ErrnoException, { host, port }: Config, logger: Logger): undefined {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program has it; set SOW_QWEN3_PORT to another one',
    EACCES: 'this user may not have it; set SOW_QWEN3_PORT to one above 1023',
    EADDRNOTAVAIL: 'this machine has no such address; set SOW_QWEN3_HOST',
  }
  logger.fatal(
    { err: error },
    `cannot listen on port ${port} of ${host}: ${reasons[error.code ?? ''] ?? error.message}`,
  )
  return undefined
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    const told = (signal: string) => {
      resolve(signal)
      for (const each of SIGNALS) process.off(each, told).on(each, () => process.exit(1))
    }
    for (const each of SIGNALS) process.on(each, told)
  })
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Whether every thread has ended. */
async function end(
  listening: Listening,
  aligner: Aligner | undefined,
  jobs: Jobs,
  config: Config,
  logger: Logger,
): Promise<boolean> {
  const closed = aligner?.close() ?? Promise.resolve()
  const drained = await within(closed, config.drainSeconds * 1000)
  // Jobs that are not done are kept for the next start, and streams of events end.
  await within(jobs.stop(), CANCEL_MS)
  if (drained) await within(listening.stop(), LAST_ANSWERS_MS)
  else logger.warn(`work is not done after ${config.drainSeconds} s and is cancelled`)
  // Cutting the connections cancels their requests, and those free the threads: a thread must not be ended in mid-run.
  await within(listening.stop(true), LAST_ANSWERS_MS)
  const ended = await within(closed, CANCEL_MS)
  logger.info('stopped')
  return ended
}

/** Whether something was done within a time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
