import type { Aligner, AlignOptions } from '../aligner/aligner.ts'
import { callback, checkOptions, type Option, signal, type TableOf } from '../aligner/check-options.ts'
import { flag, oneOf, text } from '../config/table.ts'
import { AlignError } from '../errors.ts'
import { FORMAT_FILES } from '../format/files.ts'
import { type Format, formats, isFormat } from '../format/format.ts'
import { LAYOUTS } from '../format/layout.ts'
import { type FormatOptions, MARKERS, type Markers } from '../format/options.ts'
import { STRUCTURES, type Stage } from '../types.ts'

/** How far a whole folder is; `fraction` counts the songs that are to be aligned, and the parts of those that run, [0, 1]. */
export type FolderProgress = {
  /** Songs that are done, and that were to be done; those that were unchanged are in neither. */
  done: number
  total: number
  fraction: number
  running: { recording: string; stage: Stage; fraction: number }[]
}

/** How a folder is aligned. */
export type FolderOptions = Pick<AlignOptions, 'language' | 'structure'> &
  FormatOptions & {
    /** What is written for every song; LRC where it is not given. */
    formats?: readonly Format[]
    /** Folder for the results, which lie there as the recordings do; beside the recordings where it is not given. */
    out?: string
    /** Whether folders in folders are looked into. */
    recursive?: boolean
    /** Patterns (`*.mp3`, `live/**`) of which a recording has to fit one. */
    include?: readonly string[]
    /** Patterns of which neither a recording nor a folder above it may fit one. */
    exclude?: readonly string[]
    /** Encoding of the lyrics, a label of the WHATWG Encoding Standard; UTF-8, or UTF-16 with a byte order mark, where it is not given. */
    encoding?: string
    /** Replaces files that were written by others, or changed since; recordings and lyrics never. */
    overwrite?: boolean
    /** Aligns what is unchanged, too. */
    force?: boolean
    /** Songs under way at once; as many as the aligner runs where it is not given. */
    jobs?: number
    /** Ends it: the iterator rejects with CANCELLED. What is done stays, and the next run goes on from there. */
    signal?: AbortSignal
    onProgress?: (progress: FolderProgress) => void
  }

/** An aligner, or what makes one: called once, when the paths are checked and there is something to do. Its owner closes it. */
export type AlignerSource = AlignerOfFolder | (() => Promise<AlignerOfFolder>)
export type AlignerOfFolder = Pick<Aligner, 'align' | 'status'>

const patterns: Option = {
  expected: 'a list of patterns',
  is: (value): value is unknown =>
    Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== ''),
}

const formatNames: Option = {
  expected: `a list of formats, of ${Object.keys(formats).join(', ')}`,
  is: (value): value is unknown =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'string' && isFormat(each)),
}

const encoding: Option = {
  expected: 'a label of the Encoding Standard (utf-8, utf-16le, gb18030, big5, shift_jis, ...)',
  is: (value): value is unknown => typeof value === 'string' && isEncoding(value),
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label) !== undefined
  } catch {
    return false // a RangeError says that there is none of that name
  }
}

const markers: Option = {
  expected: `${MARKERS.join(', ')}, true or false`,
  is: (value): value is unknown => typeof value === 'boolean' || MARKERS.includes(value as Markers),
}

const jobs: Option = {
  expected: 'a whole number from 1 to 64',
  is: (value): value is unknown =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 64,
}

export const FOLDER_OPTIONS: TableOf<FolderOptions> = {
  language: text,
  structure: oneOf(STRUCTURES),
  formats: formatNames,
  layout: oneOf(LAYOUTS),
  compressed: flag,
  markers,
  out: text,
  recursive: flag,
  include: patterns,
  exclude: patterns,
  encoding,
  overwrite: flag,
  force: flag,
  jobs,
  signal,
  onProgress: callback,
}

/** @throws AlignError CONFIG_INVALID */
export function checkFolderOptions(given: FolderOptions): FolderOptions & { formats: readonly Format[] } {
  const { formats = ['lrc'], ...options } = checkOptions(FOLDER_OPTIONS, given)
  const wanted = [...new Set(formats)]
  const endings = new Map<string, Format>()
  for (const format of wanted) {
    const ending = FORMAT_FILES[format].endings[0]
    const other = endings.get(ending)
    if (other)
      throw new AlignError(
        'CONFIG_INVALID',
        `Expected formats with endings of their own, got ${other} and ${format}`,
      )
    endings.set(ending, format)
  }
  return { ...options, formats: wanted }
}
