import { createHash, randomUUID } from 'node:crypto'
import type { Config } from '../../config/load.ts'
import { AlignError } from '../../errors.ts'
import { resolveLanguage } from '../../lyrics/language.ts'
import { checkLyricsSize } from '../../lyrics/size.ts'
import type { Tenant } from '../auth.ts'
import type { AlignBody } from '../schemas.ts'
import { requestedAudio } from '../source.ts'
import type { JobRow, NewJob } from './job.ts'
import type { OpenedJobs } from './opened-jobs.ts'

/** A request as it came: whose it is, its id, and the key under which its sender may send it again. */
export type Sent = { tenant: Tenant; requestId: string; idempotencyKey: string | null }

/**
 * Looks at what can be known of a request before it runs, so that its sender hears of it at once.
 * @throws AlignError as POST /api/v1/align would
 */
export function checked(
  body: AlignBody,
  { tenant, requestId, idempotencyKey }: Sent,
  config: Config,
): NewJob {
  const {
    lyrics_text,
    language = 'auto',
    format = 'lrc',
    structure,
    layout,
    compressed,
    markers,
    force,
    audio,
    audio_url,
  } = body
  resolveLanguage(language)
  checkLyricsSize(lyrics_text)
  const { shown } = requestedAudio(body, config)
  if (audio && audio.size > config.maxAudioBytes) {
    throw new AlignError(
      'AUDIO_TOO_LARGE',
      `Expected at most ${config.maxAudioBytes} bytes of audio, got ${audio.size}`,
    )
  }
  const request = {
    ...(audio_url !== undefined && { audio_url }),
    lyrics_text,
    language,
    format,
    // What is asked for without saying so stays out, so that a request of before these choices is the same request.
    ...(structure === 'strict' && { structure }),
    ...(layout === 'sung' && { layout }),
    ...(compressed && { compressed }),
    ...(markers !== undefined && { markers }),
    ...(force && { force }),
  }
  return {
    id: randomUUID(),
    tenant,
    requestId,
    request,
    shown,
    upload: null,
    fingerprint: fingerprintOf(request),
    idempotencyKey,
    batch: null,
    error: null,
  }
}

/** Keeps a job and its upload; when it resolves, both are on the disk. */
export async function accept(
  openedJobs: OpenedJobs,
  body: AlignBody,
  sent: Sent,
  config: Config,
): Promise<JobRow> {
  const job = checked(body, sent, config)
  if (!body.audio) return openedJobs.store.accept(job, config.maxJobs, () => {})
  const arrived = await openedJobs.uploads.arrive(body.audio).catch((error) => {
    throw unwritable(error)
  })
  try {
    const { hash } = arrived
    const withUpload = { ...job, upload: hash, fingerprint: fingerprintOf([job.request, hash]) }
    return openedJobs.store.accept(withUpload, config.maxJobs, arrived.commit)
  } finally {
    // Where it was not accepted after all, and where the same bytes were there before.
    openedJobs.release(arrived.hash)
    await arrived[Symbol.asyncDispose]()
  }
}

export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** @throws AlignError BODY_INVALID */
export function idempotencyKeyOf(headers: Headers): string | null {
  const key = headers.get('idempotency-key')
  if (key === null || /^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw new AlignError(
    'BODY_INVALID',
    'Expected an Idempotency-Key of 1 to 200 visible characters, got another',
  )
}

function unwritable(cause: NodeJS.ErrnoException): AlignError {
  const detail = `Expected the upload to be kept until its job runs: ${cause.code ?? cause.message}`
  return new AlignError('CACHE_UNWRITABLE', detail, { cause, retryable: true })
}
