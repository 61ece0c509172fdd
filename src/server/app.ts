import { node } from '@elysiajs/node'
import { openapi } from '@elysiajs/openapi'
import { Elysia, t } from 'elysia'
import pino, { type Logger } from 'pino'
import type { Config } from '../config.ts'
import { AlignError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { answerOf } from './answer.ts'
import { createGuard } from './auth.ts'
import { readBody } from './body.ts'
import { documentation, SECURITY } from './documentation.ts'
import { answerError } from './errors.ts'
import { securityHeaders } from './headers.ts'
import { logRequest } from './log.ts'
import { createPage } from './page/page.ts'
import { healthOf, type Readiness, readyAligner } from './readiness.ts'
import { createRequests } from './requests.ts'
import { AlignAnswer, AlignBody, ErrorBody, Failures, HealthBody } from './schemas.ts'
import { requestedAudio } from './source.ts'

/**
 * The HTTP service of an aligner, which may still be loading: `readiness` is asked at every request. Listen with
 * {@link listen}, or hand the app's `fetch` to a server of your own.
 */
export function createApp(
  readiness: () => Readiness,
  config: Config,
  logger: Logger = pino({ level: config.logLevel }),
) {
  const guard = createGuard(config.apiKeys)
  const requests = createRequests(config.requestTimeoutSeconds)
  const page = createPage()
  const places = config.maxConcurrent + config.maxQueue
  let taken = 0

  /** Takes a place for a request before its body is read, so that waiting uploads cannot fill the memory. */
  function takePlace(request: Request): void {
    if (taken >= places) {
      throw new AlignError('QUEUE_FULL', `Expected at most ${places} requests at once, got one more`)
    }
    taken++
    requests.of(request).onClose.push(() => taken--)
  }

  function waitSeconds(): number | null {
    const now = readiness()
    return now.state === 'ready' ? now.aligner.status().expectedWaitSeconds : null
  }

  function health() {
    return healthOf(readyAligner(readiness()), config)
  }

  return new Elysia({
    ...('Bun' in globalThis ? {} : { adapter: node() }),
    // One router on both runtimes, and host names of any length.
    systemRouter: false,
    // A schema that cannot be compiled shall fail here, not at the first request.
    precompile: true,
    handler: { standardHostname: false },
  })
    .onRequest(({ request, set }) => {
      Object.assign(set.headers, securityHeaders(new URL(request.url).pathname))
      set.headers['x-request-id'] = requests.of(request).id
      guard(request)
    })
    .onError(({ error, request, set }) => {
      const { id, notes } = requests.of(request)
      const { status, headers, body, fault } = answerError(error, id, waitSeconds())
      Object.assign(notes, {
        code: body.code,
        detail: body.detail,
        ...(fault !== undefined && { err: fault }),
      })
      Object.assign(set.headers, headers)
      set.status = status
      return body
    })
    .onAfterResponse(({ request, set }) => {
      logRequest(logger, request, Number(set.status ?? 200), requests.close(request))
    })
    .use(openapi(documentation))
    .get(
      '/',
      ({ headers, set }) => {
        set.headers.vary = 'accept'
        if (headers.accept?.includes('text/html')) return page.index()
        return { message: 'sow-align: POST /api/v1/align, described at /openapi', version: VERSION }
      },
      { detail: { summary: 'The page for browsers; a greeting for others' } },
    )
    .get('/page/:file', ({ params }) => page.file(params.file), { detail: { hide: true } })
    .get('/health', health, {
      response: { 200: HealthBody, 503: ErrorBody },
      detail: { summary: 'Whether alignments can be made' },
    })
    .get('/api/v1/health', health, {
      response: { 200: HealthBody, 503: ErrorBody },
      detail: { summary: 'Whether alignments can be made' },
    })
    .get('/api/v1/live', () => ({ status: 'alive' as const, version: VERSION }), {
      response: t.Object({ status: t.Literal('alive'), version: t.String() }),
      detail: { summary: 'Whether the process answers' },
    })
    .post(
      '/api/v1/align',
      async ({ body, request }) => {
        const { id, signal, notes } = requests.of(request)
        const { lyrics_text, language = 'auto', format = 'lrc' } = body
        const { source, shown } = requestedAudio(body, config)
        Object.assign(notes, { audio: shown, language })
        const alignment = await readyAligner(readiness())
          .align(source, lyrics_text, { language, signal })
          .catch((error) => {
            throw signal.aborted ? signal.reason : error
          })
        const answer = answerOf(alignment, format, id)
        const { duration_seconds, line_count, verdict } = answer
        Object.assign(notes, {
          language: answer.language,
          duration_seconds,
          line_count,
          verdict: verdict.level,
        })
        return answer
      },
      {
        // The function reads every body; the names after it only tell the documentation what kinds there are.
        parse: [
          async ({ request }) => {
            readyAligner(readiness())
            takePlace(request)
            return await readBody(request, config.maxAudioBytes, requests.of(request).signal)
          },
          'json',
          'formdata',
        ],
        body: AlignBody,
        response: { 200: AlignAnswer, ...Failures },
        detail: {
          summary: 'Says when every line is sung',
          security: SECURITY,
          description:
            'Takes JSON with audio_url, or a form with the file in audio. Lines keep their order and number; line_status and verdict say which can be trusted.',
        },
      },
    )
}

/** The type of the service, for an Eden client: `treaty<App>('http://localhost:8000')`. */
export type App = ReturnType<typeof createApp>
