import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { writeWholeFile } from '../disk/whole-file.ts'
import { type AlignerStatus, VERSION } from '../index.ts'
import { measure, type SetResult, type SongResult, summarize } from './evaluate/measure.ts'
import { plot } from './evaluate/plot.ts'
import { type Draw, loadDrawing } from './evaluate/png.ts'
import { REPORT_HEAD, setRow, songRow } from './evaluate/report.ts'
import { readSongs } from './evaluate/songs.ts'
import { EXIT } from './exit.ts'
import { abortOnInterrupt } from './interrupt.ts'
import {
  alignerFor,
  checkWritable,
  type Done,
  decodeOption,
  type ModelOptions,
  wholeNumber,
} from './options.ts'
import { checkNoInput } from './output.ts'

type EvaluateOptions = ModelOptions & { language: string; json?: string; plot?: string }

/** What --json writes; README's accuracy table is made from it. */
export type Evaluation = {
  version: string
  model: AlignerStatus['model']
  language: string
  machine: { runtime: string; cpu: string; cores: number; threads: number }
  sets: SetResult[]
  songs: SongResult[]
}

const LONGEST_SONG = 3600

const EXAMPLES = `
DIR holds for every song NAME.txt (a line for every line sung), the recording NAME.mp3 (.ogg, .wav, .flac, ...) and
NAME.json with the times that people gave it, in seconds; words may be [] where only lines were timed:

  {"set": "mine", "lines": [{"text": "Be still", "start": 1.2, "end": 2.5, "words": [[1.2, 1.5, "Be"], [1.6, 2.5, "still"]]}]}

The table has, for the onsets of words and of lines: mean and median error, and the shares within 0.3 s and 1 s. A song
is lost when its lines are off by more than 5 s on average.

Examples:
  $ sow-align evaluate my-songs
  $ sow-align evaluate my-songs --model my-model --json result.json --plot errors.svg
`

export function evaluateCommand(done: Done): Command {
  return new Command('evaluate')
    .description('score songs whose times are known')
    .argument('<dir>', 'folder of songs with reference timings')
    .option('-m, --model <dir>', 'folder of a model (default: the embedded one)')
    .addOption(decodeOption())
    .option('-t, --threads <n>', 'threads to use (default: all cores)', wholeNumber(1, 256))
    .option('-l, --language <name>', 'name or code of the language; auto goes by the script', 'auto')
    .option('--json <file>', 'write every figure to a file')
    .option(
      '--plot <file>',
      'draw the error of every line over the time of its song, as .svg or .png',
      pictureFile,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: EvaluateOptions) => done(await evaluate(folder, options)))
}

function pictureFile(file: string): string {
  if (/\.(svg|png)$/i.test(file)) return file
  throw new InvalidArgumentError('Expected a name that ends with .svg or .png.')
}

async function evaluate(folder: string, options: EvaluateOptions): Promise<number> {
  const songs = readSongs(folder)
  const inputs = songs.flatMap(({ name, audio }) => [
    audio,
    join(folder, `${name}.txt`),
    join(folder, `${name}.json`),
  ])
  for (const option of ['json', 'plot'] as const) {
    const file = options[option]
    if (file === undefined) continue
    checkWritable(`--${option}`, file)
    checkNoInput(`--${option}`, file, inputs)
  }
  // Before the work: what is missing shall not be found out after it.
  const draw = options.plot && /\.png$/i.test(options.plot) ? await loadDrawing() : undefined
  using interrupt = abortOnInterrupt()
  const { signal } = interrupt
  // Without a cache: times are measured.
  await using aligner = await alignerFor({ maxAudioSeconds: LONGEST_SONG, ...options }, { cacheDir: '' })
  const results: SongResult[] = []
  process.stdout.write(`${REPORT_HEAD}\n`)
  try {
    for (const song of songs) {
      const result = await measure(song, aligner, options.language, signal)
      results.push(result)
      process.stdout.write(`${songRow(result)}\n`)
      if (result.lettersMissing !== 0) warnOfLetters(result)
    }
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    throw error
  }
  const sets = summarize(results)
  process.stdout.write(`${sets.map(setRow).join('\n')}\n`)
  const { model, threads } = aligner.status()
  const evaluation = {
    version: VERSION,
    model,
    language: options.language,
    machine: machineOf(threads),
    sets,
  }
  if (options.json) writeJson(options.json, { ...evaluation, songs: results })
  if (options.plot) await writePicture(options.plot, plot(results, `${model.name} ${model.version}`), draw)
  return EXIT.ok
}

function warnOfLetters({ name, lettersMissing }: SongResult): void {
  process.stderr.write(
    `warning: ${name}: expected the words of the reference to hold the letters of the lyrics, got ${lettersMissing} more; ` +
      'errors of words cannot be believed\n',
  )
}

function machineOf(threads: number): Evaluation['machine'] {
  const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Node ${process.versions.node}`
  return { runtime, cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), threads }
}

async function writePicture(file: string, svg: string, draw: Draw | undefined): Promise<void> {
  writeWholeFile(file, draw ? await draw(svg) : svg, { replace: true })
}

function writeJson(file: string, evaluation: Evaluation): void {
  writeWholeFile(file, `${JSON.stringify(evaluation, null, 1)}\n`, { replace: true })
}
