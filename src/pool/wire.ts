import type { AlignReply, AlignTask, Loaded, WorkerSetup } from '../engine/tasks.ts'
import type { ErrorData } from '../errors.ts'
import type { Progress } from '../types.ts'

// Between the service and its worker processes. Shared memory and ports never cross: `loading`, `cancel` and `progress`
// of a task become messages, and memory and ports of their own inside the child.

/** What the child is told. It has one task at a time. */
export type ToChild =
  | { kind: 'start'; workerFile: string; setup: Omit<WorkerSetup, 'loading'> }
  | { kind: 'run'; task: Omit<AlignTask, 'cancel' | 'progress'>; progress: boolean }
  | { kind: 'cancel' }
  | { kind: 'close' }

/** What the child tells. `died`: its thread ended, and the process is of no more use. */
export type FromChild =
  | { kind: 'loading'; thousandths: number }
  | { kind: 'ready'; loaded: Loaded }
  | { kind: 'failed'; error: ErrorData }
  | { kind: 'progress'; step: Progress }
  | { kind: 'done'; reply: AlignReply }
  | { kind: 'died'; reason: string }
