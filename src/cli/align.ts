import { Command, Option } from 'commander'
import { given } from '../aligner/from-config.ts'
import { writeWholeFile } from '../disk/whole-file.ts'
import {
  type Alignment,
  type Format,
  formatAlignment,
  type Progress,
  STRUCTURES,
  type Structure,
  type VerdictLevel,
} from '../index.ts'
import { EXIT } from './exit.ts'
import { abortOnInterrupt } from './interrupt.ts'
import { readLyrics } from './lyrics-file.ts'
import { alignerFor, type Done, decodeOption, type ModelOptions, wholeNumber } from './options.ts'
import { formatOption, outOption, type Target, targetsOf } from './output.ts'
import { progressBar } from './progress.ts'
import { alignSet } from './set/align-set.ts'
import { isOneSong } from './set/arguments.ts'
import { refuseSetOptions, type SetOptions, withSetOptions } from './set/options.ts'
import { isAsBadAs } from './set/order.ts'
import { trustReport } from './trust.ts'
import { formatEndings, formatOptionsOf, type WritingOptions, withWritingOptions } from './writing.ts'

type AlignCommandOptions = ModelOptions &
  WritingOptions &
  SetOptions & {
    failOn?: Exclude<VerdictLevel, 'good'>
    format?: Format[]
    language: string
    structure: Structure
    encoding?: string
    out?: string
    overwrite?: boolean
    quiet?: boolean
  }

const EXAMPLES = `
AUDIO is a path, an http(s) URL or s3://bucket/key; mp3, wav, flac, ogg, opus, aiff. LYRICS is a text with a line for
every line of the song, - is stdin. The result is the only thing on stdout; progress and warnings are on stderr.
The ending of --out names the format:
${formatEndings()}
Folders, patterns and recordings without LYRICS are songs whose lyrics lie beside them (song.mp3 with song.txt or song.lrc) or in
their tags. Their results go beside them, or under --out DIR, and a table of them on stdout, worst first. What is unchanged is
not done again, so that a run that was stopped goes on where it was.
The SOW_QWEN3_* variables of the service hold here too (MODEL_PATH, CACHE_DIR, R2_*, ...); options come first.

Examples:
  $ sow-align align song.mp3 lyrics.txt                      LRC on the screen
  $ sow-align align song.mp3 lyrics.txt --out song.json      times of words, and how far to trust each line
  $ sow-align align song.mp3 lyrics.txt --out . --format lrc,srt
  $ sow-align align song.mp3 sheet.txt --layout sung         every repeat of a chorus that is written once
  $ sow-align align song.flac 歌詞.txt --encoding big5 --out song.lrc
  $ sow-align align music/ --recursive --format lrc,srt      every song of a folder, its lyrics beside it
  $ sow-align align music/ --jobs 2 --report report.html --page-url http://127.0.0.1:8000/
  $ sow-align align "music/*.flac" --out times --dry-run
  $ pbpaste | sow-align align https://example.com/song.mp3 - --language Chinese

Exit codes: 0 done, also when lines are suspect; 1 it or one of the songs failed, and says why; 2 wrong usage; 3 a song is as
bad as --fail-on says; 130 interrupted.
`

export function alignCommand(done: Done): Command {
  const command = new Command('align')
    .description('find the time of every line of the lyrics in a recording')
    .usage('[options] <audio> <lyrics>\n       sow-align align [options] <folder|pattern|audio...>')
    .argument(
      '<inputs...>',
      'a recording and its lyrics; or folders, patterns and recordings with lyrics beside them',
    )
    .addOption(formatOption())
    .option('-l, --language <name>', 'name or code of the language; auto goes by the script', 'auto')
    .addOption(
      new Option(
        '--structure <how>',
        'free: lines may be left out, sung again or in another order; strict: each once, in order',
      )
        .choices(STRUCTURES)
        .default('free'),
    )
  withWritingOptions(command)
    .addOption(outOption())
    .option('--overwrite', 'replace files that are there; the recording and the lyrics never are')
    .option(
      '-e, --encoding <name>',
      'encoding of the lyrics (default: UTF-8, or UTF-16 with a byte order mark)',
    )
    .option('-m, --model <dir>', 'folder of a model (default: the embedded one)')
    .addOption(decodeOption())
    .option('-t, --threads <n>', 'threads to use (default: all cores)', wholeNumber(1, 256))
    .option(
      '--max-audio-seconds <n>',
      'longest recording to accept, seconds (default: 300)',
      wholeNumber(1, 36_000),
    )
    .option('-q, --quiet', 'no progress and no warnings, errors alone')
    .addOption(
      new Option('--fail-on <verdict>', 'exit code 3 where a song is as bad as that').choices([
        'unreliable',
        'mixed',
      ]),
    )
  return withSetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], options: AlignCommandOptions) => {
      done(await (isOneSong(inputs) ? alignFile(...inputs, options) : alignFolders(inputs, options)))
    })
}

async function alignFile(audio: string, lyrics: string, options: AlignCommandOptions): Promise<number> {
  refuseSetOptions(options)
  const targets = targetsOf(audio, lyrics, options)
  const text = await readLyrics(lyrics, options.encoding)
  const alignment = await alignInterruptibly(audio, text, options)
  if (!alignment) return EXIT.interrupted
  for (const target of targets) write(alignment, target, options)
  if (!options.quiet) process.stderr.write(`${trustReport(alignment).join('\n')}\n`)
  return options.failOn && isAsBadAs(alignment.verdict.level, options.failOn) ? EXIT.doubtful : EXIT.ok
}

function alignFolders(paths: readonly string[], options: AlignCommandOptions): Promise<number> {
  const { format: formats, language, structure, encoding } = options
  const folderOptions = { ...formatOptionsOf(options), ...given({ formats, language, structure, encoding }) }
  return alignSet(paths, options, folderOptions)
}

function write(alignment: Alignment, { format, file }: Target, options: AlignCommandOptions): void {
  const result = formatAlignment(alignment, format, formatOptionsOf(options))
  if (file === undefined) process.stdout.write(result)
  else writeWholeFile(file, result, { replace: options.overwrite ?? false })
}

/** Undefined when the user interrupted it. */
async function alignInterruptibly(
  audio: string,
  lyrics: string,
  options: AlignCommandOptions,
): Promise<Alignment | undefined> {
  using interrupt = abortOnInterrupt()
  const { signal } = interrupt
  const { language, structure } = options
  const bar = progressBar(options)
  try {
    await using aligner = await alignerFor(options, options.quiet ? { onWarning: () => {} } : {})
    if (signal.aborted) return undefined
    const { engine } = aligner.status().model
    const onProgress = (progress: Progress) => bar.show(progress, engine)
    return await aligner.align(audio, lyrics, { language, structure, signal, onProgress })
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    bar.stop()
  }
}
