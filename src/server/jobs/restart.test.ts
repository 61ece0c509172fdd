import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openAsBlob, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { eventStream, type SentEvent } from '../../../test/event-stream.ts'
import type { JobView } from './schemas.ts'

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const SERVE = path('dist/src/serve.js')
const SONG = path('test/fixtures/speech/psalm-en.mp3')
const LYRICS = readFileSync(path('test/fixtures/speech/psalm-en.txt'), 'utf8')

type Running = { child: ChildProcess; url: string; exit: Promise<number | null>; log: () => string }

const started: ChildProcess[] = []
const folders: string[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function start(runtime: string, folder: string, env: Record<string, string> = {}): Promise<Running> {
  const [program, ...args] =
    runtime === 'node' ? ['node', SERVE] : [path('node_modules/.bin/bun'), '--no-env-file', SERVE]
  const settings = { PATH: process.env.PATH, SOW_QWEN3_PORT: '0', SOW_QWEN3_CACHE_DIR: folder, ...env }
  const child = spawn(program!, args, { env: settings, cwd: tmpdir() })
  started.push(child)
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      log += piece
    })
  }
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  await expect.poll(() => log).toMatch(/listening on http/)
  return { child, url: /"url":"([^"]+)"/.exec(log)![1]!, exit, log: () => log }
}

async function postJob(url: string): Promise<JobView> {
  const form = new FormData()
  form.set('audio', await openAsBlob(SONG))
  form.set('lyrics_text', LYRICS)
  const response = await fetch(`${url}/api/v1/jobs`, { method: 'POST', body: form })
  expect(response.status).toBe(202)
  return (await response.json()) as JobView
}

async function job(url: string, id: string): Promise<JobView> {
  return (await (await fetch(`${url}/api/v1/jobs/${id}`)).json()) as JobView
}

async function ended(url: string, id: string): Promise<JobView> {
  await expect.poll(async () => (await job(url, id)).finished_at).not.toBeNull()
  return job(url, id)
}

/** Follows a job until an event of this name, and leaves. */
async function until(url: string, id: string, name: string): Promise<SentEvent[]> {
  const seen: SentEvent[] = []
  for await (const event of await eventStream(`${url}/api/v1/jobs/${id}/events`)) {
    seen.push(event)
    if (event.name === name) return seen
  }
  throw new Error(`Expected an event ${name}, got ${seen.map((event) => event.name)}`)
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-restart-'))
  folders.push(folder)
  return folder
}

describe.each(['node', 'bun'])('jobs of the service on %s', (runtime) => {
  test('a SIGKILL in mid-job loses nothing: after a restart all jobs end, and events go on', async () => {
    const folder = newFolder()
    const first = await start(runtime, folder)
    const jobs = [await postJob(first.url), await postJob(first.url)]
    const [{ id }, { id: other }] = jobs as [JobView, JobView]
    const seen = await until(first.url, id, 'listening')
    first.child.kill('SIGKILL')
    await first.exit
    const second = await start(runtime, folder)
    const stream = await eventStream(`${second.url}/api/v1/jobs/${id}/events`, {
      'last-event-id': seen.at(-1)!.id,
    })
    const rest = await stream.all()
    const ids = [...seen, ...rest].map((event) => Number(event.id))
    expect(ids).toEqual(ids.map((_, i) => i + 1))
    expect(rest.at(-1)!.name).toBe('done')
    for (const each of [id, other]) {
      const { state, result } = await ended(second.url, each)
      expect({ state, lines: result?.line_count }).toEqual({
        state: 'done',
        lines: LYRICS.trimEnd().split('\n').length,
      })
      expect(result!.lrc_content).toContain('The Lord is my shepherd')
    }
    await expect.poll(() => readdirSync(join(folder, 'jobs', 'uploads'))).toEqual([])
  })

  test('SIGTERM puts back what does not end in time, without counting it, and exits with 0', async () => {
    const folder = newFolder()
    let service = await start(runtime, folder, { SOW_QWEN3_DRAIN_SECONDS: '0' })
    const { id } = await postJob(service.url)
    for (let stops = 0; stops < 2; stops++) {
      await until(service.url, id, 'decoding')
      service.child.kill('SIGTERM')
      expect(await service.exit).toBe(0)
      service = await start(runtime, folder, { SOW_QWEN3_DRAIN_SECONDS: '0' })
    }
    expect(await ended(service.url, id)).toMatchObject({ state: 'done', error: null })
  })

  test('two processes on one folder run every job once', async () => {
    const folder = newFolder()
    const services = [await start(runtime, folder), await start(runtime, folder)]
    const jobs = []
    for (let i = 0; i < 4; i++) jobs.push(await postJob(services[i % 2]!.url))
    for (const { id } of jobs) expect((await ended(services[0]!.url, id)).state).toBe('done')
    const runs = () =>
      services.flatMap(({ log }) =>
        [...log().matchAll(/"job_id":"([^"]+)"[^\n]*"verdict"/g)].map(([, id]) => id),
      )
    await expect.poll(() => runs().toSorted()).toEqual(jobs.map(({ id }) => id).toSorted())
  })
})

test('a job outlives one SIGKILL of the service after another, and the jobs behind it as well', async () => {
  const folder = newFolder()
  let service = await start('node', folder)
  const ids = [(await postJob(service.url)).job_id, (await postJob(service.url)).job_id]
  for (let kills = 0; kills < 4; kills++) {
    await expect.poll(async () => (await job(service.url, ids[0]!)).state, { interval: 5 }).toBe('running')
    service.child.kill('SIGKILL')
    await service.exit
    service = await start('node', folder)
  }
  for (const id of ids) expect(await ended(service.url, id)).toMatchObject({ state: 'done', error: null })
})
