import type { FolderItem, PlannedSong } from '../../index.ts'
import { levelOf, remarkOf, type Totals, worstFirst } from './order.ts'
import { clock, pathFromHere, printable } from './text.ts'

const MOST_ROWS = 50
const HEAD = 'result      lines    trust  length  song'

/** The songs as a table, worst first, and a line that counts them. Of many good ones the last are left out. */
export function tableOf(items: readonly FolderItem[], totals: Totals): string {
  const ordered = worstFirst(items)
  const toLookAt = ordered.filter((item) => levelOf(item) !== 'good').length
  const rows = ordered.slice(0, Math.max(MOST_ROWS, toLookAt))
  const more = ordered.length - rows.length
  const left = more > 0 ? [`... and ${more} more, with a higher trust or left out; --report has all`] : []
  return `${[HEAD, ...rows.map(rowOf), ...left, countsOf(totals)].join('\n')}\n`
}

/** One song as a row. */
export function rowOf(item: FolderItem): string {
  const figures = 'summary' in item ? figuresOf(item.summary) : ''
  const remark = remarkOf(item)
  const song = pathFromHere(item.recording) + (remark === '' ? '' : `: ${printable(remark)}`)
  return `${levelOf(item).padEnd(10)} ${figures.padEnd(22)}  ${song}`
}

function figuresOf({
  alignedLines,
  sungLines,
  confidence,
  duration,
}: {
  alignedLines: number
  sungLines: number
  confidence: number
  duration: number
}): string {
  const lines = `${alignedLines}/${sungLines}`
  return `${lines.padStart(7)}  ${confidence.toFixed(2).padStart(5)}  ${clock(duration).padStart(6)}`
}

function countsOf({ good, mixed, unreliable, failed, skipped, aligned, unchanged }: Totals): string {
  const all = good + mixed + unreliable + failed
  return (
    `${all} ${all === 1 ? 'song' : 'songs'}: ${good} good, ${mixed} mixed, ${unreliable} unreliable, ${failed} failed; ` +
    `${aligned} aligned now, ${unchanged} unchanged, ${skipped} left out`
  )
}

/** What would be done, a line for each song. */
export function planText(songs: readonly PlannedSong[]): string {
  const lines = songs.map(planLine)
  const count = (state: PlannedSong['state']) => songs.filter((song) => song.state === state).length
  const counts = `${count('align')} to align, ${count('unchanged')} unchanged, ${count('skipped')} to leave out, ${count('failed')} refused`
  return `${[...lines, counts].join('\n')}\n`
}

function lyricsOf({ recording, lyrics = recording }: PlannedSong): string {
  return lyrics === recording ? 'the lyrics in its tags' : pathFromHere(lyrics)
}

function planLine(song: PlannedSong): string {
  const name = pathFromHere(song.recording)
  switch (song.state) {
    case 'align':
      return `align      ${name} with ${lyricsOf(song)} -> ${song.files.map(pathFromHere).join(', ')}`
    case 'unchanged':
      return `unchanged  ${name}${song.edited.length > 0 ? ' (changed by hand)' : ''}`
    case 'skipped':
      return `leave out  ${name}: ${printable(song.reason)}`
    case 'failed':
      return `refuse     ${name}: [${song.error.code}] ${printable(song.error.message)}`
  }
}
