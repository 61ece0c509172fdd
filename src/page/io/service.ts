import { createParser } from 'eventsource-parser'
import type { Pin } from '../song/neighbourhood.ts'
import type { Answer } from '../song/song.ts'
import { Failure } from './failure.ts'

/** What is aligned: a file, or an address that the service fetches. */
export type Recording = File | { url: string }

/** `sending` is of the page; the others are the stages of a job. */
export type Stage = 'sending' | 'queued' | 'fetching' | 'decoding' | 'listening' | 'aligning' | 'refining'
export type Progress = { stage: Stage; percentage: number }

export type Wish = { recording: Recording; lyrics: string; language: string }

type Job = { job_id: string; state: string; result: Answer | null; error: ErrorBody | null }
type ErrorBody = { code: string; detail: string; retryable: boolean; request_id?: string; reason?: string }

const RECONNECTS = 5
const RECONNECT_MS = 1000

/**
 * The service behind the page. `key` gives the API key to send, if any.
 * Every call throws a Failure; one whose signal aborts throws the reason of the signal.
 */
export type Service = {
  /** Aligns as a job, telling how far it is. An abort cancels the job. */
  align(wish: Wish, told: (progress: Progress) => void, signal: AbortSignal): Promise<Answer>
  /** Aligns at once, with lines that stay where they are. */
  realign(wish: Wish, pins: readonly Pin[], signal: AbortSignal): Promise<Answer>
}

export function createService(key: () => string | undefined): Service {
  const headers = (): Record<string, string> => {
    const given = key()
    return given ? { 'x-api-key': given } : {}
  }

  async function align(wish: Wish, told: (progress: Progress) => void, signal: AbortSignal): Promise<Answer> {
    const body = formOf(wish)
    const job = await send(
      body,
      headers(),
      (share) => told({ stage: 'sending', percentage: 100 * share }),
      signal,
    )
    const cancel = () =>
      void request(`api/v1/jobs/${job.job_id}`, { method: 'DELETE', headers: headers() }).catch(ignored)
    signal.addEventListener('abort', cancel)
    try {
      await follow(job.job_id, told, signal)
      const { result, error } = (await request(`api/v1/jobs/${job.job_id}`, {
        headers: headers(),
        signal,
      })) as Job
      if (result) return result
      throw failureOf(error ?? { code: 'CANCELLED', detail: 'The job was cancelled', retryable: true })
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Reads the events of a job to their end; goes on after the last one where the connection breaks. */
  async function follow(id: string, told: (progress: Progress) => void, signal: AbortSignal): Promise<void> {
    let last = ''
    let ended = false
    const parser = createParser({
      onEvent({ id: number, data }) {
        const event = JSON.parse(data) as { state: string; stage: Stage; percentage: number }
        last = number ?? last
        ended = event.state !== 'queued' && event.state !== 'running'
        if (!ended) told({ stage: event.stage, percentage: event.percentage })
      },
    })
    for (let failures = 0; !ended; ) {
      try {
        const response = await fetch(`api/v1/jobs/${id}/events`, {
          headers: { ...headers(), ...(last && { 'last-event-id': last }) },
          signal,
        })
        if (response.status === 204) return
        if (!response.ok || !response.body) throw failureOf(await bodyOf(response))
        const before = last
        for await (const text of textsOf(response.body)) parser.feed(text)
        parser.reset()
        if (last !== before) failures = 0
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof Failure) throw error
      }
      if (ended) return
      failures++
      if (failures > RECONNECTS) throw gone()
      await later(RECONNECT_MS * failures, signal)
    }
  }

  async function realign(wish: Wish, pins: readonly Pin[], signal: AbortSignal): Promise<Answer> {
    const body = formOf(wish)
    if (pins.length > 0) body.set('pinned', JSON.stringify(pins))
    return (await request('api/v1/align', { method: 'POST', headers: headers(), body, signal })) as Answer
  }

  return { align, realign }
}

function formOf({ recording, lyrics, language }: Wish): FormData {
  const body = new FormData()
  if (recording instanceof File) body.set('audio', recording)
  else body.set('audio_url', recording.url)
  body.set('lyrics_text', lyrics)
  body.set('language', language)
  body.set('format', 'json')
  return body
}

/** Only XMLHttpRequest says how much of a body was sent. */
function send(
  body: FormData,
  headers: Record<string, string>,
  told: (share: number) => void,
  signal: AbortSignal,
): Promise<Job> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    signal.addEventListener('abort', abort)
    request.open('POST', 'api/v1/jobs')
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0)
    request.onabort = () => reject(signal.reason)
    request.onerror = () => reject(gone())
    request.onload = () => {
      const answer = parsed(request.responseText, request.status)
      if (request.status === 202) resolve(answer as Job)
      else reject(failureOf(answer as ErrorBody))
    }
    request.onloadend = () => signal.removeEventListener('abort', abort)
    told(0)
    request.send(body)
  })
}

async function request(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, init).catch((cause) => {
    init.signal?.throwIfAborted()
    throw gone(cause)
  })
  if (response.status === 204) return undefined
  const body = await bodyOf(response)
  if (!response.ok) throw failureOf(body as ErrorBody)
  return body
}

async function bodyOf(response: Response): Promise<ErrorBody> {
  return parsed(await response.text(), response.status) as ErrorBody
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Failure('ANSWER_UNREADABLE', `status ${status}`, { cause })
  }
}

function failureOf({ code, detail, reason, retryable, request_id }: ErrorBody): Failure {
  const message = reason ? `${detail}: ${reason}` : detail
  return new Failure(code, message, { retryable, ...(request_id && { requestId: request_id }) })
}

function gone(cause?: unknown): Failure {
  return new Failure('SERVICE_GONE', 'The service does not answer', { retryable: true, cause })
}

/** A job that cannot be told to stop has ended, or its service has. */
function ignored(error: unknown): void {
  if (!(error instanceof Failure)) throw error
}

async function* textsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
