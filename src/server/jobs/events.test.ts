import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { eventStream } from '../../../test/event-stream.ts'
import { ALIGNMENT, type Align, aligner, deferred, GOOD, serve, stopAll } from '../../../test/http-service.ts'
import { loadConfig } from '../../config/load.ts'
import { AlignError } from '../../errors.ts'
import type { Alignment } from '../../types.ts'
import { eventsOf } from './events.ts'
import { createJobs } from './jobs.ts'
import type { BatchView, JobView } from './schemas.ts'

const folder = mkdtempSync(join(tmpdir(), 'sow-events-'))
afterAll(async () => {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
})

const STAGES = ['fetching', 'decoding', 'listening', 'aligning', 'refining'] as const

/** An aligner that goes on when it is told to. */
function stepwise(): { align: Align; step: () => void } {
  let step = () => {}
  const align: Align = async (_source, _lyrics, options) => {
    for (const stage of STAGES) {
      options!.onProgress!({ stage, fraction: 0.5 })
      await new Promise<void>((resolve) => {
        step = resolve
      })
    }
    return ALIGNMENT
  }
  return { align, step: () => step() }
}

async function post(url: string, body: unknown = GOOD, path = 'jobs', headers = {}): Promise<Response> {
  return fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

const events = (url: string, id: string, after = '') =>
  eventStream(`${url}/api/v1/jobs/${id}/events`, after === '' ? {} : { 'last-event-id': after })

describe('the events of a job', () => {
  test('come at once, one for every stage, with rising numbers and percentages, and then end', async () => {
    const { align, step } = stepwise()
    const { url } = await serve(align)
    const { id } = (await (await post(url)).json()) as JobView
    const stream = await events(url, id)
    expect(stream.type).toBe('text/event-stream')
    const seen = []
    for await (const event of stream) {
      seen.push(event)
      // The next stage begins only when this one has been seen: nothing is kept back on its way.
      if (event.name !== 'queued') step()
    }
    expect(seen.map(({ name }) => name)).toEqual(['queued', ...STAGES, 'done'])
    expect(seen.map((event) => event.id)).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    const percentages = seen.map(({ data }) => data.percentage)
    expect(percentages).toEqual(percentages.toSorted((a, b) => a - b))
    expect(percentages.at(-1)).toBe(100)
    expect(seen[3]!.data).toMatchObject({ job_id: id, state: 'running', stage: 'listening' })
  })

  test('go on after the last one that was seen, by header and by query, and end with 204', async () => {
    const { url } = await serve()
    const { id } = (await (await post(url)).json()) as JobView
    const all = await (await events(url, id)).all()
    const rest = await (await events(url, id, all[0]!.id)).all()
    expect(rest).toEqual(all.slice(1))
    const query = await eventStream(`${url}/api/v1/jobs/${id}/events?last_event_id=${all[0]!.id}`)
    expect(await query.all()).toEqual(rest)
    expect((await events(url, id, all.at(-1)!.id)).status).toBe(204)
    expect((await events(url, id, 'x')).status).toBe(400)
  })

  test('say why a job failed, and that it was cancelled', async () => {
    const { url } = await serve(async () => {
      throw new AlignError('AUDIO_UNREADABLE', 'Expected audio, got text')
    })
    const { id } = (await (await post(url)).json()) as JobView
    const failed = (await (await events(url, id)).all()).at(-1)!
    expect(failed).toMatchObject({
      name: 'failed',
      data: { state: 'failed', error: { code: 'AUDIO_UNREADABLE', detail: 'Expected audio, got text' } },
    })
    const waiting = await serve(() => new Promise(() => {}))
    const { id: other } = (await (await post(waiting.url)).json()) as JobView
    const stream = events(waiting.url, other)
    await fetch(`${waiting.url}/api/v1/jobs/${other}`, { method: 'DELETE' })
    expect((await (await stream).all()).at(-1)).toMatchObject({ name: 'cancelled' })
  })

  test('a client that goes away frees what waited for it', async () => {
    const config = loadConfig({})
    const logger = { info() {}, warn() {}, error() {} } as never
    const jobs = createJobs(
      () => ({ state: 'ready', aligner: aligner(() => new Promise(() => {})) }),
      config,
      logger,
    )
    const service = await serve(() => new Promise(() => {}), {}, { jobs })
    const { id } = (await (await post(service.url)).json()) as JobView
    const leaving = new AbortController()
    const response = await fetch(`${service.url}/api/v1/jobs/${id}/events`, { signal: leaving.signal })
    await response.body!.getReader().read()
    await expect.poll(() => jobs.openedJobs().changes.waiting()).toBe(1)
    leaving.abort()
    await expect.poll(() => jobs.openedJobs().changes.waiting()).toBe(0)
    await jobs.stop()
  })

  test('silence is broken by comments', async () => {
    const { url } = await serve()
    const { id } = (await (await post(url)).json()) as JobView
    const waits: number[] = []
    const quiet = {
      store: { events: () => [], find: () => ({ finished_at: null }) },
      changes: { wait: async (_topic: string, ms: number) => (waits.push(ms) < 3 ? 'quiet' : 'gone') },
    }
    const pieces: string[] = []
    for await (const piece of eventsOf(quiet as never, { id, tenant: '' }, 0, new AbortController().signal))
      pieces.push(piece)
    expect(pieces).toEqual(['retry: 2000\n\n', ': keep-alive\n\n', ': keep-alive\n\n'])
    // Bun cuts a connection after 255 s, many proxies after 60 s.
    expect(Math.max(...waits)).toBeLessThan(30_000)
  })

  test('end when the service stops, and go on at the next one', async () => {
    const env = { SOW_QWEN3_CACHE_DIR: join(folder, 'resumed') }
    const config = loadConfig(env)
    const logger = { info() {}, warn() {}, error() {} } as never
    const { align, step } = stepwise()
    const jobs = createJobs(() => ({ state: 'ready', aligner: aligner(align) }), config, logger)
    const first = await serve(align, env, { jobs })
    const { id } = (await (await post(first.url)).json()) as JobView
    const stream = await events(first.url, id)
    const seen = []
    for await (const event of stream) {
      seen.push(event)
      if (event.name === 'fetching') step()
      if (event.name === 'decoding') await jobs.stop()
    }
    expect(seen.map(({ name }) => name)).toEqual(['queued', 'fetching', 'decoding', 'queued'])
    const second = await serve(async () => ALIGNMENT, env)
    const rest = await (await events(second.url, id, seen.at(-1)!.id)).all()
    expect(rest.map(({ name }) => name)).toEqual(['done'])
    expect(Number(rest[0]!.id)).toBe(Number(seen.at(-1)!.id) + 1)
  })
})

describe('a batch', () => {
  const items = [
    { id: 'good', audio_url: 'https://example.com/1.mp3', lyrics_text: 'One two' },
    { id: 'empty', audio_url: 'https://example.com/2.mp3', lyrics_text: ' \n' },
    { id: 'none', lyrics_text: 'la' },
    'odd',
    { audio_url: 'https://example.com/5.mp3', lyrics_text: 'Five', format: 'srt' },
    { id: 'broken', audio_url: 'https://example.com/broken', lyrics_text: 'Six' },
  ]
  const align: Align = async (source) => {
    if (String(source).includes('broken')) throw new AlignError('AUDIO_UNREADABLE', 'Expected audio')
    return ALIGNMENT
  }

  test('answers with a line for every item; one that is wrong fails alone', async () => {
    const { url } = await serve(align)
    const response = await post(url, { items }, 'batches')
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const text = await response.text()
    const lines = linesOf(text)
    const byIndex = lines.toSorted((a, b) => a.index - b.index)
    expect(byIndex.map(({ id, error, result }) => [id, error?.code ?? 'done', result !== undefined])).toEqual(
      [
        ['good', 'done', true],
        ['empty', 'LYRICS_EMPTY', false],
        ['none', 'BODY_INVALID', false],
        [null, 'BODY_INVALID', false],
        [null, 'done', true],
        ['broken', 'AUDIO_UNREADABLE', false],
      ],
    )
    expect(byIndex[2]!.error!.detail).toBe('audio_url: expected text of at most 8192 characters, got nothing')
    expect(byIndex[4]!.result!.files.srt).toContain('One two')
    const place = `${url}${response.headers.get('location')}`
    expect(await (await fetch(`${place}/results`)).text()).toBe(text)
    expect(linesOf(await (await fetch(`${place}/results?after=4`)).text())).toEqual(lines.slice(4))
    expect(await (await fetch(place)).json()).toMatchObject({
      state: 'done',
      total: 6,
      counts: { done: 2, failed: 4, queued: 0, running: 0, cancelled: 0 },
    })
  })

  test('lines come while others still run, and the rest to a client that comes again', async () => {
    const second = deferred<Alignment>()
    let runs = 0
    const { url } = await serve(async () => (runs++ === 0 ? ALIGNMENT : second.promise))
    const response = await post(url, { items: [items[0], items[4]] }, 'batches')
    const place = `${url}${response.headers.get('location')}`
    const reader = response.body!.getReader()
    const first = linesOf(new TextDecoder().decode((await reader.read()).value))
    expect(first).toMatchObject([{ index: 0 }])
    await reader.cancel()
    const rest = fetch(`${place}/results?after=1`).then((answer) => answer.text())
    second.resolve(ALIGNMENT)
    expect(linesOf(await rest)).toMatchObject([{ index: 1 }])
  })

  test('is answered at once with Prefer: respond-async, once for one idempotency key, and can be cancelled', async () => {
    const { url } = await serve(() => new Promise(() => {}))
    const headers = { prefer: 'respond-async', 'idempotency-key': 'batch-1' }
    const response = await post(url, { items }, 'batches', headers)
    const batch = (await response.json()) as BatchView
    expect({ status: response.status, batch }).toMatchObject({ status: 202, batch: { state: 'running' } })
    const again = (await (await post(url, { items }, 'batches', headers)).json()) as BatchView
    expect(again.batch_id).toBe(batch.batch_id)
    const results = fetch(`${url}${batch.results_url}`).then((answer) => answer.text())
    await fetch(`${url}${batch.status_url}`, { method: 'DELETE' })
    const codes = linesOf(await results).map(({ error }) => error!.code)
    expect(codes.filter((code) => code === 'CANCELLED')).toHaveLength(3)
    await fetch(`${url}${batch.status_url}`, { method: 'DELETE' })
    expect((await fetch(`${url}${batch.status_url}`)).status).toBe(404)
  })

  test.each([
    [{ items: [] }, 400, 'BODY_INVALID'],
    [{}, 400, 'BODY_INVALID'],
    [[], 400, 'BODY_INVALID'],
    [{ items: {} }, 400, 'BODY_INVALID'],
    [{ items: 5 }, 400, 'BODY_INVALID'],
    [{ items: 'abc' }, 400, 'BODY_INVALID'],
    [{ items: { length: 2 } }, 400, 'BODY_INVALID'],
    [{ items: Array.from({ length: 11 }, () => items[0]) }, 400, 'BODY_INVALID'],
    ['{', 400, 'BODY_INVALID'],
    ['null', 400, 'BODY_INVALID'],
    [{ items: [{ lyrics_text: 'a'.repeat(17 * 1024 * 1024) }] }, 413, 'LYRICS_TOO_LARGE'],
  ])('%# without sense is refused as a whole', async (body, status, code) => {
    const { url } = await serve(align, { SOW_QWEN3_MAX_JOBS: '10' })
    const response = await fetch(`${url}/api/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { code } })
  })

  test('that does not fit is refused as a whole, to be sent again', async () => {
    const { url } = await serve(() => new Promise(() => {}), { SOW_QWEN3_MAX_JOBS: '2' })
    await post(url)
    const response = await post(url, { items: [items[0], items[4]] }, 'batches')
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

type Line = {
  index: number
  id: string | null
  job_id: string
  result?: { files: Record<string, string> }
  error?: { code: string; detail: string }
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
