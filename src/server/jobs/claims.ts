import type { Database } from './database.ts'
import type { Ending, JobError, JobEvent, JobRow, JobStage } from './job.ts'
import { isDead } from './service-identity.ts'
import { durably, type Table } from './table.ts'

/** The jobs that one process runs. Every change asks whether it still owns the job, and says so. */
export type Claims = {
  /**
   * The next job in line, which nobody else gets. One at which a process died is a suspect and runs by itself: it is given
   * only where `idle`, and those behind it wait for it.
   */
  claim(idle: boolean): JobRow | undefined
  progress(id: string, stage: JobStage, percentage: number): boolean
  finish(id: string, ending: Ending): boolean
  /** Back to its place in the queue; not to be taken before `delay` milliseconds have gone by. */
  putBack(id: string, delay: number, failure?: JobError): boolean
  /** Renews the leases of these jobs. @returns those that are ours no longer: cancelled, or taken over */
  renew(ids: readonly string[]): string[]
  /**
   * Takes from processes that died, or gave no sign for a lease, what they ran. @returns the jobs that are queued again, or
   * have failed because they ended too many
   */
  takeOver(): JobRow[]
}

/**
 * Times that a process may end while it runs a job, before the job is held to be the cause. The first time others may have
 * run beside it. What ends workers is found out far earlier, by the quarantine; this is for what ends the service itself, and
 * few, for a power cut or a SIGKILL is nobody's fault.
 */
const UNCLEAN_ENDS = 5

// The times in the database are those of the clock on the wall, which all processes share. It may be set back: nothing then
// waits longer than it would have, because a delay that is too long is none, and leases are also timed by how long we see
// them stand still.
const LONGEST_DELAY_MS = 60_000

export function createClaims(database: Database, table: Table, self: string, leaseMs: number): Claims {
  const claim = database.prepare(
    `UPDATE jobs SET state = 'running', stage = 'fetching', owner = ?, lease_until = ?, started_at = ?
     WHERE seq = (SELECT seq FROM jobs WHERE state = 'queued' AND (not_before <= ? OR not_before > ?)
                  ORDER BY seq LIMIT 1)
       AND (unclean = 0 OR ?)
     RETURNING *`,
  )
  const progress = database.prepare(
    `UPDATE jobs SET stage = ?, percentage = ? WHERE id = ? AND owner = ? AND state = 'running'`,
  )
  const renew = database.prepare(
    `UPDATE jobs SET lease_until = ? WHERE id = ? AND owner = ? AND state = 'running'`,
  )
  const running = database.prepare(`SELECT * FROM jobs WHERE state = 'running'`)

  function owned(id: string): JobRow | undefined {
    const job = table.find(id)
    return job?.owner === self && job.state === 'running' ? job : undefined
  }

  /** Leases of others as they were seen first, by job. */
  let seen = new Map<string, { lease: string; since: number }>()

  function look(): JobRow[] {
    const now = Date.now()
    const before = seen
    seen = new Map()
    return (running.all() as (JobRow & { lease_until: number })[]).filter((job) => {
      const { id, owner, lease_until } = job
      const lease = `${owner} ${lease_until}`
      const known = before.get(id)
      const since = known?.lease === lease ? known.since : performance.now()
      seen.set(id, { lease, since })
      return lease_until < now || performance.now() - since > leaseMs || isDead(owner!, self)
    })
  }

  function inTransaction<T>(change: () => T): T {
    return database.transaction(change).immediate() as T
  }

  return {
    claim(idle) {
      const now = Date.now()
      return claim.all(self, now + leaseMs, now, now, now + LONGEST_DELAY_MS, Number(idle))[0] as
        | JobRow
        | undefined
    },
    progress: (id, stage, percentage) =>
      inTransaction(() => {
        if (progress.run(stage, percentage, id, self).changes === 0) return false
        table.addEvent(id, { state: 'running', stage, percentage })
        return true
      }),
    finish: (id, ending) =>
      durably(database, () => {
        const job = owned(id)
        if (job) table.end(job, ending, Date.now())
        return job !== undefined
      }),
    putBack: (id, delay, failure) =>
      inTransaction(() => {
        const job = owned(id)
        if (!job) return false
        const tries = job.tries + (failure ? 1 : 0)
        const notBefore = Date.now() + Math.min(delay, LONGEST_DELAY_MS)
        table.requeue(job, { unclean: job.unclean, tries, notBefore }, queued(failure))
        return true
      }),
    renew: (ids) =>
      inTransaction(() => {
        const until = Date.now() + leaseMs
        return ids.filter((id) => renew.run(until, id, self).changes === 0)
      }),
    takeOver() {
      if (look().length === 0) return []
      return durably(database, () => {
        // Looked for again: another process may have been faster.
        const left = look()
        for (const job of left) {
          // What this process could not keep the end of is no death.
          const unclean = job.unclean + (job.owner === self ? 0 : 1)
          if (unclean >= UNCLEAN_ENDS) table.end(job, { error: killer(unclean) }, Date.now())
          else table.requeue(job, { unclean, tries: job.tries, notBefore: 0 }, queued())
        }
        return left.map(({ id }) => table.find(id)!)
      })
    },
  }
}

function queued(error?: JobError): JobEvent {
  return { state: 'queued', stage: 'queued', percentage: 0, ...(error && { error }) }
}

function killer(times: number): JobError {
  return {
    detail: `Expected the service to live while it runs this job and no other, got its sudden end or silence ${times} times`,
    code: 'ALIGNMENT_FAILED',
    retryable: false,
  }
}
