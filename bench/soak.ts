/** Many alignments in a row, then more load than can be carried: memory must not grow, and everyone must be answered. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MALLOC } from '../src/config/load.ts'
import type { Probed, ProbeTask } from './children/probe.ts'
import { arrivalTimes } from './figures/arrivals.ts'
import { runChild } from './figures/child.ts'
import { positive, readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { childrenOf, residentMemory } from './figures/processes.ts'
import { type Measurement, record, resultFile, writeResult } from './figures/result.ts'
import type { Runtime } from './figures/runtimes.ts'
import { median, percentile } from './figures/statistics.ts'
import { digits, table } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { alignForm, type Post, sendAll } from './input/requests.ts'
import { type Service, startService } from './input/service.ts'
import { type BenchSong, makeSong } from './input/speech.ts'
import { numberedWav } from './input/wav.ts'

const options = readOptions('Runs the service for long, and under more load than it can carry. Linux.', {
  runtime: { type: 'string', about: 'node or bun (default: node)' },
  isolation: { type: 'string', about: 'thread or process (default: process)' },
  songs: { type: 'string', about: 'alignments in a row (default: 1000; quick: 60)' },
  minutes: { type: 'string', about: 'of load (default: 5; quick: 0.75)' },
})
const { quick, out } = options
const runtime = (options.runtime ?? 'node') as Runtime
const isolation = options.isolation ?? 'process'
const songs = positive('songs', options.songs, quick ? 60 : 1000)
const seconds = 60 * positive('minutes', options.minutes, quick ? 0.75 : 5)

// As long that what is kept in memory of what was heard (32 MB) is full when memory is first taken.
const ROW_SECONDS = 60
const LOAD_SECONDS = 12
/** Alignments from which the capacity for the load is taken. */
const CAPACITY_OF = 20
/** Sent one after the other in one load. */
const AT_ONCE = 10
/** Memory is compared with that after so many alignments, a multiple of those: by then everything has been used. */
const SETTLED = quick ? 30 : 100
/** At any one moment memory is what the collectors of garbage left: it is taken as the median over so many alignments. */
const WINDOW = quick ? 20 : 50
const SAMPLE_MS = 200
/** In so few alignments the heaps of a young process still find their size. */
const MOST_GROWTH = quick ? 1.25 : 1.1
const OVERLOAD = 3
const SEED = 20_200_102
const MOST_MS = 20
const PROBES_PER_SECOND = 50
// A short run on a machine with other work says nothing of latencies: they are shown, not judged.
const JUDGES_LATENCY = !quick

const at = { runtime, isolation }
const measurements: Measurement[] = []
const broken: string[] = []
const rows: string[][] = []

