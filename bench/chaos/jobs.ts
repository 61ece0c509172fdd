import { setTimeout as sleep } from 'node:timers/promises'
import { blocksOf, eventStream, type SentEvent } from '../../test/event-stream.ts'
import type { BenchSong } from '../input/speech.ts'
import { type Answer, CLOSE, checked, get, type Outcome, postForm, postJson, typedCode } from './ask.ts'

/** What was handed in: its id where it was accepted, else how that ended. */
export type Accepted = { id: string } | { outcome: Outcome }

/** Hands in a job; `audio` is an address or the bytes of a recording. */
export function handIn(url: string, song: BenchSong, audio: string | Uint8Array): Promise<Accepted> {
  const body = () => JSON.stringify({ audio_url: audio, lyrics_text: song.lyrics, format: 'json' })
  const jobs = `${url}/api/v1/jobs`
  return accepted(() => (typeof audio === 'string' ? postJson(jobs, body()) : postForm(jobs, song, audio)))
}

/** Hands in a batch of recordings at addresses. */
export function handInBatch(url: string, song: BenchSong, addresses: readonly string[]): Promise<Accepted> {
  const items = addresses.map((audio_url) => ({ audio_url, lyrics_text: song.lyrics, format: 'json' }))
  const headers = { prefer: 'respond-async' }
  return accepted(() => postJson(`${url}/api/v1/batches`, JSON.stringify({ items }), headers))
}

async function accepted(send: () => Promise<Response>): Promise<Accepted> {
  let status: number
  let body: { id?: string; code?: string }
  try {
    const response = await send()
    status = response.status
    body = (await response.json()) as typeof body
  } catch {
    return { outcome: 'cut' }
  }
  return status === 202 && body.id ? { id: body.id } : { outcome: typedCode(status, body.code) }
}

const JOB_MS = 120_000
const POLL_MS = 200

type Job = { state: string; result: Answer | null; error: { code: string } | null }

/**
 * Waits for the end of an accepted job, over restarts of the service.
 * @throws Error when it is lost, or does not end
 */
export async function endOfJob(url: string, song: BenchSong, id: string): Promise<Outcome> {
  return untilEnded(`job ${id}`, async (signal) => {
    const job = await found<Job>(`job ${id}`, `${url}/api/v1/jobs/${id}`, signal)
    if (job?.state === 'done') return checked(song, job.result!)
    if (job?.state === 'failed') return typedCode(200, job.error?.code)
    return job?.state === 'cancelled' ? 'CANCELLED' : undefined
  })
}

/**
 * Follows the events of a job to its last one, going on after the last that was seen whenever the connection breaks.
 * @throws Error where one is missing, comes twice, or comes out of order
 */
export async function followJob(url: string, id: string): Promise<Outcome> {
  const seen: SentEvent[] = []
  await untilEnded(`the events of job ${id}`, async (signal) => {
    const last = seen.at(-1)?.id
    const headers = { ...CLOSE, ...(last !== undefined && { 'last-event-id': last }) }
    try {
      const events = await eventStream(`${url}/api/v1/jobs/${id}/events`, headers, signal)
      for await (const event of events) seen.push(event)
    } catch {
      // The connection broke, before the last event or after it.
    }
    return ENDS.has(seen.at(-1)?.name ?? '') ? 'ended' : undefined
  })
  const ids = seen.map((event) => Number(event.id))
  if (ids.some((number, i) => number !== i + 1))
    throw new Error(`Expected the events of job ${id} to be numbered from 1 on, got ${ids}`)
  const { state, error } = seen.at(-1)!.data
  return state === 'done' ? 'result' : (error?.code ?? 'CANCELLED')
}

const ENDS: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])

type Item = { index: number; result?: Answer; error?: { code: string } }

/**
 * Waits for all results of a batch, over restarts of the service.
 * @throws Error when the batch or one of its items is lost, or comes twice
 */
export async function endsOfBatch(
  url: string,
  song: BenchSong,
  id: string,
  size: number,
): Promise<Outcome[]> {
  const items: Item[] = []
  await untilEnded(`batch ${id}`, async (signal) => {
    try {
      // Goes on after what was seen, as a client would whose connection broke.
      const lines = await get(`${url}/api/v1/batches/${id}/results?after=${items.length}`, signal)
      if (lines.status === 404) throw new Lost(`batch ${id}`)
      if (lines.ok)
        for await (const line of blocksOf(lines, '\n')) if (line !== '') items.push(JSON.parse(line))
    } catch (error) {
      if (error instanceof Lost) throw error // otherwise the connection broke
    }
    return items.length >= size ? 'ended' : undefined
  })
  const indices = items.map(({ index }) => index).sort((a, b) => a - b)
  if (indices.some((index, i) => index !== i) || indices.length !== size)
    throw new Error(`Expected one line for each of the ${size} items of batch ${id}, got those of ${indices}`)
  return items.map(({ result, error }) => (result ? checked(song, result) : typedCode(200, error?.code)))
}

class Lost extends Error {
  constructor(what: string) {
    super(`Expected ${what}, which was accepted, got 404: it is lost`)
  }
}

/** Undefined where nobody answers. @throws Lost */
async function found<T>(what: string, url: string, signal: AbortSignal): Promise<T | undefined> {
  const response = await get(url, signal).catch(() => undefined)
  if (response?.status === 404) throw new Lost(what)
  return response?.ok ? ((await response.json().catch(() => undefined)) as T | undefined) : undefined
}

/** `look` gives up what it waits for when its signal aborts. */
async function untilEnded(
  what: string,
  look: (signal: AbortSignal) => Promise<Outcome | undefined>,
): Promise<Outcome> {
  const signal = AbortSignal.timeout(JOB_MS)
  while (!signal.aborted) {
    const outcome = await look(signal)
    if (outcome !== undefined) return outcome
    await sleep(POLL_MS)
  }
  throw new Error(`Expected an end of ${what} within ${JOB_MS / 1000} s, got none`)
}
