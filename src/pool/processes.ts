import { setTimeout as sleep } from 'node:timers/promises'
import type { Aligned, Track, WorkerSetup } from '../engine/tasks.ts'
import { AlignError } from '../errors.ts'
import { type StartedProcess, startProcess, type WorkerProcess } from './child-process.ts'
import { cancelled, type Pool, type RunHooks, type StartHooks } from './pool.ts'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000

type Waiter = { resolve: (worker: WorkerProcess) => void; reject: (reason: Error) => void }

/**
 * Starts `size` processes, each with a thread of `workerFile`, and resolves when every one of them has loaded and run its
 * models. One that dies fails its own task alone and is replaced.
 * @throws AlignError MODEL_INVALID (or what the worker says) with the reason
 */
export async function createProcessPool(
  workerFile: string,
  setup: WorkerSetup,
  size: number,
  { onLoading }: StartHooks = {},
): Promise<Pool> {
  const started = new Set<StartedProcess>()
  const idle: WorkerProcess[] = []
  const waiting: Waiter[] = []
  const closing = new AbortController()
  /** Why the last tries to replace a worker failed; undefined while all is well, also after one that failed by chance. */
  let trouble: AlignError | undefined
  let working = 0
  /** Replacements that are being loaded. */
  let starting = 0

  /** Starts a process that is replaced when it ends. */
  async function employ(): Promise<WorkerProcess> {
    const process = startProcess(workerFile, setup, { onLoading })
    started.add(process)
    process.gone.then(() => started.delete(process))
    const worker = await process.ready
    working++
    trouble = undefined
    process.gone.then(() => {
      working--
      const index = idle.indexOf(worker)
      if (index >= 0) idle.splice(index, 1)
      return replace()
    })
    return worker
  }

  /** Tries until there is a worker again, ever less often; whoever waits in vain is told why. */
  async function replace(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !closing.signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      starting++
      const worker = await employ().catch(noWorker)
      starting--
      if (!(worker instanceof AlignError)) return offer(worker)
      if (wait > FIRST_WAIT_MS) trouble = worker
      if (isHopeless()) for (const { reject } of waiting.splice(0)) reject(worker)
      await sleep(wait, undefined, { ref: false, signal: closing.signal }).catch(() => {})
    }
  }

  /** Whether there is no worker, and none to be expected soon. */
  function isHopeless(): boolean {
    return trouble !== undefined && working === 0 && starting === 0
  }

  function offer(worker: WorkerProcess): void {
    if (!worker.isAlive()) return
    const next = waiting.shift()
    if (next) next.resolve(worker)
    else idle.push(worker)
  }

  function take(signal: AbortSignal | undefined): Promise<WorkerProcess> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled())
      const worker = idle.pop()
      if (worker) return resolve(worker)
      if (isHopeless()) return reject(trouble!)
      const waiter = { resolve, reject }
      waiting.push(waiter)
      const leave = () => {
        const at = waiting.indexOf(waiter)
        if (at >= 0) waiting.splice(at, 1)
        reject(cancelled())
      }
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  async function run(track: Track, hooks: RunHooks = {}): Promise<Aligned> {
    const { signal, onStart, end } = hooks
    const worker = await take(signal)
    end?.addEventListener('abort', worker.kill, { once: true })
    try {
      if (signal?.aborted) throw cancelled()
      onStart?.()
      return await worker.run(track, hooks)
    } finally {
      end?.removeEventListener('abort', worker.kill)
      offer(worker)
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    await Promise.all(idle.splice(0).map((worker) => worker.close()))
    await killAll()
  }

  async function killAll(): Promise<void> {
    const left = [...started]
    for (const process of left) process.kill()
    await Promise.all(left.map(({ gone }) => gone))
  }

  try {
    const workers = await Promise.all(Array.from({ length: size }, employ))
    workers.forEach(offer)
    const { model, acoustic, warnings } = workers[0]!
    // Also while one more start is tried: until one succeeds nothing can be aligned.
    const inTrouble = () => (working === 0 ? trouble?.message : undefined)
    return { model, acoustic, warnings, run, trouble: inTrouble, close }
  } catch (error) {
    closing.abort()
    await killAll()
    throw error
  }
}

function noWorker(cause: unknown): AlignError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AlignError('MODEL_NOT_READY', `No worker process could be started again: ${reason}`, { cause })
}