await withFolder(async (folder) => {
  const inRow = await source(folder, ROW_SECONDS)
  const inLoad = await source(folder, LOAD_SECONDS)
  const settings = {
    MAX_CONCURRENT: '1',
    THREADS: '1',
    MAX_QUEUE: '8',
    WORKER_ISOLATION: isolation,
  }
  // As in the container.
  const service = await startService(runtime, settings, MALLOC)
  try {
    await inARow(service)
    await overloaded(service, await capacity(service))
  } finally {
    const ended = await service.end('SIGTERM')
    promise(ended === 0, 'exit code after SIGTERM', String(ended), '0')
  }

  async function inARow({ url, pid }: Service): Promise<void> {
    const times: number[] = []
    const samples: { done: number; bytes: number }[] = []
    const sampling = setInterval(() => samples.push({ done: times.length, bytes: memory(pid) }), SAMPLE_MS)
    const memoryAfter = (end: number) =>
      median(samples.filter(({ done }) => done >= end - WINDOW && done < end).map(({ bytes }) => bytes))
    try {
      while (times.length < songs) {
        // At once, for every load ends with a second of its own.
        times.push(...(await send(url, inRow, Math.min(AT_ONCE, songs - times.length))))
        const done = times.length
        if (done % 50 === 0) console.log(`${done} alignments: ${digits(memoryAfter(done) / 1e6)} MB`)
      }
    } finally {
      clearInterval(sampling)
    }
    const settled = memoryAfter(SETTLED)
    const last = memoryAfter(songs)
    const most = Math.max(...samples.map(({ bytes }) => bytes))
    record(measurements, at, `memory after ${SETTLED}`, settled / 1e6, 'MB')
    record(measurements, at, 'memory at the end', last / 1e6, 'MB')
    record(measurements, at, 'most memory in between', most / 1e6, 'MB')
    record(measurements, at, 'alignment', median(times), 'ms')
    const growth = last / settled
    promise(
      growth <= MOST_GROWTH,
      `memory after ${songs} alignments by that after ${SETTLED}`,
      digits(growth),
      `at most ${MOST_GROWTH}`,
    )
  }

  /** Alignments per second. */
  async function capacity({ url }: Service): Promise<number> {
    return 1000 / median(await send(url, inLoad, CAPACITY_OF))
  }

  async function ask(url: string, connection: string): Promise<string> {
    const { body, headers } = inLoad.next()
    const init = { method: 'POST', headers: { ...headers, connection }, body: body as Buffer<ArrayBuffer> }
    return await fetch(`${url}/api/v1/align`, init).then(statusOf, () => 'no answer')
  }

  async function overloaded({ url }: Service, perSecond: number): Promise<void> {
    const probes = ['/health', '/api/v1/live'].map(async (path) => {
      const task: ProbeTask = { url: url + path, seconds, perSecond: PROBES_PER_SECOND }
      return { path, ...(await runChild<Probed>('probe', task)).reply }
    })
    const started = performance.now()
    const outcomes = await Promise.all(
      arrivalTimes(OVERLOAD * perSecond, seconds, SEED).map(async (arrival, n) => {
        await sleep(arrival * 1000 - (performance.now() - started))
        // Every other client closes its connection with the answer, as simple ones do.
        return await ask(url, n % 2 === 0 ? 'close' : 'keep-alive')
      }),
    )
    const latencies = await Promise.all(probes)
    for (const outcome of new Set(outcomes)) {
      const length = outcomes.filter((each) => each === outcome).length
      record(measurements, { ...at, status: outcome }, 'answers', length, 'count', 'higher')
      console.log(`answers of status ${outcome}: ${length}`)
    }
    const good = outcomes.filter((outcome) => outcome === '200').length
    const wrong = outcomes.filter((outcome) => !['200', '429', '503'].includes(outcome))
    promise(
      wrong.length === 0,
      `requests at ${OVERLOAD} times the capacity not answered by 200, 429 or 503`,
      String(wrong.length),
      '0',
    )
    promise(good > 0, 'of them answered by 200', `${good} of ${outcomes.length}`, 'more than 0')
    for (const { path, times, failed } of latencies) {
      const p99 = percentile(times, 99)
      record(measurements, { ...at, path }, 'p99', p99, 'ms')
      promise(
        !JUDGES_LATENCY || p99 < MOST_MS,
        `p99 of ${path}, ms`,
        digits(p99),
        JUDGES_LATENCY ? `below ${MOST_MS}` : 'not judged',
      )
      promise(failed === 0, `${path} not answered by 200`, String(failed), '0')
    }
  }
})

console.log(`\n${table(['promise', 'measured', 'expected', 'kept'], rows)}\n`)
record(measurements, at, 'broken promises', broken.length, 'count')
const notes = [
  `Uploads of a WAV, each with other bytes: ${ROW_SECONDS} s in a row, ${LOAD_SECONDS} s under overload; one alignment at a time, one thread. Under overload every other client asks for the end of its connection.`,
  `Memory is resident memory of the service and its workers, the median over ${WINDOW} alignments; started with the MALLOC_* variables of the container. What was heard is kept in memory, up to 32 MB: full before memory is first taken, except in a short run. Clients and service share the cores of one machine.`,
  ...broken.map((each) => `Broken (${runtime}, ${isolation}): ${each}`),
]
writeResult(
  { bench: 'soak', quick, origin: originOf(modelIn()), notes, measurements },
  out ?? resultFile('soak', quick, `${runtime}-${isolation}`),
)
for (const each of broken) console.error(`broken: ${each}`)
process.exitCode = broken.length === 0 ? 0 : 1

function promise(kept: boolean, what: string, measured: string, expected: string): void {
  rows.push([what, measured, expected, kept ? 'yes' : 'NO'])
  if (!kept) broken.push(`${what}: expected ${expected}, got ${measured}`)
}

type Source = { song: BenchSong; next(): Post }

/** Requests with a recording of so many seconds, each with other bytes. */
async function source(folder: string, seconds: number): Promise<Source> {
  const song = await makeSong(folder, seconds, 'wav')
  const wav = readFileSync(song.file)
  let made = 0
  return { song, next: () => alignForm(song, numberedWav(wav, ++made)) }
}

/** Sends so many one after the other; milliseconds of each. */
function send(url: string, { song, next }: Source, count: number): Promise<number[]> {
  return sendAll(url, song, Array.from({ length: count }, next))
}

function memory(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + residentMemory(each), 0)
}

async function statusOf(response: Response): Promise<string> {
  const body = (await response.json()) as { code?: string }
  return response.ok || body.code ? String(response.status) : `${response.status} without a code`
}
