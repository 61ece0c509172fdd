import { randomUUID } from 'node:crypto'
import { AlignError } from '../errors.ts'

/** A request on its way: its id, its time limit, and what the log shall say of it. */
export type OpenRequest = {
  id: string
  /** Milliseconds of performance.now(). */
  startedAt: number
  /** Aborts with an AlignError: DEADLINE_EXCEEDED, or CANCELLED where the client has gone. */
  signal: AbortSignal
  notes: Record<string, unknown>
  /** Called when the request has been answered. */
  onClose: (() => void)[]
}

/** Keeps what belongs to a request from its arrival until its answer. */
export type Requests = {
  of(request: Request): OpenRequest
  close(request: Request): OpenRequest
}

const SANE_ID = /^[\w.:-]{1,128}$/

export function createRequests(timeoutSeconds: number): Requests {
  const known = new WeakMap<Request, OpenRequest>()

  function of(request: Request): OpenRequest {
    const before = known.get(request)
    if (before) return before
    const opened = open(request, timeoutSeconds)
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

function open(request: Request, timeoutSeconds: number): OpenRequest {
  const given = request.headers.get('x-request-id') ?? ''
  const controller = new AbortController()
  const late = new AlignError('DEADLINE_EXCEEDED', `Expected an answer within ${timeoutSeconds} s, got none`)
  const timer = setTimeout(() => controller.abort(late), timeoutSeconds * 1000)
  timer.unref()
  const leave = () => controller.abort(new AlignError('CANCELLED', 'The client closed the connection'))
  request.signal.addEventListener('abort', leave, { once: true })
  return {
    id: SANE_ID.test(given) ? given : randomUUID(),
    startedAt: performance.now(),
    signal: controller.signal,
    notes: {},
    onClose: [() => clearTimeout(timer), () => request.signal.removeEventListener('abort', leave)],
  }
}
