import type { AlignedLine, Alignment } from '../types.ts'
import { inLayout, type Layout } from './layout.ts'
import { oneLine } from './text.ts'

/** A subtitle: milliseconds, and text on one line, never empty. */
export type Cue = { start: number; end: number; text: string; status: AlignedLine['status'] }

// Shorter subtitles flash by unread.
const MIN_DURATION_MS = 500

/**
 * The lines to be shown as subtitles, that is those that are sung. They never overlap, each lasts half a second where
 * the next one leaves it that much, and at least a millisecond where it does not.
 */
export function cuesOf(alignment: Alignment, layout: Layout = 'written'): Cue[] {
  const { duration } = alignment
  const sung = inLayout(alignment, layout).filter(isSung)
  // The text may have its parts in another order than they are sung.
  const inTime = sung.sort((a, b) => a.start - b.start)
  const shown = inTime.map((line) => ({ ...line, text: oneLine(line.text).trim() }))
  const spoken = shown.filter((line) => line.text !== '')
  let free = 0
  return spoken.map((line, i) => {
    const start = Math.max(free, milliseconds(line.start))
    const limit = milliseconds(spoken[i + 1]?.start ?? duration)
    const wanted = Math.max(milliseconds(line.end), start + MIN_DURATION_MS)
    free = Math.max(start + 1, Math.min(wanted, limit))
    return { start, end: free, text: line.text, status: line.status }
  })
}

/** `hh:mm:ss` and, after the separator of the format, the milliseconds. */
export function clock(ms: number, separator: ',' | '.'): string {
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60]
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return `${time}${separator}${String(ms % 1000).padStart(3, '0')}`
}

function isSung({ status }: AlignedLine): boolean {
  return status !== 'marker' && status !== 'blank' && status !== 'unsung'
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000)
}
