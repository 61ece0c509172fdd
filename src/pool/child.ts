/**
 * Process entry: runs the worker file in a thread of its own, so that this main thread stays free for messages. It does
 * nothing unless told, and lives no longer than its parent.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { WorkerSetup } from '../engine/tasks.ts'
import { errorToData } from '../errors.ts'
import type { Progress } from '../types.ts'
import { createPool, type Pool, WorkerDied } from './threads.ts'
import type { FromChild, ToChild } from './wire.ts'

const WATCH_MS = 100

let pool: Pool | undefined
let cancel: Int32Array | undefined

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'start':
      return void start(message.workerFile, message.setup)
    case 'run':
      return void run(message)
    case 'cancel':
      if (cancel) Atomics.store(cancel, 0, 1)
      return
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

async function start(workerFile: string, given: Omit<WorkerSetup, 'loading'>): Promise<void> {
  const loading = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const progress = new Int32Array(loading)
  let told = 0
  const watch = setInterval(() => {
    const thousandths = Atomics.load(progress, 0)
    if (thousandths !== told) tell({ kind: 'loading', thousandths })
    told = thousandths
  }, WATCH_MS)
  try {
    pool = await createPool(workerFile, { ...given, loading }, 1)
    const { model, acoustic, warnings } = pool
    tell({ kind: 'ready', loaded: { model, acoustic, warnings } })
  } catch (error) {
    tell({ kind: 'failed', error: errorToData(error) })
  } finally {
    clearInterval(watch)
  }
}

async function run({ task, progress }: Extract<ToChild, { kind: 'run' }>): Promise<void> {
  const shared = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  cancel = new Int32Array(shared)
  const channel = progress ? new MessageChannel() : undefined
  channel?.port1.on('message', (step: Progress) => tell({ kind: 'progress', step }))
  try {
    const value = await pool!.run({ ...task, cancel: shared, ...(channel && { progress: channel.port2 }) })
    if (channel) tellRest(channel.port1)
    tell({ kind: 'done', reply: { value } })
  } catch (error) {
    if (error instanceof WorkerDied) tell({ kind: 'died', reason: error.message })
    else tell({ kind: 'done', reply: { error: errorToData(error) } })
  } finally {
    cancel = undefined
    // Progress that comes after the answer would be taken for that of the next task.
    channel?.port1.close()
  }
}

/** What the thread has told before its answer, and has not been heard yet. */
function tellRest(port: MessagePort): void {
  for (let left = receiveMessageOnPort(port); left; left = receiveMessageOnPort(port)) {
    tell({ kind: 'progress', step: left.message })
  }
}

async function close(): Promise<void> {
  await pool?.close()
  process.exit(0)
}
