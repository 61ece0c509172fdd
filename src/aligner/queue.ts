import { AlignError } from '../errors.ts'
import { createPace } from './pace.ts'

/** One admitted request. Leave exactly once, whatever happened; leaving twice does nothing. */
export type Ticket = {
  /**
   * Waits for a place to run, first come first served.
   * @param audioSeconds length of the recording, as far as it is known
   * @param onWait called when no place is free
   * @throws AlignError QUEUE_FULL at once when it would have to wait and the line holds too much audio; CANCELLED when the
   *   signal aborts first
   */
  turn(audioSeconds: number, signal?: AbortSignal, onWait?: () => void): Promise<void>
  /** @param finished seconds of audio that were worked through; not given where the work says nothing of the pace */
  leave(finished?: { audioSeconds: number }): void
}

export type QueueStatus = {
  /** Requests that hold a place. */
  running: number
  /** Requests that were admitted and hold no place yet. */
  queued: number
  /** Seconds of audio of those of them whose audio is there. */
  queuedAudioSeconds: number
  /**
   * Seconds until a new request would get a place: the audio ahead of it at the measured pace, dealt to the places in
   * order. Null until some work has finished.
   */
  expectedWaitSeconds: number | null
}

export type Queue = {
  /** @throws AlignError QUEUE_FULL at once when `maxQueue` requests are queued and every place is held */
  admit(): Ticket
  status(): QueueStatus
  /** Resolves when every admitted request has left. */
  idle(): Promise<void>
}

export type QueueLimits = {
  /** How many run at once. */
  places: number
  /** How many may be admitted beyond those that run. */
  maxQueue: number
  /** How much audio may stand in line, seconds. */
  maxAudioSeconds: number
}

/** Somebody in line; `call` gives him the place. */
type Waiting = { audioSeconds: number; call: () => void }

/** A bounded queue: a request is admitted, prepares itself, waits for its turn, and leaves. */
export function createQueue({ places, maxQueue, maxAudioSeconds }: QueueLimits): Queue {
  const line: Waiting[] = []
  const idleWaiters: (() => void)[] = []
  const pace = createPace(places)
  let admitted = 0
  let running = 0
  let audioInLine = 0

  function admit(): Ticket {
    if (admitted >= places + maxQueue) {
      throw new AlignError('QUEUE_FULL', `Expected at most ${maxQueue} waiting requests, got one more`)
    }
    admitted++
    let work: ReturnType<typeof pace.begin> | undefined
    let left = false
    return {
      async turn(audioSeconds, signal, onWait) {
        if (signal?.aborted) throw cancelled()
        if (running < places) running++
        else await inLine(audioSeconds, signal, onWait)
        if (signal?.aborted) {
          passOn()
          throw cancelled()
        }
        work = pace.begin(audioSeconds)
      },
      leave(finished) {
        if (left) return
        left = true
        admitted--
        if (work) {
          work.end(finished?.audioSeconds)
          passOn()
        }
        if (admitted === 0) for (const wake of idleWaiters.splice(0)) wake()
      },
    }
  }

  /** Stands in line until called, or until the signal aborts. Who is called holds the place from that moment on. */
  function inLine(audioSeconds: number, signal?: AbortSignal, onWait?: () => void): Promise<void> {
    if (audioInLine + audioSeconds > maxAudioSeconds) {
      const got = `${Math.ceil(audioInLine + audioSeconds)} s with one more`
      throw new AlignError('QUEUE_FULL', `Expected at most ${maxAudioSeconds} s of audio to wait, got ${got}`)
    }
    onWait?.()
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        audioSeconds,
        call() {
          audioInLine -= audioSeconds
          signal?.removeEventListener('abort', goAway)
          resolve()
        },
      }
      const goAway = () => {
        line.splice(line.indexOf(waiting), 1)
        audioInLine -= audioSeconds
        reject(cancelled())
      }
      line.push(waiting)
      audioInLine += audioSeconds
      signal?.addEventListener('abort', goAway, { once: true })
    })
  }

  /** Gives a place to the next in line, so that nobody who comes later can take it. */
  function passOn(): void {
    const next = line.shift()
    if (next) next.call()
    else running--
  }

  function status(): QueueStatus {
    const queued = admitted - running
    const waiting = line.map(({ audioSeconds }) => audioSeconds)
    // Those whose audio is still fetched will stand in line before a new one.
    const expectedWaitSeconds = pace.expectedWait(waiting, queued - line.length, running)
    return { running, queued, queuedAudioSeconds: audioInLine, expectedWaitSeconds }
  }

  async function idle(): Promise<void> {
    if (admitted > 0) await new Promise<void>((resolve) => idleWaiters.push(resolve))
  }

  return { admit, status, idle }
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The request was cancelled while it waited')
}
