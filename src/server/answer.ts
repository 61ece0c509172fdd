import { type Format, formatAlignment } from '../format/format.ts'
import { toJson } from '../format/json.ts'
import { toLrc } from '../format/lrc.ts'
import type { Alignment } from '../types.ts'
import type { AlignAnswer, AnswerFormat } from './schemas.ts'

/** The answer to a request for an alignment. */
export function answerOf(alignment: Alignment, format: AnswerFormat, requestId: string): AlignAnswer {
  const { lines, duration_seconds, audio, language, model, verdict } = toJson(alignment)
  return {
    lrc_content: format === 'lrc' || format === 'all' ? toLrc(alignment) : null,
    json_data: format === 'json' || format === 'all' ? lines : null,
    line_count: lines.length,
    duration_seconds,
    ...(audio && { audio }),
    language,
    model,
    verdict,
    line_status: lines.map((line) => line.status),
    files: Object.fromEntries(filesFor(format).map((name) => [name, formatAlignment(alignment, name)])),
    request_id: requestId,
  }
}

function filesFor(format: AnswerFormat): Format[] {
  if (format === 'all') return ['enhanced-lrc', 'srt', 'vtt']
  return format === 'lrc' || format === 'json' ? [] : [format]
}
