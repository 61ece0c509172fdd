import type { AnyElysia } from 'elysia'
import type { StageRun } from './stages.ts'

/** Traces of requests. */
export type Tracing = {
  /** Makes a span of every request. */
  plugin: AnyElysia
  /** Makes a span of every stage, below that of the request at work. */
  stages(runs: readonly StageRun[]): void
  /** Sends what is not sent yet. */
  stop(): Promise<void>
}
