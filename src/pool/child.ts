/**
 * Process entry: runs the worker file in a thread of its own, so that this main thread stays free for messages. It does
 * nothing unless told, and lives no longer than its parent.
 */
import type { Material, WorkerSetup } from '../engine/tasks.ts'
import { errorToData } from '../errors.ts'
import { type Pool, WorkerDied } from './pool.ts'
import { createPool, unwrap } from './threads.ts'
import type { FromChild, MaterialReply, ToChild, TrackData } from './wire.ts'

/** The track that runs: how to cancel it, and who waits for its recording. */
type Running = {
  controller: AbortController
  pieces: Uint8Array[]
  supply?: (reply: MaterialReply) => void
}

let pool: Pool | undefined
let running: Running | undefined

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'start':
      return void start(message.workerFile, message.setup)
    case 'run':
      return void run(message.track)
    case 'piece':
      return void running?.pieces.push(message.bytes)
    case 'material':
      return running?.supply?.(message.reply)
    case 'cancel':
      return running?.controller.abort()
    case 'close':
      return void close()
  }
})

// Nobody is left to answer. Not exit: ending a thread inside ONNX Runtime aborts with a dump.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

// A terminal sends Ctrl-C to every process of its group, and some supervisors SIGTERM: when work ends is for the parent
// to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

function tell(message: FromChild): void {
  // Where the parent is gone, 'disconnect' ends us.
  process.send!(message, undefined, undefined, () => {})
}

async function start(workerFile: string, setup: WorkerSetup): Promise<void> {
  try {
    const onLoading = (fraction: number) => tell({ kind: 'loading', fraction })
    pool = await createPool(workerFile, setup, 1, { onLoading })
    const { model, acoustic, warnings } = pool
    tell({ kind: 'ready', loaded: { model, acoustic, warnings } })
  } catch (error) {
    tell({ kind: 'failed', error: errorToData(error) })
  }
}

async function run(track: TrackData): Promise<void> {
  const now: Running = { controller: new AbortController(), pieces: [] }
  running = now
  const material = (language: string) =>
    new Promise<Material>((resolve) => {
      now.supply = (reply) => resolve(Promise.resolve(reply).then(unwrap).then(withBytes))
      tell({ kind: 'ask', language })
    })
  const withBytes = (given: Material): Material => {
    const pieces = now.pieces.splice(0)
    return pieces.length > 0 ? { ...given, bytes: Buffer.concat(pieces) } : given
  }
  const { signal } = now.controller
  try {
    const value = await pool!.run(
      { ...track, material },
      { signal, onProgress: (step) => tell({ kind: 'progress', step }) },
    )
    tell({ kind: 'done', reply: { value } })
  } catch (error) {
    if (error instanceof WorkerDied) tell({ kind: 'died', reason: error.message })
    else tell({ kind: 'done', reply: { error: errorToData(error) } })
  } finally {
    running = undefined
  }
}

async function close(): Promise<void> {
  await pool?.close()
  process.exit(0)
}
