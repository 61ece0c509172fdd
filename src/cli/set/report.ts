import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, extname, relative, resolve, sep } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { outputExists, writeWholeFile } from '../../disk/whole-file.ts'
import { type FolderItem, VERSION } from '../../index.ts'
import { checkWritable } from '../options.ts'
import { htmlReport } from './html.ts'
import { levelOf, type ReportRow, remarkOf, type Totals, totalsOf, worstFirst } from './order.ts'

const KINDS = { '.html': htmlReport, '.csv': csvReport, '.json': jsonReport } as const
export const REPORT_ENDINGS = Object.keys(KINDS)

/** Of the beginning of a report: what tells that it is one. */
const MARKS: Readonly<Record<keyof typeof KINDS, string>> = {
  '.html': '<meta name="generator" content="sow-align">',
  '.csv': 'result,state,recording,lyrics,files,aligned_lines',
  '.json': '{\n "generator": "sow-align"',
}
const MARK_BYTES = 1000

export function kindOfReport(file: string): keyof typeof KINDS | undefined {
  const ending = extname(file).toLowerCase()
  return Object.hasOwn(KINDS, ending) ? (ending as keyof typeof KINDS) : undefined
}

/**
 * Said before the work: whether a report can be written.
 * @throws AlignError CONFIG_INVALID; OUTPUT_EXISTS where a file is there that is no report of ours
 */
export function checkReport(file: string, overwrite: boolean): void {
  checkWritable('--report', file)
  if (overwrite || !statSync(file, { throwIfNoEntry: false })?.isFile()) return
  if (!beginningOf(file).includes(MARKS[kindOfReport(file)!])) throw outputExists(file)
}

function beginningOf(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MARK_BYTES)
    return bytes.toString('utf8', 0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

export function writeReport(file: string, items: readonly FolderItem[], pageUrl: string | undefined): void {
  const folder = dirname(resolve(file))
  const rows = worstFirst(items).map((item) => rowOf(item, folder, pageUrl))
  writeWholeFile(file, KINDS[kindOfReport(file)!](rows, totalsOf(items)), { replace: true })
}

function rowOf(item: FolderItem, folder: string, pageUrl: string | undefined): ReportRow {
  const from = (path: string) => relative(folder, path).split(sep).join('/')
  const { state, recording, lyrics, files } = item
  return {
    level: levelOf(item),
    state,
    recording: from(recording),
    ...(lyrics !== undefined && { lyrics: from(lyrics) }),
    files: 'summary' in item ? files.map(from) : [],
    ...('summary' in item && { summary: item.summary }),
    remark: remarkOf(item),
    ...(item.state === 'failed' && { error: { code: item.error.code, message: item.error.message } }),
    ...(pageUrl !== undefined && state !== 'skipped' && { page: pageOf(item, pageUrl) }),
  }
}

/** What follows the # stays in the browser: the page tells which files to drop, and where to look first. */
function pageOf(item: FolderItem, pageUrl: string): string {
  const url = new URL(pageUrl)
  const name = (path: string) => path.split(sep).at(-1)!
  const wanted = new URLSearchParams({ song: name(item.recording) })
  if (item.lyrics !== undefined && item.lyrics !== item.recording) wanted.set('lyrics', name(item.lyrics))
  const [first] = 'summary' in item ? item.summary.doubtful : []
  if (first) {
    wanted.set('line', String(first.line + 1))
    wanted.set('at', String(first.start))
  }
  url.hash = wanted.toString()
  return url.href
}

function jsonReport(rows: readonly ReportRow[], totals: Totals): string {
  const songs = rows.map(({ level, summary, remark, ...row }) => ({
    result: level,
    ...row,
    ...(remark !== '' && { remark }),
    ...(summary && {
      sung_lines: summary.sungLines,
      aligned_lines: summary.alignedLines,
      confidence: summary.confidence,
      duration_seconds: summary.duration,
      language: summary.language,
      doubtful: summary.doubtful.map(({ line, start, status, text }) => ({
        line,
        start_time: start,
        status,
        text,
      })),
    }),
  }))
  return `${JSON.stringify({ generator: 'sow-align', version: VERSION, totals, songs }, null, 1)}\n`
}

function csvReport(rows: readonly ReportRow[]): string {
  const records = rows.map(({ level, state, recording, lyrics, files, summary, remark, page }) => ({
    result: level,
    state,
    recording,
    lyrics,
    files: files.join(' '),
    aligned_lines: summary?.alignedLines,
    sung_lines: summary?.sungLines,
    confidence: summary?.confidence,
    duration_seconds: summary?.duration,
    language: summary?.language,
    doubtful_lines: summary?.doubtful.map(({ line }) => line + 1).join(' '),
    remark,
    page,
  }))
  // A name that begins with = would be computed by a spreadsheet.
  return stringify(records, { header: true, columns: COLUMNS, escape_formulas: true })
}

const COLUMNS = [
  'result',
  'state',
  'recording',
  'lyrics',
  'files',
  'aligned_lines',
  'sung_lines',
  'confidence',
  'duration_seconds',
  'language',
  'doubtful_lines',
  'remark',
  'page',
]
