import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ERROR_CODES } from '../../src/index.ts'
import { checkOnsets } from '../input/check.ts'
import { alignForm } from '../input/requests.ts'
import type { BenchSong } from '../input/speech.ts'

/** How a request ended. `cut`: its connection broke, which is an answer only where the whole service was killed. */
export type Outcome = 'result' | 'cut' | (string & {})

/** No connection outlives its request, so that those that are left are the service's own. */
export const CLOSE = { connection: 'close' }

/** Asks for an alignment of what lies at an address. */
export async function askAddress(url: string, song: BenchSong, address: string): Promise<Outcome> {
  const body = JSON.stringify({ audio_url: address, lyrics_text: song.lyrics, format: 'json' })
  return outcomeOf(song, () => postJson(`${url}/api/v1/align`, body))
}

/** Asks for an alignment of an upload; with a signal, a client that leaves while it waits. */
export async function askUpload(
  url: string,
  song: BenchSong,
  audio: Uint8Array,
  signal?: AbortSignal,
): Promise<Outcome> {
  return outcomeOf(song, () => postForm(`${url}/api/v1/align`, song, audio, signal))
}

export function postJson(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...CLOSE, ...headers },
  })
}

export function postForm(
  url: string,
  song: BenchSong,
  audio: Uint8Array,
  signal?: AbortSignal,
): Promise<Response> {
  const { body, headers } = alignForm(song, audio)
  const init = { method: 'POST', body: new Uint8Array(body), headers: { ...headers, ...CLOSE } }
  return fetch(url, { ...init, ...(signal && { signal }) })
}

export function get(url: string, signal?: AbortSignal): Promise<Response> {
  return fetch(url, { headers: CLOSE, ...(signal && { signal }) })
}

async function outcomeOf(song: BenchSong, ask: () => Promise<Response>): Promise<Outcome> {
  let status: number
  let body: Partial<Answer> & { code?: string; detail?: string }
  try {
    const response = await ask()
    status = response.status
    body = (await response.json()) as typeof body
  } catch {
    return 'cut'
  }
  if (status === 200) return checked(song, body as Answer)
  // A fault of the service: typed, but worth a look.
  if (body.code === 'ALIGNMENT_FAILED') console.log(`ALIGNMENT_FAILED: ${body.detail}`)
  return typedCode(status, body.code)
}

/** What is checked of an answer. */
export type Answer = { json_data: { start_time: number }[] }

/** @throws Error where the times are wrong */
export function checked(song: BenchSong, { json_data }: Answer): Outcome {
  checkOnsets(
    json_data.map(({ start_time }) => start_time),
    song.onsets,
  )
  return 'result'
}

/** @throws Error where it is none of the documented ones */
export function typedCode(status: number, code: string | undefined): string {
  if (code !== undefined && code in ERROR_CODES) return code
  throw new Error(`Expected an error with a documented code, got status ${status} and code ${code}`)
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
