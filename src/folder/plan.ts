import { constants, existsSync, statSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { asAlignError } from '../aligner/align-all.ts'
import { outputExists } from '../disk/whole-file.ts'
import { AlignError, kindOf } from '../errors.ts'
import { FORMAT_FILES } from '../format/files.ts'
import type { Format } from '../format/format.ts'
import { findRecordings } from './find.ts'
import type { FolderOptions } from './options.ts'
import { createFolders, type Folders, type Lyrics, lyricsBeside } from './pair.ts'
import { placesOf } from './place.ts'
import { type Entry, type FolderRecord, openRecord } from './record.ts'
import { lyricsInTags } from './tags.ts'

/** A file to be written: `name` is how the record calls it. */
export type Output = { format: Format; file: string; name: string }

/** A song that can be aligned, and what is known of it from before. */
export type Task = {
  recording: string
  /** As the record calls it. */
  song: string
  lyrics: Lyrics
  outputs: readonly Output[]
  record: FolderRecord
  /** The folder with the record. */
  folder: string
  known?: Entry
}

/** A song that is left out (`reason`), or cannot be aligned (`error`). */
export type Left = { recording: string; lyrics?: Lyrics } & ({ reason: string } | { error: AlignError })

/** Everything that is known before a model is loaded. */
export type Draft = { tasks: Task[]; left: Left[] }

export type CheckedOptions = FolderOptions & { formats: readonly Format[] }

/**
 * Finds the songs that paths lead to, their lyrics, and where their results go. Reads no audio, and writes nothing.
 * @throws AlignError CONFIG_INVALID where a path leads nowhere, or `out` cannot be written
 */
export async function draft(paths: readonly string[], options: CheckedOptions): Promise<Draft> {
  const { out, formats } = options
  if (out !== undefined) await checkOut(out)
  const { recordings, others } = await findRecordings(paths, { ...options, except: out })
  const endings = formats.map((format) => FORMAT_FILES[format].endings[0])
  const places = placesOf(recordings, out, endings)
  const records = new Map<string, FolderRecord>()
  const recordOf = (folder: string) => {
    const record = records.get(folder) ?? openRecord(folder)
    records.set(folder, record)
    return record
  }
  const folders = createFolders()
  const tasks: Task[] = []
  const left: Left[] = others.map(({ path, ...why }) => ({ recording: path, ...why }))
  for (const place of places) {
    options.signal?.throwIfAborted()
    const { recording, folder, name } = place
    try {
      const record = recordOf(folder)
      const lyrics = await lyricsOf(recording.path, folders, recordOf)
      if (typeof lyrics === 'string') {
        left.push({ recording: recording.path, reason: lyrics })
        continue
      }
      const song = relative(folder, recording.path).split(sep).join('/')
      const outputs = formats.map((format, i) => outputOf(folder, name + endings[i], format))
      const known = record.entryOf(song)
      tasks.push({
        recording: recording.path,
        song,
        lyrics,
        outputs,
        record,
        folder,
        ...(known && { known }),
      })
    } catch (error) {
      left.push({ recording: recording.path, error: asAlignError(error) })
    }
  }
  return withoutRefused({ tasks, left }, options.overwrite ?? false)
}

function outputOf(folder: string, path: string, format: Format): Output {
  return { format, file: join(folder, path), name: path.split(sep).join('/') }
}

/** Lyrics, or why there are none. */
async function lyricsOf(
  recording: string,
  folders: Folders,
  recordOf: (folder: string) => FolderRecord,
): Promise<Lyrics | string> {
  const isOurs = (file: string) => recordOf(resolve(file, '..')).isOurs(relative(resolve(file, '..'), file))
  const file = await lyricsBeside(recording, folders, isOurs)
  if (file !== undefined) return { file, from: 'file' }
  try {
    if ((await lyricsInTags(recording)) !== undefined) return { file: recording, from: 'tags' }
    return 'no lyrics beside it or in its tags'
  } catch (error) {
    return `no lyrics beside it, and its tags cannot be read (${kindOf(error)})`
  }
}

/** Takes out the songs whose results would replace what is not ours. */
function withoutRefused({ tasks, left }: Draft, overwrite: boolean): Draft {
  const inputs = new Map<string, string>()
  for (const { recording, lyrics } of tasks) {
    for (const file of [recording, lyrics.file]) {
      const there = statSync(file, { throwIfNoEntry: false })
      if (there) inputs.set(`${there.dev}:${there.ino}`, file)
    }
  }
  const allowed: Task[] = []
  for (const task of tasks) {
    try {
      for (const { file, name } of task.outputs) checkOutput(task.record, file, name, inputs, overwrite)
      allowed.push(task)
    } catch (error) {
      left.push({ recording: task.recording, lyrics: task.lyrics, error: asAlignError(error) })
    }
  }
  return { tasks: allowed, left }
}

function checkOutput(
  record: FolderRecord,
  file: string,
  name: string,
  inputs: ReadonlyMap<string, string>,
  overwrite: boolean,
): void {
  const there = statSync(file, { throwIfNoEntry: false })
  if (!there) return
  const input = inputs.get(`${there.dev}:${there.ino}`)
  if (input !== undefined) {
    const what = `Expected a place for results that holds no recording and no lyrics, got ${input}`
    throw new AlignError('OUTPUT_EXISTS', `${what}; name another folder (out)`)
  }
  if (there.isDirectory()) throw new AlignError('OUTPUT_EXISTS', `Expected no folder at ${file}, got one`)
  if (!overwrite && !record.isOurs(name)) throw outputExists(file)
}

/** @throws AlignError CONFIG_INVALID where it is no folder, or one that cannot be written */
async function checkOut(out: string): Promise<void> {
  const there = statSync(out, { throwIfNoEntry: false })
  if (there && !there.isDirectory())
    throw new AlignError('CONFIG_INVALID', `Expected out to name a folder, got the file ${out}`)
  let nearest = resolve(out)
  while (!existsSync(nearest)) nearest = resolve(nearest, '..')
  try {
    await access(nearest, constants.W_OK)
  } catch (cause) {
    throw new AlignError('CONFIG_INVALID', `Expected out in a folder that can be written, got ${out}`, {
      cause,
    })
  }
}
