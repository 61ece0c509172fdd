import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ERROR_CODES } from '../../src/index.ts'
import { checkOnsets } from '../input/check.ts'
import { alignForm } from '../input/requests.ts'
import type { BenchSong } from '../input/speech.ts'

/** How a request ended. `cut`: its connection broke, which is an answer only where the whole service was killed. */
export type Outcome = 'result' | 'cut' | (string & {})

/** Asks for an alignment of what lies at an address. */
export async function askAddress(url: string, song: BenchSong, address: string): Promise<Outcome> {
  const body = JSON.stringify({ audio_url: address, lyrics_text: song.lyrics, format: 'json' })
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
  return outcomeOf(song, () => fetch(`${url}/api/v1/align`, init))
}

/** Asks for an alignment of an upload; with a signal, a client that leaves while it waits. */
export async function askUpload(
  url: string,
  song: BenchSong,
  audio: Uint8Array,
  signal?: AbortSignal,
): Promise<Outcome> {
  const init = { method: 'POST', ...alignForm(song, audio), ...(signal && { signal }) }
  return outcomeOf(song, () => fetch(`${url}/api/v1/align`, init as RequestInit))
}

async function outcomeOf(song: BenchSong, ask: () => Promise<Response>): Promise<Outcome> {
  let status: number
  let body: { json_data?: { start_time: number }[]; code?: string; detail?: string }
  try {
    const response = await ask()
    status = response.status
    body = (await response.json()) as typeof body
  } catch {
    return 'cut'
  }
  if (status === 200) {
    checkOnsets(
      body.json_data!.map(({ start_time }) => start_time),
      song.onsets,
    )
    return 'result'
  }
  // A fault of the service: typed, but worth a look.
  if (body.code === 'ALIGNMENT_FAILED') console.log(`ALIGNMENT_FAILED: ${body.detail}`)
  return typedCode(status, body.code)
}

// The requests are good, and no fault makes them bad.
const BLAMES_THE_REQUEST: ReadonlySet<string> = new Set([
  'AUDIO_UNREADABLE',
  'AUDIO_TOO_SHORT',
  'BODY_INVALID',
  'LANGUAGE_UNSUPPORTED',
  'LYRICS_EMPTY',
])

/** @throws Error where it is none of the documented ones, or blames what was asked for */
function typedCode(status: number, code: string | undefined): string {
  if (code !== undefined && code in ERROR_CODES && !BLAMES_THE_REQUEST.has(code)) return code
  throw new Error(
    `Expected an error with a documented code that a fault can cause, got status ${status} and code ${code}`,
  )
}

/** A client that is gone when half of its upload is sent. */
export async function leaveInMidUpload(url: string, song: BenchSong, audio: Uint8Array): Promise<void> {
  const { hostname, port } = new URL(url)
  const { body, headers } = alignForm(song, audio)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const head = `POST /api/v1/align HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: ${headers['content-type']}\r\ncontent-length: ${body.length}\r\n\r\n`
  socket.write(head)
  await new Promise<void>((resolve) => socket.write(body.subarray(0, body.length / 2), () => resolve()))
  await sleep(20)
  socket.destroy()
}

/** Whether the service keeps jobs. */
export async function hasJobs(url: string): Promise<boolean> {
  const { paths } = (await (await fetch(`${url}/openapi/json`)).json()) as { paths: object }
  return '/api/v1/jobs' in paths
}

/** Hands in a job; its id where it was accepted, else the code of the error. */
export async function handIn(
  url: string,
  song: BenchSong,
  address: string,
): Promise<{ id?: string; code?: Outcome }> {
  const body = JSON.stringify({ audio_url: address, lyrics_text: song.lyrics, format: 'json' })
  try {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${url}/api/v1/jobs`, init)
    const { id, code } = (await response.json()) as { id?: string; code?: string }
    if (response.status === 202 && id) return { id }
    return { code: typedCode(response.status, code) }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Expected an error')) throw error
    return { code: 'cut' }
  }
}

const JOB_MS = 120_000
const POLL_MS = 200

type Job = {
  state: string
  result: { json_data: { start_time: number }[] } | null
  error: { code: string } | null
}

/**
 * Waits for the end of an accepted job, over restarts of the service.
 * @throws Error when it is lost, or does not end
 */
export async function endOf(url: string, song: BenchSong, id: string): Promise<Outcome> {
  const until = performance.now() + JOB_MS
  while (performance.now() < until) {
    const response = await fetch(`${url}/api/v1/jobs/${id}`).catch(() => undefined)
    if (response?.status === 404)
      throw new Error(`Expected job ${id}, which was accepted, got 404: it is lost`)
    const job = response?.ok ? ((await response.json()) as Job) : undefined
    if (job?.state === 'done') {
      checkOnsets(
        job.result!.json_data.map(({ start_time }) => start_time),
        song.onsets,
      )
      return 'result'
    }
    if (job?.state === 'failed') return typedCode(200, job.error?.code)
    if (job?.state === 'cancelled') return 'CANCELLED'
    await sleep(POLL_MS)
  }
  throw new Error(`Expected an end of job ${id} within ${JOB_MS / 1000} s, got none`)
}
