/** How long an alignment takes: by stage, as a whole, from the start of the program, and for reading each codec. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { DecodeReply, DecodeTask } from './children/decode.ts'
import type { SearchReply, SearchTask } from './children/search.ts'
import type { StagesReply, StagesTask } from './children/stages.ts'
import type { WholeReply, WholeTask } from './children/whole.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { type Measurement, record, type Variant, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { type Runtime, runtimes } from './figures/runtimes.ts'
import { STAGE_NAMES } from './figures/stages.ts'
import { growthExponent, median } from './figures/statistics.ts'
import { digits, table, withRange } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { type BenchSong, type Codec, codecs, makeSong } from './input/speech.ts'

const options = readOptions('Measures how long an alignment takes, by stage and as a whole.')
const { quick } = options
const model =
  options.model ?? dirname(createRequire(import.meta.url).resolve('#embedded-model/manifest.json'))

// Seconds of audio, and how often each is measured: what is long is measured less often.
const ROUNDS: Record<number, number> = quick ? { 30: 1, 60: 1 } : { 30: 3, 240: 3, 600: 2, 3600: 1 }
const LENGTHS = Object.keys(ROUNDS).map(Number)
const SONG = quick ? 60 : 240
const THREADS = [1, 2]
const DECODE_ROUNDS = quick ? 1 : 3
// The search alone: a song of five minutes with more letters than most have, and an hour of them.
const SEARCHES: SearchTask[] = [
  { frames: 15_000, letters: 3_000 },
  ...(quick ? [] : [{ frames: 180_000, letters: 36_000 }]),
]
const WAYS: DecodeTask['way'][] = ['streaming', 'whole file']

const measurements: Measurement[] = []
const loudness = new Map<Codec, number>()

await withFolder(async (folder) => {
  const songs = new Map<number, BenchSong>()
  for (const seconds of LENGTHS) songs.set(seconds, await makeSong(folder, seconds, 'mp3'))
  console.log('whole: every run in a fresh process')
  for (const [seconds, song] of songs)
    await alternate(wholeVariants(seconds), ROUNDS[seconds]!, runWhole(song))
  console.log('stages')
  const stages = LENGTHS.flatMap((seconds) => THREADS.map((threads) => ({ seconds, threads })))
  for (const { seconds, threads } of stages) {
    await alternate([threads], ROUNDS[seconds]!, runStages(songs.get(seconds)!))
  }
  console.log('search alone')
  await alternate(SEARCHES, DECODE_ROUNDS, runSearch)
  console.log('reading each codec')
  for (const codec of codecs()) {
    await alternate(WAYS, DECODE_ROUNDS, runDecode(await makeSong(folder, SONG, codec)))
  }
})

recordGrowth()
print()
const notes = [
  'Audio: a spoken psalm of the test fixtures, repeated; MP3 of 128 kbit/s, 44.1 kHz stereo where ffmpeg is installed.',
  'Features are computed inside the model, so they are part of its time.',
]
writeResult(
  { bench: 'speed', quick, origin: originOf(modelIn(options.model)), notes, measurements },
  options.out,
)

type WholeVariant = { runtime: Runtime; threads: number }

/** The longest recordings on Node only: the runtimes are compared on a song. */
function wholeVariants(seconds: number): WholeVariant[] {
  const used: Runtime[] = seconds <= SONG ? runtimes() : ['node']
  return used.flatMap((runtime) => THREADS.map((threads) => ({ runtime, threads })))
}

function runWhole(song: BenchSong) {
  return async ({ runtime, threads }: WholeVariant): Promise<void> => {
    const { file, lyrics, onsets, seconds } = song
    const task: WholeTask = { file, lyrics, threads, runs: 1, model }
    const { reply, spawnedAt } = await runChild<WholeReply>('whole', task, { runtime })
    const at = { runtime, threads, seconds }
    record(measurements, at, 'onset error', checkOnsets(reply.starts, onsets), 's')
    record(measurements, at, 'whole', reply.seconds[0]!, 's')
    record(measurements, at, 'whole CPU', reply.cpuSeconds, 's')
    record(measurements, at, 'real-time factor', reply.seconds[0]! / seconds, 'factor')
    record(measurements, at, 'peak memory', reply.peakBytes / 1e6, 'MB')
    record(measurements, at, 'idle memory', reply.idleBytes / 1e6, 'MB')
    if (seconds === LENGTHS[0]) {
      record(measurements, at, 'start to first result', (reply.firstResultAt - spawnedAt) / 1000, 's')
    }
    say(at, `${digits(reply.seconds[0])} s, ${digits(reply.peakBytes / 1e6)} MB`)
  }
}

