/** Thread entry: loads the models once, then aligns one song after the other. */
import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Engine, loadEngine } from '../src/engine/load.ts'
import { notLoaded, withLoadFailure } from '../src/engine/load-failure.ts'
import { alignTrack } from '../src/engine/pipeline.ts'
import { selfTest } from '../src/engine/self-test.ts'
import type { Aligned, Loaded, Material, WorkerSetup } from '../src/engine/tasks.ts'
import { errorFromData, errorToData } from '../src/errors.ts'
import type {
  AlignTask,
  FromTask,
  FromThread,
  MaterialReply,
  Reply,
  ThreadTask,
  WarmTask,
} from '../src/pool/wire.ts'

// Decoders print what they meet in damaged files, at every packet. It is counted and told by code instead; nothing of ours
// prints in this thread.
console.error = () => {}

// piscina requires this file before it imports it. A thread that is ended inside require() of an ES module aborts the whole
// process (Node 20.20); one that awaits is refused by require() before anything of it runs, and import() can be ended.
await undefined

// piscina hands [its own data, ours] to the thread.
const setup: WorkerSetup = Array.isArray(workerData) ? workerData[1] : workerData
let loading: Promise<Engine> | undefined
// A failure is answered to the next task, with its reason; it must not end the thread before.
engine().catch(() => {})

/** Loads the models once; a load that failed is tried again. */
function engine(): Promise<Engine> {
  const onProgress = (fraction: number) =>
    parentPort?.postMessage({ kind: 'loading', fraction } satisfies FromThread)
  loading ??= loadEngine(setup, onProgress).catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}

export default async function run(task: ThreadTask): Promise<Reply<Loaded | Aligned>> {
  try {
    return { value: task.kind === 'warm' ? await warm(task) : await align(task) }
  } catch (error) {
    return { error: errorToData(task.kind === 'warm' ? error : withLoadFailure(error)) }
  }
}

async function warm({ barrier, size }: WarmTask) {
  const loaded = await engine()
  const { model, acoustic, warnings } = loaded
  await selfTest(loaded)
  const arrived = new Int32Array(barrier)
  Atomics.add(arrived, 0, 1)
  Atomics.notify(arrived, 0)
  for (let count = Atomics.load(arrived, 0); count < size; count = Atomics.load(arrived, 0)) {
    Atomics.wait(arrived, 0, count, 100)
  }
  return { model, acoustic: acoustic.info, warnings }
}

async function align({ track, cancel, port }: AlignTask) {
  const flag = new Int32Array(cancel)
  const tell = (message: FromTask) => port.postMessage(message)
  async function material(language: string): Promise<Material> {
    const answered = messageOf(port)
    tell({ kind: 'ask', language })
    const reply = await answered
    if ('error' in reply) throw errorFromData(reply.error)
    return reply.value
  }
  try {
    // It was loaded at the start, unless this thread stands in for one that died.
    const loaded = await engine().catch((cause) => {
      throw notLoaded('The models of a worker', cause)
    })
    return await alignTrack({ ...track, material }, loaded, {
      isCancelled: () => Atomics.load(flag, 0) !== 0,
      onProgress: (step) => tell({ kind: 'progress', step }),
    })
  } finally {
    port.close()
  }
}

async function messageOf(port: MessagePort): Promise<MaterialReply> {
  const [reply] = await once(port, 'message')
  return reply
}
