import type { AlignedLine, Alignment } from '../types.ts'
import { inLayout } from './layout.ts'
import type { FormatOptions } from './options.ts'
import { isOmitted, isSung, markerText } from './shown.ts'
import { oneLine } from './text.ts'

/** A subtitle: milliseconds, and text on one line, never empty. */
export type Cue = {
  start: number
  end: number
  text: string
  /** Markers that are to be shown above the text. */
  headings: string[]
  line: AlignedLine
}

// Shorter subtitles flash by unread.
const MIN_DURATION_MS = 500

/**
 * The lines to be shown as subtitles, that is those that are sung. They never overlap, each lasts half a second where
 * the next one leaves it that much, and at least a millisecond where it does not. Markers take no time of their own: where
 * they are wanted they stand above the sung line that follows them in the text.
 */
export function cuesOf(
  alignment: Alignment,
  { layout = 'written', markers = 'omit' }: FormatOptions = {},
): Cue[] {
  let headings: string[] = []
  const shown: Pick<Cue, 'text' | 'headings' | 'line'>[] = []
  for (const line of inLayout(alignment, layout)) {
    const text = oneLine(line.text).trim()
    if (text === '') continue
    if (line.status === 'marker' && !isOmitted(markers)) headings.push(markerText(text, markers))
    if (!isSung(line)) continue
    shown.push({ text, headings, line })
    headings = []
  }
  // The text may have its parts in another order than they are sung.
  const inTime = shown.sort((a, b) => a.line.start - b.line.start)
  let free = 0
  return inTime.map((cue, i) => {
    const start = Math.max(free, milliseconds(cue.line.start))
    const limit = milliseconds(inTime[i + 1]?.line.start ?? alignment.duration)
    const wanted = Math.max(milliseconds(cue.line.end), start + MIN_DURATION_MS)
    free = Math.max(start + 1, Math.min(wanted, limit))
    return { start, end: free, ...cue }
  })
}

/** `hh:mm:ss` and, after the separator of the format, the milliseconds. */
export function clock(ms: number, separator: ',' | '.'): string {
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60]
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return `${time}${separator}${String(ms % 1000).padStart(3, '0')}`
}

/** Seconds rounded once. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000)
}
