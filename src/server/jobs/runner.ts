import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Aligner } from '../../aligner/aligner.ts'
import type { ParsedSource } from '../../audio/source.ts'
import { AlignError, errorToData } from '../../errors.ts'
import { untilAborted } from '../../pool/until-aborted.ts'
import type { Progress } from '../../types.ts'
import { answerOf } from '../answer.ts'
import type { Budget } from '../budget.ts'
import type { Readiness } from '../readiness.ts'
import type { AlignAnswer } from '../schemas.ts'
import { createStageClock, type StageClock, type StageRun } from '../stages.ts'
import type { Ending, JobError, JobRequest, JobRow } from './job.ts'
import type { OpenedJobs } from './opened-jobs.ts'
import { percentageOf } from './progress.ts'

/** Runs jobs on the aligner, first come first served, beside the requests that are waited for. */
export type Runner = {
  /** Takes as many jobs as there are places. Cheap, and to be called whenever there may be more to do. */
  look(): void
  /** Renews what runs here and takes over what died elsewhere. */
  beat(): void
  /** Stops a job that was cancelled. */
  stop(id: string): void
  running(): number
  /** Takes no more jobs. */
  drain(): void
  /** Puts back what runs, to be run by another process or after the next start, and resolves when all of it has stopped. */
  putBack(): Promise<void>
}

/** Told of an answer, the stages that its job went through, and how long it took, seconds. */
export type OnAnswer = (answer: AlignAnswer, runs: readonly StageRun[], seconds: number) => void

export type RunnerOptions = {
  /** What jobs and requests together may hold in memory. */
  budget: Budget
  /** Parses an address again as it was parsed when its job was accepted. */
  sourceOf: (audioUrl: string) => ParsedSource
  /** Longest time that a job may run, seconds; its waiting does not count. */
  limitSeconds: number
  /** Told of every job that ran. */
  onAnswer?: OnAnswer
}

// Fetches and workers that fail in passing are tried again after these times, milliseconds.
const BACK_OFF_MS = [1_000, 4_000, 16_000]
/** How long a job stands back where the aligner takes no more, so that others get their turn. */
const STAND_BACK_MS = 500
/** How soon an end that could not be kept is tried again. */
const KEEP_AGAIN_MS = 1_000

/** Why a running job was stopped. */
class Stopped extends Error {
  readonly why: 'late' | 'waited' | 'cancelled' | 'put back'
  constructor(why: Stopped['why']) {
    super(why)
    this.why = why
  }
}

