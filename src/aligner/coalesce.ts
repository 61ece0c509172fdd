import { AlignError } from '../errors.ts'
import type { Progress } from '../types.ts'

/** Who asks. Each has a signal and a progress of its own. */
export type Caller = {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}

/** What the work is given instead: its signal aborts when all callers have left. */
export type CoalescedHooks = { signal: AbortSignal; onProgress: (progress: Progress) => void }

export type Coalesced<T> = {
  /** Whether work of this key is under way. */
  has(key: string): boolean
  /**
   * Joins the work of this key, which is begun where there is none. A caller whose signal aborts leaves at once, with
   * CANCELLED; the others go on.
   */
  join(key: string, caller: Caller, begin: (hooks: CoalescedHooks) => Promise<T>): Promise<T>
}

type Work<T> = {
  result: Promise<T>
  callers: Set<Member>
  controller: AbortController
  latest: () => Progress | undefined
}

/** One caller of coalesced work; `fail` ends its part of it. */
type Member = Caller & { fail: (error: unknown) => void }

/** Lets identical work that is asked for at the same time be done once. */
export function createCoalesced<T>(): Coalesced<T> {
  const underWay = new Map<string, Work<T>>()

  function start(key: string, begin: (hooks: CoalescedHooks) => Promise<T>): Work<T> {
    const controller = new AbortController()
    const callers = new Set<Member>()
    let latest: Progress | undefined
    const onProgress = (progress: Progress) => {
      latest = progress
      for (const member of callers) tell(member, progress)
    }
    const result = begin({ signal: controller.signal, onProgress }).finally(() => forget(key, work))
    const work: Work<T> = { result, callers, controller, latest: () => latest }
    underWay.set(key, work)
    return work
  }

  function forget(key: string, work: Work<T>): void {
    if (underWay.get(key) === work) underWay.delete(key)
  }

  function join(key: string, caller: Caller, begin: (hooks: CoalescedHooks) => Promise<T>): Promise<T> {
    if (caller.signal?.aborted) return Promise.reject(cancelled())
    const known = underWay.get(key)
    const work = known ?? start(key, begin)
    return new Promise((resolve, reject) => {
      const leave = () => {
        work.callers.delete(member)
        caller.signal?.removeEventListener('abort', abort)
      }
      const fail = (error: unknown) => {
        leave()
        reject(error)
        if (work.callers.size > 0) return
        // Who comes from now on must not join what is about to end.
        forget(key, work)
        work.controller.abort()
      }
      const abort = () => fail(cancelled())
      const member: Member = { ...caller, fail }
      work.callers.add(member)
      caller.signal?.addEventListener('abort', abort, { once: true })
      const latest = work.latest()
      if (latest) tell(member, latest)
      work.result.then(
        (result) => {
          leave()
          // No caller may see what another one does to its answer.
          resolve(known ? structuredClone(result) : result)
        },
        (error) => {
          leave()
          reject(error)
        },
      )
    })
  }

  return { has: (key) => underWay.has(key), join }
}

/** What a caller's own function throws is a failure of that caller alone. */
function tell(member: Member, progress: Progress): void {
  try {
    member.onProgress?.(progress)
  } catch (error) {
    member.fail(error)
  }
}

function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The alignment was cancelled by its caller')
}
