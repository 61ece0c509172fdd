import { node } from '@elysiajs/node'
import { openapi } from '@elysiajs/openapi'
import { Elysia, NotFoundError } from 'elysia'
import pino, { type Logger } from 'pino'
import type { Config } from '../config/load.ts'
import { hasReadableEscapes, mendAddress } from './address.ts'
import { TEXT_BYTES } from './body.ts'
import { createCors } from './cors.ts'
import { documentation } from './documentation.ts'
import { answerError } from './errors.ts'
import { createGuard } from './guard.ts'
import { securityHeaders } from './headers.ts'
import { batchRoutes } from './jobs/batch-routes.ts'
import { createJobs, type Jobs } from './jobs/jobs.ts'
import { jobRoutes } from './jobs/routes.ts'
import { logRequest } from './log.ts'
import { createMethodFinder, MethodNotAllowedError } from './methods.ts'
import { createMetrics } from './metrics.ts'
import type { Parts } from './parts.ts'
import { createPlaces } from './places.ts'
import type { Readiness } from './readiness.ts'
import { createRequests } from './requests.ts'
import { alignRoutes } from './routes/align.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { keepSilence } from './silence.ts'
import type { Tracing } from './tracing.ts'
import { discardRest, NO_PATIENCE, patienceFor, readRest } from './unread-body.ts'

export type AppOptions = {
  tracing?: Tracing | undefined
  /** Jobs of its own where they are not given. */
  jobs?: Jobs | undefined
}

/**
 * The HTTP service of an aligner, which may still be loading: `readiness` is asked at every request. Listen with
 * {@link listen}, or hand the app's `fetch` to a server of your own. `jobs` are to be stopped before the aligner is
 * closed, so that what still runs is put back.
 */
export function createApp(
  readiness: () => Readiness,
  config: Config,
  logger: Logger = pino({ level: config.logLevel }),
  { tracing, jobs = createJobs(readiness, config, logger) }: AppOptions = {},
) {
  const guard = createGuard(config)
  const cors = createCors(config.corsOrigins)
  const budget = jobs.budget
  const requests = createRequests(config, budget)
  const places = createPlaces(config.maxConcurrent + config.maxQueue)
  const metrics = createMetrics(readiness, places, jobs)
  jobs.onAnswer(metrics.aligned)
  // As much as would have been read, had it been wanted.
  const patience = patienceFor(config.maxAudioBytes + TEXT_BYTES)
  const parts: Parts = {
    readiness,
    config,
    logger,
    requests,
    tenantOf: guard.tenantOf,
    places,
    metrics,
    tracing,
  }

  function waitSeconds(): number | null {
    const now = readiness()
    return now.state === 'ready' ? now.aligner.status().expectedWaitSeconds : null
  }

  /** Elysia knows no difference between an address and a method that are not there. */
  function missing(error: unknown, request: Request): unknown {
    if (!(error instanceof NotFoundError)) return error
    const allowed = methodsOf(new URL(request.url).pathname)
    return allowed.length > 0 && !allowed.includes(request.method)
      ? new MethodNotAllowedError(request.method, allowed)
      : error
  }

  const app = new Elysia({
    ...('Bun' in globalThis ? {} : { adapter: node() }),
    // One router on both runtimes, and host names of any length.
    systemRouter: false,
    // A schema that cannot be compiled shall fail here, not at the first request.
    precompile: true,
    handler: { standardHostname: false },
  })
    // Before anything else looks at the address, the router included.
    .wrap((answer, request) => {
      mendAddress(request)
      return answer
    })
    .onRequest(({ request, server, set }) => {
      const preflight = cors.preflight(request)
      if (preflight) return preflight
      const { pathname } = new URL(request.url)
      Object.assign(set.headers, securityHeaders(pathname), cors.headers(request))
      const opened = requests.of(request)
      tracing?.open(request, opened)
      set.headers['x-request-id'] = opened.id
      keepSilence(request, server)
      Object.assign(set.headers, guard.check(request, server))
      // The router would throw an error of its own kind.
      if (!hasReadableEscapes(pathname)) throw new NotFoundError()
    })
    .onError(async ({ error, request, set }) => {
      const { id, notes, signal } = requests.of(request)
      const { status, headers, body, fault } = answerError(missing(error, request), id, waitSeconds())
      Object.assign(notes, {
        code: body.code,
        detail: body.detail,
        ...(fault !== undefined && { err: fault }),
      })
      Object.assign(set.headers, headers, guard.headersFor(error))
      set.status = status
      // A client that sends nothing is not waited for any longer.
      if (body.code === 'BODY_TIMEOUT') set.headers.connection = 'close'
      else if (!signal.aborted || body.code !== 'CANCELLED') {
        // Its place is for others meanwhile.
        requests.close(request)
        await readRest(request, patience)
      }
      return body
    })
    .onAfterResponse(({ request, route, set }) => {
      const status = Number(set.status ?? 200)
      const closed = requests.close(request)
      discardRest(request, closed.notes.code === 'BODY_TIMEOUT' ? NO_PATIENCE : patience)
      tracing?.close(closed, route || 'other', status)
      logRequest(logger, request, route, status, closed)
      const seconds = (performance.now() - closed.startedAt) / 1000
      metrics.answered(route || 'other', status, seconds, closed.notes.code)
    })
    // What was left in the folder is gone on with; without one there is nothing before the first job.
    .onStart(() => config.cacheDir !== undefined && jobs.start())
    .use(openapi(documentation))
    .use(pageRoutes())
    .use(healthRoutes(parts))
    .use(metricsRoutes(parts))
    .use(alignRoutes(parts))
    .use(jobRoutes(parts, jobs))
    .use(batchRoutes(parts, jobs))
  const methodsOf = createMethodFinder(app.routes)
  return app
}

/** The type of the service, for an Eden client: `treaty<App>('http://localhost:8000')`. */
export type App = ReturnType<typeof createApp>
