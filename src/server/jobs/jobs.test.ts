import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ALIGNMENT,
  type Align,
  deferred,
  GOOD,
  type Service,
  serve,
  stopAll,
  untilAborted,
} from '../../../test/http-service.ts'
import { partialName } from '../../disk/partial-file.ts'
import { AlignError } from '../../errors.ts'
import type { Alignment, AudioSource } from '../../types.ts'
import type { Readiness } from '../readiness.ts'
import type { JobList, JobView } from './schemas.ts'

const folders: string[] = []
afterAll(async () => {
  await stopAll()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-jobs-'))
  folders.push(folder)
  return folder
}

type Answer = JobView & { code: string; detail: string }

function postJob(url: string, body: unknown = GOOD, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

function upload(url: string, bytes: string, headers: Record<string, string> = {}): Promise<Response> {
  const form = new FormData()
  form.set('audio', new Blob([bytes]), 'song.mp3')
  form.set('lyrics_text', GOOD.lyrics_text)
  return fetch(`${url}/api/v1/jobs`, { method: 'POST', body: form, headers })
}

async function accepted(response: Promise<Response>): Promise<Answer> {
  const answer = await response
  const body = (await answer.json()) as Answer
  expect({ status: answer.status, body }).toMatchObject({ status: 202 })
  return body
}

async function job(url: string, id: string): Promise<Answer> {
  return (await (await fetch(`${url}/api/v1/jobs/${id}`)).json()) as Answer
}

async function ended(url: string, id: string): Promise<Answer> {
  await expect.poll(async () => (await job(url, id)).finished_at).not.toBeNull()
  return job(url, id)
}

function remove(url: string, id: string): Promise<Response> {
  return fetch(`${url}/api/v1/jobs/${id}`, { method: 'DELETE' })
}

const uploadsIn = (folder: string) => {
  const place = join(folder, 'jobs', 'uploads')
  return existsSync(place) ? readdirSync(place) : []
}

describe.each(['in memory', 'in a folder'])('jobs %s', (where) => {
  let env: Record<string, string>
  beforeEach(() => {
    env = where === 'in memory' ? {} : { SOW_QWEN3_CACHE_DIR: newFolder() }
  })

  test('a job is accepted at once and answers what align would', async () => {
    const waiting = deferred<Alignment>()
    const { url } = await serve(() => waiting.promise, env)
    const response = await postJob(url)
    const first = (await response.clone().json()) as Answer
    expect(first.job_id).toBe(first.id)
    expect(response.headers.get('location')).toBe(first.status_url)
    expect(first).toMatchObject({ result: null, error: null, events_url: `${first.status_url}/events` })
    await accepted(Promise.resolve(response))
    await expect.poll(async () => (await job(url, first.id)).state).toBe('running')
    waiting.resolve(ALIGNMENT)
    const { result, ...last } = await ended(url, first.id)
    expect(last).toMatchObject({ state: 'done', stage: 'done', percentage: 100, error: null })
    expect(result).toMatchObject({
      lrc_content: '[00:01.00]One two\n[00:04.00]\n[00:04.00]Three',
      request_id: response.headers.get('x-request-id'),
    })
  })

  test('an upload is there when its job runs, and gone when it has run', async () => {
    let heard = ''
    const { url } = await serve(async (source) => {
      heard = await textOf(source)
      return ALIGNMENT
    }, env)
    const bytes = 'la'.repeat(1_200_000)
    const { id } = await accepted(upload(url, bytes))
    expect((await ended(url, id)).state).toBe('done')
    expect(heard === bytes).toBe(true)
    const { SOW_QWEN3_CACHE_DIR: folder } = env
    if (folder) await expect.poll(() => uploadsIn(folder)).toEqual([])
  })

  test('jobs run in their order, and tell their place in the queue', async () => {
    const order: string[] = []
    const turns = [deferred<Alignment>(), deferred<Alignment>(), deferred<Alignment>()]
    const { url } = await serve((_, lyrics) => {
      order.push(lyrics)
      return turns[order.length - 1]!.promise
    }, env)
    const ids: string[] = []
    for (const lyrics_text of ['one', 'two', 'three']) {
      ids.push((await accepted(postJob(url, { ...GOOD, lyrics_text }))).id)
    }
    expect(await job(url, ids[1]!)).toMatchObject({ state: 'queued', queue_position: 1 })
    expect(await job(url, ids[2]!)).toMatchObject({ state: 'queued', queue_position: 2 })
    for (const [i, turn] of turns.entries()) {
      turn.resolve(ALIGNMENT)
      await ended(url, ids[i]!)
    }
    expect(order).toEqual(['one', 'two', 'three'])
    const listed = (await (await fetch(`${url}/api/v1/jobs?limit=2`)).json()) as JobList
    expect(listed.jobs.map(({ id }) => id)).toEqual([ids[2], ids[1]])
    const rest = (await (await fetch(`${url}/api/v1/jobs?before=${listed.next}`)).json()) as JobList
    expect(rest).toMatchObject({ jobs: [{ id: ids[0] }], next: null })
  })

  test('the same request under one idempotency key is one job, another one is refused', async () => {
    let runs = 0
    const { url } = await serve(async () => {
      runs++
      return ALIGNMENT
    }, env)
    const key = { 'idempotency-key': 'a-1' }
    const first = await accepted(upload(url, 'la', key))
    await ended(url, first.id)
    expect((await accepted(upload(url, 'la', key))).id).toBe(first.id)
    const other = await upload(url, 'lo', key)
    expect({ status: other.status, ...((await other.json()) as Answer) }).toMatchObject({
      status: 400,
      code: 'BODY_INVALID',
      detail: expect.stringContaining('Idempotency-Key'),
    })
    expect(runs).toBe(1)
  })

  test('DELETE stops a running job, keeps that it was cancelled, and then forgets it', async () => {
    const started = deferred<void>()
    const stopped = deferred<void>()
    const wait = untilAborted(() => stopped.resolve())
    const { url } = await serve((...given) => {
      started.resolve()
      return wait(...given)
    }, env)
    const { id } = await accepted(upload(url, 'la'))
    await started.promise
    expect((await remove(url, id)).status).toBe(204)
    await stopped.promise
    expect(await job(url, id)).toMatchObject({ state: 'cancelled', result: null })
    const { SOW_QWEN3_CACHE_DIR: folder } = env
    if (folder) expect(uploadsIn(folder)).toEqual([])
    expect((await remove(url, id)).status).toBe(204)
    expect(await job(url, id)).toMatchObject({ code: 'NOT_FOUND' })
    expect((await remove(url, id)).status).toBe(404)
  })

  test('a cancelled job does not run', async () => {
    const first = deferred<Alignment>()
    const seen: string[] = []
    const { url } = await serve((_, lyrics) => {
      seen.push(lyrics)
      return first.promise
    }, env)
    await accepted(postJob(url, { ...GOOD, lyrics_text: 'one' }))
    const { id } = await accepted(postJob(url, { ...GOOD, lyrics_text: 'two' }))
    await remove(url, id)
    const { id: last } = await accepted(postJob(url, { ...GOOD, lyrics_text: 'three' }))
    first.resolve(ALIGNMENT)
    await ended(url, last)
    expect(seen).toEqual(['one', 'three'])
  })

  test('one job more than MAX_JOBS is refused, and accepted when another has ended', async () => {
    const waiting = deferred<Alignment>()
    const { url } = await serve(() => waiting.promise, { ...env, SOW_QWEN3_MAX_JOBS: '2' })
    const key = { 'idempotency-key': 'first' }
    const first = await accepted(postJob(url, GOOD, key))
    await accepted(postJob(url))
    const refused = await postJob(url)
    expect({
      status: refused.status,
      code: ((await refused.json()) as Answer).code,
      retryAfter: Number(refused.headers.get('retry-after')) > 0,
    }).toEqual({ status: 429, code: 'QUEUE_FULL', retryAfter: true })
    expect((await accepted(postJob(url, GOOD, key))).id).toBe(first.id)
    waiting.resolve(ALIGNMENT)
    await ended(url, first.id)
    await expect.poll(async () => (await postJob(url)).status).toBe(202)
  })

  test('finished jobs are forgotten after JOB_TTL_SECONDS', async () => {
    const { url } = await serve(undefined, { ...env, SOW_QWEN3_JOB_TTL_SECONDS: '1' })
    const { id } = await accepted(postJob(url))
    await expect.poll(async () => (await fetch(`${url}/api/v1/jobs/${id}`)).status).toBe(404)
  })

  test('storage that fails in passing is asked again, a client error is not', async () => {
    let tries = 0
    const { url } = await serve(async (source) => {
      tries++
      if (String(source).includes('gone')) throw new AlignError('AUDIO_FETCH_FAILED', 'Expected 200, got 404')
      if (tries === 1)
        throw new AlignError('AUDIO_FETCH_FAILED', 'Expected 200, got 503', { retryable: true })
      return ALIGNMENT
    }, env)
    const { id } = await accepted(postJob(url))
    expect(await ended(url, id)).toMatchObject({ state: 'done' })
    expect(tries).toBe(2)
    const { id: gone } = await accepted(postJob(url, { ...GOOD, audio_url: 'https://example.com/gone' }))
    expect(await ended(url, gone)).toMatchObject({
      state: 'failed',
      error: { code: 'AUDIO_FETCH_FAILED', detail: 'Expected 200, got 404', retryable: false },
    })
    expect(tries).toBe(3)
  })

  test('a job waits where the aligner is full, and does not fail', async () => {
    let tries = 0
    const { url } = await serve(async () => {
      if (++tries < 3) throw new AlignError('QUEUE_FULL', 'full')
      return ALIGNMENT
    }, env)
    const { id } = await accepted(postJob(url))
    expect(await ended(url, id)).toMatchObject({ state: 'done' })
  })

  test('a job that runs for longer than it may fails, and its work is stopped', async () => {
    const stopped = deferred<void>()
    const wait = untilAborted(() => stopped.resolve())
    const align: Align = (source, lyrics, options) => {
      options!.onProgress!({ stage: 'decoding', fraction: 0 })
      return wait(source, lyrics, options)
    }
    const { url } = await serve(align, { ...env, SOW_QWEN3_REQUEST_TIMEOUT_SECONDS: '1' })
    const { id } = await accepted(postJob(url))
    expect(await ended(url, id)).toMatchObject({ state: 'failed', error: { code: 'DEADLINE_EXCEEDED' } })
    await stopped.promise
  })
})

describe('what is asked for', () => {
  let service: Service
  beforeEach(async () => {
    service = await serve(undefined, { SOW_QWEN3_API_KEY: 'secret' })
  })
  const key = { 'x-api-key': 'secret' }

  test.each([
    ['no lyrics', { ...GOOD, lyrics_text: ' \n ' }, 400, 'LYRICS_EMPTY'],
    ['an unknown language', { ...GOOD, language: 'Klingon' }, 422, 'LANGUAGE_UNSUPPORTED'],
    ['a path', { ...GOOD, audio_url: '/etc/passwd' }, 400, 'AUDIO_URL_FORBIDDEN'],
    ['no audio', { lyrics_text: 'a' }, 400, 'BODY_INVALID'],
    ['another shape', { ...GOOD, lyrics_text: 5 }, 400, 'BODY_INVALID'],
  ])('%s is refused at once', async (_, body, status, code) => {
    const response = await postJob(service.url, body, key)
    expect({ status: response.status, code: ((await response.json()) as Answer).code }).toEqual({
      status,
      code,
    })
  })

  test('keys are asked for', async () => {
    for (const path of ['jobs', 'jobs/1', 'jobs/1/events', 'batches/1', 'batches/1/results']) {
      expect((await fetch(`${service.url}/api/v1/${path}`)).status).toBe(401)
    }
    expect((await postJob(service.url)).status).toBe(401)
  })

  test('unknown ids are not found', async () => {
    for (const path of ['jobs/1', 'jobs/1/events', 'batches/1', 'batches/1/results']) {
      const response = await fetch(`${service.url}/api/v1/${path}`, { headers: key })
      expect({ status: response.status, body: await response.json() }).toMatchObject({
        status: 404,
        body: { code: 'NOT_FOUND', retryable: false },
      })
    }
  })

  test.each(['limit=0', 'limit=x', 'before=-1', 'state=odd'])('a list with %s is refused', async (query) => {
    const response = await fetch(`${service.url}/api/v1/jobs?${query}`, { headers: key })
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 400,
      body: { code: 'BODY_INVALID' },
    })
  })

  test('the log tells of a job, and not its lyrics', async () => {
    const { id } = await accepted(postJob(service.url, GOOD, key))
    await expect.poll(service.logged).toMatch(new RegExp(`"job_id":"${id}".*"verdict":"mixed"`))
    expect(service.logged()).not.toContain('One two')
  })

  test('jobs are accepted while the model loads, and run when it is ready', async () => {
    const ready = service.readiness.now
    service.readiness.now = { state: 'loading' }
    const { id } = await accepted(postJob(service.url, GOOD, key))
    service.readiness.now = ready
    const view = async () =>
      (await (await fetch(`${service.url}/api/v1/jobs/${id}`, { headers: key })).json()) as Answer
    await expect.poll(async () => (await view()).state).toBe('done')
    service.readiness.now = { state: 'failed', reason: 'no model' }
    expect((await postJob(service.url, GOOD, key)).status).toBe(503)
    service.readiness.now = ready
  })

  test('jobs wait while no worker can be started again', async () => {
    const ready = service.readiness.now as Extract<Readiness, { state: 'ready' }>
    const { aligner } = ready
    service.readiness.now = { state: 'loading' }
    const { id } = await accepted(postJob(service.url, GOOD, key))
    const stuck = { ...aligner.status(), stuck: true, stuckReason: 'no worker' }
    service.readiness.now = { state: 'ready', aligner: { ...aligner, status: () => stuck } }
    const state = async () =>
      ((await (await fetch(`${service.url}/api/v1/jobs/${id}`, { headers: key })).json()) as Answer).state
    await sleep(400)
    expect(await state()).toBe('queued')
    service.readiness.now = ready
    await expect.poll(state).toBe('done')
  })
})

