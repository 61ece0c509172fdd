import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NO_TENANT } from '../auth.ts'
import type { NewJob } from './job.ts'
import { type OpenedJobs, openJobs } from './opened-jobs.ts'

const LEASE_MS = 30_000

let folder: string
const open = new Set<OpenedJobs>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-claims-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const openedJobs of [...open]) await die(openedJobs)
  rmSync(folder, { recursive: true, force: true })
})

function start(leaseMs = LEASE_MS): OpenedJobs {
  const openedJobs = openJobs(folder, leaseMs, (message) => expect.fail(message))
  open.add(openedJobs)
  return openedJobs
}

/** As a process that ends in mid-work: it puts nothing back. */
async function die(openedJobs: OpenedJobs): Promise<void> {
  open.delete(openedJobs)
  await openedJobs.close()
}

function accept({ store }: OpenedJobs, ...ids: string[]): void {
  for (const id of ids) store.accept(newJob(id), 100, () => {})
}

function newJob(id: string): NewJob {
  const request = { audio_url: 'https://example.com/a.mp3', lyrics_text: 'a', language: 'auto' }
  return {
    ...{
      id,
      tenant: NO_TENANT,
      requestId: id,
      shown: 'a',
      upload: null,
      fingerprint: id,
      idempotencyKey: null,
    },
    ...{ request: { ...request, format: 'lrc' }, batch: null, error: null },
  }
}

const claimed = ({ claims }: OpenedJobs, idle: boolean) => claims.claim(idle)?.id

test('what ran when a process died runs again, each by itself, and those behind wait for it', async () => {
  const first = start()
  accept(first, 'a', 'b', 'c')
  expect([claimed(first, true), claimed(first, false)]).toEqual(['a', 'b'])
  await die(first)
  const second = start()
  expect(second.claims.takeOver().map(({ id, state }) => [id, state])).toEqual([
    ['a', 'queued'],
    ['b', 'queued'],
  ])
  expect(second.claims.takeOver()).toEqual([])
  expect(claimed(second, false)).toBeUndefined()
  expect(claimed(second, true)).toBe('a')
  expect(claimed(second, false)).toBeUndefined()
  expect(second.claims.finish('a', 'cancelled')).toBe(true)
  expect(claimed(second, true)).toBe('b')
  expect(second.claims.finish('b', 'cancelled')).toBe(true)
  expect(claimed(second, false)).toBe('c')
})

test('a job outlives four ends of the process that ran it, and is the cause of the fifth', async () => {
  let openedJobs = start()
  accept(openedJobs, 'a', 'b')
  for (let ends = 1; ends <= 5; ends++) {
    expect(claimed(openedJobs, true)).toBe('a')
    await die(openedJobs)
    openedJobs = start()
    expect(openedJobs.claims.takeOver().map(({ state }) => state)).toEqual([ends < 5 ? 'queued' : 'failed'])
  }
  expect(JSON.parse(openedJobs.store.find(NO_TENANT, 'a')!.error!)).toEqual({
    detail: expect.stringContaining('5 times'),
    code: 'ALIGNMENT_FAILED',
    retryable: false,
  })
  expect(claimed(openedJobs, false)).toBe('b')
})

test('who gives no sign for a lease loses the job, and learns of it', async () => {
  const silent = start(0)
  accept(silent, 'a')
  expect(claimed(silent, true)).toBe('a')
  const other = start()
  await expect.poll(() => other.claims.takeOver().map(({ id }) => id)).toEqual(['a'])
  expect(silent.claims.renew(['a'])).toEqual(['a'])
  expect(claimed(other, true)).toBe('a')
  expect(silent.claims.finish('a', 'cancelled')).toBe(false)
})

const DAY_MS = 24 * 3600 * 1000

/** Moves both clocks: what the one on the wall shows, and the time that has gone by. */
function setClocks({ wall, gone = 0 }: { wall: number; gone?: number }): void {
  const [date, monotonic] = [Date.now(), performance.now()]
  vi.spyOn(Date, 'now').mockReturnValue(date + wall + gone)
  vi.spyOn(performance, 'now').mockReturnValue(monotonic + gone)
}

test('a job that is put back for seconds does not wait a day for a clock that is set back', () => {
  const openedJobs = start()
  accept(openedJobs, 'a')
  expect(claimed(openedJobs, true)).toBe('a')
  openedJobs.claims.putBack('a', 16_000)
  expect(claimed(openedJobs, true)).toBeUndefined()
  setClocks({ wall: -DAY_MS })
  expect(claimed(openedJobs, true)).toBe('a')
})

test('a lease that nobody renews runs out also where the clock is set back; one that is renewed does not', () => {
  const [silent, alive, other] = [start(), start(), start()]
  accept(silent, 'a', 'b')
  expect([claimed(silent, true), claimed(alive, true)]).toEqual(['a', 'b'])
  setClocks({ wall: -DAY_MS })
  expect(other.claims.takeOver()).toEqual([])
  vi.restoreAllMocks()
  setClocks({ wall: -DAY_MS, gone: LEASE_MS + 1000 })
  expect(alive.claims.renew(['b'])).toEqual([])
  expect(other.claims.takeOver().map(({ id }) => id)).toEqual(['a'])
})
