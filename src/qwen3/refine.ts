import type { LyricLine, Unit, UnitSpan } from '../types.ts'
import { type CutLine, cutLines, timesOfOurs } from './line-units.ts'
import { degeneracyOf, isFarFromAnchors, type PlacedUnit } from './window-check.ts'
import { type AnchoredLine, planWindows, type SilenceBetween, splitWindow, type Window } from './windows.ts'

/** Where a unit was found, and by which engine; units of a line that Qwen3 could not place are left to `ctc`. */
export type RefinedSpan = UnitSpan & { source: 'qwen3' | 'ctc' }

/** The aligner's answer for one window: a span per text unit and the slot times before repair, seconds from its start. */
export type WindowAnswer = { spans: UnitSpan[]; raw: number[] }

/** Looks for units in the audio between two times (seconds); `onProgress` is told the finished share, [0, 1]. */
export type AskWindow = (
  start: number,
  end: number,
  units: readonly string[],
  onProgress: (fraction: number) => void,
) => Promise<WindowAnswer>

export type Song = {
  lines: readonly LyricLine[]
  units: readonly Unit[]
  /** By unit, as the acoustic model found it; null where it did not. */
  anchors: readonly (UnitSpan | null)[]
  /** Seconds. */
  duration: number
  language: string
}

/** A window that fails is cut in two this often. */
const MOST_CUTS = 2

/**
 * Places the units of a song window by window and checks every answer. What cannot be right is cut anew, and left to
 * the acoustic model in the end.
 * @returns a span per unit; null where neither engine has one
 */
export async function refineSong(
  { lines, units, anchors, duration, language }: Song,
  ask: AskWindow,
  onProgress: (fraction: number) => void,
  silence?: SilenceBetween,
): Promise<(RefinedSpan | null)[]> {
  const refined = anchors.map((span): RefinedSpan | null => span && { ...span, source: 'ctc' })
  const cut = cutLines(lines, units, language).filter(({ theirs }) => theirs.length > 0)
  const anchored = cut.map((line) => anchoredLine(line, anchors))
  const planned = planWindows(anchored, duration, silence)
  const work = planned.map((window) => ({ window, cutsLeft: MOST_CUTS }))
  let done = 0
  let told = 0
  // a window that is cut anew makes the rest longer, but nobody wants to see progress fall
  const report = (fraction: number) => {
    told = Math.max(told, fraction)
    onProgress(told)
  }
  while (work.length > 0) {
    const { window, cutsLeft } = work.shift()!
    const inWindow = cut.slice(window.from, window.to)
    const texts = inWindow.flatMap(({ theirs }) => theirs.map(({ text }) => text))
    const share = 1 / (done + work.length + 1)
    const answer = await ask(window.start, window.end, texts, (fraction) => {
      report((done + fraction) * share)
    })
    const placed = placeLines(inWindow, answer.spans, window, anchors)
    const all = placed.flatMap((line) => line.units)
    if (degeneracyOf(all, answer.raw, window.end - window.start)) {
      const halves = cutsLeft > 0 ? splitWindow(window, anchored, duration) : undefined
      if (halves) work.unshift(...halves.map((half) => ({ window: half, cutsLeft: cutsLeft - 1 })))
      else done++
      continue
    }
    for (const line of placed) if (!isFarFromAnchors(line.units)) keep(line, refined)
    done++
  }
  onProgress(1)
  return inOrder(refined)
}

/** Windows overlap, so that two engines or windows may cross by tenths: what comes later gives way. */
function inOrder(spans: readonly (RefinedSpan | null)[]): (RefinedSpan | null)[] {
  let latest = 0
  return spans.map((span) => {
    if (!span) return null
    latest = Math.max(latest, span.start)
    return { ...span, start: latest, end: Math.max(latest, span.end) }
  })
}

function anchoredLine({ line, ours, theirs }: CutLine, anchors: Song['anchors']): AnchoredLine {
  const found = ours.flatMap(({ index }) => anchors[index] ?? [])
  const anchor = found.length > 0 ? { start: found[0]!.start, end: found.at(-1)!.end } : undefined
  return { line, units: theirs.length, anchor }
}

type PlacedLine = { times: (UnitSpan | undefined)[]; cut: CutLine; units: PlacedUnit[] }

/** Deals the window's spans out to its lines, in seconds from the start of the recording. */
function placeLines(
  lines: readonly CutLine[],
  spans: readonly UnitSpan[],
  { start: offset, end }: Window,
  anchors: Song['anchors'],
): PlacedLine[] {
  let next = 0
  return lines.map((cut) => {
    const own = spans.slice(next, next + cut.theirs.length).map((span) => ({
      start: Math.min(end, offset + span.start),
      end: Math.min(end, offset + span.end),
      confidence: span.confidence,
    }))
    next += cut.theirs.length
    const times = timesOfOurs(cut, own)
    const units = times.flatMap((span, i) =>
      span ? [{ start: span.start, end: span.end, anchor: anchors[cut.ours[i]!.index]?.start }] : [],
    )
    return { times, cut, units }
  })
}

function keep({ times, cut }: PlacedLine, refined: (RefinedSpan | null)[]): void {
  for (const [i, span] of times.entries()) {
    if (span) refined[cut.ours[i]!.index] = { ...span, source: 'qwen3' }
  }
}
