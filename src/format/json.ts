import type {
  AlignedLine,
  AlignedUnit,
  Alignment,
  Doubt,
  LineStatus,
  Marker,
  ModelInfo,
  Occurrence,
  Span,
  VerdictLevel,
} from '../types.ts'
import { inLayout } from './layout.ts'
import type { FormatOptions } from './options.ts'

/** A word or single CJK character; seconds, confidence in [0, 1]. */
export type JsonWord = { start_time: number; end_time: number; text: string; confidence: number }

/** A line of the lyrics; `text` byte-identical to the input, `confidence` null for marker and blank lines. */
export type JsonLine = {
  start_time: number
  end_time: number
  text: string
  status: LineStatus
  /** Why it is suspect. */
  doubt?: Doubt
  confidence: number | null
  /** What a line says that is not sung; of a sung line, what the label before it says. */
  marker?: Marker
  /** Who sings it, as the text says. */
  singer?: string
  /** The same in another language, as another line of the text has it. */
  translation?: string
  /** The same in Latin letters, as another line of the text has it. */
  romanization?: string
  /** Where the Qwen3 engine runs: which engine gave the time; `ctc` where its answer for the line was not accepted. */
  engine?: ModelInfo['engine']
  words: JsonWord[]
  /** Every time it is sung. */
  occurrences: JsonOccurrence[]
}

export type JsonSpan = { start_time: number; end_time: number }
export type JsonOccurrence = JsonSpan & { confidence: number; words: JsonWord[] }
/** What is sung at a time; `line` is the index of its line in the text, counted from 0. */
export type JsonPerformed = JsonOccurrence & { line: number; status: 'aligned' | 'suspect'; doubt?: Doubt }

export type JsonVerdict = {
  level: VerdictLevel
  sung_lines: number
  aligned_lines: number
  confidence: number
  covered: number | null
  sung: number
  reasons: string[]
}

/** An alignment as it is written to files and HTTP bodies: seconds to the millisecond, confidence to 1/1000. */
export type JsonAlignment = {
  duration_seconds: number
  /** What the recording was like: its length, and the stretches that could not be read, which count as silence. Seconds. */
  audio?: { seconds: number; damaged: { start: number; end: number }[] }
  language: string
  model: ModelInfo
  verdict: JsonVerdict
  lines: JsonLine[]
  performance: JsonPerformed[]
  extra: JsonSpan[]
}

/** The alignment as plain data, rounded once; `lines` has one item for every line of the lyrics. */
export function toJson(alignment: Alignment, { layout = 'written' }: FormatOptions = {}): JsonAlignment {
  const { duration, audio, language, model, verdict, performance, extra } = alignment
  return {
    duration_seconds: thousandths(duration),
    ...(audio && {
      audio: {
        seconds: thousandths(audio.seconds),
        damaged: audio.damaged.map(({ start, end }) => ({
          start: thousandths(start),
          end: thousandths(end),
        })),
      },
    }),
    language,
    model,
    verdict: {
      level: verdict.level,
      sung_lines: verdict.sungLines,
      aligned_lines: verdict.alignedLines,
      confidence: thousandths(verdict.confidence),
      covered: verdict.covered === null ? null : thousandths(verdict.covered),
      sung: thousandths(verdict.sung),
      reasons: verdict.reasons,
    },
    lines: inLayout(alignment, layout).map(toJsonLine),
    performance: performance.map(({ line, status, doubt, ...sung }) => ({
      line,
      status,
      ...(doubt && { doubt }),
      ...toJsonOccurrence(sung),
    })),
    extra: extra.map(toJsonSpan),
  }
}

function toJsonLine({
  text,
  status,
  doubt,
  confidence,
  marker,
  singer,
  translation,
  romanization,
  engine,
  units,
  occurrences,
  ...span
}: AlignedLine): JsonLine {
  return {
    ...toJsonSpan(span),
    text,
    status,
    ...(doubt && { doubt }),
    confidence: confidence === null ? null : thousandths(confidence),
    ...(marker && { marker }),
    ...(singer !== undefined && { singer }),
    ...(translation !== undefined && { translation }),
    ...(romanization !== undefined && { romanization }),
    ...(engine && { engine }),
    words: units.map(toJsonWord),
    occurrences: occurrences.map(toJsonOccurrence),
  }
}

function toJsonOccurrence({ confidence, units, ...span }: Occurrence): JsonOccurrence {
  return { ...toJsonSpan(span), confidence: thousandths(confidence), words: units.map(toJsonWord) }
}

function toJsonWord({ text, confidence, ...span }: AlignedUnit): JsonWord {
  return { ...toJsonSpan(span), text, confidence: thousandths(confidence) }
}

function toJsonSpan({ start, end }: Span): JsonSpan {
  return { start_time: thousandths(start), end_time: thousandths(end) }
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
