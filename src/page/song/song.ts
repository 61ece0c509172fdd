import type { JsonAlignment, JsonLine, JsonOccurrence } from '../../format/json.ts'
import type {
  AlignedLine,
  AlignedUnit,
  Alignment,
  AudioReport,
  Doubt,
  LineStatus,
  ModelInfo,
  PerformedLine,
  Span,
  VerdictLevel,
} from '../../types.ts'

/** A line of the text. What is sung of it is in `Song.sung`; a line that stands in none of them has a `place` alone. */
export type SongLine = {
  id: number
  text: string
  /** Of a line that is not sung; where it is sung, that of its first singing counts. */
  status: Exclude<LineStatus, 'aligned' | 'suspect'>
  /** Where it stands while it is not sung, seconds. */
  place: Span
  /** As it was answered, for lines that are not sung. */
  confidence: number | null
  /** A person said that it is not sung. */
  confirmed: boolean
}

/** One time that a line is sung. */
export type Sung = Span & {
  id: number
  /** The id of its line. */
  line: number
  /** Whether the line's own time is this one: where it is sung several times, one of them keeps the order of the text. */
  isMain: boolean
  units: AlignedUnit[]
  confidence: number
  status: 'aligned' | 'suspect'
  doubt?: Doubt
  /** A person said that it is right, or set it by hand. */
  confirmed: boolean
}

/** A song as it is looked at and mended. Never changed in place: edits give another one. */
export type Song = {
  /** Seconds. */
  duration: number
  language: string
  model: ModelInfo
  verdict: {
    level: VerdictLevel
    reasons: string[]
    confidence: number
    covered: number | null
    sung: number
  }
  audio?: AudioReport
  lines: SongLine[]
  /** By start. */
  sung: Sung[]
  /** Singing that is in no line. */
  extra: Span[]
  /** Larger than every id. */
  nextId: number
}

/** What POST /api/v1/align answers with format=json, as far as the page needs it. */
export type Answer = Omit<JsonAlignment, 'lines'> & { json_data: JsonLine[] }

/** A song from the answer of the service. */
export function songFromAnswer(answer: Answer): Song {
  let nextId = 1
  const lines = answer.json_data.map(
    ({ text, status, start_time: start, end_time: end, confidence }): SongLine => ({
      id: nextId++,
      text,
      status: status === 'aligned' || status === 'suspect' ? 'unsung' : status,
      place: { start, end },
      confidence: status === 'aligned' || status === 'suspect' ? 0 : confidence,
      confirmed: false,
    }),
  )
  const sung = sungOf(
    answer,
    (index) => lines[index]!.id,
    () => nextId++,
  )
  const { level, reasons, confidence, covered, sung: share } = answer.verdict
  return {
    duration: answer.duration_seconds,
    language: answer.language,
    model: answer.model,
    verdict: { level, reasons, confidence, covered, sung: share },
    ...(answer.audio && { audio: answer.audio }),
    lines,
    sung,
    extra: answer.extra.map(({ start_time: start, end_time: end }) => ({ start, end })),
    nextId,
  }
}

/** What is sung according to an answer, by start. */
export function sungOf(
  { json_data, performance }: Answer,
  lineId: (index: number) => number,
  newId: () => number,
): Sung[] {
  return performance.map((performed) => ({
    id: newId(),
    line: lineId(performed.line),
    isMain: json_data[performed.line]!.start_time === performed.start_time,
    ...spanOf(performed),
    confidence: performed.confidence,
    status: performed.status,
    ...(performed.doubt && { doubt: performed.doubt }),
    confirmed: false,
  }))
}

function spanOf({ start_time, end_time, words }: JsonOccurrence): Span & { units: AlignedUnit[] } {
  const units = words.map((word) => ({
    start: word.start_time,
    end: word.end_time,
    text: word.text,
    confidence: word.confidence,
  }))
  return { start: start_time, end: end_time, units }
}

/** Every time that a line is sung, by start. */
export function singingsOf({ sung }: Song, line: number): Sung[] {
  return sung.filter((each) => each.line === line)
}

/** The one whose time is that of the line; undefined where it is not sung. */
export function mainOf(song: Song, line: number): Sung | undefined {
  const singings = singingsOf(song, line)
  return singings.find((each) => each.isMain) ?? singings[0]
}

/** What its status is to the user: one that was confirmed can be used as it is. */
export function statusOf({ status, confirmed }: Pick<Sung, 'status' | 'confirmed'>): 'aligned' | 'suspect' {
  return confirmed ? 'aligned' : status
}

/** The song as the library's own answer, for the formats. */
export function toAlignment(song: Song): Alignment {
  const indexOf = new Map(song.lines.map(({ id }, index) => [id, index]))
  const lines = song.lines.map((line): AlignedLine => {
    const singings = singingsOf(song, line.id)
    const main = mainOf(song, line.id)
    const occurrences = singings.map(({ start, end, confidence, units }) => ({
      start,
      end,
      confidence,
      units,
    }))
    if (!main) {
      const { text, status, confidence, place } = line
      return { ...place, text, status, confidence, units: [], occurrences }
    }
    const { start, end, confidence, units, doubt } = main
    const status = statusOf(main)
    return {
      start,
      end,
      text: line.text,
      status,
      ...(status === 'suspect' && doubt && { doubt }),
      confidence,
      units,
      occurrences,
    }
  })
  const performance = song.sung.map((each): PerformedLine => {
    const { start, end, confidence, units, doubt } = each
    const status = statusOf(each)
    return {
      line: indexOf.get(each.line)!,
      start,
      end,
      status,
      ...(status === 'suspect' && doubt && { doubt }),
      confidence,
      units,
    }
  })
  const { duration, language, model, verdict, audio, extra } = song
  const toSing = lines.filter(({ status }) => status !== 'marker' && status !== 'blank')
  return {
    duration,
    ...(audio && { audio }),
    language,
    model,
    lines,
    performance,
    extra,
    verdict: {
      ...verdict,
      sungLines: toSing.length,
      alignedLines: lines.filter(({ status }) => status === 'aligned').length,
    },
  }
}

/** The lyrics as they are sent to the service again. */
export function textOf({ lines }: Song): string {
  return lines.map(({ text }) => text).join('\n')
}
