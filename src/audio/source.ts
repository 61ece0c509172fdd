import { fileURLToPath } from 'node:url'
import { AlignError } from '../errors.ts'
import type { AudioSource } from '../types.ts'
import { isPublicAddress, type PortRange, PRIVATE_PORTS, PUBLIC_PORTS, type Resolve } from './address.ts'
import { isUrl } from './describe.ts'
import { fetchHttp, type HttpOptions } from './fetch.ts'
import { readFileBytes } from './file.ts'
import { fetchS3, type S3Options } from './s3.ts'
import { type Transfer, type TransferLimits, withLimits } from './transfer.ts'
import type { Fetched, Validators } from './validators.ts'

export type { PortRange } from './address.ts'
export { describeSource } from './describe.ts'
export type { Fetched, Validators } from './validators.ts'

export type FetchAudioOptions = TransferLimits & {
  /** Whether http(s) sources may point to addresses that are not public. */
  allowPrivateUrls?: boolean
  /**
   * Ports that http(s) sources may name; 80, 443, 8080 and 8443 where it is not given, and with `allowPrivateUrls` all
   * from 1024 on.
   */
  fetchPorts?: readonly PortRange[] | undefined
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
export async function fetchAudio(source: AudioSource, options: FetchAudioOptions): Promise<Uint8Array> {
  const fetched = await fetchAudioIfChanged(source, options)
  if (fetched === 'not-modified') throw new Error('Expected a recording, got that nothing changed')
  return fetched.bytes
}

/**
 * As {@link fetchAudio}, unless the storage says that its recording is still the one with the `known` validators. What
 * is given comes with validators where the storage gives any: keep them as they are, and the bytes, to ask again.
 */
export function fetchAudioIfChanged(
  source: AudioSource,
  options: FetchAudioOptions,
  known?: Validators,
): Promise<Fetched | 'not-modified'> {
  return withLimits(options, (transfer) => fetchFrom(placeOf(source), options, transfer, known))
}

async function fetchFrom(
  place: Place,
  options: FetchAudioOptions,
  transfer: Transfer,
  known: Validators | undefined,
): Promise<Fetched | 'not-modified'> {
  switch (place.kind) {
    case 'bytes':
      transfer.checkSize(place.bytes.length)
      return { bytes: new Uint8Array(place.bytes) }
    case 'blob':
      transfer.checkSize(place.blob.size)
      return { bytes: new Uint8Array(await place.blob.arrayBuffer()) }
    case 'file':
      checkFiles(options.allowFiles ?? true)
      return { bytes: await readFileBytes(place.path, transfer) }
    case 's3':
      return fetchS3(place.location, options.s3, transfer, known)
    case 'http':
      return fetchHttp(place.url, httpOptions(options), transfer, known)
  }
}

function httpOptions({ allowPrivateUrls, fetchPorts, resolve }: FetchAudioOptions): HttpOptions {
  return {
    isAllowed: allowPrivateUrls ? () => true : isPublicAddress,
    ports: fetchPorts ?? (allowPrivateUrls ? PRIVATE_PORTS : PUBLIC_PORTS),
    resolve,
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
