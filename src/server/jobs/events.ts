import type { JobEvent, JobRow } from './job.ts'
import type { OpenedJobs } from './opened-jobs.ts'
import { KEEP_ALIVE_MS } from './stream.ts'

/** How long a client shall wait before it connects again, milliseconds. */
const RECONNECT_MS = 2000

/** The events of a job after a number, as server-sent events, until its last one or until the reader has gone. */
export async function* eventsOf(
  { store, changes }: OpenedJobs,
  { id, tenant }: Pick<JobRow, 'id' | 'tenant'>,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield `retry: ${RECONNECT_MS}\n\n`
  let last = after
  while (!signal.aborted) {
    const found = store.events(id, last)
    for (const { seq, event } of found) {
      yield textOf(id, seq, event)
      last = seq
      if (isLast(event)) return
    }
    if (found.length > 0) continue
    const job = store.find(tenant, id)
    // Forgotten, or at its last event before this reader came.
    if (!job || job.finished_at !== null) return
    const why = await changes.wait(id, KEEP_ALIVE_MS, signal)
    if (why === 'gone') return
    if (why === 'quiet') yield ': keep-alive\n\n'
  }
}

function isLast({ state }: JobEvent): boolean {
  return state !== 'queued' && state !== 'running'
}

function textOf(id: string, seq: number, event: JobEvent): string {
  return `id: ${seq}\nevent: ${event.stage}\ndata: ${JSON.stringify({ job_id: id, ...event })}\n\n`
}
