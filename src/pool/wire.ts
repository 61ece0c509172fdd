import type { MessagePort } from 'node:worker_threads'
import type { Aligned, Loaded, Material, Track, WorkerSetup } from '../engine/tasks.ts'
import type { ErrorData } from '../errors.ts'
import type { Progress } from '../types.ts'

// What crosses between threads and between processes. Only those who own a thread (threads.ts) or a process
// (child-process.ts), and what they own (workers/align.ts, child.ts), know of it.

/** Errors cross as data: a thrown one would lose its class and code. */
export type Reply<T> = { value: T } | { error: ErrorData }

/** A track without its recording, which is asked for. */
export type TrackData = Omit<Track, 'material'>

// Between threads.

/** Loads and runs the models, and waits until `size` threads have: so every thread is warm, not one of them `size` times. */
export type WarmTask = { kind: 'warm'; barrier: SharedArrayBuffer; size: number }

/** One song. `cancel` holds one Int32: not 0 asks the thread to stop; it is seen also by code that does not wait. */
export type AlignTask = { kind: 'align'; track: TrackData; cancel: SharedArrayBuffer; port: MessagePort }

export type ThreadTask = WarmTask | AlignTask

/** Through the port of a task. */
export type FromTask = { kind: 'progress'; step: Progress } | { kind: 'ask'; language: string }
/** The answer to `ask`, through the same port. */
export type MaterialReply = Reply<Material>

/** What a thread tells outside of tasks, while it loads: the share of a conversion that is done, [0, 1]. */
export type FromThread = { kind: 'loading'; fraction: number }

// Between processes.

/** What the child is told. It has one track at a time. */
export type ToChild =
  | { kind: 'start'; workerFile: string; setup: WorkerSetup }
  | { kind: 'run'; track: TrackData }
  /** A part of the recording's bytes; `material` follows the last one, with none. */
  | { kind: 'piece'; bytes: Uint8Array }
  | { kind: 'material'; reply: MaterialReply }
  | { kind: 'cancel' }
  | { kind: 'close' }

/** What the child tells. `died`: its thread ended, and the process is of no more use. */
export type FromChild =
  | FromThread
  | { kind: 'ready'; loaded: Loaded }
  | { kind: 'failed'; error: ErrorData }
  | FromTask
  | { kind: 'done'; reply: Reply<Aligned> }
  | { kind: 'died'; reason: string }
