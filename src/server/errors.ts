import { NotFoundError, ParseError, ValidationError } from 'elysia'
import { AlignError } from '../errors.ts'
import { MethodNotAllowedError } from './methods.ts'
import { RateLimitedError } from './rate.ts'
import { NotReadyError } from './readiness.ts'
import type { ErrorBody } from './schemas.ts'

/** How an error is answered. `fault` is what belongs into the log and not into the answer. */
export type ErrorAnswer = {
  status: number
  headers: Record<string, string>
  body: ErrorBody
  fault?: unknown
}

// Where nothing better is known: a model loads within seconds, a place in the queue takes about a song.
const RETRY_SECONDS: Partial<Record<AlignError['code'], number>> = {
  MODEL_NOT_READY: 5,
  DRAINING: 10,
  QUEUE_FULL: 15,
}

/** The answer to anything that was thrown. `waitSeconds` is how long a place in the queue takes, where that is known. */
export function answerError(error: unknown, requestId: string, waitSeconds: number | null): ErrorAnswer {
  const known = toAlignError(error)
  const seconds = retrySeconds(known, waitSeconds)
  return {
    status: known.status,
    headers: {
      ...(seconds !== undefined && { 'retry-after': String(seconds) }),
      ...(known instanceof MethodNotAllowedError && { allow: known.allow }),
      ...(known.code === 'UNAUTHORIZED' && { 'www-authenticate': 'Bearer' }),
    },
    body: {
      detail: known.message,
      code: known.code,
      retryable: known.retryable,
      request_id: requestId,
      ...(known instanceof NotReadyError && { state: known.state, reason: known.reason }),
    },
    ...(known.code === 'ALIGNMENT_FAILED' && { fault: error }),
  }
}

function retrySeconds(error: AlignError, waitSeconds: number | null): number | undefined {
  if (error instanceof RateLimitedError) return error.retryAfterSeconds
  if (error.code === 'QUEUE_FULL' && waitSeconds !== null) return Math.max(1, Math.ceil(waitSeconds))
  return RETRY_SECONDS[error.code]
}

function toAlignError(error: unknown): AlignError {
  if (error instanceof AlignError) return error
  if (error instanceof NotFoundError) {
    return new AlignError('NOT_FOUND', 'Expected one of the routes of /openapi with its method, got another')
  }
  // What is thrown while the body is read comes wrapped; what is not ours there is our fault.
  if (error instanceof ParseError && error.cause instanceof AlignError) return error.cause
  // Bodies are looked at before; the words of the validator hold the body, and stay out of everything.
  if (error instanceof ValidationError && error.type === 'body')
    return new AlignError('BODY_INVALID', 'Expected a body as /openapi describes it, got another')
  return new AlignError('ALIGNMENT_FAILED', 'The service failed; the request id finds the cause in its log')
}
