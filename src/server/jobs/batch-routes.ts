import { Elysia, t } from 'elysia'
import { AlignError } from '../../errors.ts'
import type { Tenant } from '../auth.ts'
import { SECURITY } from '../documentation.ts'
import type { Parts } from '../parts.ts'
import { ErrorBody, Failures } from '../schemas.ts'
import { idempotencyKeyOf } from './accept.ts'
import { acceptBatch, linesOf, readBatch } from './batch.ts'
import { documented, EMPTY } from './documented.ts'
import type { BatchRow } from './job.ts'
import type { Jobs } from './jobs.ts'
import type { OpenedJobs } from './opened-jobs.ts'
import { wholeNumber } from './query.ts'
import { takesJobs } from './routes.ts'
import { BatchBody, BatchParams, BatchView, IDEMPOTENCY_KEY } from './schemas.ts'
import { streamed } from './stream.ts'
import { BATCHES, batchViewOf } from './view.ts'

const NDJSON = 'application/x-ndjson'

const LINES = {
  description:
    'A line of JSON for every item, as they end: {index, id, job_id, result} or {index, id, job_id, error}. Empty lines keep the connection.',
  content: {
    [NDJSON]: {
      schema: { type: 'string' },
      example:
        '{"index": 1, "id": "track-2", "job_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "error": {"detail": "Expected at least one sung line of lyrics, got an empty text", "code": "LYRICS_EMPTY", "retryable": false}}\n',
    },
  },
} as const

const WHERE = { 401: ErrorBody, 404: ErrorBody, 500: ErrorBody, 503: ErrorBody } as const

/** Many recordings in one request; every item is a job. */
export function batchRoutes({ readiness, config, requests, tenantOf }: Parts, jobs: Jobs) {
  return new Elysia()
    .post(
      '/api/v1/batches',
      ({ body, request, set }) => {
        const { id: requestId, notes, hold } = requests.of(request)
        const openedJobs = jobs.openedJobs()
        const idempotencyKey = idempotencyKeyOf(request.headers)
        const sent = { tenant: tenantOf(request), requestId, idempotencyKey }
        const batch = acceptBatch(openedJobs, body.items, sent, config)
        // Its items are kept elsewhere now, and its answer may take hours.
        hold.free()
        Object.assign(notes, { batch_id: batch.id, items: batch.total })
        jobs.start()
        jobs.runner().look()
        const location = `${BATCHES}/${batch.id}`
        if (!/\brespond-async\b/i.test(request.headers.get('prefer') ?? '')) {
          return streamed(NDJSON, (signal) => linesOf(openedJobs, batch.id, 0, signal), { location })
        }
        set.status = 202
        Object.assign(set.headers, { location, 'preference-applied': 'respond-async' })
        return batchViewOf(batch, openedJobs.store.counts(batch.id))
      },
      {
        parse: [
          ({ request }) => {
            takesJobs(readiness())
            return readBatch(request, requests.of(request))
          },
          'json',
        ],
        body: BatchBody,
        headers: t.Object({
          'idempotency-key': t.Optional(IDEMPOTENCY_KEY),
          prefer: t.Optional(t.Any({ type: 'string', examples: ['respond-async'] })),
        }),
        detail: {
          summary: 'Aligns many recordings',
          security: SECURITY,
          description:
            'Answers with one line of JSON for every item, as soon as it has ended; the header Location says where the batch can be asked for when the connection is lost. With "Prefer: respond-async" that is all it answers. An item that is wrong fails alone. A header Idempotency-Key works as for jobs.',
          responses: { 200: LINES, ...documented({ 202: BatchView, ...Failures }) },
        },
      },
    )
    .get(
      '/api/v1/batches/:id',
      ({ params, request }) => {
        const openedJobs = jobs.openedJobs()
        const batch = known(openedJobs, tenantOf(request), params.id)
        return batchViewOf(batch, openedJobs.store.counts(batch.id))
      },
      {
        params: BatchParams,
        response: { 200: BatchView, ...WHERE },
        detail: { summary: 'Tells how far a batch is', security: SECURITY },
      },
    )
    .get(
      '/api/v1/batches/:id/results',
      ({ params, request }) => {
        const openedJobs = jobs.openedJobs()
        known(openedJobs, tenantOf(request), params.id)
        const { searchParams } = new URL(request.url)
        const after = wholeNumber('after', searchParams.get('after'), [0, Number.MAX_SAFE_INTEGER], 0)
        return streamed(NDJSON, (signal) => linesOf(openedJobs, params.id, after, signal))
      },
      {
        params: BatchParams,
        query: t.Object({
          after: t.Optional(
            t.Any({ type: 'integer', minimum: 0, description: 'Lines that need not be sent again' }),
          ),
        }),
        detail: {
          summary: 'Streams the results of a batch',
          security: SECURITY,
          description:
            'The same lines in the same order as in the answer to the batch, from the first one on.',
          responses: { 200: LINES, ...documented({ 400: ErrorBody, ...WHERE }) },
        },
      },
    )
    .delete(
      '/api/v1/batches/:id',
      ({ params, request, set }) => {
        const openedJobs = jobs.openedJobs()
        known(openedJobs, tenantOf(request), params.id)
        const cancelled = openedJobs.store.jobsOf(params.id).filter((id) => openedJobs.store.cancel(id))
        for (const id of cancelled) {
          jobs.runner().stop(id)
          openedJobs.changes.tell(id)
        }
        if (cancelled.length === 0) openedJobs.store.forgetBatch(params.id)
        openedJobs.changes.tell(params.id)
        set.status = 204
      },
      {
        params: BatchParams,
        detail: {
          responses: { 204: EMPTY, ...documented(WHERE) },
          summary: 'Cancels what is unfinished of a batch, or forgets a finished one',
          security: SECURITY,
        },
      },
    )
}

/** @throws AlignError NOT_FOUND, whether there is none or it is another tenant's: the answers do not differ */
function known({ store }: OpenedJobs, tenant: Tenant, id: string): BatchRow {
  const batch = store.batch(tenant, id)
  if (batch) return batch
  throw new AlignError('NOT_FOUND', 'Expected the id of a batch that is kept, got another one')
}
