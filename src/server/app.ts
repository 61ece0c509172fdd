import { node } from '@elysiajs/node'
import { openapi } from '@elysiajs/openapi'
import { Elysia, t } from 'elysia'
import pino, { type Logger } from 'pino'
import type { Config } from '../config.ts'
import { VERSION } from '../version.ts'
import { alignRequested } from './align.ts'
import { createGuard } from './auth.ts'
import { readBody } from './body.ts'
import { documentation, SECURITY } from './documentation.ts'
import { answerError } from './errors.ts'
import { securityHeaders } from './headers.ts'
import { logRequest } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createPage } from './page/page.ts'
import { createPlaces } from './places.ts'
import { healthOf, type Readiness, readyAligner } from './readiness.ts'
import { createRequests } from './requests.ts'
import { AlignAnswer, AlignBody, ErrorBody, Failures, HealthBody } from './schemas.ts'

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
  const places = createPlaces(config.maxConcurrent + config.maxQueue)
  const metrics = createMetrics(readiness, places)

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
    .onAfterResponse(({ request, route, set }) => {
      const status = Number(set.status ?? 200)
      const closed = requests.close(request)
      logRequest(logger, request, status, closed)
      metrics.answered(route || 'other', status, secondsSince(closed.startedAt), closed.notes.code)
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
    .get(
      '/metrics',
      ({ set }) => {
        set.headers['content-type'] = metrics.contentType
        return metrics.text()
      },
      { detail: { summary: 'What the service counts, for Prometheus', security: SECURITY } },
    )
    .post(
      '/api/v1/align',
      async ({ body, request }) => {
        const opened = requests.of(request)
        const answer = await alignRequested(body, opened, readyAligner(readiness()), config)
        metrics.aligned(answer, secondsSince(opened.startedAt))
        return answer
      },
      {
        // The function reads every body; the names after it only tell the documentation what kinds there are.
        parse: [
          async ({ request }) => {
            readyAligner(readiness())
            const opened = requests.of(request)
            places.take(opened)
            return await readBody(request, config.maxAudioBytes, opened.signal)
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

function secondsSince(milliseconds: number): number {
  return (performance.now() - milliseconds) / 1000
}

/** The type of the service, for an Eden client: `treaty<App>('http://localhost:8000')`. */
export type App = ReturnType<typeof createApp>
