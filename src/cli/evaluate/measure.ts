import type { AlignedLine, Aligner, Alignment, LineStatus } from '../../index.ts'
import {
  type Figures,
  isLost,
  lettersOf,
  mean,
  meanFigures,
  type Prediction,
  type Score,
  score,
  type TimedText,
} from './score.ts'
import type { Song } from './songs.ts'

/** A line beside its true time, for plots. */
export type MeasuredLine = { start: number; error: number | null; status: LineStatus }

/** How far `aligned` can be believed: of all lines with a known error, and counted by what was said and what was so. */
export type Trust = { lines: number; calledAligned: number; within1s: number; both: number }

export type SongResult = {
  name: string
  set: string
  words?: Figures
  lines: Figures
  trust: Trust
  verdict: Alignment['verdict']['level']
  /** Length of the recording and time it took, seconds. */
  duration: number
  seconds: number
  lettersMissing: number
  measured: MeasuredLine[]
}

export type SetResult = {
  set: string
  songs: number
  lost: number
  words?: Figures
  lines: Figures
  trust: Trust
  realTimeFactor: number
}

/** Aligns one song and compares it with the times that people gave it. */
export async function measure(
  song: Song,
  aligner: Pick<Aligner, 'align'>,
  language: string,
  signal: AbortSignal,
): Promise<SongResult> {
  const started = performance.now()
  const alignment = await aligner.align(song.audio, song.lyrics, { language, signal })
  const seconds = (performance.now() - started) / 1000
  const lines = alignment.lines.filter(({ status }) => status !== 'blank')
  const result = score(song.reference, predictionOf(lines, song))
  return {
    name: song.name,
    set: song.reference.set,
    ...(result.words && { words: result.words }),
    lines: result.lines,
    trust: trustOf(lines, result),
    verdict: alignment.verdict.level,
    duration: alignment.duration,
    seconds,
    lettersMissing: result.lettersMissing,
    measured: lines.map(({ status }, i) => ({
      start: song.reference.lines[i]!.start,
      error: result.lineErrors[i] ?? null,
      status,
    })),
  }
}

/** The means over the songs of each set, and over all of them where there are several sets. */
export function summarize(songs: readonly SongResult[]): SetResult[] {
  const sets = [...new Set(songs.map(({ set }) => set))]
  const results = sets.map((set) =>
    summaryOf(
      set,
      songs.filter((song) => song.set === set),
    ),
  )
  return sets.length > 1 ? [...results, summaryOf('all', songs)] : results
}

function summaryOf(set: string, songs: readonly SongResult[]): SetResult {
  const words = songs.flatMap((song) => song.words ?? [])
  const total = (key: keyof Trust) => songs.reduce((sum, { trust }) => sum + trust[key], 0)
  return {
    set,
    songs: songs.length,
    lost: songs.filter(isLost).length,
    ...(words.length > 0 && { words: meanFigures(words) }),
    lines: meanFigures(songs.map(({ lines }) => lines)),
    trust: {
      lines: total('lines'),
      calledAligned: total('calledAligned'),
      within1s: total('within1s'),
      both: total('both'),
    },
    realTimeFactor: mean(songs.map(({ seconds, duration }) => seconds / duration)),
  }
}

/** Words where the reference has any; a line whose units lack some of its letters is one word, so that counting holds. */
function predictionOf(lines: readonly AlignedLine[], { reference }: Song): Prediction {
  const wholeLines = lines.map(({ start, end, text }): TimedText => [start, end, text])
  if (reference.lines.every(({ words }) => words.length === 0)) return { lines: wholeLines }
  const words = lines.flatMap(({ text, units }, i): TimedText[] => {
    const complete = lettersOf(units.map((unit) => unit.text).join('')).length === lettersOf(text).length
    return complete ? units.map((unit) => [unit.start, unit.end, unit.text]) : [wholeLines[i]!]
  })
  return { words }
}

function trustOf(lines: readonly AlignedLine[], { lineErrors }: Score): Trust {
  const known = lines.flatMap(({ status }, i) => {
    const error = lineErrors[i] ?? null
    return error === null ? [] : [{ aligned: status === 'aligned', near: Math.abs(error) <= 1 }]
  })
  return {
    lines: known.length,
    calledAligned: known.filter(({ aligned }) => aligned).length,
    within1s: known.filter(({ near }) => near).length,
    both: known.filter(({ aligned, near }) => aligned && near).length,
  }
}
