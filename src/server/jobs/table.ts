import type { Database } from './database.ts'
import type { Ending, JobEvent, JobRow, JobStage, JobState } from './job.ts'

/** What store.ts and claims.ts both do to the tables. Every function belongs into a transaction of its caller. */
export type Table = {
  /** A job, whosever it is. */
  find(id: string): JobRow | undefined
  /** Does nothing where the last event says the same. */
  addEvent(id: string, event: JobEvent): void
  /** Ends a job, and forgets what was asked for. */
  end(job: JobRow, ending: Ending, now: number): void
  /** Erases a job and its events. */
  forget(id: string): void
  /** Puts a job back to its place in the queue. */
  requeue(job: JobRow, more: { unclean: number; tries: number; notBefore: number }, event: JobEvent): void
}

/** `onErase` is told when a row, or the request in it, was erased. */
export function createTable(database: Database, onErase: () => void): Table {
  const find = database.prepare('SELECT * FROM jobs WHERE id = ?')
  const lastEvent = database.prepare(
    'SELECT seq, data FROM events WHERE job_id = ? ORDER BY seq DESC LIMIT 1',
  )
  const insertEvent = database.prepare('INSERT INTO events (job_id, seq, data) VALUES (?, ?, ?)')
  const end = database.prepare(
    `UPDATE jobs SET state = ?, stage = ?, percentage = ?, finished_at = ?, result = ?, error = ?, request = NULL,
       owner = NULL, lease_until = NULL,
       finish_order = (SELECT coalesce(max(finish_order), 0) + 1 FROM jobs AS of_batch WHERE of_batch.batch_id = jobs.batch_id)
     WHERE id = ?`,
  )
  const forget = ['DELETE FROM events WHERE job_id = ?', 'DELETE FROM jobs WHERE id = ?'].map((sql) =>
    database.prepare(sql),
  )
  const requeue = database.prepare(
    `UPDATE jobs SET state = 'queued', stage = 'queued', percentage = 0, owner = NULL, lease_until = NULL,
       unclean = ?, tries = ?, not_before = ? WHERE id = ?`,
  )

  function addEvent(id: string, event: JobEvent): void {
    const last = lastEvent.get(id) as { seq: number; data: string } | undefined
    const data = JSON.stringify(event)
    if (data !== last?.data) insertEvent.run(id, (last?.seq ?? 0) + 1, data)
  }

  return {
    find: (id) => find.get(id) as JobRow | undefined,
    addEvent,
    end(job, ending, now) {
      const state: JobState = ending === 'cancelled' ? 'cancelled' : 'result' in ending ? 'done' : 'failed'
      const stage: JobStage = state
      const percentage = state === 'done' ? 100 : job.percentage
      const result = ending !== 'cancelled' && 'result' in ending ? JSON.stringify(ending.result) : null
      const error = ending !== 'cancelled' && 'error' in ending ? ending.error : undefined
      end.run(state, stage, percentage, now, result, error ? JSON.stringify(error) : null, job.id)
      addEvent(job.id, { state, stage, percentage, ...(error && { error }) })
      onErase()
    },
    forget(id) {
      for (const statement of forget) statement.run(id)
      onErase()
    },
    requeue(job, { unclean, tries, notBefore }, event) {
      requeue.run(unclean, tries, notBefore, job.id)
      addEvent(job.id, event)
    },
  }
}

/** Does something that must be on the disk when it is done, also after a power cut. */
export function durably<T>(database: Database, change: () => T): T {
  database.pragma('synchronous = FULL')
  try {
    return database.transaction(change).immediate() as T
  } finally {
    database.pragma('synchronous = NORMAL')
  }
}
