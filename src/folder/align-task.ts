import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { given } from '../aligner/from-config.ts'
import { outputExists, writeWholeFile } from '../disk/whole-file.ts'
import { AlignError, kindOf } from '../errors.ts'
import { formatAlignment } from '../format/format.ts'
import type { Alignment, Progress } from '../types.ts'
import { textOf } from './lyrics.ts'
import type { AlignerOfFolder } from './options.ts'
import type { CheckedOptions, Task } from './plan.ts'
import type { SongSummary } from './record.ts'
import { keyOfSong, recordingOf, sha256Of } from './standing.ts'
import { summaryOf } from './summary.ts'

type Hooks = { signal: AbortSignal; onProgress: (progress: Progress) => void }

/** Aligns one song and writes its results, all or, where that fails, none that would be taken for done. */
export async function alignTask(
  aligner: AlignerOfFolder,
  task: Task,
  options: CheckedOptions,
  hooks: Hooks,
): Promise<{ alignment: Alignment; summary: SongSummary }> {
  const { recording, song, known, record, folder, outputs } = task
  const { language, structure, layout, compressed, markers, force, overwrite = false } = options
  const lyrics = await textOf(task.lyrics, options.encoding)
  const audio = await recordingOf(recording, known)
  hooks.signal.throwIfAborted()
  const alignOptions = { ...given({ language, structure, force }), ...hooks }
  const alignment = await aligner.align({ kind: 'file', path: recording }, lyrics, alignOptions)
  const files = outputs.map((output) => {
    const content = formatAlignment(alignment, output.format, given({ layout, compressed, markers }))
    return { ...output, content, sha256: sha256Of(content) }
  })
  const replaced = new Map(files.map(({ file, name }) => [file, replaces(file, name, task, overwrite)]))
  const key = keyOfSong(audio.sha256, lyrics, options, aligner.status().identity)
  const summary = summaryOf(alignment)
  const hashes = Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]))
  try {
    // The record comes first: where we are stopped before the files are there, they are known as ours and done again.
    mkdirSync(folder, { recursive: true })
    record.add({ song, key, audio, files: hashes, summary })
    for (const { file, content } of files) {
      mkdirSync(dirname(file), { recursive: true })
      writeWholeFile(file, content, { replace: replaced.get(file)! })
    }
  } catch (cause) {
    if (cause instanceof AlignError) throw cause
    const message = `Expected a folder that can be written, got ${kindOf(cause)} for ${outputs[0]?.file}`
    throw new AlignError('CONFIG_INVALID', message, { cause })
  }
  return { alignment, summary }
}

/**
 * Whether a file is there, and may be replaced.
 * @throws AlignError OUTPUT_EXISTS where it came, or was changed, while the song was aligned
 */
function replaces(file: string, name: string, { record }: Task, overwrite: boolean): boolean {
  if (!existsSync(file)) return overwrite
  if (!overwrite && !record.wrote(name, sha256Of(readFileSync(file)))) throw outputExists(file)
  return true
}
