import { type ParsedSource, parseSource } from '../audio/source.ts'
import type { Config } from '../config/load.ts'
import { AlignError } from '../errors.ts'
import type { AlignBody } from './schemas.ts'

/** A recording, and how the log calls it: without queries and passwords, which can be keys. */
export type RequestedAudio = { source: ParsedSource; shown: string }

/**
 * The recording of a request, parsed: what is checked here is what is fetched. Files of this machine cannot be asked for
 * over HTTP, and of the storage only the bucket that is configured, whatever its credentials can read.
 * @throws AlignError BODY_INVALID, AUDIO_URL_FORBIDDEN
 */
export function requestedAudio(
  { audio, audio_url }: Pick<AlignBody, 'audio' | 'audio_url'>,
  config: Pick<Config, 'r2Bucket'>,
): RequestedAudio {
  if ((audio === undefined) === (audio_url === undefined)) {
    const got = audio ? 'both' : 'neither'
    throw new AlignError('BODY_INVALID', `Expected either audio_url or audio (a file in a form), got ${got}`)
  }
  if (audio) return { source: { kind: 'blob', blob: audio }, shown: `upload of ${audio.size} bytes` }
  return requestedUrl(audio_url!, config)
}

/** @throws AlignError AUDIO_URL_FORBIDDEN */
export function requestedUrl(audioUrl: string, { r2Bucket }: Pick<Config, 'r2Bucket'>): RequestedAudio {
  const source = parseSource(audioUrl)
  switch (source.kind) {
    case 'http':
      return { source, shown: `${source.url.protocol}//${source.url.host}${source.url.pathname}` }
    case 's3':
      checkBucket(source.bucket, r2Bucket)
      return { source, shown: `s3://${source.bucket}/${source.key}` }
    default:
      throw forbidden('an http://, https:// or s3://bucket/key URL, got something that is none')
  }
}

function checkBucket(bucket: string, allowed: string | undefined): void {
  if (allowed === undefined) {
    throw forbidden('an http:// or https:// URL, got s3://, for which SOW_QWEN3_R2_BUCKET is not set')
  }
  if (bucket !== allowed) throw forbidden(`the bucket that is configured, got ${bucket}`)
}

function forbidden(what: string): AlignError {
  return new AlignError('AUDIO_URL_FORBIDDEN', `Expected ${what}`)
}
