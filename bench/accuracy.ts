/** How near the times are to those that people gave: the evaluation of the command line, over a folder of songs. */
import { existsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { measure, type SongResult, summarize } from '../src/cli/evaluate/measure.ts'
import { REPORT_HEAD, setRow, songRow } from '../src/cli/evaluate/report.ts'
import type { Figures } from '../src/cli/evaluate/score.ts'
import { readSongs } from '../src/cli/evaluate/songs.ts'
import { createAligner, VERSION } from '../src/index.ts'
import { readOptions } from './figures/options.ts'
import { originOf } from './figures/origin.ts'
import { PROJECT } from './figures/project.ts'
import { type Measurement, type Result, record, type Variant, writeResult } from './figures/result.ts'

const options = readOptions('Measures how near the times are to those that people gave.', {
  songs: { type: 'string', about: 'folder of songs as for sow-align evaluate (default: ../shared/songs)' },
})
const { quick } = options
const folder = options.songs ?? join(PROJECT, '..', 'shared', 'songs')
if (!existsSync(folder)) {
  console.log(
    `No songs at ${folder}: name a folder of songs with reference timings by --songs. Nothing measured.`,
  )
  process.exit(0)
}

const QUICK_SONGS = 2
const LONGEST_SONG = 3600

const all = readSongs(folder)
await using aligner = await createAligner({
  maxAudioSeconds: LONGEST_SONG,
  ...(options.model && { modelPath: options.model }),
})
const results: SongResult[] = []
console.log(REPORT_HEAD)
for (const song of quick ? all.slice(0, QUICK_SONGS) : all) {
  const result = await measure(song, aligner, 'auto', new AbortController().signal)
  results.push(result)
  console.log(songRow(result))
}
const sets = summarize(results)
for (const set of sets) console.log(setRow(set))

const measurements: Measurement[] = []
for (const { name, words, lines } of results) recordFigures({ song: name }, words, lines)
for (const { set, songs, lost, words, lines, trust, realTimeFactor } of sets) {
  const at = { set }
  recordFigures(at, words, lines)
  record(measurements, at, 'songs', songs, 'count', 'higher')
  record(measurements, at, 'songs lost', lost, 'count')
  record(measurements, at, 'real-time factor', realTimeFactor, 'factor')
  recordShare(at, 'precision of aligned', trust.both, trust.calledAligned)
  recordShare(at, 'recall of aligned', trust.both, trust.within1s)
}
const notes = [
  'Onset errors as sow-align evaluate counts them; figures of a set are means over its songs.',
  'precision: of the lines called aligned, those within 1 s; recall: of the lines within 1 s, those called aligned.',
]
const { model, threads } = aligner.status()
// With all that sow-align evaluate --json writes: README's table is made from it.
const evaluation = {
  version: VERSION,
  model,
  language: 'auto',
  machine: machineOf(threads),
  sets,
  songs: results,
}
const result: Result = { bench: 'accuracy', quick, origin: originOf(model), notes, measurements }
writeResult({ ...result, ...evaluation }, options.out)

function machineOf(used: number) {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown'
  return { runtime: `Node ${process.versions.node}`, cpu, cores: availableParallelism(), threads: used }
}

function recordFigures(at: Variant, words: Figures | undefined, lines: Figures): void {
  for (const [what, figures] of Object.entries({ words, lines })) {
    if (!figures) continue
    record(measurements, at, `${what}: mean error`, figures.mean, 's')
    record(measurements, at, `${what}: median error`, figures.median, 's')
    record(measurements, at, `${what}: within 0.3 s`, figures.within300ms, 'share', 'higher')
    record(measurements, at, `${what}: within 1 s`, figures.within1s, 'share', 'higher')
  }
}

function recordShare(at: Variant, metric: string, part: number, whole: number): void {
  if (whole > 0) record(measurements, at, metric, part / whole, 'share', 'higher')
}
