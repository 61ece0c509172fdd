import { fileURLToPath } from 'node:url'
import { AlignError } from '../errors.ts'
import type { AudioSource } from '../types.ts'
import { isPublicAddress, type Resolve } from './address.ts'
import { isUrl } from './describe.ts'
import { fetchHttp } from './fetch.ts'
import { readFileBytes } from './file.ts'
import { fetchS3, type S3Options } from './s3.ts'
import { type Transfer, type TransferLimits, withLimits } from './transfer.ts'

export { describeSource } from './describe.ts'

export type FetchAudioOptions = TransferLimits & {
  /** Whether http(s) sources may point to addresses that are not public. */
  allowPrivateUrls?: boolean
  /** Whether paths and file: URLs are read; a service says no. */
  allowFiles?: boolean
  /** Where s3:// sources are read; the AWS environment where it is not given. */
  s3?: S3Options | undefined
  /** Finds the addresses of a name; node:dns where it is not given. */
  resolve?: Resolve
}

/** Where a source leads. */
type Place =
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'blob'; blob: Blob }
  | { kind: 'file'; path: string }
  | { kind: 's3'; location: string }
  | { kind: 'http'; url: URL }

/**
 * Gets the bytes of a recording, ours to keep.
 * @throws AlignError AUDIO_FETCH_FAILED, AUDIO_FETCH_TIMEOUT, AUDIO_URL_FORBIDDEN, AUDIO_TOO_LARGE,
 *   STORAGE_NOT_CONFIGURED, CANCELLED
 */
export function fetchAudio(source: AudioSource, options: FetchAudioOptions): Promise<Uint8Array> {
  return withLimits(options, (transfer) => fetchFrom(placeOf(source), options, transfer))
}

/** What a server says of the state of a file, to ask later whether it is still the same. */
export type Validators = { etag?: string; lastModified?: string; place?: string }

/** As {@link fetchAudio}, with what the server says of its state; `not-modified` where it is as `known` says. */
export async function fetchAudioIfChanged(
  source: AudioSource,
  options: FetchAudioOptions,
  _known?: Validators,
): Promise<{ bytes: Uint8Array; validators?: Validators } | 'not-modified'> {
  return { bytes: await fetchAudio(source, options) }
}

async function fetchFrom(place: Place, options: FetchAudioOptions, transfer: Transfer): Promise<Uint8Array> {
  switch (place.kind) {
    case 'bytes':
      transfer.checkSize(place.bytes.length)
      return new Uint8Array(place.bytes)
    case 'blob':
      transfer.checkSize(place.blob.size)
      return new Uint8Array(await place.blob.arrayBuffer())
    case 'file':
      checkFiles(options.allowFiles ?? true)
      return readFileBytes(place.path, transfer)
    case 's3':
      return fetchS3(place.location, options.s3, transfer)
    case 'http':
      return fetchHttp(
        place.url,
        { isAllowed: options.allowPrivateUrls ? () => true : isPublicAddress, resolve: options.resolve },
        transfer,
      )
  }
}

function placeOf(source: AudioSource): Place {
  if (source instanceof Uint8Array) return { kind: 'bytes', bytes: source }
  if (source instanceof Blob) return { kind: 'blob', blob: source }
  if (source instanceof URL) return placeOfUrl(source)
  // Keys may hold ? and #, which a URL would cut off.
  if (/^s3:\/\//i.test(source)) return { kind: 's3', location: source.slice('s3://'.length) }
  if (!isUrl(source)) return { kind: 'file', path: source }
  if (!URL.canParse(source)) {
    throw new AlignError('AUDIO_URL_FORBIDDEN', 'Expected a well-formed URL, got one that cannot be read')
  }
  return placeOfUrl(new URL(source))
}

function placeOfUrl(url: URL): Place {
  if (url.protocol === 's3:') return { kind: 's3', location: url.host + decodeURIComponent(url.pathname) }
  if (url.protocol !== 'file:') return { kind: 'http', url }
  if (url.host)
    throw new AlignError('AUDIO_URL_FORBIDDEN', 'Expected a file: URL of this machine, got one with a host')
  return { kind: 'file', path: fileURLToPath(url) }
}

function checkFiles(allowed: boolean): void {
  if (!allowed)
    throw new AlignError('AUDIO_URL_FORBIDDEN', 'Expected an http, https or s3 URL, got a path or file: URL')
}
