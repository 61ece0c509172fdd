import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { afterAll, beforeEach, expect, test } from 'vitest'
import {
  ALIGNMENT,
  type Align,
  deferred,
  GOOD,
  type Service,
  serve,
  stopAll,
} from '../../../test/http-service.ts'
import { NO_TENANT } from '../auth.ts'
import type { NewJob } from './job.ts'
import { openJobs } from './opened-jobs.ts'
import type { BatchView, JobView } from './schemas.ts'

const folders: string[] = []
afterAll(async () => {
  await stopAll()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sow-erase-'))
  folders.push(folder)
})

/** Everything that stands in the files of the database. */
function bytesOfDatabase(): string {
  return ['', '-wal', '-shm']
    .map((part) => join(folder, 'jobs', `jobs.db${part}`))
    .map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : ''))
    .join('\n')
}

/** Words that are searched for, with numbers, in texts that fill from a part of a page to several. */
const words = (n: number) => `unmistakable words ${n} of it`
const lyrics = (n: number) => `${words(n)}\n`.repeat(1 + ((n * 37) % 400))
const kept = () => bytesOfDatabase().includes('unmistakable')
const SOON = { timeout: 10_000 }

/** Answers what it was asked: the words are in the result as well. */
const echo: Align = async (_, text) => ({
  ...ALIGNMENT,
  lines: [{ ...ALIGNMENT.lines[0]!, text }],
})

async function send<T>({ url }: Service, path: string, body: unknown): Promise<T> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(202)
  return (await response.json()) as T
}

const postJob = (service: Service, n: number) =>
  send<JobView>(service, '/jobs', { ...GOOD, lyrics_text: lyrics(n) })

async function stateOf({ url }: Service, path: string): Promise<string> {
  return ((await (await fetch(`${url}/api/v1${path}`)).json()) as JobView).state
}

const remove = async ({ url }: Service, path: string) =>
  expect((await fetch(`${url}/api/v1${path}`, { method: 'DELETE' })).status).toBe(204)

test('the lyrics of a finished job are not in the files of the database, though others wait there', async () => {
  const turn = deferred<void>()
  const service = await serve(
    async (_, text) => {
      if (text.startsWith('wait')) await turn.promise
      return ALIGNMENT
    },
    { SOW_QWEN3_CACHE_DIR: folder, SOW_QWEN3_MAX_CONCURRENT: '1' },
  )
  const gate = await send<JobView>(service, '/jobs', { ...GOOD, lyrics_text: 'wait' })
  const ids: string[] = []
  for (let n = 0; n < 40; n++) ids.push((await postJob(service, n)).id)
  expect(kept()).toBe(true)
  await expect.poll(() => stateOf(service, `/jobs/${gate.id}`)).toBe('running')
  turn.resolve()
  await expect.poll(() => stateOf(service, `/jobs/${ids.at(-1)}`), SOON).toBe('done')
  await expect.poll(kept, SOON).toBe(false)
  expect(await stateOf(service, `/jobs/${ids[0]}`)).toBe('done')
})

test('nor those of jobs that were cancelled, nor results that were deleted; what is still kept is whole', async () => {
  const turn = deferred<void>()
  const service = await serve(
    async (...given) => {
      await turn.promise
      return echo(...given)
    },
    { SOW_QWEN3_CACHE_DIR: folder },
  )
  const ids: string[] = []
  for (let n = 0; n < 30; n++) ids.push((await postJob(service, n)).id)
  const cancelled = ids.filter((_, n) => n % 3 === 1)
  for (const id of cancelled) await remove(service, `/jobs/${id}`)
  const has = (n: number) => bytesOfDatabase().includes(words(n))
  await expect.poll(() => ids.filter((_, n) => n % 3 === 1 && has(n)), SOON).toEqual([])
  expect(has(0)).toBe(true)
  turn.resolve()
  await expect.poll(() => stateOf(service, `/jobs/${ids[29]}`), SOON).toBe('done')
  for (const id of ids.filter((_, n) => n % 3 === 2)) await remove(service, `/jobs/${id}`)
  await expect.poll(() => ids.filter((_, n) => n % 3 === 2 && has(n)), SOON).toEqual([])
  for (let n = 0; n < 30; n += 3) {
    const view = (await (await fetch(`${service.url}/api/v1/jobs/${ids[n]}`)).json()) as JobView
    expect(view.result!.lrc_content).toContain(words(n))
  }
  for (let n = 0; n < 30; n += 3) await remove(service, `/jobs/${ids[n]}`)
  await expect.poll(kept, SOON).toBe(false)
})

