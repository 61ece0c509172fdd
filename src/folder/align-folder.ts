import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asAlignError, lanesOf } from '../aligner/align-all.ts'
import { inLanes } from '../aligner/lanes.ts'
import { isLeftOver, isPartial } from '../disk/partial-file.ts'
import { AlignError } from '../errors.ts'
import type { Alignment } from '../types.ts'
import { alignTask } from './align-task.ts'
import {
  type AlignerOfFolder,
  type AlignerSource,
  checkFolderOptions,
  type FolderOptions,
} from './options.ts'
import { type CheckedOptions, type Draft, draft, type Task } from './plan.ts'
import { watchProgress } from './progress.ts'
import type { SongSummary } from './record.ts'
import { standingOf } from './standing.ts'

/** A song of a folder. Paths are absolute. */
export type FolderSong = {
  recording: string
  /** The file with its lyrics: the recording itself where they are in its tags. */
  lyrics?: string
  /** The files with its results. */
  files: string[]
}

/**
 * What came of a song.
 * - `aligned`: its files were written now.
 * - `unchanged`: they were written before, from the same recording, lyrics, options and model. `edited` are those that
 *   somebody changed since: they stay as they are.
 * - `skipped`: it is no song, or there are no lyrics; the reason says which.
 * - `failed`: nothing was written; the error says why.
 */
export type FolderItem = FolderSong &
  (
    | { state: 'aligned'; summary: SongSummary; alignment: Alignment }
    | { state: 'unchanged'; summary: SongSummary; edited: string[] }
    | { state: 'skipped'; reason: string }
    | { state: 'failed'; error: AlignError }
  )

/** What would be done with a song. */
export type PlannedSong = FolderSong &
  (
    | { state: 'align' }
    | { state: 'unchanged'; summary: SongSummary; edited: string[] }
    | { state: 'skipped'; reason: string }
    | { state: 'failed'; error: AlignError }
  )

type Settled = {
  tasks: Task[]
  others: Exclude<PlannedSong, { state: 'align' }>[]
  aligner?: AlignerOfFolder
}

/**
 * Says what {@link alignFolder} would do with every song, by the names of their recordings; writes nothing.
 * @throws AlignError CONFIG_INVALID where an option cannot work or a path leads nowhere; CANCELLED
 */
export async function planFolder(
  aligner: AlignerSource,
  paths: string | readonly string[],
  options: FolderOptions = {},
): Promise<PlannedSong[]> {
  const checked = checkFolderOptions(options)
  return cancellable(checked.signal, async () => {
    const { tasks, others } = await settle(aligner, await draft(listOf(paths), checked), checked, false)
    const planned = tasks.map((task): PlannedSong => ({ ...songOf(task), state: 'align' }))
    return [...planned, ...others].sort((a, b) => (a.recording < b.recording ? -1 : 1))
  })
}

/**
 * Aligns the songs of folders, files and patterns with lyrics that lie beside them (`song.mp3` with `song.txt` or `song.lrc`) or in
 * their tags, writes the results, and yields what came of each song as soon as it is there. What is unchanged since the last time
 * is not done again; a song that fails ends no other. Every file is written whole or not at all, and what others wrote is not
 * replaced. Where the loop is left or the signal aborts, what is done stays, and the next call goes on from there.
 *
 * @example
 *     for await (const item of alignFolder(aligner, 'music', { formats: ['lrc', 'srt'], recursive: true })) {
 *       if (item.state === 'aligned') console.log(item.recording, item.summary.level)
 *       if (item.state === 'failed') console.error(item.recording, item.error.message)
 *     }
 *
 * @param aligner one, or what makes one: that is called where there is something to do; its owner closes it
 * @throws AlignError CONFIG_INVALID where an option cannot work or a path leads nowhere; CANCELLED
 */
export async function* alignFolder(
  aligner: AlignerSource,
  paths: string | readonly string[],
  options: FolderOptions = {},
): AsyncGenerator<FolderItem, void, undefined> {
  const checked = checkFolderOptions(options)
  const { signal } = checked
  const found = await cancellable(signal, async () => {
    const drawn = await draft(listOf(paths), checked)
    sweep(drawn.tasks)
    return settle(aligner, drawn, checked, true)
  })
  yield* found.others
  if (!found.aligner) return
  const ready = found.aligner
  const progress = watchProgress(found.tasks.length, ready, checked.onProgress)
  const work = async (task: Task, ended: AbortSignal): Promise<FolderItem> => {
    const song = songOf(task)
    const watched = progress.begin(task.recording)
    try {
      const done = await alignTask(ready, task, checked, { signal: ended, onProgress: watched.show })
      return { ...song, state: 'aligned', ...done }
    } catch (error) {
      return { ...song, state: 'failed', error: asAlignError(error) }
    } finally {
      watched.end()
    }
  }
  const lanes = lanesOf(checked.jobs ?? ready.status().maxConcurrent)
  try {
    yield* inLanes(found.tasks, lanes, work, signal)
  } catch (error) {
    throw signal?.aborted ? cancelled() : error
  }
}

/** Takes out what needs no work. The aligner is made where there is something to compare, or to do. */
async function settle(
  source: AlignerSource,
  { tasks, left }: Draft,
  options: CheckedOptions,
  toAlign: boolean,
): Promise<Settled> {
  const others: Settled['others'] = left.map(({ lyrics, recording, ...why }) => ({
    recording,
    ...(lyrics && { lyrics: lyrics.file }),
    files: [],
    ...('error' in why ? { state: 'failed', error: why.error } : { state: 'skipped', reason: why.reason }),
  }))
  const isNeeded = toAlign ? tasks.length > 0 : tasks.some(({ known }) => known)
  if (!isNeeded) return { tasks, others }
  const aligner = typeof source === 'function' ? await source() : source
  const { identity } = aligner.status()
  const open: Task[] = []
  for (const task of tasks) {
    options.signal?.throwIfAborted()
    const standing = await standingOf(task, options, identity)
    if (standing.state === 'align') open.push(task)
    else others.push({ ...songOf(task), ...standing })
  }
  return { tasks: open, others, aligner }
}

/** Removes what was being written when we were stopped. */
function sweep(tasks: readonly Task[]): void {
  const folders = new Set(
    tasks.flatMap(({ folder, outputs }) => [folder, ...outputs.map(({ file }) => dirname(file))]),
  )
  for (const folder of folders) {
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder)) {
      if (!isPartial(name)) continue
      const path = join(folder, name)
      const there = statSync(path, { throwIfNoEntry: false })
      if (there?.isFile() && isLeftOver(path, there.mtimeMs)) rmSync(path, { force: true })
    }
  }
}

function songOf({ recording, lyrics, outputs }: Task): FolderSong {
  return { recording, lyrics: lyrics.file, files: outputs.map(({ file }) => file) }
}

function listOf(paths: string | readonly string[]): readonly string[] {
  const list = typeof paths === 'string' ? [paths] : paths
  if (list.length > 0 && list.every((path) => typeof path === 'string' && path !== '')) return list
  throw new AlignError('CONFIG_INVALID', 'Expected paths of songs, or of folders of songs, got none')
}

async function cancellable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    throw signal?.aborted ? cancelled() : error
  }
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The folder was cancelled by its caller')
}