function runStages({ file, lyrics, onsets, seconds }: BenchSong) {
  return async (threads: number): Promise<void> => {
    const task: StagesTask = { file, lyrics, threads, model }
    const { reply } = await runChild<StagesReply>('stages', task)
    checkOnsets(reply.starts, onsets)
    const at = { runtime: 'node', threads, seconds }
    for (const stage of STAGE_NAMES) {
      record(measurements, { ...at, stage }, 'stage', reply.wall[stage], 's')
      record(measurements, { ...at, stage }, 'stage CPU', reply.cpu[stage], 's')
    }
    say(at, STAGE_NAMES.map((stage) => `${stage} ${digits(reply.wall[stage])}`).join(', '))
  }
}

async function runSearch(at: SearchTask): Promise<void> {
  const { reply } = await runChild<SearchReply>('search', at)
  record(measurements, at, 'search', reply.seconds, 's')
  record(measurements, at, 'search CPU', reply.cpuSeconds, 's')
  record(measurements, at, 'search memory', reply.growthBytes / 1e6, 'MB')
  say(at, `${digits(reply.seconds)} s, +${digits(reply.growthBytes / 1e6)} MB`)
}

function runDecode({ file, codec, seconds }: BenchSong) {
  return async (way: DecodeTask['way']): Promise<void> => {
    const task: DecodeTask = { file, way }
    const { reply } = await runChild<DecodeReply>('decode', task)
    checkDecoded(codec, seconds, reply)
    const at = { codec, way, seconds }
    record(measurements, at, 'read', reply.seconds, 's')
    record(measurements, at, 'read CPU', reply.cpuSeconds, 's')
    record(measurements, at, 'read memory', reply.growthBytes / 1e6, 'MB')
    say(at, `${digits(reply.seconds)} s, +${digits(reply.growthBytes / 1e6)} MB`)
  }
}

/** Both ways must give the same sound; encoders add less than a second. */
function checkDecoded(codec: Codec, seconds: number, reply: DecodeReply): void {
  const known = loudness.get(codec) ?? reply.loudness
  loudness.set(codec, known)
  const same = Math.abs(reply.loudness / known - 1) < 0.01
  if (Math.abs(reply.audioSeconds - seconds) < 30 && same) return
  const got = `${reply.audioSeconds.toFixed(1)} s at ${reply.loudness.toFixed(4)}`
  throw new Error(`Expected ${seconds} s of ${codec} at a loudness of ${known.toFixed(4)}, got ${got}`)
}

/** How time grows with length; over the lengths of the whole, and of each stage. */
function recordGrowth(): void {
  for (const threads of THREADS) {
    const at = { runtime: 'node', threads }
    record(measurements, at, 'growth exponent', exponentOf('whole', at), 'factor')
    for (const stage of ['decode', 'resample', 'model', 'viterbi', 'evidence']) {
      const variant = { ...at, stage }
      record(measurements, variant, 'growth exponent', exponentOf('stage', variant), 'factor')
    }
  }
}

function exponentOf(metric: string, at: Variant): number {
  const fits = measurements.filter(
    (each) => each.metric === metric && Object.entries(at).every(([name, value]) => each.at[name] === value),
  )
  return growthExponent(
    fits.map(({ at: { seconds }, values }) => ({ x: Number(seconds), y: median(values) })),
  )
}

function say(at: Variant, text: string): void {
  console.log(`  ${Object.values(at).join(' ')}: ${text}`)
}

function print(): void {
  const rows = measurements.map(({ at, metric, unit, values }) => [
    metric,
    Object.entries(at)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    `${withRange(values)}`,
    unit,
  ])
  console.log(`\n${table(['metric', 'variant', 'median (range)', 'unit'], rows)}`)
}
