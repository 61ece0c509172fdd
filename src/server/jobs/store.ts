import { AlignError } from '../../errors.ts'
import type { Tenant } from '../auth.ts'
import type { Database } from './database.ts'
import type { BatchRow, JobEvent, JobRow, JobState, NewJob } from './job.ts'
import { durably, type Table } from './table.ts'

export type Counts = Record<JobState, number>

/** What is kept of jobs, whoever runs them. */
export type Store = {
  /**
   * Keeps a job durably; `commit` is called within. A job of the same tenant and idempotency key is given back instead.
   * @throws AlignError QUEUE_FULL; BODY_INVALID where the same key came with another request
   */
  accept(job: NewJob, maxJobs: number, commit: () => void): JobRow
  /** The same for a batch and its jobs. */
  acceptBatch(batch: NewBatch, jobs: readonly NewJob[], maxJobs: number): BatchRow
  find(tenant: Tenant, id: string): JobRow | undefined
  findByKey(tenant: Tenant, idempotencyKey: string): JobRow | undefined
  /** Those of a tenant, the newest first, those before `before`. */
  list(tenant: Tenant, limit: number, before: number | undefined, state: JobState | undefined): JobRow[]
  /** Unfinished jobs of all tenants. */
  unfinished(): number
  /** Whether an unfinished job needs an upload. */
  needs(upload: string): boolean
  /** How many, of all tenants, are before a queued job, and itself. */
  position(job: JobRow): number
  events(id: string, after: number): { seq: number; event: JobEvent }[]
  /** @returns the job as it was, undefined where there is none that is unfinished */
  cancel(id: string): JobRow | undefined
  /** Forgets a finished job. */
  forget(id: string): void
  batch(tenant: Tenant, id: string): BatchRow | undefined
  counts(batchId: string): Counts
  /** Ended jobs of a batch in the order in which they ended. */
  ended(batchId: string, after: number, limit: number): JobRow[]
  jobsOf(batchId: string): string[]
  forgetBatch(id: string): void
  /** Removes what ended before `cutoff`; the jobs of a batch go together. */
  expire(cutoff: number): number
}

export type NewBatch = { id: string; tenant: Tenant; idempotencyKey: string | null; fingerprint: string }

const UNFINISHED = `state IN ('queued', 'running')`

