import { AlignError } from './errors.ts'

/** One admitted request. Leave exactly once, whatever happened; leaving twice does nothing. */
export type Ticket = {
  /**
   * Waits for a place to run, first come first served.
   * @throws AlignError CANCELLED when the signal aborts first
   */
  turn(signal?: AbortSignal): Promise<void>
  leave(): void
}

export type QueueStatus = {
  /** Requests that hold a place. */
  running: number
  /** Requests that were admitted and hold no place yet. */
  queued: number
  /** Seconds until a place is free, from how long places were held lately; null until one has been given back. */
  expectedWaitSeconds: number | null
}

export type Queue = {
  /** @throws AlignError QUEUE_FULL at once when `maxQueue` requests are queued and every place is held */
  admit(): Ticket
  status(): QueueStatus
  /** Resolves when every admitted request has left. */
  idle(): Promise<void>
}

// Weight of the newest measurement in the running mean of how long a place is held.
const NEWEST = 0.2

/** A bounded queue for `places` places: a request is admitted, prepares itself, waits for its turn, and leaves. */
export function createQueue(places: number, maxQueue: number): Queue {
  const waiting: (() => void)[] = []
  const idleWaiters: (() => void)[] = []
  let admitted = 0
  let running = 0
  let meanSeconds: number | null = null

  function admit(): Ticket {
    if (admitted >= places + maxQueue) {
      throw new AlignError('QUEUE_FULL', `Expected at most ${maxQueue} waiting requests, got one more`)
    }
    admitted++
    let runningSince: number | null = null
    let left = false
    return {
      async turn(signal) {
        if (running >= places) await inLine(waiting, signal)
        if (signal?.aborted) {
          waiting.shift()?.()
          throw cancelled()
        }
        running++
        runningSince = performance.now()
      },
      leave() {
        if (left) return
        left = true
        admitted--
        if (runningSince !== null) giveBack((performance.now() - runningSince) / 1000)
        if (admitted === 0) for (const wake of idleWaiters.splice(0)) wake()
      },
    }
  }

  function giveBack(seconds: number): void {
    running--
    meanSeconds = meanSeconds === null ? seconds : meanSeconds + NEWEST * (seconds - meanSeconds)
    waiting.shift()?.()
  }

  function status(): QueueStatus {
    const queued = admitted - running
    if (meanSeconds === null) return { running, queued, expectedWaitSeconds: null }
    const rounds = Math.floor(queued / places) + (running < places ? 0 : 1)
    return { running, queued, expectedWaitSeconds: rounds * meanSeconds }
  }

  async function idle(): Promise<void> {
    if (admitted > 0) await new Promise<void>((resolve) => idleWaiters.push(resolve))
  }

  return { admit, status, idle }
}

/** Stands in line until called, or until the signal aborts. */
function inLine(line: (() => void)[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const called = () => {
      signal?.removeEventListener('abort', goAway)
      resolve()
    }
    const goAway = () => {
      line.splice(line.indexOf(called), 1)
      reject(cancelled())
    }
    if (signal?.aborted) return reject(cancelled())
    line.push(called)
    signal?.addEventListener('abort', goAway, { once: true })
  })
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The request was cancelled while it waited')
}
