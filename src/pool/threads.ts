import type { Transferable } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { isTelemetryOff } from '../config/telemetry.ts'
import type {
  Aligned,
  AlignReply,
  AlignTask,
  Loaded,
  WarmReply,
  WarmTask,
  WorkerSetup,
} from '../engine/tasks.ts'
import { AlignError, errorFromData } from '../errors.ts'

/** Workers, threads or processes, that have loaded and run their models. */
export type Pool = Loaded & {
  /**
   * Aligns one song on a free worker; ask for no more at once than there are workers. The bytes stay with the caller.
   * @throws WorkerDied when the worker ends in mid-work; it is replaced
   */
  run(task: AlignTask, hooks?: RunHooks): Promise<Aligned>
  /** Why there is no worker, and none to be expected soon; undefined while all is well. */
  trouble?(): string | undefined
  /** Ends the workers. Call it only when nothing runs: ending a thread inside ONNX Runtime aborts the process. */
  close(): Promise<void>
}

export type RunHooks = {
  /** Told when a worker takes the task. */
  onStart?: () => void
  /** Ends the worker of the task at once. Processes only: nothing can end a thread that is inside native code. */
  end?: AbortSignal
}

/** The worker ended before its answer. */
export class WorkerDied extends AlignError {
  constructor(worker: 'thread' | 'process', reason: string, cause?: unknown) {
    super('ALIGNMENT_FAILED', `The ${worker} of this alignment died: ${reason}`, { cause })
  }
}

/**
 * Starts `size` threads of `workerFile` and resolves when every one of them has loaded and run its models.
 * The pool is fixed: no thread is ended while it lives, and one that dies is replaced.
 * @throws AlignError MODEL_INVALID (or what the worker says) with the reason; CONFIG_INVALID where ONNX Runtime would send
 *   telemetry
 */
export async function createPool(workerFile: string, setup: WorkerSetup, size: number): Promise<Pool> {
  if (!isTelemetryOff) {
    throw new AlignError(
      'CONFIG_INVALID',
      "Expected the main thread, isolation: 'process', or ORT_DISABLE_TELEMETRY=1 in the environment of the process, got a thread that cannot switch off the telemetry of ONNX Runtime",
    )
  }
  const threads = new Piscina({
    filename: workerFile,
    workerData: setup,
    minThreads: size,
    maxThreads: size,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: 1,
    // Idle threads wait for messages instead of blocking on a futex, so that a model can be released.
    atomics: 'disabled',
    // ONNX Runtime 1.30 reads the command line of the process with a regex that recurses for every character: with the
    // 4 MB that threads have it dies of 15 kB of arguments. Only what is used takes memory. (Bun's threads ignore this.)
    resourceLimits: { stackSizeMb: 64 },
  })
  // What fails here also rejects the task it belongs to; without a listener it would end the process.
  threads.on('error', () => {})
  try {
    const loaded = await warmAll(threads, size)
    return { ...loaded, run: (task, hooks) => runOn(threads, task, hooks), close: () => threads.destroy() }
  } catch (error) {
    await threads.destroy()
    throw error
  }
}

async function warmAll(threads: Piscina, size: number): Promise<Loaded> {
  const barrier = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const warm = async (): Promise<Loaded> => {
    const reply: WarmReply = await threads.run({ kind: 'warm', barrier, size } satisfies WarmTask)
    return unwrap(reply)
  }
  const [loaded] = await Promise.all(Array.from({ length: size }, warm))
  return loaded!
}

async function runOn(threads: Piscina, task: AlignTask, { onStart }: RunHooks = {}): Promise<Aligned> {
  // The bytes are copied, not transferred (4 ms for 8 MB): they are needed again when the thread dies.
  const transferList: Transferable[] = task.progress ? [task.progress] : []
  let reply: AlignReply
  onStart?.()
  try {
    reply = await threads.run(task, { transferList })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WorkerDied('thread', reason, cause)
  }
  return unwrap(reply)
}

/** The value of a reply, or its error thrown. */
export function unwrap<T>(reply: { value: T } | { error: Parameters<typeof errorFromData>[0] }): T {
  if ('error' in reply) throw errorFromData(reply.error)
  return reply.value
}
