import type { IncomingMessage } from 'node:http'

/** What the Node adapter adds to its requests. */
type NodeRequest = Request & { runtime?: { node?: { req: IncomingMessage } } }

/** How much of an unread body is read and dropped, so that its client reads the answer. */
export type Patience = {
  bytes: number
  /** Seconds for all of it. */
  seconds: number
  /** Seconds without a byte. */
  idleSeconds: number
}

/** The times are those of nginx (lingering_time, lingering_timeout). */
export function patienceFor(bytes: number): Patience {
  return { bytes, seconds: 30, idleSeconds: 5 }
}

/** For a client that has sent nothing for long. */
export const NO_PATIENCE: Patience = { bytes: 0, seconds: 0, idleSeconds: 0 }

/**
 * Reads what is left of the body of a client that wants its connection closed, before it is answered. Both runtimes
 * close it with the answer: a client that still sends would see its connection broken, and not the answer.
 */
export async function readRest(request: Request, patience: Patience): Promise<void> {
  if (!closesConnection(request)) return
  // What would not be read to its end is answered at once.
  const announced = Number(request.headers.get('content-length') ?? 0)
  const { body } = request
  if (!body || body.locked || announced > patience.bytes) return
  const reader = body.getReader()
  const end = performance.now() + patience.seconds * 1000
  let taken = 0
  try {
    for (let now = performance.now(); taken < patience.bytes && now < end; now = performance.now()) {
      const piece = await within(Math.min(patience.idleSeconds * 1000, end - now), reader.read())
      if (!piece || piece.done) return
      taken += piece.value.byteLength
    }
  } catch {
    // The client has gone: there is nobody to answer.
  } finally {
    reader.releaseLock()
  }
}

/**
 * Drops what is left of a body whose request was answered before it was read. Node would neither read it nor take
 * another request on its connection: a client that keeps connections would hang. Bun does this by itself.
 */
export function discardRest(request: Request, { bytes, seconds }: Patience): void {
  const incoming = incomingOf(request)
  if (!incoming || incoming.readableEnded || incoming.destroyed) return
  // Whoever sends for longer does not listen to the answer.
  const timer = setTimeout(() => incoming.destroy(), seconds * 1000)
  timer.unref()
  incoming.once('close', () => clearTimeout(timer))
  let dropped = 0
  // Whoever waited for the body would be given it, and would keep it in memory.
  incoming.removeAllListeners('data')
  incoming.on('data', (piece: Buffer) => {
    dropped += piece.length
    if (dropped > bytes) incoming.destroy()
  })
  incoming.resume()
}

function closesConnection(request: Request): boolean {
  const options = request.headers.get('connection') ?? ''
  if (/\bclose\b/i.test(options)) return true
  return incomingOf(request)?.httpVersion === '1.0' && !/\bkeep-alive\b/i.test(options)
}

function incomingOf(request: Request): IncomingMessage | undefined {
  return (request as NodeRequest).runtime?.node?.req
}

/** Undefined where it takes longer. */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
