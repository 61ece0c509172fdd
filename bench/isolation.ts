/** What workers in processes of their own cost above workers in threads: start, memory, time and throughput. Linux. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { IsolationReply, IsolationTask } from './children/isolation.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { runtimes } from './figures/runtimes.ts'
import { median } from './figures/statistics.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { makeSong } from './input/speech.ts'
import { padWav } from './input/wav.ts'
import { isolationTable } from './report/reliability.ts'

const { quick, out } = readOptions('Compares workers in threads with workers in processes.')
const ROUNDS = quick ? 1 : 5
const RUNS = quick ? 2 : 5
// Two turns of the spoken psalm, as whole as they can be made without an encoder.
const SONG_SECONDS = 59
const LARGE_MB = 50
const WAYS = ['thread', 'process'] as const

const measurements: Measurement[] = []
const variants = runtimes().flatMap((runtime) => WAYS.map((isolation) => ({ runtime, isolation })))

await withFolder(async (folder) => {
  const song = await makeSong(folder, SONG_SECONDS, 'mp3')
  const wav = await makeSong(folder, 12, 'wav')
  const large = { file: `${folder}/large.wav`, lyrics: wav.lyrics }
  writeFileSync(large.file, padWav(readFileSync(wav.file), LARGE_MB * 1e6))
  const small = { file: wav.file, lyrics: wav.lyrics }
  await alternate(variants, ROUNDS, async (at) => {
    const reply = await measure(at, { isolation: at.isolation, song, large, runs: RUNS })
    const { seconds } = reply
    for (const [metric, value] of Object.entries({
      start: reply.startSeconds,
      alignment: median(seconds),
      'alignment of a large file': median(reply.largeSeconds),
    }))
      record(measurements, at, metric, value, 's')
    record(measurements, at, 'memory idle', reply.idleBytes / 1e6, 'MB')
    record(measurements, at, 'memory used', reply.usedBytes / 1e6, 'MB')
    record(measurements, at, 'memory with two', reply.twoBytes / 1e6, 'MB')
    record(measurements, at, 'throughput with two', reply.perHour, 'per hour', 'higher')
    // The same recording without what makes its file large.
    const plain = await measure(at, { isolation: at.isolation, song: small, large: small, runs: RUNS })
    record(measurements, at, 'alignment of the same file, small', median(plain.largeSeconds), 's')
  })

  async function measure(at: (typeof variants)[number], task: IsolationTask): Promise<IsolationReply> {
    const { reply } = await runChild<IsolationReply>('isolation', task, { runtime: at.runtime })
    for (const starts of reply.starts) {
      const onsets = starts.length === song.onsets.length ? song.onsets : wav.onsets
      checkOnsets(starts, onsets)
    }
    return reply
  }
})

console.log(`\n${isolationTable(measurements)}`)
const notes = [
  `One thread inside each alignment; a song of ${SONG_SECONDS} s; the large file is a WAV of 12 s with ${LARGE_MB} MB that are no audio.`,
  'Memory is that of the service and its workers together, what they share counted once (PSS).',
]
writeResult({ bench: 'isolation', quick, origin: originOf(modelIn()), notes, measurements }, out)
