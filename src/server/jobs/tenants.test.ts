import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ALIGNMENT,
  deferred,
  GOOD,
  type Service,
  serve,
  stopAll,
  untilAborted,
} from '../../../test/http-service.ts'
import type { Alignment } from '../../types.ts'
import { NO_TENANT, tenantOf } from '../auth.ts'
import { openJobs } from './opened-jobs.ts'
import type { BatchView, JobList, JobView } from './schemas.ts'

const folders: string[] = []
afterAll(async () => {
  await stopAll()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-tenants-'))
  folders.push(folder)
  return folder
}

type Asked = { method?: string; body?: unknown; headers?: Record<string, string> }

/** What one tenant asks, and the answer's body where it is JSON. */
function as(key: string | undefined, { url }: Service) {
  return async (path: string, { method, body, headers }: Asked = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { 'content-type': 'application/json', ...(key && { 'x-api-key': key }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined }
  }
}

type Ask = ReturnType<typeof as>

async function accepted(ask: Ask, headers: Record<string, string> = {}, body: unknown = GOOD) {
  const { status, json } = await ask('/jobs', { body, headers })
  expect({ status, json }).toMatchObject({ status: 202 })
  return json as JobView
}

async function acceptedBatch(ask: Ask, headers: Record<string, string> = {}): Promise<BatchView> {
  const { status, json } = await ask('/batches', {
    body: { items: [GOOD, { ...GOOD, lyrics_text: 'Other' }] },
    headers: { prefer: 'respond-async', ...headers },
  })
  expect({ status, json }).toMatchObject({ status: 202 })
  return json as BatchView
}

const listed = async (ask: Ask) => ((await ask('/jobs')).json as JobList).jobs.map(({ id }) => id)

describe.each(['in memory', 'in a folder'])('each key is a tenant, %s', (where) => {
  let service: Service
  let alpha: Ask
  let beta: Ask
  let turn: ReturnType<typeof deferred<Alignment>>
  let ranFor: string[]
  beforeEach(async () => {
    turn = deferred()
    ranFor = []
    const env = where === 'in memory' ? {} : { SOW_QWEN3_CACHE_DIR: newFolder() }
    service = await serve(
      (source, lyrics, options) => {
        ranFor.push(lyrics)
        return Promise.race([turn.promise, untilAborted(() => {})(source, lyrics, options)])
      },
      { ...env, SOW_QWEN3_API_KEY: 'alpha,beta' },
    )
    alpha = as('alpha', service)
    beta = as('beta', service)
  })

  test('a job of another key is not found, as one that never was, and goes on', async () => {
    const { id } = await accepted(alpha)
    const never = await beta('/jobs/f47ac10b-58cc-4372-a567-0e02b2c3d479')
    for (const [path, method] of [
      [`/jobs/${id}`, 'GET'],
      [`/jobs/${id}`, 'DELETE'],
      [`/jobs/${id}/events`, 'GET'],
      [`/jobs/${id}/events?last_event_id=1`, 'GET'],
    ] as const) {
      const { status, json } = await beta(path, { method })
      expect({ status, ...json, request_id: '' }).toEqual({ status: 404, ...never.json, request_id: '' })
    }
    expect(await listed(beta)).toEqual([])
    expect(await listed(alpha)).toEqual([id])
    turn.resolve(ALIGNMENT)
    await expect.poll(async () => (await alpha(`/jobs/${id}`)).json.state).toBe('done')
    expect((await beta(`/jobs/${id}`)).status).toBe(404)
    expect((await beta(`/jobs/${id}`, { method: 'DELETE' })).status).toBe(404)
    expect((await alpha(`/jobs/${id}/events`)).text).toContain('event: done')
    expect((await alpha(`/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await alpha(`/jobs/${id}`)).status).toBe(404)
  })

  test('a batch of another key and its jobs are not found', async () => {
    const { id } = await acceptedBatch(alpha)
    const items = await listed(alpha)
    expect(items).toHaveLength(2)
    for (const [path, method] of [
      [`/batches/${id}`, 'GET'],
      [`/batches/${id}`, 'DELETE'],
      [`/batches/${id}/results`, 'GET'],
      [`/batches/${id}/results?after=1`, 'GET'],
      ...items.flatMap((item) => [[`/jobs/${item}`, 'GET'] as const, [`/jobs/${item}`, 'DELETE'] as const]),
    ] as const) {
      const { status, json } = await beta(path, { method })
      expect({ path, status, code: json.code }).toEqual({ path, status: 404, code: 'NOT_FOUND' })
    }
    expect(await listed(beta)).toEqual([])
    turn.resolve(ALIGNMENT)
    await expect.poll(async () => (await alpha(`/batches/${id}`)).json.counts.done).toBe(2)
    expect((await alpha(`/batches/${id}/results`)).text.trim().split('\n')).toHaveLength(2)
    expect((await alpha(`/batches/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await alpha(`/batches/${id}`)).status).toBe(404)
  })

  test('an Idempotency-Key is each tenant’s own: it finds no job of another, and is not refused for one', async () => {
    const key = { 'idempotency-key': 'one' }
    const first = await accepted(alpha, key)
    const other = await accepted(beta, key, { ...GOOD, lyrics_text: 'Another text' })
    expect(other.id).not.toBe(first.id)
    expect((await accepted(alpha, key)).id).toBe(first.id)
    expect((await accepted(beta, key, { ...GOOD, lyrics_text: 'Another text' })).id).toBe(other.id)
    expect((await beta('/jobs', { body: GOOD, headers: key })).status).toBe(400)
    const batches = [await acceptedBatch(alpha, key), await acceptedBatch(beta, key)]
    expect(batches[0]!.id).not.toBe(batches[1]!.id)
    expect((await acceptedBatch(alpha, key)).id).toBe(batches[0]!.id)
    turn.resolve(ALIGNMENT)
  })

  test('pages of a list hold the jobs of the key alone', async () => {
    const ids: string[] = []
    for (const ask of [alpha, beta, alpha, beta, alpha]) ids.push((await accepted(ask)).id)
    const first = (await alpha('/jobs?limit=2')).json as JobList
    const second = (await alpha(`/jobs?limit=2&before=${first.next}`)).json as JobList
    expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual([ids[4], ids[2], ids[0]])
    const queued = (await beta('/jobs?state=queued')).json as JobList
    expect(queued.jobs.map(({ id }) => id)).toEqual([ids[3], ids[1]])
    turn.resolve(ALIGNMENT)
  })

  test('a key that comes as a bearer is the same tenant', async () => {
    const { id } = await accepted(alpha)
    const bearer = as(undefined, service)
    const headers = { authorization: 'Bearer alpha' }
    expect((await bearer(`/jobs/${id}`, { headers })).status).toBe(200)
    expect((await bearer(`/jobs/${id}`, { headers: { authorization: 'Bearer beta' } })).status).toBe(404)
    expect((await bearer(`/jobs/${id}`)).status).toBe(401)
    turn.resolve(ALIGNMENT)
  })

  test('jobs of all keys share one queue and one bound', async () => {
    const first = await accepted(alpha)
    await accepted(beta)
    const last = await accepted(alpha)
    await expect.poll(() => ranFor.length).toBe(1)
    expect((await alpha(`/jobs/${first.id}`)).json.state).toBe('running')
    expect((await alpha(`/jobs/${last.id}`)).json.queue_position).toBe(2)
    turn.resolve(ALIGNMENT)
  })
})

test('the order of the keys does not matter, and of a key only its SHA-256 is kept', async () => {
  const env = { SOW_QWEN3_CACHE_DIR: newFolder() }
  const first = await serve(undefined, { ...env, SOW_QWEN3_API_KEY: 'alpha-secret,beta-secret' })
  const { id } = await accepted(as('beta-secret', first))
  const second = await serve(undefined, {
    ...env,
    SOW_QWEN3_API_KEY: 'gamma-secret,beta-secret,alpha-secret',
  })
  expect((await as('beta-secret', second)(`/jobs/${id}`)).status).toBe(200)
  for (const key of ['alpha-secret', 'gamma-secret']) {
    expect((await as(key, second)(`/jobs/${id}`)).status).toBe(404)
  }
  const jobs = join(env.SOW_QWEN3_CACHE_DIR, 'jobs')
  const kept = readdirSync(jobs, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const bytes = kept.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join()
  expect(bytes).toContain(createHash('sha256').update('beta-secret').digest('hex'))
  expect(bytes).not.toContain('-secret')
})

test('what was kept while no key was set belongs to the first key that is', async () => {
  const env = { SOW_QWEN3_CACHE_DIR: newFolder() }
  const open = await serve(undefined, env)
  const ask = as(undefined, open)
  const { id } = await accepted(ask, { 'idempotency-key': 'k' })
  const batch = await acceptedBatch(ask)
  await expect.poll(async () => (await ask(`/batches/${batch.id}`)).json.counts.done).toBe(2)
  await open.stop(true)
  const keyed = await serve(undefined, { ...env, SOW_QWEN3_API_KEY: 'alpha,beta' })
  const [alpha, beta] = [as('alpha', keyed), as('beta', keyed)]
  for (const path of [`/jobs/${id}`, `/batches/${batch.id}`]) {
    expect((await alpha(path)).status).toBe(200)
    expect((await beta(path)).status).toBe(404)
  }
  expect((await accepted(alpha, { 'idempotency-key': 'k' })).id).toBe(id)
})

/** A database as the version without tenants made it, with two jobs and a batch. */
function firstVersion(folder: string): void {
  mkdirSync(join(folder, 'jobs'), { recursive: true })
  const LibsqlDatabase: typeof Libsql = createRequire(import.meta.url)('libsql')
  const database = new LibsqlDatabase(join(folder, 'jobs', 'jobs.db'))
  database.pragma('journal_mode = WAL')
  database.exec(`
    CREATE TABLE batches (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, total INTEGER NOT NULL,
      idempotency_key TEXT UNIQUE, fingerprint TEXT NOT NULL);
    CREATE TABLE jobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
      stage TEXT NOT NULL, percentage INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, started_at INTEGER,
      finished_at INTEGER, request_id TEXT NOT NULL, request TEXT, shown TEXT NOT NULL, upload TEXT, result TEXT,
      error TEXT, idempotency_key TEXT UNIQUE, fingerprint TEXT NOT NULL, owner TEXT, lease_until INTEGER,
      unclean INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0,
      batch_id TEXT, batch_index INTEGER, item_id TEXT, finish_order INTEGER);
    CREATE INDEX jobs_by_state ON jobs (state, seq);
    CREATE INDEX jobs_by_batch ON jobs (batch_id, finish_order);
    CREATE INDEX jobs_by_upload ON jobs (upload) WHERE upload IS NOT NULL;
    CREATE TABLE events (job_id TEXT NOT NULL, seq INTEGER NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (job_id, seq)) WITHOUT ROWID;
    PRAGMA user_version = 1;
    INSERT INTO batches VALUES ('b', 1700000000000, 1, 'batch-key', 'print');
    INSERT INTO jobs (seq, id, state, stage, created_at, request_id, request, shown, idempotency_key, fingerprint)
      VALUES (7, 'waits', 'queued', 'queued', 1700000000000, 'r', '${JSON.stringify({
        ...GOOD,
        language: 'en',
        format: 'lrc',
      })}', 'a', 'job-key', 'print');
    INSERT INTO jobs (seq, id, state, stage, percentage, created_at, started_at, finished_at, request_id, shown, error,
        fingerprint, batch_id, batch_index, item_id, finish_order)
      VALUES (9, 'failed', 'failed', 'failed', 42, 1700000000000, 1700000000001, ${Date.now()}, 'r', 'a',
        '{"detail":"d","code":"LYRICS_EMPTY","retryable":false}', 'print', 'b', 0, 'item', 1);
    INSERT INTO events VALUES ('waits', 1, '{"state":"queued","stage":"queued","percentage":0}');
    INSERT INTO events VALUES ('failed', 1, '{"state":"failed","stage":"failed","percentage":42}');
    INSERT INTO jobs (id, state, stage, created_at, request_id, request, shown, fingerprint)
      VALUES ('gone', 'queued', 'queued', 1, 'r', '${'long forgotten words '.repeat(600)}', 'a', 'print');
    DELETE FROM jobs WHERE id = 'gone';
  `)
  database.close()
}

describe('a database of the version without tenants', () => {
  test.each([
    ['no key', NO_TENANT],
    ['a key', tenantOf('alpha')],
  ])('belongs to the tenant of %s', async (_, tenant) => {
    const folder = newFolder()
    firstVersion(folder)
    for (let opened = 0; opened < 2; opened++) {
      const openedJobs = openJobs(folder, 30_000, (message) => expect.fail(message), tenant)
      const { store } = openedJobs
      expect(store.list(tenant, 10, undefined, undefined)).toMatchObject([
        { seq: 9, id: 'failed', tenant, percentage: 42, batch_id: 'b', item_id: 'item', finish_order: 1 },
        { seq: 7, id: 'waits', tenant, state: 'queued', request: expect.stringContaining('One two') },
      ])
      expect(store.findByKey(tenant, 'job-key')!.id).toBe('waits')
      expect(store.batch(tenant, 'b')).toMatchObject({ total: 1, created_at: 1_700_000_000_000 })
      expect(store.counts('b')).toMatchObject({ failed: 1 })
      expect(store.events('waits', 0)).toHaveLength(1)
      expect(store.find(tenantOf('beta'), 'waits')).toBeUndefined()
      expect(store.batch(tenantOf('beta'), 'b')).toBeUndefined()
      await openedJobs.close()
    }
    const bytes = ['', '-wal', '-shm']
      .map((part) => join(folder, 'jobs', `jobs.db${part}`))
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'latin1'))
    expect(bytes.join()).not.toContain('forgotten')
  })

  test('goes on: what waited runs, and is asked for with the first key', async () => {
    const folder = newFolder()
    firstVersion(folder)
    const service = await serve(undefined, { SOW_QWEN3_CACHE_DIR: folder, SOW_QWEN3_API_KEY: 'alpha,beta' })
    const [alpha, beta] = [as('alpha', service), as('beta', service)]
    await expect.poll(async () => (await alpha('/jobs/waits')).json.state).toBe('done')
    expect((await beta('/jobs/waits')).status).toBe(404)
    expect((await alpha('/batches/b')).json).toMatchObject({ total: 1, counts: { failed: 1 } })
  })
})
