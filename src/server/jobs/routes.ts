import { Elysia, t } from 'elysia'
import { AlignError } from '../../errors.ts'
import type { Tenant } from '../auth.ts'
import { readBody } from '../body.ts'
import { SECURITY } from '../documentation.ts'
import type { Parts } from '../parts.ts'
import { type Readiness, readyAligner } from '../readiness.ts'
import { AlignBody, ErrorBody, Failures } from '../schemas.ts'
import { accept, idempotencyKeyOf } from './accept.ts'
import { documented, EMPTY } from './documented.ts'
import { eventsOf } from './events.ts'
import { JOB_STATES, type JobRow } from './job.ts'
import type { Jobs } from './jobs.ts'
import type { OpenedJobs } from './opened-jobs.ts'
import { oneOf, wholeNumber } from './query.ts'
import { IDEMPOTENCY_KEY, JobList, JobParams, JobView } from './schemas.ts'
import { streamed } from './stream.ts'
import { viewOf } from './view.ts'

const WHERE = { 401: ErrorBody, 404: ErrorBody, 500: ErrorBody, 503: ErrorBody } as const
/** In a header, or for clients that cannot set one in the query. */
const LAST_EVENT = t.Any({
  type: 'string',
  pattern: '^\\d{0,15}$',
  description: 'The number of the last event that was seen',
})
/** Before OpenAPI 3.2 the schema of a stream describes each event of it, its fields as they are when they are parsed. */
const EVENT = {
  type: 'object' as const,
  properties: {
    id: { type: 'string' as const, pattern: '^\\d+$', description: 'Its number, for Last-Event-ID' },
    event: { type: 'string' as const, description: 'The stage' },
    data: { type: 'string' as const, contentMediaType: 'application/json' },
  },
  required: ['id', 'event', 'data'],
  examples: [
    {
      id: '3',
      event: 'listening',
      data: '{"job_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "state": "running", "stage": "listening", "percentage": 42}',
    },
  ],
}
const PAGE = 50
const MAX_PAGE = 200

