import type { Config } from '../config/load.ts'
import { AlignError } from '../errors.ts'
import type { AudioSource } from '../types.ts'
import type { AlignBody } from './schemas.ts'

/** A recording, and how the log calls it: without queries and passwords, which can be keys. */
export type RequestedAudio = { source: AudioSource; shown: string }

/**
 * The recording of a request. Files of this machine cannot be asked for over HTTP.
 * @throws AlignError BODY_INVALID, AUDIO_URL_FORBIDDEN
 */
export function requestedAudio(
  { audio, audio_url }: Pick<AlignBody, 'audio' | 'audio_url'>,
  { r2Bucket }: Pick<Config, 'r2Bucket'>,
): RequestedAudio {
  if ((audio === undefined) === (audio_url === undefined)) {
    const got = audio ? 'both' : 'neither'
    throw new AlignError('BODY_INVALID', `Expected either audio_url or audio (a file in a form), got ${got}`)
  }
  if (audio) return { source: audio, shown: `upload of ${audio.size} bytes` }
  const url = allowedUrl(audio_url!)
  if (url.protocol === 's3:' && r2Bucket !== undefined && url.host !== r2Bucket) {
    throw new AlignError('AUDIO_URL_FORBIDDEN', `Expected the bucket that is configured, got ${url.host}`)
  }
  return { source: audio_url!, shown: `${url.protocol}//${url.host}${url.pathname}` }
}

function allowedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^(https?|s3):$/.test(url.protocol) && url.host !== '') return url
  const got = url ? `a URL that starts with ${url.protocol.slice(0, 20)}` : 'something that is not a URL'
  throw new AlignError(
    'AUDIO_URL_FORBIDDEN',
    `Expected an http://, https:// or s3://bucket/key URL, got ${got}`,
  )
}
