import { randomUUID } from 'node:crypto'
import type { Config } from '../../config/load.ts'
import { AlignError, errorToData } from '../../errors.ts'
import { MARKERS } from '../../format/options.ts'
import { piecesOf, type Reading } from '../body.ts'
import { createCollector } from '../collect.ts'
import { sketch } from '../fields.ts'
import { parsedJson } from '../json.ts'
import { checked, fingerprintOf, type Sent } from './accept.ts'
import type { BatchRow, JobError, NewJob } from './job.ts'
import type { OpenedJobs } from './opened-jobs.ts'
import { BatchItem } from './schemas.ts'
import { KEEP_ALIVE_MS } from './stream.ts'
import { lineOf } from './view.ts'

/** Most items of a batch, where MAX_JOBS is not below it. */
export const MAX_ITEMS = 1000
/** Most bytes of its body. */
const BODY_BYTES = 16 * 1024 * 1024
/** Lines that are read at once. */
const PAGE = 50

/** Keeps a batch and its jobs; those that cannot work have failed from the beginning. */
export function acceptBatch(
  openedJobs: OpenedJobs,
  items: readonly unknown[],
  sent: Sent,
  config: Config,
): BatchRow {
  const most = Math.min(MAX_ITEMS, config.maxJobs)
  if (items.length > most) {
    throw new AlignError('BODY_INVALID', `items: expected at most ${most}, got ${items.length}`)
  }
  const id = randomUUID()
  const jobs = items.map((item, index) => jobOf(item, { id, index }, sent, config))
  const fingerprint = fingerprintOf(jobs.map((job) => [job.batch!.itemId, job.fingerprint]))
  const { tenant, idempotencyKey } = sent
  const batch = { id, tenant, idempotencyKey, fingerprint }
  return openedJobs.store.acceptBatch(batch, jobs, config.maxJobs)
}

function jobOf(item: unknown, position: { id: string; index: number }, sent: Sent, config: Config): NewJob {
  const batch = { ...position, itemId: nameOf(item) }
  try {
    return { ...checked(itemOf(item), { ...sent, idempotencyKey: null }, config), batch }
  } catch (error) {
    if (!(error instanceof AlignError)) throw error
    const { code, message, retryable } = errorToData(error)
    return failed({ detail: message, code, retryable }, item, batch, sent)
  }
}

/** @throws AlignError BODY_INVALID */
function itemOf(item: unknown): BatchItem {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new AlignError('BODY_INVALID', `Expected an item to be an object, got ${sketch(item)}`)
  }
  const given = Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null))
  for (const [name, needed, longest] of TEXTS) {
    const value = given[name]
    if (value === undefined && !needed) continue
    if (typeof value === 'string' && value.length <= longest) continue
    const most = Number.isFinite(longest) ? ` of at most ${longest} characters` : ''
    throw new AlignError('BODY_INVALID', `${name}: expected text${most}, got ${sketch(value)}`)
  }
  for (const [name, words] of CHOICES) {
    const value = given[name]
    if (value !== undefined && !words.includes(value))
      throw new AlignError('BODY_INVALID', `${name}: expected ${words.join(', ')}, got ${sketch(value)}`)
  }
  if (typeof given.id === 'string' && !keepsWhole(given.id)) {
    throw new AlignError('BODY_INVALID', 'id: expected text of Unicode without NUL, got another')
  }
  return given as BatchItem
}

/** SQLite gives a text back as far as its first NUL, and halves of surrogate pairs as U+FFFD. */
function keepsWhole(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

const { audio_url, language, id } = BatchItem.properties
const { format, structure, layout } = BatchItem.properties
const CHOICES: readonly [name: string, words: readonly unknown[]][] = [
  ['format', format.enum],
  ['structure', structure.enum],
  ['layout', layout.enum],
  ['compressed', [true, false]],
  ['markers', MARKERS],
]
/** Names, whether they are needed, and most characters; those of lyrics are counted elsewhere. */
const TEXTS = [
  ['id', false, id.maxLength!],
  ['audio_url', true, audio_url.maxLength!],
  ['lyrics_text', true, Number.POSITIVE_INFINITY],
  ['language', false, language.maxLength!],
] as const

function failed(error: JobError, item: unknown, batch: NewJob['batch'], { tenant, requestId }: Sent): NewJob {
  return {
    id: randomUUID(),
    tenant,
    requestId,
    request: null,
    shown: 'none',
    upload: null,
    fingerprint: fingerprintOf(item),
    idempotencyKey: null,
    batch,
    error,
  }
}

function nameOf(item: unknown): string | null {
  const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined
  return typeof id === 'string' && keepsWhole(id) ? id.slice(0, 200) : null
}

/** A line for every item that has ended, in the order in which they do, until all have or the reader has gone. */
export async function* linesOf(
  { store, changes }: OpenedJobs,
  batchId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let last = after
  while (!signal.aborted) {
    const { queued, running } = store.counts(batchId)
    const found = store.ended(batchId, last, PAGE)
    for (const job of found) {
      yield lineOf(job)
      last = job.finish_order!
    }
    if (found.length > 0) continue
    if (queued + running === 0) return
    const why = await changes.wait(batchId, KEEP_ALIVE_MS, signal)
    if (why === 'gone') return
    // An empty line says nothing to those who read lines of JSON.
    if (why === 'quiet') yield '\n'
  }
}

/**
 * Reads a JSON body with items, and no more of it than a batch may have.
 * @throws AlignError BODY_INVALID, LYRICS_TOO_LARGE, QUEUE_FULL, BODY_TIMEOUT
 */
export async function readBatch(request: Request, opened: Reading): Promise<unknown> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\b/i.test(type)) {
    const got = type === '' ? 'none' : JSON.stringify(type.slice(0, 100))
    throw new AlignError('BODY_INVALID', `Expected content-type application/json, got ${got}`)
  }
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES) throw tooLarge()
  const collector = createCollector(BODY_BYTES, tooLarge)
  for await (const piece of piecesOf(request, opened)) collector.write(piece)
  return withItems(parsedJson(collector.take()))
}

/** Elysia would make an array of whatever stands instead of one, before it looks. */
function withItems(body: unknown): { items: unknown[] } {
  const items = typeof body === 'object' && body !== null && 'items' in body ? body.items : undefined
  if (Array.isArray(items) && items.length > 0) return { items }
  const got = Array.isArray(items)
    ? 'an empty one'
    : items === undefined
      ? 'nothing'
      : `a value of type ${typeof items}`
  throw new AlignError('BODY_INVALID', `items: expected an array of at least one item, got ${got}`)
}

function tooLarge(): AlignError {
  return new AlignError('LYRICS_TOO_LARGE', `Expected a body of at most ${BODY_BYTES} bytes, got more`)
}
