import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { writeWholeFile } from '../disk/whole-file.ts'
import { AlignError } from '../errors.ts'

/** The name of the record, in every folder that results are written to. */
export const RECORD_NAME = '.sow-align.jsonl'

const Summary = Type.Object({
  level: Type.Union([Type.Literal('good'), Type.Literal('mixed'), Type.Literal('unreliable')]),
  sungLines: Type.Number(),
  alignedLines: Type.Number(),
  confidence: Type.Number(),
  duration: Type.Number(),
  language: Type.String(),
  reasons: Type.Array(Type.String()),
  doubtful: Type.Array(
    Type.Object({ line: Type.Number(), start: Type.Number(), status: Type.String(), text: Type.String() }),
  ),
})

const Stamp = Type.Object({ size: Type.Number(), modified: Type.Number(), changed: Type.Number() })

const Entry = Type.Object({
  song: Type.String(),
  key: Type.String(),
  audio: Type.Object({ stamp: Stamp, sha256: Type.String() }),
  files: Type.Record(Type.String(), Type.String()),
  summary: Summary,
})

/** How a song came out, as far as a table tells it. `doubtful` are the lines to be looked at, the first ones of them. */
export type SongSummary = Static<typeof Summary>

/** What the file system says of a file: as long as it is the same, so are its contents. Times in milliseconds. */
export type Stamp = Static<typeof Stamp>

/**
 * One song as it was done: the path of its recording from the folder, what decided over the result (`key`), the recording, and
 * what was written, by name, with the SHA-256 of it.
 */
export type Entry = Static<typeof Entry>

/** What was done before in one folder. */
export type FolderRecord = {
  entryOf(song: string): Entry | undefined
  /** Whether a file of this name was ever written by us. */
  isOurs(name: string): boolean
  /** Whether a file of this name with this SHA-256 was. */
  wrote(name: string, sha256: string): boolean
  add(entry: Entry): void
}

// Of a million songs it takes about a gigabyte, of which half is what was done before.
const MOST_BYTES = 2 ** 30
const FEW_LINES = 1000

/**
 * Opens the record of a folder: a line of JSON for every song that was done, the last one of a song counts. A line that was cut
 * off, or is none of ours, is passed over: what it told of was not written by us then, and stays as it is.
 * @throws AlignError CONFIG_INVALID where it is too large, or cannot be read
 */
export function openRecord(folder: string): FolderRecord {
  const file = join(folder, RECORD_NAME)
  const entries = new Map<string, Entry>()
  const written = new Map<string, Set<string>>()
  const before = new Map<string, Entry>()
  let lines = 0
  let whole = true
  let size = 0

  function take(entry: Entry): void {
    const last = entries.get(entry.song)
    if (last) before.set(entry.song, last)
    entries.set(entry.song, entry)
    for (const [name, sha256] of Object.entries(entry.files)) {
      const hashes = written.get(name)
      if (hashes) hashes.add(sha256)
      else written.set(name, new Set([sha256]))
    }
  }

  /** Takes in what is there; another process may work in the same folder. */
  function load(): void {
    const text = textOf(file)
    size = sizeOf(file)
    entries.clear()
    lines = 0
    for (const line of text.split('\n')) {
      if (line === '') continue
      lines++
      const entry = entryIn(line)
      if (entry) take(entry)
    }
    whole = text === '' || text.endsWith('\n')
  }

  function wrote(name: string, sha256: string): boolean {
    return written.get(name)?.has(sha256) ?? false
  }

  load()
  if (lines > FEW_LINES && lines > 4 * entries.size) {
    // The last but one tells of files that were about to be replaced when we were stopped.
    const kept = [...before.values(), ...entries.values()]
    writeWholeFile(file, kept.map(lineOf).join(''), { replace: true })
    whole = true
  }

  return {
    entryOf: (song) => entries.get(song),
    isOurs: (name) => written.has(name),
    wrote(name, sha256) {
      if (!wrote(name, sha256) && sizeOf(file) !== size) load()
      return wrote(name, sha256)
    },
    add(entry) {
      const line = `${whole ? '' : '\n'}${lineOf(entry)}`
      appendFileSync(file, line)
      size += Buffer.byteLength(line)
      whole = true
      take(entry)
    },
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function textOf(file: string): string {
  if (!existsSync(file)) return ''
  const size = sizeOf(file)
  if (size > MOST_BYTES)
    throw new AlignError(
      'CONFIG_INVALID',
      `Expected a record of at most ${MOST_BYTES} bytes, got ${size}: ${file}`,
    )
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AlignError('CONFIG_INVALID', `Expected a record that can be read at ${file}, got ${cause}`, {
      cause,
    })
  }
}

function entryIn(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return Value.Check(Entry, entry) ? entry : undefined
  } catch {
    return undefined // cut off, as the doc comment says
  }
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}
