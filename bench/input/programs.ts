import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lettersOf, type TimedText } from '../../src/cli/evaluate/score.ts'
import type { Song } from '../../src/cli/evaluate/songs.ts'
import type { JsonAlignment } from '../../src/index.ts'
import { collect, peakMemory, start } from '../figures/child.ts'
import { PROJECT } from '../figures/project.ts'

/** An aligner run as a program, from its start to its end. */
export type Program = {
  name: string
  languages?: readonly string[]
  run(song: Song, language: string, folder: string): Promise<Aligned>
}

export type Aligned = { words: TimedText[]; seconds: number; peakBytes: number }

export const PEERS = { echogarden: '2.10.1', soundswallower: '0.6.3' }

/** Where other aligners are installed, to be kept for the next time. */
export const PEERS_FOLDER = join(tmpdir(), 'sow-align-peers')

const INSTALL_MS = 300_000

/**
 * Installs the other aligners with npm, outside of the project and without running their scripts. echogarden is under
 * the GPL: it is neither a dependency nor a part of this package, only a program that is run beside it.
 * @throws Error when npm cannot
 */
export function installPeers(): void {
  mkdirSync(PEERS_FOLDER, { recursive: true })
  writeFileSync(join(PEERS_FOLDER, 'package.json'), '{ "private": true }\n')
  const names = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`)
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  execFileSync('npm', ['install', ...quiet, ...names], {
    cwd: PEERS_FOLDER,
    stdio: 'pipe',
    timeout: INSTALL_MS,
  })
}

const sowAlign: Program = {
  name: 'sow-align',
  async run(song, _language, folder) {
    const out = join(folder, 'sow-align.json')
    const lyrics = lyricsFile(song, folder)
    const args = ['align', song.audio, lyrics, '--format', 'json', '--out', out]
    const used = await runProgram(join(PROJECT, 'dist', 'src', 'cli.js'), args)
    const { lines }: JsonAlignment = JSON.parse(readFileSync(out, 'utf8'))
    return { ...used, words: lines.flatMap(wordsOf) }
  },
}

/** A line whose words lack some of its letters counts as one word, as in sow-align evaluate. */
function wordsOf({ text, start_time, end_time, words }: JsonAlignment['lines'][number]): TimedText[] {
  const complete = lettersOf(words.map((word) => word.text).join('')).length === lettersOf(text).length
  if (!complete) return [[start_time, end_time, text]]
  return words.map((word): TimedText => [word.start_time, word.end_time, word.text])
}

type TimelineEntry = {
  type: string
  text: string
  startTime: number
  endTime: number
  timeline?: TimelineEntry[]
}

const echogarden: Program = {
  name: `echogarden ${PEERS.echogarden}`,
  async run(song, language, folder) {
    const out = join(folder, 'echogarden.json')
    const program = join(PEERS_FOLDER, 'node_modules', '.bin', 'echogarden')
    const args = ['align', song.audio, lyricsFile(song, folder), out, `--language=${language}`, '--overwrite']
    const used = await runProgram(program, args)
    return { ...used, words: wordsIn(JSON.parse(readFileSync(out, 'utf8'))) }
  },
}

function wordsIn(timeline: readonly TimelineEntry[]): TimedText[] {
  return timeline.flatMap(({ type, text, startTime, endTime, timeline: parts = [] }) =>
    type === 'word' ? [[startTime, endTime, text] satisfies TimedText] : wordsIn(parts),
  )
}

const soundSwallower: Program = {
  name: `soundswallower ${PEERS.soundswallower}`,
  languages: ['en', 'fr'],
  async run({ audio, lyrics }, language) {
    const program = join(PROJECT, 'dist', 'bench', 'children', 'soundswallower.js')
    const task = { folder: PEERS_FOLDER, audio, lyrics, language }
    const { stdout, ...used } = await runProgram(program, [], JSON.stringify(task))
    const { words }: { words: TimedText[] } = JSON.parse(stdout.trim().split('\n').at(-1)!)
    return { ...used, words }
  },
}

export const PROGRAMS: readonly Program[] = [sowAlign, echogarden, soundSwallower]

function lyricsFile({ lyrics }: Song, folder: string): string {
  const file = join(folder, 'lyrics.txt')
  writeFileSync(file, lyrics)
  return file
}

const LONGEST_MS = 600_000
const ENVIRONMENT = { SOW_QWEN3_MAX_AUDIO_SECONDS: '3600' }

async function runProgram(
  file: string,
  args: string[],
  input?: string,
): Promise<Omit<Aligned, 'words'> & { stdout: string }> {
  if (!existsSync(file)) throw new Error(`Expected a program at ${file}, found none`)
  const started = performance.now()
  const child = start(file, args, { env: ENVIRONMENT, ...(input !== undefined && { input }) })
  const memory = watchMemory(child)
  const late = setTimeout(() => child.kill(), LONGEST_MS)
  const stdout = collect(child.stdout!)
  const stderr = collect(child.stderr!)
  const [code, signal] = await once(child, 'close')
  clearTimeout(late)
  if (code !== 0)
    throw new Error(`Expected ${file} to end well, got ${code ?? signal}: ${stderr().slice(-500)}`)
  return { seconds: (performance.now() - started) / 1000, peakBytes: memory(), stdout: stdout() }
}

const WATCH_MS = 50

/** The highest peak of a program or one of its children, as last seen; NaN where the system does not tell. */
function watchMemory(child: ChildProcess): () => number {
  let peak = Number.NaN
  const timer = setInterval(() => {
    for (const pid of familyOf(child.pid!)) peak = Math.max(readPeak(pid), Number.isNaN(peak) ? 0 : peak)
  }, WATCH_MS)
  child.once('close', () => clearInterval(timer))
  return () => peak
}

/** A launcher starts the program that works as its child. */
function familyOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file)
    ? [pid, ...readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number)]
    : []
}

/** 0 when the process has ended meanwhile. */
function readPeak(pid: number): number {
  try {
    return peakMemory(pid)
  } catch {
    return 0
  }
}
