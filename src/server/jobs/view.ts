import type { AlignAnswer } from '../schemas.ts'
import type { BatchRow, JobError, JobRow } from './job.ts'
import type { BatchView, JobView } from './schemas.ts'
import type { Counts } from './store.ts'

export const JOBS = '/api/v1/jobs'
export const BATCHES = '/api/v1/batches'

/** A job as its sender sees it; `position` is its place in the queue. */
export function viewOf(job: JobRow, position: number | null, ttlSeconds: number): JobView {
  const { id, state, stage, percentage, finished_at } = job
  return {
    job_id: id,
    id,
    state,
    stage,
    percentage,
    queue_position: position,
    created_at: timeOf(job.created_at),
    started_at: job.started_at === null ? null : timeOf(job.started_at),
    finished_at: finished_at === null ? null : timeOf(finished_at),
    expires_at: finished_at === null ? null : timeOf(finished_at + ttlSeconds * 1000),
    status_url: `${JOBS}/${id}`,
    events_url: `${JOBS}/${id}/events`,
    batch_id: job.batch_id,
    request_id: job.request_id,
    result: resultOf(job),
    error: errorOf(job),
  }
}

/** A batch as its sender sees it. */
export function batchViewOf({ id, total, created_at }: BatchRow, counts: Counts): BatchView {
  const unfinished = counts.queued + counts.running
  return {
    batch_id: id,
    id,
    state: unfinished > 0 ? 'running' : 'done',
    total,
    counts,
    created_at: timeOf(created_at),
    status_url: `${BATCHES}/${id}`,
    results_url: `${BATCHES}/${id}/results`,
  }
}

/** The line that tells how an item of a batch ended. */
export function lineOf(job: JobRow): string {
  const result = resultOf(job)
  const error = errorOf(job) ?? CANCELLED
  return `${JSON.stringify({
    index: job.batch_index,
    id: job.item_id,
    job_id: job.id,
    ...(result ? { result } : { error }),
  })}\n`
}

const CANCELLED: JobError = { detail: 'The job was cancelled', code: 'CANCELLED', retryable: true }

function resultOf({ result }: JobRow): AlignAnswer | null {
  return result === null ? null : JSON.parse(result)
}

function errorOf({ error }: JobRow): JobError | null {
  return error === null ? null : JSON.parse(error)
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
