import type { Context, Span } from '@opentelemetry/api'
import type { Config } from '../config/load.ts'
import { VERSION } from '../config/version.ts'
import { AlignError } from '../errors.ts'
import type { OpenRequest } from './requests.ts'
import type { StageRun } from './stages.ts'

/** A span for every request, and below it one for each stage. They hold no lyrics, keys, headers or queries. */
export type Tracing = {
  /** Begins the span of a request, as a child of the one that its traceparent names. */
  open(request: Request, opened: OpenRequest): void
  /** The stages of a request, once they are over. */
  stages(opened: OpenRequest, runs: readonly StageRun[]): void
  /** Ends the span of a request. */
  close(opened: OpenRequest, route: string, status: number): void
  /** Sends what has not been sent. */
  stop(): Promise<void>
}

const ADD = 'npm install @opentelemetry/api@^1.9.0 @opentelemetry/sdk-node@^0.223.0'

/**
 * Starts OpenTelemetry where the configuration asks for it; its libraries are loaded then, and not before. Where spans go,
 * under which name and how many of them, its own variables say (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, ...).
 * @throws AlignError CONFIG_INVALID where the libraries are not installed
 */
export async function startTracing({
  otelEnabled,
}: Pick<Config, 'otelEnabled'>): Promise<Tracing | undefined> {
  if (!otelEnabled) return undefined
  const { api, NodeSDK } = await libraries()
  const { trace, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode } = api
  // Spans are made here alone: nothing is patched into other libraries, and no metrics or logs are sent.
  const sdk = new NodeSDK({ instrumentations: [], metricReaders: [], logRecordProcessors: [] })
  sdk.start()
  const tracer = trace.getTracer('sow-align', VERSION)
  const known = new WeakMap<OpenRequest, { method: string; span: Span; inside: Context }>()

  function open(request: Request, opened: OpenRequest): void {
    const carrier = Object.fromEntries(
      ['traceparent', 'tracestate'].flatMap((name) => {
        const value = request.headers.get(name)
        return value === null ? [] : [[name, value]]
      }),
    )
    const outside = propagation.extract(ROOT_CONTEXT, carrier)
    const options = { kind: SpanKind.SERVER, startTime: epoch(opened.startedAt) }
    const span = tracer.startSpan(request.method, options, outside)
    span.setAttributes({ 'http.request.method': request.method, 'sow.request_id': opened.id })
    known.set(opened, { method: request.method, span, inside: trace.setSpan(outside, span) })
  }

  function stages(opened: OpenRequest, runs: readonly StageRun[]): void {
    for (const { stage, startedAt, endedAt } of runs) {
      tracer.startSpan(stage, { startTime: epoch(startedAt) }, known.get(opened)?.inside).end(epoch(endedAt))
    }
  }

  function close(opened: OpenRequest, route: string, status: number): void {
    const found = known.get(opened)
    if (!found) return
    const { method, span } = found
    const { code, verdict, model, duration_seconds } = opened.notes
    const attributes = { 'sow.code': code, 'sow.verdict': verdict, 'sow.model': model }
    span.setAttributes({
      'http.route': route,
      'http.response.status_code': status,
      ...textsOf(attributes),
      ...(typeof duration_seconds === 'number' && { 'sow.audio_seconds': duration_seconds }),
    })
    span.updateName(`${method} ${route}`)
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }

  return { open, stages, close, stop: () => sdk.shutdown() }
}

async function libraries() {
  try {
    const [api, { NodeSDK }] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-node'),
    ])
    return { api, NodeSDK }
  } catch (cause) {
    throw new AlignError(
      'CONFIG_INVALID',
      `SOW_QWEN3_OTEL_ENABLED: expected the packages of OpenTelemetry, which are installed apart (${ADD}), got none that load`,
      { cause },
    )
  }
}

/** Milliseconds of the epoch, from those of performance.now(). */
function epoch(milliseconds: number): number {
  return performance.timeOrigin + milliseconds
}

function textsOf(attributes: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(attributes).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(texts) as Record<string, string>
}
