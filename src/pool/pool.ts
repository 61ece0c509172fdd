import type { Aligned, Loaded, Track } from '../engine/tasks.ts'
import { AlignError } from '../errors.ts'
import type { Progress } from '../types.ts'

/** Workers, threads or processes, that have loaded and run their models. */
export type Pool = Loaded & {
  /**
   * Aligns one song on a free worker; ask for no more at once than there are workers. The recording stays with the caller.
   * Settles when the worker is free again.
   * @throws WorkerDied when the worker ends in mid-work; it is replaced
   */
  run(track: Track, hooks?: RunHooks): Promise<Aligned>
  /** Why there is no worker, and none to be expected soon; undefined while all is well. */
  trouble?(): string | undefined
  /** Ends the workers. Call it only when nothing runs: ending a thread inside ONNX Runtime aborts the process. */
  close(): Promise<void>
}

export type RunHooks = {
  /** Cancels: a worker that has begun stops at its next window, or line of the lyrics. */
  signal?: AbortSignal | undefined
  /** Told in order, and nothing any more once the run has settled. Must not throw. */
  onProgress?: ((step: Progress) => void) | undefined
  /** Told when a worker takes the track. */
  onStart?: () => void
  /** Ends the worker of the track at once. Processes only: nothing can end a thread that is inside native code. */
  end?: AbortSignal
}

export type StartHooks = {
  /** Told the share of a model's conversion that is done, [0, 1], where one has to be converted. */
  onLoading?: ((fraction: number) => void) | undefined
}

/** The worker ended before its answer. */
export class WorkerDied extends AlignError {
  constructor(worker: 'thread' | 'process', reason: string, cause?: unknown) {
    super('ALIGNMENT_FAILED', `The ${worker} of this alignment died: ${reason}`, { cause })
  }
}

export function cancelled(): AlignError {
  return new AlignError('CANCELLED', 'The alignment was cancelled')
}
