import type { Aligner, AlignOptions } from '../aligner/aligner.ts'
import type { Config } from '../config/load.ts'
import { AlignError } from '../errors.ts'
import { resolveLanguage } from '../lyrics/language.ts'
import { answerOf } from './answer.ts'
import type { Parts } from './parts.ts'
import type { OpenRequest } from './requests.ts'
import type { AlignAnswer, AlignBody } from './schemas.ts'
import { requestedAudio } from './source.ts'
import { cachedPart, createStageClock, stageMilliseconds } from './stages.ts'

/**
 * Aligns what a request asks for, counts it, and notes for the log what it was and how it went.
 * @throws AlignError; that of the request's signal where it was late or its client left
 */
export async function alignRequested(
  {
    lyrics_text,
    language = 'auto',
    format = 'lrc',
    structure,
    layout,
    compressed,
    markers,
    timeout,
    force,
    ...audio
  }: AlignBody,
  opened: OpenRequest,
  aligner: Aligner,
  { config, metrics, tracing }: Pick<Parts, 'config' | 'metrics' | 'tracing'>,
): Promise<AlignAnswer> {
  const { id, signal, notes, hold } = opened
  const { source, shown } = requestedAudio(audio, config)
  if (timeout !== undefined) opened.endWithin(allowedTimeout(timeout, config))
  Object.assign(notes, { audio: shown, language: resolveLanguage(language) })
  const clock = createStageClock()
  const { onProgress } = clock
  const options: AlignOptions = {
    language,
    ...(structure && { structure }),
    signal,
    onProgress,
    onFetched: hold.take,
    ...(force && { force }),
  }
  try {
    const alignment = await aligner.align(source, lyrics_text, options)
    const wanted = {
      format,
      ...(layout && { layout }),
      ...(compressed && { compressed }),
      ...(markers !== undefined && { markers }),
    }
    const answer = answerOf(alignment, wanted, id)
    const { duration_seconds, line_count, verdict, model } = answer
    const cached = cachedPart(clock.stop())
    Object.assign(notes, { language: answer.language, model: `${model.name} ${model.version}`, cached })
    Object.assign(notes, { duration_seconds, line_count, verdict: verdict.level })
    metrics.aligned(answer, clock.stop(), (performance.now() - opened.startedAt) / 1000)
    return answer
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    const runs = clock.stop()
    tracing?.stages(opened, runs)
    const times = Object.entries(stageMilliseconds(runs)).map(([stage, ms]) => [stage, Math.round(ms)])
    if (times.length > 0) notes.stages_ms = Object.fromEntries(times)
  }
}

function allowedTimeout(seconds: number, { requestTimeoutSeconds }: Config): number {
  if (seconds <= requestTimeoutSeconds) return seconds
  throw new AlignError(
    'BODY_INVALID',
    `timeout: expected at most ${requestTimeoutSeconds} s, the limit of this service, got ${seconds}`,
  )
}
