import { createHash } from 'node:crypto'

/** What a storage says of the version of a recording that it gave: with it the recording is only sent anew if changed. */
export type Validators = {
  etag?: string
  /** As the storage wrote it; the date is never read here. */
  lastModified?: string
  /** Hash of the place that gave them, behind every redirect: they say nothing of another place. */
  place?: string
}

/** A recording, and the validators to ask for it anew. */
export type Fetched = { bytes: Uint8Array; validators?: Validators }

type Headers = Record<string, string | string[] | undefined>

/** Longer ones are not worth the header they would be sent in. */
const MAX_LENGTH = 1024

/** The validators in the headers of an answer; none where it has none. */
export function validatorsOf(headers: Headers, url: URL): Validators | undefined {
  const etag = usable(headers.etag)
  const lastModified = usable(headers['last-modified'])
  if (!etag && !lastModified) return undefined
  return { ...(etag && { etag }), ...(lastModified && { lastModified }), place: placeOf(url, etag) }
}

/** The headers that ask for a recording only if it is not the known one. */
export function conditionsOf(known: Validators | undefined, url: URL): Record<string, string> {
  if (!known || (known.place !== undefined && known.place !== placeOf(url, known.etag))) return {}
  // An ETag counts alone (RFC 9110, 13.1.3): a date has only seconds, and clocks are set back.
  if (known.etag) return { 'if-none-match': known.etag }
  return known.lastModified ? { 'if-modified-since': known.lastModified } : {}
}

/**
 * With an ETag the query is left out, because a redirect to signed URLs leads to another signature every time. A date
 * alone is too little for that: the other query may name another, older recording.
 */
function placeOf({ origin, pathname, search }: URL, etag: string | undefined): string {
  return createHash('sha256')
    .update(origin + pathname + (etag ? '' : search))
    .digest('base64url')
}

function usable(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH ? value : undefined
}
