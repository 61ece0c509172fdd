import { randomUUID } from 'node:crypto'
import type { Config } from '../config/load.ts'
import { AlignError } from '../errors.ts'
import type { Budget, Hold } from './budget.ts'
import { preferredWait } from './prefer.ts'

/** A request on its way: its id, its time limit, and what the log shall say of it. */
export type OpenRequest = {
  id: string
  /** Milliseconds of performance.now(). */
  startedAt: number
  /** Aborts with an AlignError: DEADLINE_EXCEEDED, or CANCELLED where the client has gone. */
  signal: AbortSignal
  /** Seconds that the client asked for with Prefer, at most those of the service; undefined where it did not. */
  wait: number | undefined
  /** Ends the request this many seconds after its start, where that is sooner than it would have been. */
  endWithin(seconds: number): void
  notes: Record<string, unknown>
  /** What it holds in memory, given back when it has been answered. */
  hold: Hold
  /** Seconds without a byte after which its body is not waited for. */
  idleSeconds: number
  /** Called when the request has been answered. */
  onClose: (() => void)[]
}

/** Keeps what belongs to a request from its arrival until its answer. */
export type Requests = {
  of(request: Request): OpenRequest
  close(request: Request): OpenRequest
}

const SANE_ID = /^[\w.:-]{1,128}$/

export function createRequests(
  { requestTimeoutSeconds, bodyIdleSeconds }: Pick<Config, 'requestTimeoutSeconds' | 'bodyIdleSeconds'>,
  budget: Budget,
): Requests {
  const known = new WeakMap<Request, OpenRequest>()

  function of(request: Request): OpenRequest {
    const before = known.get(request)
    if (before) return before
    const hold = budget.open()
    const opened = { ...open(request, requestTimeoutSeconds), hold, idleSeconds: bodyIdleSeconds }
    opened.onClose.push(hold.free)
    known.set(request, opened)
    return opened
  }

  function close(request: Request): OpenRequest {
    const opened = of(request)
    for (const done of opened.onClose.splice(0)) done()
    return opened
  }

  return { of, close }
}

function open(request: Request, timeoutSeconds: number): Omit<OpenRequest, 'hold' | 'idleSeconds'> {
  const given = request.headers.get('x-request-id') ?? ''
  const preferred = preferredWait(request.headers.get('prefer'))
  const wait = preferred && Math.min(preferred, timeoutSeconds)
  const startedAt = performance.now()
  const controller = new AbortController()
  let limit = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function endWithin(seconds: number): void {
    if (seconds >= limit) return
    limit = seconds
    clearTimeout(timer)
    const late = () =>
      controller.abort(
        new AlignError('DEADLINE_EXCEEDED', `Expected an answer within ${seconds} s, got none`),
      )
    timer = setTimeout(late, startedAt + seconds * 1000 - performance.now())
    timer.unref()
  }

  endWithin(wait ?? timeoutSeconds)
  const leave = () => controller.abort(new AlignError('CANCELLED', 'The client closed the connection'))
  request.signal.addEventListener('abort', leave, { once: true })
  return {
    id: SANE_ID.test(given) ? given : randomUUID(),
    startedAt,
    signal: controller.signal,
    wait,
    endWithin,
    notes: {},
    onClose: [() => clearTimeout(timer), () => request.signal.removeEventListener('abort', leave)],
  }
}
