/** What HTTP costs: overhead over a call in the process, uploads, the cache, and /health while every thread works. */

import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { WholeReply, WholeTask } from './children/whole.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { type Measurement, record, type Variant, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { type Runtime, runtimes } from './figures/runtimes.ts'
import { median, percentile } from './figures/statistics.ts'
import { digits } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { alignForm, askHealth, keepBusy, sendAll, untilRunning } from './input/requests.ts'
import { type Service, startService } from './input/service.ts'
import { type BenchSong, makeSong } from './input/speech.ts'
import { padWav } from './input/wav.ts'

const options = readOptions('Measures what HTTP costs. Loopback only.')
const { quick } = options
const model = options.model

const ROUNDS = quick ? 1 : 3
/** Requests of a run; the first one is not counted. */
const REQUESTS = quick ? 3 : 8
const UPLOADS_MB = quick ? [0, 10] : [0, 10, 50, 150]
const CACHE_REQUESTS = quick ? 4 : 20
const HEALTH_SECONDS = quick ? 3 : 10
const WAYS = ['in process', 'http'] as const

const measurements: Measurement[] = []

await withFolder(async (folder) => {
  const song = await makeSong(folder, 30, 'mp3')
  const wav = await makeSong(folder, 12, 'wav')
  const both = runtimes()
  console.log('one alignment, in the process and over HTTP')
  const calls = both.flatMap((runtime) => WAYS.map((way) => ({ runtime, way })))
  await alternate(calls, ROUNDS, ({ runtime, way }) =>
    way === 'http' ? overHttp(runtime, song) : inProcess(runtime, song),
  )
  console.log('uploads')
  await alternate(both, ROUNDS, (runtime) => uploads(runtime, wav))
  console.log('cache')
  await alternate(both, ROUNDS, (runtime) => cached(runtime, song, folder))
  console.log('/health while every thread works')
  await alternate(both, ROUNDS, (runtime) => health(runtime, song))
})

const notes = [
  'Client and service share the cores of one machine, over loopback; one thread inside each alignment.',
  'Uploads: WAV of 12 s, made larger by a chunk that is no audio.',
]
writeResult({ bench: 'http', quick, origin: originOf(modelIn(model)), notes, measurements }, options.out)

async function inProcess(runtime: Runtime, { file, lyrics, onsets }: BenchSong): Promise<void> {
  const task: WholeTask = { file, lyrics, threads: 1, runs: REQUESTS, ...(model && { model }) }
  const { reply } = await runChild<WholeReply>('whole', task, { runtime })
  checkOnsets(reply.starts, onsets)
  const times = reply.seconds.slice(1).map((seconds) => seconds * 1000)
  add({ runtime, way: 'in process' }, 'alignment', median(times), 'ms')
}

async function overHttp(runtime: Runtime, song: BenchSong): Promise<void> {
  const forms = Array.from({ length: REQUESTS }, (_, i) => alignForm(song, readFileSync(song.file), i))
  await withService(runtime, {}, async ({ url }) => {
    const times = await sendAll(url, song, forms)
    add({ runtime, way: 'http' }, 'alignment', median(times.slice(1)), 'ms')
  })
}

/** Each size in turn on one service; its memory is the peak of all of them. */
async function uploads(runtime: Runtime, wav: BenchSong): Promise<void> {
  const audio = readFileSync(wav.file)
  await withService(runtime, {}, async ({ url, peakBytes }) => {
    await sendAll(url, wav, [alignForm(wav, audio)])
    for (const megabytes of UPLOADS_MB) {
      const padded = padWav(audio, megabytes * 1e6)
      // No recording twice, or it would be known.
      const forms = [1, 2, 3].map((other) => alignForm(wav, padded, other))
      add({ runtime, megabytes }, 'upload', median(await sendAll(url, wav, forms)), 'ms')
      add({ runtime, megabytes }, 'upload memory', peakBytes() / 1e6, 'MB')
    }
  })
}

async function cached(runtime: Runtime, song: BenchSong, folder: string): Promise<void> {
  const CACHE_DIR = await mkdtemp(join(folder, 'cache-'))
  const audio = readFileSync(song.file)
  const known = alignForm(song, audio)
  await withService(runtime, { CACHE_DIR }, async ({ url }) => {
    await sendAll(url, song, [known])
    let asked = 0
    for (const hits of [0, 0.5, 1]) {
      const posts = Array.from({ length: CACHE_REQUESTS }, (_, i) => {
        const hit = Math.floor((i + 1) * hits) > Math.floor(i * hits)
        return hit ? known : alignForm(song, audio, ++asked)
      })
      const times = await sendAll(url, song, posts)
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length
      add({ runtime, hits }, 'cache mean', mean, 'ms')
      add({ runtime, hits }, 'cache median', median(times), 'ms')
    }
  })
}

async function health(runtime: Runtime, song: BenchSong): Promise<void> {
  const audio = readFileSync(song.file)
  const threads = availableParallelism()
  await withService(runtime, { MAX_CONCURRENT: String(threads) }, async ({ url }) => {
    await recordHealth({ runtime, load: 'idle' }, url)
    // One more than there are threads, so that none of them waits for the client.
    const stop = keepBusy(url, (n) => alignForm(song, audio, n), threads + 1)
    await untilRunning(url, threads)
    await recordHealth({ runtime, load: 'every thread works' }, url)
    await stop()
  })
}

async function recordHealth(at: Variant, url: string): Promise<void> {
  const times = await askHealth(url, HEALTH_SECONDS)
  add(at, 'health p50', percentile(times, 50), 'ms')
  add(at, 'health p99', percentile(times, 99), 'ms')
  add(at, 'health longest', Math.max(...times), 'ms')
}

async function withService(
  runtime: Runtime,
  settings: Record<string, string>,
  work: (service: Service) => Promise<void>,
): Promise<void> {
  const service = await startService(runtime, {
    THREADS: '1',
    LOG_LEVEL: 'info',
    ...(model && { MODEL_PATH: model }),
    ...settings,
  })
  try {
    await work(service)
  } finally {
    await service.stop()
  }
}

function add(at: Variant, metric: string, figure: number, unit: 'ms' | 'MB'): void {
  record(measurements, at, metric, figure, unit)
  console.log(`  ${Object.values(at).join(' ')}: ${metric} ${digits(figure)} ${unit}`)
}
