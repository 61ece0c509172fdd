import type { AlignedLine, Alignment, LineStatus, ModelInfo, VerdictLevel } from '../types.ts'

/** A word or single CJK character; seconds, confidence in [0, 1]. */
export type JsonWord = { start_time: number; end_time: number; text: string; confidence: number }

/** A line of the lyrics; `text` byte-identical to the input, `confidence` null for marker and blank lines. */
export type JsonLine = {
  start_time: number
  end_time: number
  text: string
  status: LineStatus
  confidence: number | null
  /** Where the Qwen3 engine runs: which engine gave the time; `ctc` where its answer for the line was not accepted. */
  engine?: ModelInfo['engine']
  words: JsonWord[]
}

export type JsonVerdict = {
  level: VerdictLevel
  sung_lines: number
  aligned_lines: number
  confidence: number
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
}

/** The alignment as plain data, rounded once; `lines` has one item for every line of the lyrics. */
export function toJson({ duration, audio, language, model, verdict, lines }: Alignment): JsonAlignment {
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
      reasons: verdict.reasons,
    },
    lines: lines.map(toJsonLine),
  }
}

function toJsonLine({ start, end, text, status, confidence, engine, units }: AlignedLine): JsonLine {
  return {
    start_time: thousandths(start),
    end_time: thousandths(end),
    text,
    status,
    confidence: confidence === null ? null : thousandths(confidence),
    ...(engine && { engine }),
    words: units.map((unit) => ({
      start_time: thousandths(unit.start),
      end_time: thousandths(unit.end),
      text: unit.text,
      confidence: thousandths(unit.confidence),
    })),
  }
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
