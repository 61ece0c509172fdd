/** How long it takes to align other lyrics to a recording that was heard before. */
import { mkdtemp } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { RealignReply, RealignTask } from './children/realign.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { type Runtime, runtimes } from './figures/runtimes.ts'
import { median } from './figures/statistics.ts'
import { digits, table, withRange } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { type BenchSong, makeSong } from './input/speech.ts'

const options = readOptions('Measures alignments of a recording that was heard before.')
const { quick, model } = options

// Whole turns of the psalm: with another one at the end, lyrics without a line would fit in two places.
const SECONDS = quick ? 59 : 237
const ROUNDS = quick ? 1 : 3
const LYRICS = quick ? 4 : 12
const threads = availableParallelism()

const measurements: Measurement[] = []

await withFolder(async (folder) => {
  const song = await makeSong(folder, SECONDS, 'mp3')
  await alternate(runtimes(), ROUNDS, (runtime) => measure(runtime, song, folder))
})

print()
const notes = [
  `A spoken psalm of the test fixtures, repeated to ${SECONDS} s; each time another line of it is left out.`,
  'Bytes in hand; with hashing, threads and assessment, as a caller of the package sees it.',
]
writeResult({ bench: 'realign', quick, origin: originOf(modelIn(model)), notes, measurements }, options.out)

/** A process that hears the recording, and one that finds in the folder what the first one heard. */
async function measure(runtime: Runtime, song: BenchSong, folder: string): Promise<void> {
  const cacheDir = await mkdtemp(join(folder, 'cache-'))
  const at = { runtime, threads, seconds: SECONDS }
  const first = await run(runtime, song, 0, cacheDir)
  const second = await run(runtime, song, LYRICS, cacheDir)
  expectHeard(first, 1)
  expectHeard(second, 0)
  add(at, 'first alignment', first.times.slice(0, 1))
  add(at, 'other lyrics, what was heard in memory', first.times.slice(1))
  add(at, 'other lyrics, what was heard on disk, first in its process', second.times.slice(0, 1))
  add(at, 'other lyrics, next in that process', second.times.slice(1))
  add(at, 'the same again', [...first.againTimes, ...second.againTimes])
  record(measurements, at, 'peak memory', first.peakBytes / 1e6, 'MB')
}

async function run(runtime: Runtime, song: BenchSong, from: number, cacheDir: string): Promise<RealignReply> {
  const variants = Array.from({ length: LYRICS }, (_, i) => without(song, from + i))
  const lyrics = variants.map((variant) => variant.lyrics)
  const task: RealignTask = { file: song.file, lyrics, threads, cacheDir, ...(model && { model }) }
  const { reply } = await runChild<RealignReply>('realign', task, { runtime })
  variants.forEach(({ onsets }, i) => {
    checkOnsets(reply.starts[i]!, onsets)
  })
  if (reply.same.includes(false)) throw new Error('Expected the same bytes as without a cache, got others')
  return reply
}

/** The song without one of its lines. */
function without({ lyrics, onsets }: BenchSong, line: number): Pick<BenchSong, 'lyrics' | 'onsets'> {
  const lines = lyrics.split('\n')
  const left = line % lines.length
  // After a turn through all lines, a blank one makes it another text.
  const blanks = '\n'.repeat(Math.floor(line / lines.length))
  return {
    lyrics: lines.toSpliced(left, 1).join('\n') + blanks,
    onsets: onsets.toSpliced(left, 1),
  }
}

function expectHeard({ emissions }: RealignReply, times: number): void {
  if (emissions.misses === times) return
  throw new Error(`Expected the recording to be heard ${times} times, got ${emissions.misses}`)
}

function add(at: { runtime: Runtime; threads: number; seconds: number }, metric: string, values: number[]) {
  for (const value of values) record(measurements, at, metric, value, 'ms')
  console.log(`  ${at.runtime} ${metric}: ${digits(median(values))} ms`)
}

function print(): void {
  const rows = measurements.map(({ at, metric, unit, values }) => [
    String(at.runtime),
    metric,
    withRange(values),
    unit,
  ])
  console.log(`\n${table(['runtime', 'metric', 'median (range)', 'unit'], rows)}`)
}