/** Alignments that are not waited for: accepted, watched, fetched and cancelled. */
export function jobRoutes({ readiness, config, requests, tenantOf, places }: Parts, jobs: Jobs) {
  function view(openedJobs: OpenedJobs, job: JobRow): JobView {
    const position = job.state === 'queued' ? openedJobs.store.position(job) : null
    return viewOf(job, position, config.jobTtlSeconds)
  }

  return new Elysia()
    .post(
      '/api/v1/jobs',
      async ({ body, request, set }) => {
        const { id: requestId, notes } = requests.of(request)
        const openedJobs = jobs.openedJobs()
        const idempotencyKey = idempotencyKeyOf(request.headers)
        const tenant = tenantOf(request)
        const job = await accept(openedJobs, body, { tenant, requestId, idempotencyKey }, config)
        Object.assign(notes, { job_id: job.id, audio: job.shown })
        jobs.start()
        jobs.runner().look()
        const accepted = view(openedJobs, openedJobs.store.find(tenant, job.id) ?? job)
        set.status = 202
        set.headers.location = accepted.status_url
        return accepted
      },
      {
        // As in POST /api/v1/align.
        parse: [
          async ({ request }) => {
            takesJobs(readiness())
            const opened = requests.of(request)
            places.check()
            checkRoom(jobs.openedJobs(), tenantOf(request), idempotencyKeyOf(request.headers), config.maxJobs)
            const fields = await readBody(request, config.maxAudioBytes, opened)
            places.take(opened)
            return fields
          },
          'json',
          'formdata',
        ],
        body: AlignBody,
        headers: t.Object({ 'idempotency-key': t.Optional(IDEMPOTENCY_KEY) }),
        response: { 202: JobView, ...Failures },
        detail: {
          summary: 'Accepts an alignment as a job',
          security: SECURITY,
          description:
            'Takes what POST /api/v1/align takes, and answers as soon as it is kept; with CACHE_DIR it outlives a restart. With a header Idempotency-Key the same request can be sent again, and gives the same job.',
        },
      },
    )
    .get(
      '/api/v1/jobs',
      ({ request }) => {
        const { searchParams: query } = new URL(request.url)
        const limit = wholeNumber('limit', query.get('limit'), [1, MAX_PAGE], PAGE)
        const before = wholeNumber('before', query.get('before'), [0, Number.MAX_SAFE_INTEGER], undefined)
        const state = oneOf('state', query.get('state'), JOB_STATES)
        const openedJobs = jobs.openedJobs()
        const found = openedJobs.store.list(tenantOf(request), limit, before, state)
        const listed = found.map((job) => {
          const { result: _, ...rest } = view(openedJobs, { ...job, result: null })
          return rest
        })
        return { jobs: listed, next: found.length === limit ? String(found.at(-1)!.seq) : null }
      },
      {
        query: t.Object({
          limit: t.Optional(t.Any({ type: 'integer', minimum: 1, maximum: MAX_PAGE, default: PAGE })),
          before: t.Optional(t.Any({ type: 'string', description: 'next of the page before' })),
          state: t.Optional(t.Any({ type: 'string', enum: [...JOB_STATES] })),
        }),
        response: { 200: JobList, 400: ErrorBody, 401: ErrorBody, 500: ErrorBody, 503: ErrorBody },
        detail: { summary: 'Lists the jobs of the key', security: SECURITY },
      },
    )
    .get(
      '/api/v1/jobs/:id',
      ({ params, request }) => {
        const openedJobs = jobs.openedJobs()
        return view(openedJobs, known(openedJobs, tenantOf(request), params.id))
      },
      {
        params: JobParams,
        response: { 200: JobView, ...WHERE },
        detail: { summary: 'Tells how far a job is, and its result', security: SECURITY },
      },
    )
    .delete(
      '/api/v1/jobs/:id',
      ({ params, request, set }) => {
        const openedJobs = jobs.openedJobs()
        known(openedJobs, tenantOf(request), params.id)
        const cancelled = openedJobs.store.cancel(params.id)
        if (cancelled) {
          jobs.runner().stop(cancelled.id)
          openedJobs.release(cancelled.upload)
          openedJobs.changes.tell(cancelled.batch_id)
        } else {
          openedJobs.store.forget(params.id)
        }
        openedJobs.changes.tell(params.id)
        set.status = 204
      },
      {
        params: JobParams,
        detail: {
          responses: { 204: EMPTY, ...documented(WHERE) },
          summary: 'Cancels a job, or forgets a finished one',
          security: SECURITY,
          description:
            'An unfinished job is cancelled, and what was sent with it removed at once; its state can still be asked for. A finished job is forgotten with its result.',
        },
      },
    )
    .get(
      '/api/v1/jobs/:id/events',
      ({ params, request, set }) => {
        const openedJobs = jobs.openedJobs()
        const job = known(openedJobs, tenantOf(request), params.id)
        const after = lastEventOf(request)
        if (job.finished_at !== null && openedJobs.store.events(job.id, after).length === 0) {
          // Nothing will come: this answer keeps an EventSource from asking for ever.
          set.status = 204
          return
        }
        return streamed('text/event-stream', (signal) => eventsOf(openedJobs, job, after, signal))
      },
      {
        params: JobParams,
        headers: t.Object({ 'last-event-id': t.Optional(LAST_EVENT) }),
        query: t.Object({ last_event_id: t.Optional(LAST_EVENT) }),
        detail: {
          summary: 'Streams what a job does',
          security: SECURITY,
          description:
            'Server-sent events named queued, fetching, decoding, listening, aligning, refining, and at last done, failed or cancelled; each with a number, after which Last-Event-ID goes on. 204 where the last one has been seen.',
          responses: {
            200: {
              description: 'Events until the last one',
              content: {
                'text/event-stream': {
                  schema: EVENT,
                },
              },
            },
            204: { description: 'There is nothing after that event, and nothing will come' },
            ...documented({ 400: ErrorBody, ...WHERE }),
          },
        },
      },
    )
}

/** Jobs are accepted while the model loads, and wait for it. */
export function takesJobs(now: Readiness): void {
  if (now.state !== 'loading') readyAligner(now)
}

/** Refuses what will not be accepted before its body is read; a request that is sent again has its place already. */
function checkRoom(
  { store }: OpenedJobs,
  tenant: Tenant,
  idempotencyKey: string | null,
  maxJobs: number,
): void {
  const hasRoom = store.unfinished() < maxJobs
  if (hasRoom || (idempotencyKey !== null && store.findByKey(tenant, idempotencyKey))) return
  throw new AlignError('QUEUE_FULL', `Expected at most ${maxJobs} unfinished jobs, got one more`)
}

/** @throws AlignError NOT_FOUND, whether there is none or it is another tenant's: the answers do not differ */
function known({ store }: OpenedJobs, tenant: Tenant, id: string): JobRow {
  const job = store.find(tenant, id)
  if (job) return job
  throw new AlignError('NOT_FOUND', 'Expected the id of a job that is kept, got another one')
}

function lastEventOf(request: Request): number {
  const query = new URL(request.url).searchParams.get('last_event_id')
  const [header, param] = [request.headers.get('last-event-id'), query].map((given) =>
    // Empty where no event has been seen.
    wholeNumber('Last-Event-ID', given || undefined, [0, Number.MAX_SAFE_INTEGER], undefined),
  )
  return header ?? param ?? 0
}
