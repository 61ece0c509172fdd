/** An event as it came over the connection. */
export type SentEvent = {
  id: string
  name: string
  data: {
    job_id: string
    state: string
    stage: string
    percentage: number
    error?: { code: string; detail: string }
  }
}

export type SentEvents = AsyncIterable<SentEvent> & {
  status: number
  type: string | null
  all(): Promise<SentEvent[]>
}

/** What stands before each separator, as it comes; the last block may have been cut with the connection. */
export async function* blocksOf(response: Response, separator: string): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true })
    const blocks = text.split(separator)
    text = blocks.pop()!
    yield* blocks
  }
}

/** Reads server-sent events as they come. */
export async function eventStream(
  url: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<SentEvents> {
  const response = await fetch(url, { headers, ...(signal && { signal }) })
  async function* read(): AsyncGenerator<SentEvent> {
    for await (const block of blocksOf(response, '\n\n')) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
      if (fields.data) yield { id: fields.id!, name: fields.event!, data: JSON.parse(fields.data) }
    }
  }
  const events = read()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    [Symbol.asyncIterator]: () => events,
    async all() {
      const found: SentEvent[] = []
      for await (const event of events) found.push(event)
      return found
    },
  }
}