export function createStore(database: Database, table: Table): Store {
  const find = database.prepare('SELECT * FROM jobs WHERE tenant = ? AND id = ?')
  const byKey = database.prepare('SELECT * FROM jobs WHERE tenant = ? AND idempotency_key = ?')
  const unfinished = database.prepare(`SELECT count(*) AS n FROM jobs WHERE ${UNFINISHED}`)
  const position = database.prepare(`SELECT count(*) AS n FROM jobs WHERE state = 'queued' AND seq <= ?`)
  const needs = database.prepare(`SELECT 1 AS found FROM jobs WHERE upload = ? AND ${UNFINISHED} LIMIT 1`)
  const insert = database.prepare(
    `INSERT INTO jobs (id, tenant, state, stage, created_at, request_id, request, shown, upload, idempotency_key,
       fingerprint, batch_id, batch_index, item_id) VALUES (?, ?, 'queued', 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const events = database.prepare('SELECT seq, data FROM events WHERE job_id = ? AND seq > ? ORDER BY seq')
  const batchByKey = database.prepare('SELECT * FROM batches WHERE tenant = ? AND idempotency_key = ?')
  const batch = database.prepare('SELECT * FROM batches WHERE tenant = ? AND id = ?')
  const insertBatch = database.prepare(
    'INSERT INTO batches (id, tenant, created_at, total, idempotency_key, fingerprint) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const counts = database.prepare('SELECT state, count(*) AS n FROM jobs WHERE batch_id = ? GROUP BY state')
  const ended = database.prepare(
    'SELECT * FROM jobs WHERE batch_id = ? AND finish_order > ? ORDER BY finish_order LIMIT ?',
  )
  const jobsOf = database.prepare('SELECT id FROM jobs WHERE batch_id = ?')
  const expired = database.prepare(
    `SELECT id FROM jobs WHERE finished_at < ? AND (batch_id IS NULL OR NOT EXISTS (SELECT 1 FROM jobs AS other
       WHERE other.batch_id = jobs.batch_id AND (other.finished_at IS NULL OR other.finished_at >= ?)))`,
  )
  const emptyBatches = `DELETE FROM batches WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE batch_id = batches.id)`

  function add(job: NewJob, now: number): JobRow {
    const { batch: of } = job
    const request = job.request && JSON.stringify(job.request)
    const { id, tenant, requestId, shown, upload, idempotencyKey, fingerprint } = job
    insert.run(
      ...[id, tenant, now, requestId, request, shown, upload, idempotencyKey, fingerprint],
      ...[of?.id ?? null, of?.index ?? null, of?.itemId ?? null],
    )
    table.addEvent(id, { state: 'queued', stage: 'queued', percentage: 0 })
    const row = table.find(id)!
    if (job.error) table.end(row, { error: job.error }, now)
    return row
  }

  function checkRoom(more: number, maxJobs: number): void {
    const { n } = unfinished.get() as { n: number }
    if (n + more <= maxJobs) return
    throw new AlignError(
      'QUEUE_FULL',
      `Expected at most ${maxJobs} unfinished jobs, got ${more} more than the ${n} there are`,
    )
  }

  return {
    accept: (job, maxJobs, commit) =>
      durably(database, () => {
        const known = ofKey<JobRow>(byKey, job.tenant, job.idempotencyKey)
        if (known) return same(known, job.fingerprint)
        checkRoom(1, maxJobs)
        commit()
        return add(job, Date.now())
      }),
    acceptBatch: ({ id, tenant, idempotencyKey, fingerprint }, jobs, maxJobs) =>
      durably(database, () => {
        const known = ofKey<BatchRow>(batchByKey, tenant, idempotencyKey)
        if (known) return same(known, fingerprint)
        checkRoom(jobs.filter(({ error }) => !error).length, maxJobs)
        const now = Date.now()
        insertBatch.run(id, tenant, now, jobs.length, idempotencyKey, fingerprint)
        for (const job of jobs) add(job, now)
        return batch.get(tenant, id) as BatchRow
      }),
    find: (tenant, id) => find.get(tenant, id) as JobRow | undefined,
    findByKey: (tenant, key) => byKey.get(tenant, key) as JobRow | undefined,
    list(tenant, limit, before = Number.MAX_SAFE_INTEGER, state = undefined) {
      const which = state === undefined ? '' : 'AND state = ?'
      const sql = `SELECT * FROM jobs WHERE tenant = ? AND seq < ? ${which} ORDER BY seq DESC LIMIT ?`
      const values = [tenant, before, ...(state === undefined ? [] : [state]), limit]
      return database.prepare(sql).all(...values) as JobRow[]
    },
    unfinished: () => (unfinished.get() as { n: number }).n,
    needs: (upload) => needs.get(upload) !== undefined,
    position: ({ seq }) => (position.get(seq) as { n: number }).n,
    events: (id, after) =>
      (events.all(id, after) as { seq: number; data: string }[]).map(({ seq, data }) => ({
        seq,
        event: JSON.parse(data),
      })),
    cancel: (id) =>
      durably(database, () => {
        const job = table.find(id)
        if (!job || job.finished_at !== null) return undefined
        table.end(job, 'cancelled', Date.now())
        return job
      }),
    forget: (id) => durably(database, () => table.forget(id)),
    batch: (tenant, id) => batch.get(tenant, id) as BatchRow | undefined,
    counts(batchId) {
      const found = (counts.all(batchId) as { state: JobState; n: number }[]).map(({ state, n }) => [
        state,
        n,
      ])
      return { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, ...Object.fromEntries(found) }
    },
    ended: (batchId, after, limit) => ended.all(batchId, after, limit) as JobRow[],
    jobsOf: (batchId) => (jobsOf.all(batchId) as { id: string }[]).map(({ id }) => id),
    forgetBatch: (id) =>
      durably(database, () => {
        for (const job of jobsOf.all(id) as { id: string }[]) table.forget(job.id)
        database.exec(emptyBatches)
      }),
    expire: (cutoff) =>
      durably(database, () => {
        const old = expired.all(cutoff, cutoff) as { id: string }[]
        for (const { id } of old) table.forget(id)
        if (old.length > 0) database.exec(emptyBatches)
        return old.length
      }),
  }
}

/** libsql takes a lone null for something else than a value. */
function ofKey<T>(
  statement: { get(tenant: Tenant, key: string): unknown },
  tenant: Tenant,
  key: string | null,
): T | undefined {
  return key === null ? undefined : (statement.get(tenant, key) as T | undefined)
}

/** @throws AlignError BODY_INVALID where an idempotency key is used for two requests */
function same<T extends { fingerprint: string }>(known: T, fingerprint: string): T {
  if (known.fingerprint === fingerprint) return known
  throw new AlignError(
    'BODY_INVALID',
    'Expected the same request as before under this Idempotency-Key, got another one',
  )
}
