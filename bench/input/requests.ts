import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { checkOnsets } from './check.ts'
import type { BenchSong } from './speech.ts'

/** A request as autocannon sends it. */
export type Post = { body: Buffer; headers: Record<string, string> }

const TIMEOUT_SECONDS = 600
/** Load ends earlier, when it is told to. */
const LONGEST_SECONDS = 3600
const BOUNDARY = 'sow-align-bench-boundary'

/**
 * A form with a recording and its lyrics. `other` zeros after it (a WAV or MP3 file) make another recording with the same
 * answer, of which no cache knows anything.
 */
export function alignForm(song: BenchSong, audio: Uint8Array = readFileSync(song.file), other = 0): Post {
  const part = (name: string, more = '') =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n`
  const file = `; filename="${basename(song.file)}"\r\nContent-Type: application/octet-stream`
  const text = `${part('lyrics_text')}\r\n${song.lyrics}\r\n${part('format')}\r\njson\r\n${part('audio', file)}\r\n`
  return {
    body: Buffer.concat([
      Buffer.from(text),
      audio,
      Buffer.alloc(other),
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  }
}

/**
 * Sends requests one after the other and gives the milliseconds of each.
 * @throws Error when an answer is wrong
 */
export async function sendAll(url: string, song: BenchSong, posts: readonly Post[]): Promise<number[]> {
  let wrong: unknown
  const requests = posts.map(({ body, headers }) => ({
    method: 'POST' as const,
    path: '/api/v1/align',
    body,
    headers,
    onResponse: (status: number, answer: string) => {
      try {
        checkAnswer(status, answer, song)
      } catch (error) {
        wrong ??= error
      }
    },
  }))
  const times = await cannon({ url, requests, connections: 1, amount: posts.length })
  if (wrong) throw wrong
  if (times.length !== posts.length) throw new Error(`Expected ${posts.length} answers, got ${times.length}`)
  return times
}

// As a busy load balancer might; as fast as possible, the questions themselves would take a core.
const HEALTH_PER_SECOND = 100

/** Asks /health from one connection for some seconds; milliseconds of each answer. */
export async function askHealth(url: string, seconds: number): Promise<number[]> {
  return cannon({ url: `${url}/health`, connections: 1, duration: seconds, overallRate: HEALTH_PER_SECOND })
}

/** Keeps a service busy from so many connections until told to stop; `post` gives each request, from 0 on. */
export function keepBusy(url: string, post: (n: number) => Post, connections: number): () => Promise<void> {
  let asked = 0
  const setupRequest = (request: autocannon.Request) => ({ ...request, ...post(asked++) })
  const request = { method: 'POST' as const, path: '/api/v1/align', setupRequest }
  const busy = { url, requests: [request], connections, duration: LONGEST_SECONDS, timeout: TIMEOUT_SECONDS }
  let told: () => void = () => {}
  const stopped = new Promise<void>((resolve) => {
    told = resolve
  })
  const instance = autocannon(busy, () => told())
  return () => {
    instance.stop()
    return stopped
  }
}

const BUSY_MS = 60_000

/**
 * Waits until so many alignments are at work.
 * @throws Error when not every thread works: the load is not what it is said to be
 */
export async function untilRunning(url: string, threads: number): Promise<void> {
  const until = performance.now() + BUSY_MS
  let running = 0
  while (performance.now() < until) {
    running = ((await (await fetch(`${url}/health`)).json()) as { running: number }).running
    if (running === threads) return
    await sleep(20)
  }
  throw new Error(`Expected ${threads} alignments at work, got ${running}`)
}

async function cannon(options: autocannon.Options): Promise<number[]> {
  const times: number[] = []
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon({ timeout: TIMEOUT_SECONDS, ...options }, (error, done) =>
      error ? reject(error) : resolve(done),
    )
    instance.on('response', (_client, _status, _bytes, milliseconds) => times.push(milliseconds))
  })
  const { errors, non2xx } = result
  if (errors > 0 || non2xx > 0) {
    throw new Error(`Expected answers of status 200, got ${errors} errors and ${non2xx} other statuses`)
  }
  return times
}

function checkAnswer(status: number, answer: string, { onsets }: BenchSong): void {
  if (status !== 200) throw new Error(`Expected status 200, got ${status}: ${answer.slice(0, 300)}`)
  const lines: { start_time: number; status: string }[] = JSON.parse(answer).json_data
  const starts = lines.filter((line) => line.status !== 'blank').map((line) => line.start_time)
  checkOnsets(starts, onsets)
}