test('nor those of a batch that was cancelled and deleted', async () => {
  const service = await serve(echo, { SOW_QWEN3_CACHE_DIR: folder })
  const items = Array.from({ length: 12 }, (_, n) => ({ ...GOOD, lyrics_text: lyrics(n) }))
  const { id } = await send<BatchView>(service, '/batches', { items })
  await expect.poll(() => stateOf(service, `/batches/${id}`), SOON).toBe('done')
  expect(kept()).toBe(true)
  await remove(service, `/batches/${id}`)
  await expect.poll(kept, SOON).toBe(false)
})

test('nor those of results that have expired', async () => {
  const service = await serve(echo, { SOW_QWEN3_CACHE_DIR: folder, SOW_QWEN3_JOB_TTL_SECONDS: '1' })
  await postJob(service, 1)
  await expect.poll(kept).toBe(true)
  await expect.poll(kept, SOON).toBe(false)
})

test('an upload and its words are gone when its job was deleted', async () => {
  const service = await serve(() => new Promise(() => {}), { SOW_QWEN3_CACHE_DIR: folder })
  const form = new FormData()
  form.set('audio', new Blob(['la']), 'song.mp3')
  form.set('lyrics_text', lyrics(3))
  const response = await fetch(`${service.url}/api/v1/jobs`, { method: 'POST', body: form })
  const { id } = (await response.json()) as JobView
  expect(readdirSync(join(folder, 'jobs', 'uploads'))).toHaveLength(1)
  await remove(service, `/jobs/${id}`)
  expect(readdirSync(join(folder, 'jobs', 'uploads'))).toEqual([])
  await expect.poll(kept, SOON).toBe(false)
})

function newJob(n: number): NewJob {
  const request = {
    audio_url: GOOD.audio_url,
    lyrics_text: lyrics(n),
    language: 'en',
    format: 'lrc',
  } as const
  return {
    ...{ id: `job ${n}`, tenant: NO_TENANT, requestId: 'r', request, shown: 'a', upload: null },
    ...{ fingerprint: 'a', idempotencyKey: null, batch: null, error: null },
  }
}

const open = () => openJobs(folder, 30_000, (message) => expect.fail(message))

test('what was deleted just before the end is gone with it', async () => {
  const openedJobs = open()
  openedJobs.store.accept(newJob(1), 10, () => {})
  openedJobs.store.cancel('job 1')
  expect(kept()).toBe(true)
  await openedJobs.close()
  expect(kept()).toBe(false)
})

test('what a process deleted that was killed then is gone after the next start', async () => {
  const { store } = open()
  store.accept(newJob(1), 10, () => {})
  store.cancel('job 1')
  store.forget('job 1')
  expect(kept()).toBe(true)
  // It is never closed. The next one empties what it finds.
  const next = open()
  await expect.poll(kept, SOON).toBe(false)
  await next.close()
})

test('who reads the database meanwhile is not waited for, and it is emptied when he is done', async () => {
  const openedJobs = open()
  openedJobs.store.accept(newJob(1), 10, () => {})
  const LibsqlDatabase: typeof Libsql = createRequire(import.meta.url)('libsql')
  const reader = new LibsqlDatabase(join(folder, 'jobs', 'jobs.db'))
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM jobs').get()
  let longest = 0
  let last = performance.now()
  const clock = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 20)
  openedJobs.store.cancel('job 1')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(kept()).toBe(true)
  clearInterval(clock)
  // Had it waited, nothing would have run for five seconds.
  expect(longest).toBeLessThan(4000)
  reader.exec('COMMIT')
  reader.close()
  await expect.poll(kept, SOON).toBe(false)
  await openedJobs.close()
})