describe('the folder of jobs', () => {
  test('is nobody else’s', async () => {
    const folder = newFolder()
    const waiting = deferred<Alignment>()
    const { url } = await serve(() => waiting.promise, { SOW_QWEN3_CACHE_DIR: folder })
    await accepted(upload(url, 'la'))
    const jobs = join(folder, 'jobs')
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
    expect(modeOf(jobs)).toBe('700')
    for (const name of ['jobs.db', 'jobs.db-wal']) expect(modeOf(join(jobs, name))).toBe('600')
    const [file] = uploadsIn(folder)
    expect(modeOf(join(jobs, 'uploads', file!))).toBe('600')
    expect(readFileSync(join(jobs, 'uploads', file!), 'utf8')).toBe('la')
    waiting.resolve(ALIGNMENT)
  })

  test('is closed to others where an earlier one was open', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'jobs', 'uploads'), { recursive: true, mode: 0o755 })
    const { url } = await serve(undefined, { SOW_QWEN3_CACHE_DIR: folder })
    await accepted(postJob(url))
    expect((statSync(join(folder, 'jobs')).mode & 0o777).toString(8)).toBe('700')
  })

  test('equal uploads are kept once, until the last of their jobs has ended', async () => {
    const folder = newFolder()
    const turns = [deferred<Alignment>(), deferred<Alignment>()]
    let turn = 0
    const { url } = await serve(() => turns[turn++]!.promise, { SOW_QWEN3_CACHE_DIR: folder })
    const first = await accepted(upload(url, 'la'))
    const second = await accepted(upload(url, 'la'))
    expect(uploadsIn(folder)).toHaveLength(1)
    turns[0]!.resolve(ALIGNMENT)
    await ended(url, first.id)
    expect(uploadsIn(folder)).toHaveLength(1)
    turns[1]!.resolve(ALIGNMENT)
    expect((await ended(url, second.id)).state).toBe('done')
    await expect.poll(() => uploadsIn(folder)).toEqual([])
  })

  test('an upload that a killed process was writing is removed at the next start, one that comes is not', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'jobs', 'uploads'), { recursive: true })
    const { pid: gone } = spawnSync('true')
    // the parent of this process is alive
    const names = [gone, process.ppid].map((pid) =>
      partialName('arriving').replace(`-${process.pid}-`, `-${pid}-`),
    )
    for (const name of names) writeFileSync(join(folder, 'jobs', 'uploads', name), 'half')
    const { url } = await serve(undefined, { SOW_QWEN3_CACHE_DIR: folder })
    await ended(url, (await accepted(postJob(url))).id)
    await expect.poll(() => uploadsIn(folder)).toEqual([names[1]])
  })

  test('where uploads cannot be written it is said, and once they can all is well', async () => {
    const folder = newFolder()
    const { url } = await serve(undefined, { SOW_QWEN3_CACHE_DIR: folder })
    await ended(url, (await accepted(postJob(url))).id)
    rmSync(join(folder, 'jobs', 'uploads'), { recursive: true, force: true })
    writeFileSync(join(folder, 'jobs', 'uploads'), 'in the way')
    const answer = await upload(url, 'la')
    expect(answer.status).toBe(500)
    expect(await answer.json()).toMatchObject({ code: 'CACHE_UNWRITABLE' })
    rmSync(join(folder, 'jobs', 'uploads'))
    expect((await ended(url, (await accepted(upload(url, 'la'))).id)).state).toBe('done')
  })

  test('a damaged database is set aside with a warning that says where', async () => {
    const folder = newFolder()
    const { url } = await serve(undefined, { SOW_QWEN3_CACHE_DIR: folder })
    await ended(url, (await accepted(postJob(url))).id)
    const other = newFolder()
    cpSync(join(folder, 'jobs'), join(other, 'jobs'), { recursive: true })
    const file = join(other, 'jobs', 'jobs.db')
    rmSync(`${file}-wal`, { force: true })
    writeFileSync(file, 'not a database '.repeat(1000))
    const service = await serve(undefined, { SOW_QWEN3_CACHE_DIR: other })
    const { id } = await accepted(postJob(service.url))
    expect((await ended(service.url, id)).state).toBe('done')
    const aside = readdirSync(join(other, 'jobs')).find((name) =>
      /^jobs\.db\.damaged-[^.]+\.\d+Z$/.test(name),
    )
    expect(readFileSync(join(other, 'jobs', aside!), 'utf8')).toContain('not a database')
    expect(service.logged()).toContain(aside)
  })

  test('a folder that cannot be had is told to those who ask, and harms nothing else', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const { url } = await serve(undefined, { SOW_QWEN3_CACHE_DIR: file })
    const response = await postJob(url)
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 500,
      body: { code: 'CACHE_UNWRITABLE' },
    })
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  test('two services on one folder run every job once, and see each other’s', async () => {
    const env = { SOW_QWEN3_CACHE_DIR: newFolder() }
    const runs: string[] = []
    const align: Align = async (_, lyrics) => {
      runs.push(lyrics)
      await new Promise((resolve) => setTimeout(resolve, 10))
      return ALIGNMENT
    }
    const services = [await serve(align, env), await serve(align, env)]
    const posts = Array.from({ length: 12 }, (_, i) =>
      accepted(postJob(services[i % 2]!.url, { ...GOOD, lyrics_text: `song ${i}` })),
    )
    const jobs = await Promise.all(posts)
    for (const [i, { id }] of jobs.entries()) {
      expect((await ended(services[(i + 1) % 2]!.url, id)).state).toBe('done')
    }
    expect(runs.toSorted()).toEqual(jobs.map((_, i) => `song ${i}`).toSorted())
  })

  test('a job that runs in one service is cancelled through the other', async () => {
    const env = { SOW_QWEN3_CACHE_DIR: newFolder() }
    const stopped = deferred<void>()
    const started = deferred<void>()
    const wait = untilAborted(() => stopped.resolve())
    const align: Align = (...given) => {
      started.resolve()
      return wait(...given)
    }
    const services = [await serve(align, env), await serve(align, env)]
    const { id } = await accepted(postJob(services[0]!.url))
    await started.promise
    // Either may have taken it: both are told, in turn.
    await remove(services[1]!.url, id)
    await stopped.promise
    expect((await job(services[0]!.url, id)).state).toBe('cancelled')
  })
})

async function textOf(source: AudioSource): Promise<string> {
  return (source as Blob).text()
}
