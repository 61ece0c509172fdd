/** What a machine of so many CPUs carries: the highest rate of songs within a time limit, and what that costs. */
import { availableParallelism } from 'node:os'
import type { LoadReply, LoadTask } from './children/load.ts'
import { arrivalTimes } from './figures/arrivals.ts'
import { type Budget, costOf, exceeded, highestRate, type Probe, sharesOf } from './figures/capacity.ts'
import { canPin, runChild } from './figures/child.ts'
import { positive, readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { percentile } from './figures/statistics.ts'
import { digits, table } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { type BenchSong, makeSong } from './input/speech.ts'

const options = readOptions('Finds what a machine carries: MAX_CONCURRENT x threads under a CPU budget.', {
  cpus: { type: 'string', about: 'CPU budget (default: 4)' },
  'memory-gb': { type: 'string', about: 'memory budget (default: 8)' },
  'target-seconds': { type: 'string', about: '95 of 100 songs must be answered within (default: 30)' },
  'song-seconds': { type: 'string', about: 'length of the songs (default: 240; quick: 30)' },
  'probe-seconds': { type: 'string', about: 'how long each rate is tried (default: 60; quick: 8)' },
})
const { quick, model } = options
const budget: Budget = {
  cpus: positive('cpus', options.cpus, 4),
  bytes: positive('memory-gb', options['memory-gb'], 8) * 1e9,
}
const target = positive('target-seconds', options['target-seconds'], 30)
const songSeconds = positive('song-seconds', options['song-seconds'], quick ? 30 : 240)
const probeSeconds = positive('probe-seconds', options['probe-seconds'], quick ? 8 : 60)
const SEED = 20_200_101
/** Songs for each thread when throughput is measured. */
const SONGS_IN_A_ROW = quick ? 2 : 4

const cores = Math.min(Math.floor(budget.cpus), availableParallelism())
const measurements: Measurement[] = []
const notes: string[] = []
const problems = new Set<string>()
sayTheBudget()

type Setting = { maxConcurrent: number; threads: number; cores: number }
type SettingProbe = Probe & Setting & { utilisation: number; cpuSecondsPerSong: number; peakBytes: number }

await withFolder(async (folder) => {
  const song = await makeSong(folder, songSeconds, 'mp3')
  const probes: SettingProbe[] = []
  for (const share of sharesOf(cores)) probes.push(...(await sweep(song, { ...share, cores })))
  const best = highestRate(probes, target)
  await measureScaling(song)
  report(probes, best)
})

const origin = originOf(modelIn(model))
writeResult({ bench: 'capacity', quick, origin, notes, measurements }, options.out)
for (const problem of problems) console.error(`over budget: ${problem}`)
process.exitCode = problems.size > 0 ? 1 : 0

function sayTheBudget(): void {
  if (cores < budget.cpus) {
    notes.push(
      `The budget is ${budget.cpus} CPUs and this machine has ${availableParallelism()}: figures are for ${cores}. The scaling is measured from 1 to ${cores}; nothing is claimed beyond.`,
    )
  }
  const enforced = cores === availableParallelism() || canPin()
  notes.push(
    enforced
      ? `Processes can use ${cores} cores (${canPin() ? 'taskset' : 'all there are'}); CPU seconds are checked against the budget.`
      : 'taskset is not here: the CPU budget is not enforced, only checked by measured CPU seconds.',
  )
  notes.push(
    `Songs of ${songSeconds} s arrive in an open loop; 95 of 100 must be answered within ${target} s.`,
  )
  for (const note of notes) console.log(note)
}

/** Throughput with every thread busy, then arrivals at shares of it: three quarters, and from there up or down. */
async function sweep(song: BenchSong, setting: Setting): Promise<SettingProbe[]> {
  const most = await throughput(song, setting)
  const at = { maxConcurrent: setting.maxConcurrent, threads: setting.threads, cores: setting.cores }
  record(measurements, at, 'throughput', most, 'per hour', 'higher')
  const first = await probe(song, setting, most, 0.75)
  const next = first.p95 <= target ? 0.9 : 0.5
  return [first, await probe(song, setting, most, next)]
}

/** Songs per hour with every thread always busy. */
async function throughput(song: BenchSong, setting: Setting): Promise<number> {
  const arrivals = new Array(SONGS_IN_A_ROW * setting.maxConcurrent).fill(0)
  const { latencies, wallSeconds } = await load(song, setting, arrivals)
  const perHour = (3600 * latencies.length) / wallSeconds
  console.log(`  ${setting.maxConcurrent} x ${setting.threads}: ${digits(perHour)} songs per hour at most`)
  return perHour
}

async function probe(song: BenchSong, setting: Setting, most: number, share: number): Promise<SettingProbe> {
  const arrivals = arrivalTimes((most * share) / 3600, probeSeconds, SEED)
  const reply = await load(song, setting, arrivals)
  const { latencies, cpuSeconds, peakBytes, wallSeconds } = reply
  const songsPerHour = (3600 * arrivals.length) / probeSeconds
  const [p50, p95, p99] = [50, 95, 99].map((percent) => percentile(latencies, percent)) as [
    number,
    number,
    number,
  ]
  const at = { ...setting, load: share }
  record(measurements, at, 'songs per hour', songsPerHour, 'per hour', 'higher')
  for (const [metric, figure] of Object.entries({ p50, p95, p99 }))
    record(measurements, at, metric, figure, 's')
  record(measurements, at, 'songs', latencies.length, 'count', 'higher')
  record(measurements, at, 'peak memory', peakBytes / 1e6, 'MB')
  record(measurements, at, 'CPU per song', cpuSeconds / latencies.length, 's')
  record(measurements, at, 'CPUs used', cpuSeconds / wallSeconds, 'factor')
  console.log(`  ${setting.maxConcurrent} x ${setting.threads} at ${share}: p95 ${digits(p95)} s`)
  const cpuSecondsPerSong = cpuSeconds / latencies.length
  return { ...setting, songsPerHour, p95, utilisation: share, cpuSecondsPerSong, peakBytes }
}

async function load(song: BenchSong, setting: Setting, arrivals: number[]): Promise<LoadReply> {
  const { maxConcurrent, threads } = setting
  const { file, lyrics, onsets } = song
  const task: LoadTask = { file, lyrics, maxConcurrent, threads, arrivals, ...(model && { model }) }
  const { reply } = await runChild<LoadReply>('load', task, { cores: setting.cores })
  checkOnsets(reply.starts, onsets)
  const used = { cpus: reply.cpuSeconds / reply.wallSeconds, bytes: reply.peakBytes }
  for (const problem of exceeded(budget, used)) problems.add(problem)
  return reply
}

/** Throughput on 1, 2, 4, ... cores, one alignment on each. */
async function measureScaling(song: BenchSong): Promise<void> {
  const counts = [1, 2, 4, 8, 16, 32, 64].filter((count) => count < cores)
  let one = Number.NaN
  for (const count of [...counts, cores]) {
    const setting = { maxConcurrent: count, threads: 1, cores: count }
    const perHour = await throughput(song, setting)
    if (count === 1) one = perHour
    record(measurements, { cores: count }, 'scaling throughput', perHour, 'per hour', 'higher')
    record(measurements, { cores: count }, 'scaling', perHour / one, 'factor', 'higher')
  }
}

function report(probes: readonly SettingProbe[], best: SettingProbe | undefined): void {
  const rows = probes.map(({ maxConcurrent, threads, utilisation, songsPerHour, p95, peakBytes }) => [
    `${maxConcurrent} x ${threads}`,
    digits(utilisation),
    digits(songsPerHour),
    digits((songsPerHour * songSeconds) / 3600),
    digits(p95),
    digits(peakBytes / 1e6),
  ])
  const head = ['MAX_CONCURRENT x threads', 'load', 'songs/h', 'audio h/h', 'p95 s', 'peak MB']
  console.log(`\n${table(head, rows)}\n`)
  if (!best) {
    notes.push(`No setting answered 95 of 100 songs within ${target} s.`)
    console.log(notes.at(-1))
    return
  }
  const { maxConcurrent, threads, songsPerHour, cpuSecondsPerSong } = best
  const cost = costOf(songSeconds, cpuSecondsPerSong)
  const at = { maxConcurrent, threads, cores }
  record(measurements, at, 'recommended songs per hour', songsPerHour, 'per hour', 'higher')
  record(
    measurements,
    { songSeconds },
    'audio hours per core-hour',
    cost.audioHoursPerCoreHour,
    'factor',
    'higher',
  )
  record(measurements, { songSeconds }, 'core-hours for 100,000 songs', cost.coreHoursFor100000, 'factor')
  console.log(
    `Recommended for ${cores} cores: MAX_CONCURRENT=${maxConcurrent} THREADS=${threads}, ${digits(songsPerHour)} songs per hour.\n` +
      `${digits(cost.audioHoursPerCoreHour)} hours of audio in a core-hour; 100,000 songs need ${digits(cost.coreHoursFor100000)} core-hours.`,
  )
}
