import { FORMATS, type Format } from '../format/files.ts'
import { formatAlignment } from '../format/format.ts'
import { toJson } from '../format/json.ts'
import { toLrc } from '../format/lrc.ts'
import type { Alignment } from '../types.ts'
import type { AlignAnswer, AlignBody, AnswerFormat } from './schemas.ts'

/** What is answered of an alignment, and how it is written. */
export type Wanted = Pick<AlignBody, 'layout' | 'compressed' | 'markers'> & { format: AnswerFormat }

/** The answer to a request for an alignment. Formats follow the layout; json_data has the lines of the text in any case. */
export function answerOf(alignment: Alignment, wanted: Wanted, requestId: string): AlignAnswer {
  const { format, ...options } = wanted
  const isJson = format === 'json' || format === 'all'
  // Words are many, and are written on the main thread: only where they are asked for.
  const told = isJson ? alignment : { ...alignment, lines: [], performance: [] }
  const { lines, performance, extra, duration_seconds, audio, language, model, verdict } = toJson(told)
  return {
    lrc_content: format === 'lrc' || format === 'all' ? toLrc(alignment, options) : null,
    json_data: isJson ? lines : null,
    line_count: alignment.lines.length,
    duration_seconds,
    ...(audio && { audio }),
    language,
    model,
    verdict,
    line_status: alignment.lines.map((line) => line.status),
    performance: isJson ? performance : null,
    extra: isJson ? extra : null,
    files: Object.fromEntries(
      filesFor(format).map((name) => [name, formatAlignment(alignment, name, options)]),
    ),
    request_id: requestId,
  }
}

/** The formats that have no key of their own in the answer. */
function filesFor(format: AnswerFormat): Format[] {
  return FORMATS.filter((name) => name !== 'lrc' && name !== 'json' && (format === 'all' || format === name))
}
