import '../config/telemetry.ts'
import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Aligned, Loaded, Track, WorkerSetup } from '../engine/tasks.ts'
import { errorFromData } from '../errors.ts'
import { type RunHooks, type StartHooks, WorkerDied } from './pool.ts'
import { replyOf, unwrap } from './threads.ts'
import type { FromChild, ToChild } from './wire.ts'

const here = createRequire(import.meta.url)

/** A worker process that has loaded and run its models. */
export type WorkerProcess = Loaded & {
  /** Aligns one song; one at a time. */
  run(track: Track, hooks: RunHooks): Promise<Aligned>
  /** False once it is gone, or about to be. */
  isAlive(): boolean
  /** Ends it at once, whatever it does. */
  kill(): void
  /** Lets it end; resolves when it is gone. */
  close(): Promise<void>
}

const CLOSE_MS = 5000
// A message is copied at once: of a recording of 200 MB that would hold up everything else for a tenth of a second.
const PIECE_BYTES = 1024 * 1024

export type StartedProcess = {
  /** @throws AlignError what the worker says, or WorkerDied */
  ready: Promise<WorkerProcess>
  /** Resolves when the process is gone, whatever was the cause. */
  gone: Promise<void>
  kill(): void
}

/** Starts a process for one thread of `workerFile`. */
export function startProcess(
  workerFile: string,
  setup: WorkerSetup,
  { onLoading }: StartHooks = {},
): StartedProcess {
  const child = forkChild()
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    // Where it could not be started at all, there is no exit.
    child.on('error', () => child.pid === undefined && resolve())
  })
  let alive = true
  gone.then(() => {
    alive = false
  })
  const kill = () => {
    alive = false
    child.kill('SIGKILL')
  }
  send(child, { kind: 'start', workerFile, setup })
  const ready = loadedOf(child, onLoading).then(
    (loaded): WorkerProcess => {
      hold(child, false)
      return {
        ...loaded,
        run: (track, hooks) => runOn(child, track, hooks, kill),
        isAlive: () => alive,
        kill,
        close: () => close(child, gone, kill),
      }
    },
    (error) => {
      kill()
      throw error
    },
  )
  return { ready, gone, kill }
}

function forkChild(): ChildProcess {
  return fork(here.resolve('#worker-process'), [], {
    // Typed arrays as they are, not as JSON.
    serialization: 'advanced',
    // Not those of this process: --input-type, --inspect and the like are not meant for the child.
    execArgv: process.versions.bun ? ['--no-env-file'] : [],
    // What native code prints goes where errors go: stdout belongs to the program.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
}

/** Where the child is gone, its exit says so. */
function send(child: ChildProcess, message: ToChild): void {
  child.send(message, () => {})
}

/** Resolves when the message has left, or the child is gone. */
function sent(child: ChildProcess, message: ToChild): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      child.off('exit', done)
      resolve()
    }
    child.once('exit', done)
    child.send(message, done)
  })
}

/** Whether the child keeps this process alive, as it should while it works. */
function hold(child: ChildProcess, alive: boolean): void {
  if (alive) child.ref()
  else child.unref()
  // Bun's channel has neither.
  if (alive) child.channel?.ref?.()
  else child.channel?.unref?.()
}

/** The first message of which `read` makes an answer; rejects when the child ends before. */
function answerOf<T>(child: ChildProcess, read: (message: FromChild) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => void child.off('message', listen).off('exit', ended).off('error', failed)
    const listen = (message: unknown) => {
      try {
        const answer = read(message as FromChild)
        if (answer === undefined) return
        stop()
        resolve(answer)
      } catch (error) {
        stop()
        reject(error)
      }
    }
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      stop()
      reject(new WorkerDied('process', signal ?? `it ended with exit code ${code}`))
    }
    const failed = (error: Error) => {
      // What fails after its start is followed by its exit.
      if (child.pid !== undefined) return
      stop()
      reject(new WorkerDied('process', `it could not be started: ${error.message}`, error))
    }
    child.on('message', listen).on('exit', ended).on('error', failed)
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode)
  })
}

function loadedOf(child: ChildProcess, onLoading: StartHooks['onLoading']): Promise<Loaded> {
  return answerOf(child, (message) => {
    if (message.kind === 'loading') onLoading?.(message.fraction)
    if (message.kind === 'failed') throw errorFromData(message.error)
    return message.kind === 'ready' ? message.loaded : undefined
  })
}

async function runOn(
  child: ChildProcess,
  { material, lyrics, language, structure, maxAudioSeconds }: Track,
  { signal, onProgress }: RunHooks,
  kill: () => void,
): Promise<Aligned> {
  let running = true
  async function give(asked: string): Promise<void> {
    const reply = await replyOf(material(asked), signal)
    if (!('value' in reply) || !reply.value.bytes) {
      if (running) send(child, { kind: 'material', reply })
      return
    }
    const { bytes, ...rest } = reply.value
    for (let at = 0; at < bytes.length && running; at += PIECE_BYTES) {
      // A copy: of a part of an array Bun sends the whole.
      await sent(child, { kind: 'piece', bytes: bytes.slice(at, at + PIECE_BYTES) })
    }
    if (running) send(child, { kind: 'material', reply: { value: { ...rest, bytes: new Uint8Array() } } })
  }
  const cancel = () => send(child, { kind: 'cancel' })
  signal?.addEventListener('abort', cancel, { once: true })
  hold(child, true)
  try {
    const answer = answerOf(child, (message) => {
      if (message.kind === 'progress') onProgress?.(message.step)
      if (message.kind === 'ask') void give(message.language)
      if (message.kind === 'died') throw new WorkerDied('process', message.reason)
      return message.kind === 'done' ? message.reply : undefined
    })
    send(child, { kind: 'run', track: { lyrics, language, structure, maxAudioSeconds } })
    if (signal?.aborted) cancel()
    return unwrap(await answer)
  } catch (error) {
    // Its thread is gone, or it is.
    if (error instanceof WorkerDied) kill()
    throw error
  } finally {
    running = false
    signal?.removeEventListener('abort', cancel)
    hold(child, false)
  }
}

async function close(child: ChildProcess, gone: Promise<void>, kill: () => void): Promise<void> {
  hold(child, true)
  send(child, { kind: 'close' })
  const late = setTimeout(kill, CLOSE_MS)
  await gone
  clearTimeout(late)
}
