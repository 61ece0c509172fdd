import { statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { outputExists } from '../disk/whole-file.ts'
import { FORMAT_FILES, formatOfFile } from '../format/files.ts'
import { AlignError, type Format, formats, isFormat } from '../index.ts'
import { checkWritable } from './options.ts'

/** One format, and where it is written: stdout where no file is named. */
export type Target = { format: Format; file?: string }

/** --format: one or several with commas between them. */
export function formatOption(): Option {
  const names = Object.keys(formats).join(', ')
  return new Option(
    '-f, --format <names>',
    `format of the result, or several with commas between them (default: by the ending of --out, else lrc): ${names}`,
  ).argParser((text, earlier: Format[] | undefined) => {
    if (earlier) throw new InvalidArgumentError('Expected it once, with commas between several names.')
    return formatsOf(text)
  })
}

function formatsOf(text: string): Format[] {
  const wanted = text.split(',').map((name) => name.trim())
  for (const name of wanted) {
    if (!isFormat(name))
      throw new InvalidArgumentError(`Allowed choices are ${Object.keys(formats).join(', ')}.`)
  }
  return [...new Set(wanted as Format[])]
}

/** --out: a file or a folder, once. */
export function outOption(): Option {
  const text = 'write the result to a file, or into a folder, instead of stdout'
  return new Option('-o, --out <path>', text).argParser((path, earlier: string | undefined) => {
    if (earlier !== undefined) throw new InvalidArgumentError(`Expected it once, got ${earlier} as well.`)
    if (path === '') throw new InvalidArgumentError('Expected a path.')
    return path
  })
}

export function isFolder(path: string): boolean {
  return /[/\\]$/.test(path) || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
}

type OutputOptions = { format?: Format[]; out?: string; overwrite?: boolean }

/**
 * Where the result of one song goes. All that is known beforehand is said before the work.
 * @throws AlignError CONFIG_INVALID, OUTPUT_EXISTS
 */
export function targetsOf(audio: string, lyrics: string, options: OutputOptions): Target[] {
  const targets = namedTargets(audio, options)
  for (const { file } of targets) {
    if (file === undefined) continue
    checkWritable('--out', file)
    checkTarget(file, [audio, lyrics], options.overwrite ?? false)
  }
  return targets
}

function namedTargets(audio: string, { format, out }: OutputOptions): Target[] {
  if (out !== undefined && isFolder(out)) {
    const wanted = format ?? ['lrc']
    return wanted.map((each) => ({
      format: each,
      file: join(out, `${stemOf(audio)}${FORMAT_FILES[each].endings[0]}`),
    }))
  }
  if (format && format.length > 1) {
    const got = out === undefined ? 'none' : out
    throw invalid(`Expected --out to name a folder for ${format.length} formats, got ${got}`)
  }
  if (out === undefined) return [{ format: format?.[0] ?? 'lrc' }]
  const told = format?.[0] ?? formatOfFile(out)
  if (told === undefined && !isSpecial(out)) {
    const endings = Object.values(FORMAT_FILES)
      .flatMap((each) => each.endings)
      .join(', ')
    throw invalid(`Expected --out to end with one of ${endings}, or --format, got ${basename(out)}`)
  }
  return [{ format: told ?? 'lrc', file: out }]
}

/** @throws AlignError OUTPUT_EXISTS where the file is there; the recording and the lyrics are not replaced in any case */
function checkTarget(file: string, inputs: readonly string[], overwrite: boolean): void {
  const there = statSync(file, { throwIfNoEntry: false })
  if (!there?.isFile()) return
  checkNoInput('--out', file, inputs)
  if (!overwrite) throw outputExists(file)
}

/** @throws AlignError OUTPUT_EXISTS where a file to be written is one of those that are read */
export function checkNoInput(option: string, file: string, inputs: readonly string[]): void {
  const there = statSync(file, { throwIfNoEntry: false })
  const input = there?.isFile() && inputs.find((each) => isSameFile(each, there))
  if (!input) return
  throw new AlignError(
    'OUTPUT_EXISTS',
    `Expected ${option} beside the recordings and lyrics, got ${input} itself`,
  )
}

/** By what the file system says, so that links and other spellings of a name are seen. */
function isSameFile(path: string, { dev, ino }: { dev: number; ino: number }): boolean {
  const other = statSync(path, { throwIfNoEntry: false })
  return other !== undefined && other.dev === dev && other.ino === ino
}

/** A device or a pipe, whose name tells nothing. */
function isSpecial(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  return there !== undefined && !there.isFile()
}

/** The name of a recording without folder and ending; of an address, without what follows its path. */
function stemOf(audio: string): string {
  const path = URL.canParse(audio) && /^[a-z0-9]+:\/\//i.test(audio) ? new URL(audio).pathname : audio
  const name = basename(path)
  return basename(name, extname(name)) || 'song'
}

function invalid(message: string): AlignError {
  return new AlignError('CONFIG_INVALID', message)
}
