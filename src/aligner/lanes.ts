type Event<T, R> = { next: IteratorResult<T> } | { result: R; lane: Lane<T, R> }
type Lane<T, R> = Promise<Event<T, R>>

/**
 * Does work for every item of an iterable, at most `lanes` at once, and yields what came of it as it comes. An item is asked
 * for when a lane is free, so that an iterable of a million items takes no more memory than one of a few. Where the work, the
 * iterable, the consumer or `signal` ends it, the signal that running work is given aborts, and all of it has settled before
 * this ends. Where `signal` aborts, its reason is thrown.
 */
export async function* inLanes<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  lanes: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R, void, undefined> {
  const controller = new AbortController()
  const running = new Set<Lane<T, R>>()
  const source = asyncIteratorOf(items)
  let asked: Promise<Event<T, R>> | undefined
  let ended = false

  function begin(item: T): void {
    const lane: Lane<T, R> = work(item, controller.signal).then((result) => ({ result, lane }))
    running.add(seen(lane))
  }

  const end = () => controller.abort()
  signal?.addEventListener('abort', end, { once: true })
  const stopped = seen(
    new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(signal?.reason), { once: true })
    }),
  )
  try {
    while (true) {
      signal?.throwIfAborted()
      if (!ended && running.size < lanes) asked ??= seen(nextOf(source).then((next) => ({ next })))
      if (running.size === 0 && !asked) return
      const event = await Promise.race([...running, ...(asked ? [asked] : []), stopped])
      if ('lane' in event) {
        running.delete(event.lane)
        yield event.result
        continue
      }
      asked = undefined
      if (event.next.done) ended = true
      else begin(event.next.value)
    }
  } finally {
    signal?.removeEventListener('abort', end)
    controller.abort()
    await Promise.allSettled(running)
    // One that has been asked and does not answer is not waited for.
    const left = ended ? undefined : source.return?.()
    if (asked) Promise.resolve(left).catch(() => {})
    else await left
  }
}

function asyncIteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
}

async function nextOf<T>(source: AsyncIterator<T> | Iterator<T>): Promise<IteratorResult<T>> {
  return source.next()
}

/** A promise that may fail before anybody waits for it: it is waited for later. */
function seen<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
