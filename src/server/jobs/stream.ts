/** Seconds after which something is sent where there is nothing to say: Bun and proxies cut what is silent for long. */
export const KEEP_ALIVE_MS = 15_000

/** An answer that comes piece by piece. When its reader goes away, the signal aborts and what makes it is ended. */
export function streamed(
  type: string,
  pieces: (signal: AbortSignal) => AsyncGenerator<string>,
  headers: Record<string, string> = {},
): Response {
  const left = new AbortController()
  const made = pieces(left.signal)
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await made.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      left.abort()
      await made.return(undefined)
    },
  })
  // Nginx would keep the pieces back until it has many.
  return new Response(body, { headers: { 'content-type': type, 'x-accel-buffering': 'no', ...headers } })
}
