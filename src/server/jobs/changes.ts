/** Why a wait ended: something changed, nothing did for a while, or nobody waits any more. */
export type Waking = 'changed' | 'quiet' | 'gone'

/** Wakes those who wait for changes of a job or batch. */
export type Changes = {
  tell(topic: string | null): void
  /** To be used when it is not known what has changed. */
  tellAll(): void
  /** Look at what is there first and wait without anything in between, or a change is missed. */
  wait(topic: string, milliseconds: number, signal: AbortSignal): Promise<Waking>
  waiting(): number
  /** Ends every wait, also those to come. */
  close(): void
}

export function createChanges(): Changes {
  const topics = new Map<string, Set<(why: Waking) => void>>()
  let closed = false

  function wake(topic: string, why: Waking): void {
    for (const each of [...(topics.get(topic) ?? [])]) each(why)
  }

  function wait(topic: string, milliseconds: number, signal: AbortSignal): Promise<Waking> {
    if (closed || signal.aborted) return Promise.resolve('gone')
    return new Promise((resolve) => {
      const waiters = topics.get(topic) ?? new Set()
      topics.set(topic, waiters.add(settle))
      const timer = setTimeout(() => settle('quiet'), milliseconds)
      const leave = () => settle('gone')
      signal.addEventListener('abort', leave, { once: true })
      function settle(why: Waking): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        waiters.delete(settle)
        if (waiters.size === 0 && topics.get(topic) === waiters) topics.delete(topic)
        resolve(why)
      }
    })
  }

  return {
    wait,
    tell: (topic) => topic !== null && wake(topic, 'changed'),
    tellAll() {
      for (const topic of [...topics.keys()]) wake(topic, 'changed')
    },
    waiting: () => [...topics.values()].reduce((sum, waiters) => sum + waiters.size, 0),
    close() {
      closed = true
      for (const topic of [...topics.keys()]) wake(topic, 'gone')
    },
  }
}