export function createRunner(
  openedJobs: OpenedJobs,
  readiness: () => Readiness,
  logger: Logger,
  { limitSeconds, budget, sourceOf, onAnswer = () => {} }: RunnerOptions,
): Runner {
  const { claims, changes } = openedJobs
  /** `alone`: a job at which a process died, beside which no other is begun. */
  const inWork = new Map<string, { controller: AbortController; ended: Promise<void>; alone: boolean }>()
  let draining = false
  let standBackUntil = 0

  function look(): void {
    for (;;) {
      const now = readiness()
      if (draining || now.state !== 'ready' || performance.now() < standBackUntil) return
      const { stuck, maxConcurrent } = now.aligner.status()
      if (stuck || inWork.size >= maxConcurrent || [...inWork.values()].some(({ alone }) => alone)) return
      const job = claims.claim(inWork.size === 0)
      if (!job) return
      const controller = new AbortController()
      const ended = run(job, now.aligner, controller).finally(() => {
        inWork.delete(job.id)
        attempt(look)
      })
      inWork.set(job.id, { controller, ended, alone: job.unclean > 0 })
    }
  }

  async function run(job: JobRow, aligner: Aligner, controller: AbortController): Promise<void> {
    const started = performance.now()
    const clock = createStageClock()
    try {
      const ending = await work(job, aligner, controller, clock).catch((error) => endingOf(job, error))
      if (!ending || !(await keep(job, ending, controller.signal))) return
      openedJobs.release(job.upload)
      log(job, ending, started)
      if (ending !== 'cancelled' && 'result' in ending)
        onAnswer(ending.result, clock.stop(), secondsSince(started))
    } catch (error) {
      // The job is still ours by name: it is taken over when its lease has run out.
      logger.error({ err: error, job_id: job.id }, 'what became of a job could not be kept')
    } finally {
      changes.tell(job.id)
      changes.tell(job.batch_id)
    }
  }

  /** Tries until the end is kept: a full disk costs no result. @returns whether the job was still ours */
  async function keep(job: JobRow, ending: Ending, signal: AbortSignal): Promise<boolean> {
    for (let told = false; ; told = true) {
      try {
        return claims.finish(job.id, ending)
      } catch (error) {
        const again = 'the end of a job could not be kept, and is tried again'
        if (!told) logger.error({ err: error, job_id: job.id }, again)
        await sleep(KEEP_AGAIN_MS, undefined, { ref: false, signal }).catch(() => {})
        // Cancelled, or put back.
        if (signal.aborted) return false
      }
    }
  }

  async function work(
    job: JobRow,
    aligner: Aligner,
    controller: AbortController,
    clock: StageClock,
  ): Promise<Ending> {
    const request = JSON.parse(job.request!) as JobRequest
    const { lyrics_text, language, structure, force, ...wanted } = request
    // The time of waiting for a turn is not the job's: its own begins when the turn has come, with decoding.
    let timer = setTimeout(() => controller.abort(new Stopped('waited')), limitSeconds * 1000)
    let shown = { stage: '', percentage: -1 }
    let turned = false
    const onProgress = (progress: Progress) => {
      clock.onProgress(progress)
      // It was queued already, and is no more so until it waits for its turn with the recording in hand.
      if (progress.stage === 'done' || (progress.stage === 'queued' && shown.stage === '')) return
      if (progress.stage !== 'fetching' && progress.stage !== 'queued' && !turned) {
        turned = true
        clearTimeout(timer)
        timer = setTimeout(() => controller.abort(new Stopped('late')), limitSeconds * 1000)
      }
      const { stage } = progress
      const percentage = percentageOf(progress, aligner.status().model.engine)
      if ((stage === shown.stage && percentage <= shown.percentage) || controller.signal.aborted) return
      shown = { stage, percentage: Math.max(percentage, shown.percentage) }
      attempt(() => {
        if (!claims.progress(job.id, stage, shown.percentage)) stop(job.id)
      })
      changes.tell(job.id)
    }
    const hold = budget.open()
    try {
      const source = await recordingOf(job, request)
      if (source instanceof Blob) hold.take(source.size)
      const options = {
        language,
        ...(structure && { structure }),
        signal: controller.signal,
        onProgress,
        onFetched: hold.take,
        ...(force && { force }),
      }
      // The thread itself stops at its next window.
      const alignment = await untilAborted(aligner.align(source, lyrics_text, options), controller.signal)
      return { result: answerOf(alignment, wanted, job.request_id) }
    } finally {
      clearTimeout(timer)
      hold.free()
    }
  }

  async function recordingOf({ upload }: JobRow, { audio_url }: JobRequest): Promise<Blob | ParsedSource> {
    return upload === null ? sourceOf(audio_url!) : openedJobs.uploads.source(upload)
  }

  /** How a failed run ends; undefined where it does not: it was stopped, or is tried again. */
  function endingOf(job: JobRow, error: unknown): Ending | undefined {
    if (error instanceof Stopped) return endingOfStopped(job, error)
    const { code, message, retryable } = errorToData(error)
    if (code === 'QUEUE_FULL' || code === 'DRAINING') return later(job)
    const failure: JobError = { detail: message, code, retryable }
    if (code === 'ALIGNMENT_FAILED') logger.error({ err: error, job_id: job.id }, 'job')
    const passing = retryable && /^(AUDIO_FETCH_|CANCELLED$|MODEL_NOT_READY$)/.test(code)
    const delay = BACK_OFF_MS[job.tries]
    if (!passing || delay === undefined) return { error: failure }
    claims.putBack(job.id, delay, failure)
    return undefined
  }

  function endingOfStopped(job: JobRow, { why }: Stopped): Ending | undefined {
    if (why === 'waited') return later(job)
    if (why !== 'late') return undefined
    const { message, code, retryable } = new AlignError(
      'DEADLINE_EXCEEDED',
      `Expected a result within ${limitSeconds} s of running, got none`,
    )
    return { error: { detail: message, code, retryable } }
  }

  function later(job: JobRow): undefined {
    standBackUntil = performance.now() + STAND_BACK_MS
    claims.putBack(job.id, 0)
  }

  function beat(): void {
    for (const id of claims.renew([...inWork.keys()])) stop(id)
    for (const job of claims.takeOver()) {
      const { id, state, unclean } = job
      logger.warn({ job_id: id, state, unclean_ends: unclean }, 'a job was left by a process that died')
      if (job.finished_at !== null) openedJobs.release(job.upload)
      changes.tell(id)
      changes.tell(job.batch_id)
    }
  }

  function stop(id: string): void {
    inWork.get(id)?.controller.abort(new Stopped('cancelled'))
  }

  function log(job: JobRow, ending: Ending, started: number): void {
    const ms = Math.round(performance.now() - started)
    logger.info(
      { job_id: job.id, request_id: job.request_id, audio: job.shown, ms, ...notesOf(ending) },
      'job',
    )
  }

  /** Nobody waits for these calls; what fails in them is done again at the next one. */
  function attempt(change: () => void): void {
    try {
      change()
    } catch (error) {
      logger.error({ err: error }, 'the state of the jobs could not be read or kept')
    }
  }

  return {
    look: () => attempt(look),
    beat: () => attempt(beat),
    stop,
    running: () => inWork.size,
    drain() {
      draining = true
    },
    async putBack() {
      draining = true
      const all = [...inWork]
      for (const [id, { controller }] of all) {
        attempt(() => claims.putBack(id, 0))
        controller.abort(new Stopped('put back'))
      }
      await Promise.all(all.map(([, { ended }]) => ended))
    },
  }
}

/** What the log says of how a job ended. */
function notesOf(ending: Ending): object {
  if (ending === 'cancelled') return {}
  if ('error' in ending) return { code: ending.error.code, detail: ending.error.detail }
  const { language, duration_seconds, line_count, verdict } = ending.result
  return { language, duration_seconds, line_count, verdict: verdict.level }
}

function secondsSince(milliseconds: number): number {
  return (performance.now() - milliseconds) / 1000
}
