import type { FolderItem, SongSummary, VerdictLevel } from '../../index.ts'

/** What the tables call a song: its verdict where it has one. */
export type Level = VerdictLevel | 'failed' | 'skipped'

const WORST_FIRST: readonly Level[] = ['failed', 'unreliable', 'mixed', 'good', 'skipped']

export function levelOf(item: FolderItem): Level {
  return item.state === 'aligned' || item.state === 'unchanged' ? item.summary.level : item.state
}

/** Worst first: those that failed, then by verdict and confidence; what was left out comes last. */
export function worstFirst(items: readonly FolderItem[]): FolderItem[] {
  return [...items].sort(
    (a, b) =>
      WORST_FIRST.indexOf(levelOf(a)) - WORST_FIRST.indexOf(levelOf(b)) ||
      confidenceOf(a) - confidenceOf(b) ||
      (a.recording < b.recording ? -1 : 1),
  )
}

function confidenceOf(item: FolderItem): number {
  return 'summary' in item ? item.summary.confidence : 0
}

export type Totals = Record<Level, number> & { aligned: number; unchanged: number }

export function totalsOf(items: readonly FolderItem[]): Totals {
  const totals: Totals = { failed: 0, unreliable: 0, mixed: 0, good: 0, skipped: 0, aligned: 0, unchanged: 0 }
  for (const item of items) {
    totals[levelOf(item)]++
    if (item.state === 'aligned' || item.state === 'unchanged') totals[item.state]++
  }
  return totals
}

/** Why a song is not simply good, in one sentence; '' where nothing is to be said. */
export function remarkOf(item: FolderItem): string {
  switch (item.state) {
    case 'failed':
      return `[${item.error.code}] ${item.error.message}`
    case 'skipped':
      return item.reason
    case 'unchanged':
      return [
        ...(item.edited.length > 0 ? ['Changed by hand since it was written.'] : []),
        ...item.summary.reasons,
      ].join(' ')
    case 'aligned':
      return item.summary.reasons.join(' ')
  }
}

/** Whether a verdict is the limit or worse. */
export function isAsBadAs(level: Level, limit: 'unreliable' | 'mixed'): boolean {
  return level === 'unreliable' || level === limit
}

/** A song as reports tell it. Paths are from the folder of the report, links may be followed from there. */
export type ReportRow = {
  level: Level
  state: FolderItem['state']
  recording: string
  lyrics?: string
  files: string[]
  summary?: SongSummary
  remark: string
  error?: { code: string; message: string }
  /** Address of the page of the service, with the song and its first doubtful line. */
  page?: string
}
