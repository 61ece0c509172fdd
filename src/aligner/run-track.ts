import { MessageChannel } from 'node:worker_threads'
import type { Aligned, AlignTask } from '../engine/tasks.ts'
import type { Pool } from '../pool/threads.ts'
import type { Joint } from './coalesce.ts'

export type TrackTask = Omit<AlignTask, 'kind' | 'cancel' | 'progress'>

/** Runs one track on a thread that is free; an abort ends it at its next window. */
export async function runTrack(
  pool: Pool,
  track: TrackTask,
  { signal, onProgress }: Joint,
): Promise<Aligned> {
  const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const stop = () => Atomics.store(new Int32Array(cancel), 0, 1)
  const { port1, port2 } = new MessageChannel()
  port1.on('message', onProgress)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    return await pool.run({ kind: 'align', ...track, cancel, progress: port2 })
  } finally {
    signal.removeEventListener('abort', stop)
    port1.close()
  }
}
