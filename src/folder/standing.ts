import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { asAlignError } from '../aligner/align-all.ts'
import { keyOf } from '../cache/digest.ts'
import { AlignError, kindOf } from '../errors.ts'
import { textOf } from './lyrics.ts'
import type { CheckedOptions, Output, Task } from './plan.ts'
import type { Entry, SongSummary, Stamp } from './record.ts'

/** What is asked for, as far as it decides over the result. */
export function keyOfSong(audio: string, lyrics: string, options: CheckedOptions, identity: string): string {
  const { language = 'auto', structure = 'free', formats } = options
  const { layout = 'written', compressed = false, markers = null } = options
  const written = [formats, layout, compressed, markers]
  return keyOf('folder', audio, lyrics, language, structure, ...written, identity)
}

/** How a task stands against what was done before. `edited` are files that somebody changed since. */
export type Standing =
  | { state: 'align' }
  | { state: 'unchanged'; summary: SongSummary; edited: string[] }
  | { state: 'failed'; error: AlignError }

/**
 * Compares a task with what was done before: its recording, lyrics, options and model decide, and whether the results are there.
 */
export async function standingOf(task: Task, options: CheckedOptions, identity: string): Promise<Standing> {
  const { known, lyrics, recording } = task
  const { overwrite = false, force = false } = options
  try {
    const states = task.outputs.map((output) => ({ output, state: stateOfOutput(output, task) }))
    const edited = states.filter(({ state }) => state === 'edited').map(({ output }) => output.file)
    const stays = states.every(({ state }) => state === 'current' || (state === 'edited' && !overwrite))
    if (known && stays && !force && (await isSame()))
      return { state: 'unchanged', summary: known.summary, edited }
    const first = edited[0]
    if (first !== undefined && !overwrite) {
      const message = `Expected ${first} as it was written, got one that was changed since`
      return { state: 'failed', error: new AlignError('OUTPUT_EXISTS', message) }
    }
    return { state: 'align' }
  } catch (error) {
    return { state: 'failed', error: asAlignError(error) }
  }

  async function isSame(): Promise<boolean> {
    const { sha256 } = await recordingOf(recording, known)
    return keyOfSong(sha256, await textOf(lyrics, options.encoding), options, identity) === known?.key
  }
}

/** `older` is what we wrote before the last time, when we were stopped in between. */
function stateOfOutput(
  { file, name }: Output,
  { record, known }: Task,
): 'missing' | 'current' | 'older' | 'edited' {
  if (!existsSync(file)) return 'missing'
  const sha256 = sha256Of(readFileSync(file))
  if (known?.files[name] === sha256) return 'current'
  return record.wrote(name, sha256) ? 'older' : 'edited'
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Stamp and SHA-256 of a recording; where its stamp is that of before, so is its content. */
export async function recordingOf(path: string, known?: Entry): Promise<Entry['audio']> {
  const stamp = await stampOf(path)
  if (known && isEqual(known.audio.stamp, stamp)) return { stamp, sha256: known.audio.sha256 }
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  return { stamp, sha256: hash.digest('hex') }
}

async function stampOf(path: string): Promise<Stamp> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path)
    return { size, modified: mtimeMs, changed: ctimeMs }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function isEqual(a: Stamp, b: Stamp): boolean {
  return a.size === b.size && a.modified === b.modified && a.changed === b.changed
}

function unreadable(path: string, cause: unknown): AlignError {
  return new AlignError(
    'AUDIO_FETCH_FAILED',
    `Expected a recording that can be read, got ${kindOf(cause)} for ${path}`,
    {
      cause,
    },
  )
}
