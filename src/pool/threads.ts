import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { isTelemetryOff } from '../config/telemetry.ts'
import type { Aligned, Loaded, Material, Track, WorkerSetup } from '../engine/tasks.ts'
import { AlignError, errorFromData, errorToData } from '../errors.ts'
import type { Heard } from '../types.ts'
import { cancelled, type Pool, type RunHooks, type StartHooks, WorkerDied } from './pool.ts'
import { untilAborted } from './until-aborted.ts'
import type { AlignTask, FromTask, FromThread, MaterialReply, Reply, WarmTask } from './wire.ts'

/**
 * Starts `size` threads of `workerFile` and resolves when every one of them has loaded and run its models.
 * The pool is fixed: no thread is ended while it lives, and one that dies is replaced.
 * @throws AlignError MODEL_INVALID (or what the worker says) with the reason; CONFIG_INVALID where ONNX Runtime would send
 *   telemetry
 */
export async function createPool(
  workerFile: string,
  setup: WorkerSetup,
  size: number,
  { onLoading }: StartHooks = {},
): Promise<Pool> {
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
  threads.on('message', ({ kind, fraction }: FromThread) => kind === 'loading' && onLoading?.(fraction))
  try {
    const loaded = await warmAll(threads, size)
    return { ...loaded, run: (track, hooks) => runOn(threads, track, hooks), close: () => threads.destroy() }
  } catch (error) {
    await threads.destroy()
    throw error
  }
}

async function warmAll(threads: Piscina, size: number): Promise<Loaded> {
  const barrier = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const warm = async (): Promise<Loaded> => {
    const reply: Reply<Loaded> = await threads.run({ kind: 'warm', barrier, size } satisfies WarmTask)
    return unwrap(reply)
  }
  const [loaded] = await Promise.all(Array.from({ length: size }, warm))
  return loaded!
}

async function runOn(threads: Piscina, track: Track, hooks: RunHooks = {}): Promise<Aligned> {
  const { signal, onStart } = hooks
  if (signal?.aborted) throw cancelled()
  const { lyrics, language, structure, maxAudioSeconds } = track
  const { port, close } = serve(track, hooks)
  // The signal itself is not for piscina, which would end the thread inside ONNX Runtime.
  const cancel = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const stop = () => Atomics.store(new Int32Array(cancel), 0, 1)
  signal?.addEventListener('abort', stop, { once: true })
  const task: AlignTask = {
    kind: 'align',
    track: { lyrics, language, structure, maxAudioSeconds },
    cancel,
    port,
  }
  onStart?.()
  let reply: Reply<Aligned>
  try {
    reply = await threads.run(task, { transferList: [port] })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WorkerDied('thread', reason, cause)
  } finally {
    signal?.removeEventListener('abort', stop)
    close()
  }
  return unwrap(reply)
}

/** Hears what a task tells, and gives it the recording when it asks. */
function serve({ material }: Track, { signal, onProgress }: RunHooks): { port: MessagePort; close(): void } {
  const { port1: ours, port2: port } = new MessageChannel()
  let open = true

  async function give(language: string): Promise<void> {
    const reply = await replyOf(material(language), signal)
    if (open) send(ours, reply)
  }

  function hear(message: FromTask): void {
    if (message.kind === 'progress') onProgress?.(message.step)
    else void give(message.language)
  }

  ours.on('message', hear)
  return {
    port,
    close() {
      // The reply comes by a channel of its own, and may be here before what was told earlier.
      for (let left = receiveMessageOnPort(ours); left; left = receiveMessageOnPort(ours)) hear(left.message)
      open = false
      ours.close()
    },
  }
}

/** What is asked for, as data; who cancels need not wait for it. */
export async function replyOf(
  asked: Promise<Material>,
  signal: AbortSignal | undefined,
): Promise<MaterialReply> {
  try {
    return { value: await (signal ? untilAborted(asked, signal, cancelled) : asked) }
  } catch (error) {
    return { error: errorToData(error) }
  }
}

/** Copies once (4 ms for 8 MB): a view alone would be sent with all of the memory that it is a view of. */
function send(port: MessagePort, reply: MaterialReply): void {
  if ('error' in reply) {
    port.postMessage(reply)
    return
  }
  const { bytes, heard } = reply.value
  const value: Material = {
    ...(bytes && { bytes: new Uint8Array(bytes) }),
    ...(heard && { heard: copyOf(heard) }),
  }
  const arrays = [value.bytes, value.heard?.logProbs, value.heard?.voice]
  port.postMessage(
    { value } satisfies MaterialReply,
    arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : [])),
  )
}

function copyOf({ logProbs, voice, ...rest }: Heard): Heard {
  return { ...rest, logProbs: new Float32Array(logProbs), ...(voice && { voice: new Float32Array(voice) }) }
}

/** The value of a reply, or its error thrown. */
export function unwrap<T>(reply: Reply<T>): T {
  if ('error' in reply) throw errorFromData(reply.error)
  return reply.value
}
