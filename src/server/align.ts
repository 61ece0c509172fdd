import type { Aligner } from '../aligner.ts'
import type { Config } from '../config.ts'
import { answerOf } from './answer.ts'
import type { OpenRequest } from './requests.ts'
import type { AlignAnswer, AlignBody } from './schemas.ts'
import { requestedAudio } from './source.ts'

/**
 * Aligns what a request asks for, and notes for the log what it was and how it went.
 * @throws AlignError; that of the request's signal where it was late or its client left
 */
export async function alignRequested(
  { lyrics_text, language = 'auto', format = 'lrc', ...audio }: AlignBody,
  { id, signal, notes }: OpenRequest,
  aligner: Aligner,
  config: Config,
): Promise<AlignAnswer> {
  const { source, shown } = requestedAudio(audio, config)
  Object.assign(notes, { audio: shown, language })
  const alignment = await aligner.align(source, lyrics_text, { language, signal }).catch((error) => {
    throw signal.aborted ? signal.reason : error
  })
  const answer = answerOf(alignment, format, id)
  const { duration_seconds, line_count, verdict } = answer
  Object.assign(notes, { language: answer.language, duration_seconds, line_count, verdict: verdict.level })
  return answer
}
