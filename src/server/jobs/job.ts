import type { ErrorCode } from '../../errors.ts'
import type { Layout } from '../../format/layout.ts'
import type { Markers } from '../../format/options.ts'
import type { Structure } from '../../types.ts'
import type { Tenant } from '../auth.ts'
import type { AlignAnswer, AnswerFormat } from '../schemas.ts'

/** `queued` and `running` jobs are unfinished; the others do not change any more. */
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

/** What a job is at, and what its events are called. */
export type JobStage =
  | 'queued'
  | 'fetching'
  | 'decoding'
  | 'listening'
  | 'aligning'
  | 'refining'
  | 'done'
  | 'failed'
  | 'cancelled'

export type JobError = { detail: string; code: ErrorCode; retryable: boolean }

/** What was asked for. The audio is a URL, or an upload that is kept under the hash of its bytes. */
export type JobRequest = {
  audio_url?: string
  lyrics_text: string
  language: string
  format: AnswerFormat
  structure?: Structure
  layout?: Layout
  compressed?: boolean
  markers?: Markers
  force?: boolean
}

/** A job that is not kept yet. An `error` says that it failed before it began. */
export type NewJob = {
  id: string
  tenant: Tenant
  requestId: string
  request: JobRequest | null
  /** How the log calls the recording. */
  shown: string
  upload: string | null
  /** What makes two requests the same. */
  fingerprint: string
  idempotencyKey: string | null
  batch: { id: string; index: number; itemId: string | null } | null
  error: JobError | null
}

/** A row of the table. Times are milliseconds since 1970. */
export type JobRow = {
  seq: number
  id: string
  tenant: Tenant
  state: JobState
  stage: JobStage
  percentage: number
  created_at: number
  started_at: number | null
  finished_at: number | null
  request_id: string
  /** JSON of a {@link JobRequest}; gone when the job is finished, for it is its sender's. */
  request: string | null
  shown: string
  upload: string | null
  /** JSON of an {@link AlignAnswer}. */
  result: string | null
  /** JSON of a {@link JobError}. */
  error: string | null
  fingerprint: string
  owner: string | null
  /** How often a process died while it ran this job. */
  unclean: number
  /** How often it failed in a way that is worth another try. */
  tries: number
  batch_id: string | null
  batch_index: number | null
  item_id: string | null
  finish_order: number | null
}

/** How a job ended. */
export type Ending = { result: AlignAnswer } | { error: JobError } | 'cancelled'

/** What an event says beside its number. */
export type JobEvent = {
  state: JobState
  stage: JobStage
  percentage: number
  /** Of failed jobs, and of those that are tried again. */
  error?: JobError
}

/** A batch as it is kept. */
export type BatchRow = { id: string; tenant: Tenant; created_at: number; total: number; fingerprint: string }
