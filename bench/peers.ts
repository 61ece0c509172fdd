/** Other aligners on the same songs, side by side: accuracy, and time of the whole program. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from '../src/audio/decode.ts'
import { isLost, mean, meanFigures, type Score, score } from '../src/cli/evaluate/score.ts'
import { readSongs, type Song } from '../src/cli/evaluate/songs.ts'
import { readOptions } from './figures/options.ts'
import { modelIn, originOf } from './figures/origin.ts'
import { PROJECT } from './figures/project.ts'
import { type Measurement, record, writeResult } from './figures/result.ts'
import { digits } from './figures/table.ts'
import { withFolder } from './figures/temporary.ts'
import { installPeers, PEERS, PEERS_FOLDER, PROGRAMS, type Program } from './input/programs.ts'

const options = readOptions(
  'Measures other aligners (installed with npm outside of the project) on the same songs.',
  {
    songs: { type: 'string', about: 'folder of songs as for sow-align evaluate (default: ../shared/songs)' },
  },
)
const { quick } = options
const folder = options.songs ?? join(PROJECT, '..', 'shared', 'songs')
if (!existsSync(folder)) skip(`no songs at ${folder}: name a folder by --songs`)
try {
  installPeers()
} catch (error) {
  skip(`npm could not install the other aligners: ${error instanceof Error ? error.message : error}`)
}

type Run = Score & { song: Song; seconds: number; duration: number; peakBytes: number }

const measurements: Measurement[] = []
const notes = [
  `Programs from start to end on all cores, one after the other; ${Object.entries(PEERS)
    .map(([name, version]) => `${name} ${version}`)
    .join(
      ' and ',
    )} as npm has them, with their own defaults but for SoundSwallower's beams, which are wide: with the defaults it finds no path through songs. Words that SoundSwallower's dictionary lacks are left out of its search.`,
]
const songs = readSongs(folder)
  .filter(({ reference }) => reference.lines.some(({ words }) => words.length > 0))
  .slice(0, quick ? 1 : undefined)
const languages = [...new Set(songs.map(languageOf))]

await withFolder(async (temporary) => {
  for (const language of languages) {
    const mine = songs.filter((song) => languageOf(song) === language)
    for (const program of PROGRAMS) await measureProgram(program, mine, language, temporary)
  }
})
console.log(`The other aligners stay in ${PEERS_FOLDER} for the next time.`)
writeResult({ bench: 'peers', quick, origin: originOf(modelIn()), notes, measurements }, options.out)

/** A program that fails on a song is said to, and has no figures for that language: the others' would be of other songs. */
async function measureProgram(program: Program, mine: readonly Song[], language: string, temporary: string) {
  const { name } = program
  if (program.languages && !program.languages.includes(language))
    return note(`${name} has no model for "${language}".`)
  const runs: Run[] = []
  try {
    for (const song of mine) runs.push(await runOne(program, song, language, temporary))
  } catch (error) {
    return note(`${name} failed on "${language}": ${error instanceof Error ? error.message : error}`)
  }
  recordRuns({ system: name, language }, runs)
}

async function runOne(program: Program, song: Song, language: string, temporary: string): Promise<Run> {
  const { words, seconds, peakBytes } = await program.run(song, language, temporary)
  const result = score(song.reference, { words })
  console.log(
    `  ${program.name}, ${song.name}: lines within 1 s ${digits(result.lines.within1s)}, ${digits(seconds)} s`,
  )
  return { ...result, song, seconds, peakBytes, duration: await durationOf(song) }
}

function recordRuns(at: { system: string; language: string }, runs: readonly Run[]): void {
  const words = runs.flatMap((run) => run.words ?? [])
  const figures = {
    ...(words.length > 0 && { words: meanFigures(words) }),
    lines: meanFigures(runs.map(({ lines }) => lines)),
  }
  for (const [what, { mean, median, within300ms, within1s }] of Object.entries(figures)) {
    record(measurements, at, `${what}: mean error`, mean, 's')
    record(measurements, at, `${what}: median error`, median, 's')
    record(measurements, at, `${what}: within 0.3 s`, within300ms, 'share', 'higher')
    record(measurements, at, `${what}: within 1 s`, within1s, 'share', 'higher')
  }
  record(measurements, at, 'songs', runs.length, 'count', 'higher')
  record(measurements, at, 'songs lost', runs.filter(isLost).length, 'count')
  record(measurements, at, 'seconds a song', mean(runs.map(({ seconds }) => seconds)), 's')
  record(
    measurements,
    at,
    'real-time factor',
    mean(runs.map(({ seconds, duration }) => seconds / duration)),
    'factor',
  )
  record(measurements, at, 'peak memory', Math.max(...runs.map(({ peakBytes }) => peakBytes)) / 1e6, 'MB')
}

function languageOf({ reference }: Song): string {
  return (reference as Song['reference'] & { lang?: string }).lang ?? 'en'
}

async function durationOf({ audio }: Song): Promise<number> {
  let seconds = 0
  for await (const chunk of decode(readFileSync(audio), Number.POSITIVE_INFINITY)) {
    seconds += ('lost' in chunk ? chunk.lost : chunk.channels[0]!.length) / chunk.sampleRate
  }
  return seconds
}

function note(text: string): void {
  notes.push(text)
  console.log(`  ${text}`)
}

function skip(reason: string): never {
  console.log(`Skipped: ${reason}. Nothing measured.`)
  process.exit(0)
}
