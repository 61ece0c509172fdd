import { type Static, t } from 'elysia'
import { AlignAnswer, AlignBody } from '../schemas.ts'
import { JOB_STATES } from './job.ts'

const ID = 'f47ac10b-58cc-4372-a567-0e02b2c3d479'
const TIME = '2026-01-31T12:00:00.000Z'

function oneOf<const T extends readonly [string, ...string[]]>(words: T, description: string) {
  const schema = t.UnionEnum(words, { description })
  delete schema.default
  return schema
}

const count = (description: string, example = 1) =>
  t.Number({ minimum: 0, multipleOf: 1, description, examples: [example] })

const time = (description: string) => t.String({ description, examples: [TIME] })

export const JobState = oneOf(JOB_STATES, 'done, failed and cancelled jobs do not change any more')

export const JobError = t.Object(
  {
    detail: t.String({ examples: ['Expected the storage to answer, got 404'] }),
    code: t.String({ description: 'One of the codes of the README', examples: ['AUDIO_FETCH_FAILED'] }),
    retryable: t.Boolean({ description: 'Whether the same request may succeed later' }),
  },
  { description: 'Why a job failed' },
)

const state = {
  job_id: t.String({ examples: [ID] }),
  id: t.String({ description: 'The same as job_id', examples: [ID] }),
  state: JobState,
  stage: oneOf(
    ['queued', 'fetching', 'decoding', 'listening', 'aligning', 'refining', 'done', 'failed', 'cancelled'],
    'What it is at, as in its events',
  ),
  percentage: count('How much of the whole is done; 100 when the result is there', 42),
  queue_position: t.Nullable(count('1 for the next in line; null where it does not wait')),
  created_at: time('When it was accepted'),
  started_at: t.Nullable(time('When it last began to run')),
  finished_at: t.Nullable(time('When it ended')),
  expires_at: t.Nullable(time('When it is forgotten; null while it is unfinished')),
  status_url: t.String({ examples: [`/api/v1/jobs/${ID}`] }),
  events_url: t.String({ examples: [`/api/v1/jobs/${ID}/events`] }),
  batch_id: t.Nullable(t.String({ description: 'The batch that it belongs to' })),
  request_id: t.String({ description: 'Finds the job in the log' }),
}

/** What is told of a job. */
export const JobView = t.Object(
  { ...state, result: t.Nullable(AlignAnswer), error: t.Nullable(JobError) },
  { description: 'A job; result is what POST /api/v1/align answers' },
)
export type JobView = Static<typeof JobView>

export const JobList = t.Object(
  {
    jobs: t.Array(t.Object({ ...state, error: t.Nullable(JobError) })),
    next: t.Nullable(t.String({ description: 'The value of before for the next page; null on the last' })),
  },
  { description: 'Jobs without their results, the newest first' },
)
export type JobList = Static<typeof JobList>

/** Checked by the routes, which say what they expected. */
export const IDEMPOTENCY_KEY = t.Any({
  type: 'string',
  pattern: '^[!-~]{1,200}$',
  description: 'The same request under the same key gives what the first one gave',
  examples: ['import-2026-01-31/track-1'],
})

export const JobParams = t.Object({ id: t.String({ description: 'The job_id', examples: [ID] }) })
export const BatchParams = t.Object({ id: t.String({ description: 'The batch_id', examples: [ID] }) })

/** One item of a batch. */
export const BatchItem = t.Object({
  id: t.Optional(
    t.String({ description: 'Any name; comes back with the result', maxLength: 200, examples: ['track-1'] }),
  ),
  audio_url: t.String({
    description: 'Where the recording is: http(s):// or s3://bucket/key',
    maxLength: 8192,
    examples: ['s3://songs/track-1.mp3'],
  }),
  lyrics_text: AlignBody.properties.lyrics_text,
  language: AlignBody.properties.language,
  format: AlignBody.properties.format,
  structure: AlignBody.properties.structure,
  layout: AlignBody.properties.layout,
  compressed: AlignBody.properties.compressed,
  markers: AlignBody.properties.markers,
})
export type BatchItem = Static<typeof BatchItem>

/**
 * What POST /api/v1/batches takes. Items are described but not checked here: one that is wrong fails alone.
 */
export const BatchBody = t.Object(
  {
    items: t.Array(t.Any(JSON.parse(JSON.stringify(BatchItem))), {
      minItems: 1,
      description: 'Recordings and their lyrics; one that is wrong fails alone',
    }),
  },
  {
    examples: [
      {
        items: [
          { id: 'track-1', audio_url: 's3://songs/1.mp3', lyrics_text: 'Amazing grace' },
          { id: 'track-2', audio_url: 's3://songs/2.mp3', lyrics_text: '奇異恩典', language: 'zh' },
        ],
      },
    ],
  },
)

export const BatchView = t.Object(
  {
    batch_id: t.String({ examples: [ID] }),
    id: t.String({ description: 'The same as batch_id', examples: [ID] }),
    state: oneOf(['running', 'done'], 'done when every item has ended, however it did'),
    total: count('Items', 24),
    counts: t.Object(
      Object.fromEntries(JOB_STATES.map((name) => [name, count(`Items that are ${name}`)])) as Record<
        (typeof JOB_STATES)[number],
        ReturnType<typeof count>
      >,
    ),
    created_at: time('When it was accepted'),
    status_url: t.String({ examples: [`/api/v1/batches/${ID}`] }),
    results_url: t.String({ examples: [`/api/v1/batches/${ID}/results`] }),
  },
  { description: 'A batch' },
)
export type BatchView = Static<typeof BatchView>
