import { request as httpRequest } from 'node:http'
import pino from 'pino'
import type { Aligner, AlignerStatus, AlignOptions } from '../src/aligner/aligner.ts'
import { type ParsedSource, parseSource } from '../src/audio/source.ts'
import { loadConfig } from '../src/config/load.ts'
import { AlignError } from '../src/errors.ts'
import { createApp } from '../src/server/app.ts'
import type { Jobs } from '../src/server/jobs/jobs.ts'
import { type Listening, listen } from '../src/server/listen.ts'
import type { Readiness } from '../src/server/readiness.ts'
import type { AlignAnswer, ErrorBody, HealthBody } from '../src/server/schemas.ts'
import type { Alignment, AudioSource } from '../src/types.ts'

// For tests of the HTTP layer, in which alignment is not under test: the aligner is a stand-in that answers, fails or
// waits as each test says.

export const ALIGNMENT: Alignment = {
  duration: 12.3456,
  language: 'en',
  model: { name: 'test', version: '1', engine: 'ctc' },
  lines: [
    {
      text: 'One two',
      start: 1,
      end: 3,
      status: 'aligned',
      confidence: 0.9,
      units: [{ text: 'One', start: 1, end: 2, confidence: 1 }],
      occurrences: [{ start: 1, end: 3, confidence: 0.9, units: [] }],
    },
    { text: '', start: 4, end: 4, status: 'blank', confidence: null, units: [], occurrences: [] },
    { text: 'Three', start: 4, end: 5, status: 'suspect', confidence: 0.1, units: [], occurrences: [] },
  ],
  performance: [{ line: 0, start: 1, end: 3, status: 'aligned', confidence: 0.9, units: [] }],
  extra: [{ start: 7, end: 9 }],
  verdict: {
    level: 'mixed',
    sungLines: 2,
    alignedLines: 1,
    confidence: 0.5,
    covered: 0.8,
    sung: 1,
    reasons: ['One line is doubtful.'],
  },
}

const STATUS: AlignerStatus = {
  state: 'ready',
  model: ALIGNMENT.model,
  identity: 'identity',
  running: 0,
  queued: 0,
  maxConcurrent: 1,
  threads: 1,
  expectedWaitSeconds: 7.2,
  workerDeaths: 0,
  stuck: false,
  stuckReason: null,
  queuedAudioSeconds: 0,
  cache: {
    results: { hits: 0, misses: 0 },
    emissions: { hits: 0, misses: 0 },
    audio: { hits: 0, misses: 0 },
  },
}

export type Align = (source: AudioSource, lyrics: string, options?: AlignOptions) => Promise<Alignment>

export function aligner(align: Align): Aligner {
  const nothing = async () => {}
  return {
    align: (source, ...rest) => align(unparsed(source), ...rest),
    status: () => STATUS,
    drain: nothing,
    close: nothing,
    [Symbol.asyncDispose]: nothing,
  }
}

/** What was parsed, as it came. */
function unparsed(given: AudioSource | ParsedSource): AudioSource {
  const source = parseSource(given)
  switch (source.kind) {
    case 'bytes':
      return source.bytes
    case 'blob':
      return source.blob
    case 'file':
      return source.path
    case 's3':
      return `s3://${source.bucket}/${source.key}`
    case 'http':
      return source.url.href
  }
}

export type Service = Listening & { logged: () => string; readiness: { now: Readiness } }

const services: Service[] = []

/** A service on a free port of this machine, with its log kept. */
export async function serve(
  align: Align = async () => ALIGNMENT,
  env: Record<string, string> = {},
  { level = 'debug', jobs }: { level?: string; jobs?: Jobs } = {},
): Promise<Service> {
  const config = loadConfig({ SOW_QWEN3_PORT: '0', ...env })
  const readiness: Service['readiness'] = { now: { state: 'ready', aligner: aligner(align) } }
  let log = ''
  const keep = (line: string) => {
    log += line
  }
  const logger = pino({ level }, { write: keep })
  const listening = await listen(
    createApp(() => readiness.now, config, logger, { jobs }),
    config,
  )
  const service = { ...listening, logged: () => log, readiness }
  services.push(service)
  return service
}

/** To be called after all tests of a file. */
export function stopAll(): Promise<unknown> {
  return Promise.all(services.map((service) => service.stop(true)))
}

export const GOOD = { audio_url: 'https://example.com/a.mp3', lyrics_text: 'One two\n\nThree' }

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
  return fetch(`${url}/api/v1/align`, {
    ...init,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export function postForm(url: string, fields: Record<string, string | Blob>): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return fetch(`${url}/api/v1/align`, { method: 'POST', body: form })
}

/** The body of an answer, whichever it is. */
export async function read(response: Response): Promise<AnyBody> {
  return (await response.json()) as AnyBody
}

type AnyBody = AlignAnswer & ErrorBody & Pick<HealthBody, 'model_source'>

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** An aligner that works until it is cancelled. */
export function untilAborted(told: () => void): Align {
  return (_source, _lyrics, options) =>
    new Promise((_resolve, reject) => {
      options!.signal!.addEventListener('abort', () => {
        told()
        reject(new AlignError('CANCELLED', 'cancelled'))
      })
    })
}

/** A POST in its own connection, path as written; sends `size` bytes (lower-case a) after `head`, as far as it is let. */
export function rawPost(
  url: string,
  headers: Record<string, string>,
  size = 0,
  path = '/api/v1/align',
  head = '',
): Promise<{ status: number; body: string; sent: number }> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const { hostname, port } = new URL(url)
    const request = httpRequest(
      { hostname, port, path, method: 'POST', headers, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => {
          request.destroy()
          resolve({ status: response.statusCode!, body, sent })
        })
      },
    )
    request.on('error', reject)
    const chunk = Buffer.alloc(Math.min(size, 65_536), 'a')
    function more(): void {
      while (sent < size) {
        sent += chunk.length
        if (!request.write(chunk)) return void request.once('drain', more)
      }
      if (size > 0) request.end()
    }
    if (head) request.write(head)
    if (size > 0) more()
    else request.flushHeaders()
  })
}
