import { extname, resolve } from 'node:path'
import { given } from '../../aligner/from-config.ts'
import { loadConfig } from '../../config/load.ts'
import { isRecordingName } from '../../folder/names.ts'
import { formatOfFile } from '../../format/files.ts'
import {
  AlignError,
  type Aligner,
  alignFolder,
  type FolderItem,
  type FolderOptions,
  type PlannedSong,
  planFolder,
  type VerdictLevel,
} from '../../index.ts'
import { EXIT } from '../exit.ts'
import { explain } from '../explain.ts'
import { abortOnInterrupt } from '../interrupt.ts'
import { alignerFor, type ModelOptions } from '../options.ts'
import { isFolder } from '../output.ts'
import { songsBar } from '../progress.ts'
import { checkTogether, type SetOptions } from './options.ts'
import { isAsBadAs, levelOf, totalsOf } from './order.ts'
import { checkReport, writeReport } from './report.ts'
import { planText, rowOf, tableOf } from './table.ts'

type AlignSetOptions = ModelOptions &
  SetOptions & { out?: string; overwrite?: boolean; quiet?: boolean; failOn?: Exclude<VerdictLevel, 'good'> }

/**
 * Aligns songs with their lyrics beside them, and prints a table of them.
 * @param folderOptions what is written, and how songs are aligned
 */
export async function alignSet(
  paths: readonly string[],
  options: AlignSetOptions,
  folderOptions: FolderOptions,
): Promise<number> {
  const { out, report, overwrite = false, quiet = false } = options
  checkTogether(options)
  if (out !== undefined) checkFolder(out)
  if (report !== undefined) checkReport(report, overwrite)
  using interrupt = abortOnInterrupt()
  const { signal } = interrupt
  let made: Aligner | undefined
  const aligner = async () => {
    const maxConcurrent = options.jobs ?? loadConfig().maxConcurrent
    made = await alignerFor(options, { maxConcurrent, ...(quiet && { onWarning: () => {} }) })
    return made
  }
  const { recursive, include, exclude, force } = options
  const all: FolderOptions = {
    ...folderOptions,
    ...given({ out, recursive, include, exclude, force, overwrite }),
    signal,
  }
  try {
    if (options.dryRun) return await showPlan(await planFolder(aligner, paths, all))
    return await work(paths, aligner, all, options)
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    await made?.close()
  }
}

function showPlan(songs: readonly PlannedSong[]): number {
  process.stdout.write(planText(songs))
  return songs.some(({ state }) => state === 'failed') ? EXIT.failed : EXIT.ok
}

async function work(
  paths: readonly string[],
  aligner: () => Promise<Aligner>,
  folderOptions: FolderOptions,
  { quiet = false, report, pageUrl, failOn }: AlignSetOptions,
): Promise<number> {
  const items: FolderItem[] = []
  const bar = songsBar({ quiet })
  const signal = folderOptions.signal!
  try {
    for await (const item of alignFolder(aligner, paths, { ...folderOptions, onProgress: bar.show })) {
      items.push(withoutAlignment(item))
      if (item.state !== 'unchanged') bar.say(rowOf(item))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    bar.stop()
  }
  const totals = totalsOf(items)
  if (report !== undefined) writeReport(report, items, pageUrl)
  if (!quiet && items.length > 0) process.stdout.write(tableOf(items, totals))
  if (quiet) for (const item of items) if (item.state === 'failed') process.stderr.write(`${rowOf(item)}\n`)
  if (signal.aborted) {
    if (!quiet) process.stderr.write('Stopped. What is done is kept: the same command goes on from here.\n')
    return EXIT.interrupted
  }
  if (totals.aligned + totals.unchanged + totals.failed === 0) {
    const got = totals.skipped === 0 ? 'none' : `${totals.skipped} without`
    process.stderr.write(
      explain(new AlignError('CONFIG_INVALID', `Expected recordings with lyrics, got ${got}`)),
    )
    return EXIT.failed
  }
  if (totals.failed > 0) return EXIT.failed
  return failOn && items.some((item) => isAsBadAs(levelOf(item), failOn)) ? EXIT.doubtful : EXIT.ok
}

/** Of many songs only what the table tells is kept. */
function withoutAlignment(item: FolderItem): FolderItem {
  if (item.state !== 'aligned') return item
  const { lines: _lines, performance: _performance, ...rest } = item.alignment
  return { ...item, alignment: { ...rest, lines: [], performance: [] } }
}

/** @throws AlignError CONFIG_INVALID where --out names a file */
function checkFolder(out: string): void {
  if (isFolder(out)) return
  const named = formatOfFile(out) !== undefined || isRecordingName(out) || extname(resolve(out)) === '.txt'
  if (named)
    throw new AlignError('CONFIG_INVALID', `Expected --out to name a folder for several songs, got ${out}`)
}
