/** Runs an older commit and this tree in turn on the same song: what changes did to the time of each stage and the whole. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StagesReply, StagesTask } from './children/stages.ts'
import type { WholeReply, WholeTask } from './children/whole.ts'
import { runChild } from './figures/child.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { PROJECT } from './figures/project.ts'
import { type Measurement, record, type Variant, writeResult } from './figures/result.ts'
import { alternate } from './figures/rounds.ts'
import { STAGE_NAMES } from './figures/stages.ts'
import { median } from './figures/statistics.ts'
import { digits, table } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { checkOnsets } from './input/check.ts'
import { type BenchSong, makeSong } from './input/speech.ts'

const options = readOptions('Compares an older commit with this tree, in turn on the same song.', {
  commit: { type: 'string', about: 'the older commit (default: HEAD)' },
  note: { type: 'string', about: 'what readers of the figures must know' },
})
const { quick, commit = 'HEAD', note } = options
const SECONDS = quick ? 60 : 240
const ROUNDS = quick ? 1 : 5
const THREADS = 1

/** `dist` holds the compiled tree, `model` the embedded model of it. */
type Build = { build: 'before' | 'now'; dist: string; model: string }

const measurements: Measurement[] = []
const before = git('rev-parse', '--short', commit)

await withFolder(async (folder) => {
  const builds: Build[] = [
    { build: 'before', ...buildOf(join(folder, 'before')) },
    { build: 'now', ...placesIn(PROJECT) },
  ]
  const song = await makeSong(folder, SECONDS, 'mp3')
  await alternate(builds, ROUNDS, (build) => measure(build, song))
})

print()
const notes = [
  `Commit ${before} and this tree in turn, ${ROUNDS} times, each in a fresh process on Node: ${SECONDS} s of MP3, one thread, with the embedded model of each.`,
  ...(note ? [note] : []),
]
writeResult({ bench: 'before', quick, origin: originOf(modelIn()), notes, measurements }, options.out)

/** The older commit with what it is installed with, beside this tree. */
function buildOf(folder: string): Omit<Build, 'build'> {
  console.log(`building ${before}`)
  execFileSync('git', ['clone', '--quiet', PROJECT, folder], { stdio: 'inherit' })
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  run('git', 'checkout', '--quiet', before)
  run('npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error')
  run('npm', 'run', 'build:bench')
  return placesIn(folder)
}

function placesIn(folder: string): Omit<Build, 'build'> {
  const { imports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return { dist: join(folder, 'dist'), model: dirname(join(folder, imports['#embedded-model/*'])) }
}

async function measure({ build, dist, model }: Build, song: BenchSong): Promise<void> {
  const { file, lyrics, onsets } = song
  const at = { build }
  const wholeTask: WholeTask = { file, lyrics, threads: THREADS, runs: 1, model }
  const whole = await runChild<WholeReply>('whole', wholeTask, { dist })
  checkOnsets(whole.reply.starts, onsets)
  add(at, 'whole', whole.reply.seconds[0]!, 's')
  add(at, 'whole CPU', whole.reply.cpuSeconds, 's')
  add(at, 'start to first result', (whole.reply.firstResultAt - whole.spawnedAt) / 1000, 's')
  add(at, 'peak memory', whole.reply.peakBytes / 1e6, 'MB')
  const stagesTask: StagesTask = { file, lyrics, threads: THREADS, model }
  const { reply } = await runChild<StagesReply>('stages', stagesTask, { dist })
  checkOnsets(reply.starts, onsets)
  for (const stage of STAGE_NAMES) add({ ...at, stage }, 'stage', reply.wall[stage], 's')
}

function add(at: Variant, metric: string, figure: number, unit: 's' | 'MB'): void {
  record(measurements, at, metric, figure, unit)
  console.log(`  ${Object.values(at).join(' ')}: ${metric} ${digits(figure)} ${unit}`)
}

function print(): void {
  const now = measurements.filter(({ at }) => at.build === 'now')
  const rows = now.map(({ at, metric, unit, values }) => {
    const older = measurements.find(
      (each) => each.metric === metric && each.at.build === 'before' && each.at.stage === at.stage,
    )!
    const [was, is] = [median(older.values), median(values)]
    return [String(at.stage ?? metric), digits(was), digits(is), digits(was / is), unit]
  })
  console.log(`\n${table(['what', before, 'now', 'times', 'unit'], rows)}`)
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8' }).trim()
}
