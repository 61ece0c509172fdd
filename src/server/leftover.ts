import type { IncomingMessage } from 'node:http'

/** What the Node adapter adds to its requests. */
type NodeRequest = Request & { runtime?: { node?: { req: IncomingMessage } } }

// More than this is cut: whoever sends it does not listen to the answer.
const MOST_BYTES = 64 * 1024 * 1024

/**
 * Lets go of what is left of a body whose request was answered before it was read. Node would neither read it nor take
 * another request on its connection: a client that keeps connections would hang. Bun does this by itself.
 */
export function dropLeftover(request: Request): void {
  const incoming = (request as NodeRequest).runtime?.node?.req
  if (!incoming || incoming.readableEnded || incoming.destroyed) return
  let dropped = 0
  // Who waited for the body would be given it, and would hold it.
  incoming.removeAllListeners('data')
  incoming.on('data', (piece: Buffer) => {
    dropped += piece.length
    if (dropped > MOST_BYTES) incoming.destroy()
  })
  incoming.resume()
}
