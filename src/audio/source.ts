import { AlignError } from '../errors.ts'
import type { AudioSource } from '../types.ts'
import { isPublicAddress, type PortRange, PRIVATE_PORTS, PUBLIC_PORTS, type Resolve } from './address.ts'
import { fetchHttp, type HttpOptions } from './fetch.ts'
import { readFileBytes } from './file.ts'
import { type ParsedSource, parseSource } from './parse-source.ts'
import { fetchS3, type S3Options } from './s3.ts'
import { type Transfer, type TransferLimits, withLimits } from './transfer.ts'
import type { Fetched, Validators } from './validators.ts'

export type { PortRange } from './address.ts'
export { describeSource } from './describe.ts'
export { type ParsedSource, parseSource } from './parse-source.ts'
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

/**
 * Gets the bytes of a recording, ours to keep.
 * @throws AlignError AUDIO_FETCH_FAILED, AUDIO_FETCH_TIMEOUT, AUDIO_URL_FORBIDDEN, AUDIO_TOO_LARGE,
 *   STORAGE_NOT_CONFIGURED, CANCELLED
 */
export async function fetchAudio(
  source: AudioSource | ParsedSource,
  options: FetchAudioOptions,
): Promise<Uint8Array> {
  const fetched = await fetchAudioIfChanged(source, options)
  if (fetched === 'not-modified') throw new Error('Expected a recording, got that nothing changed')
  return fetched.bytes
}

/**
 * As {@link fetchAudio}, unless the storage says that its recording is still the one with the `known` validators. What
 * is given comes with validators where the storage gives any: keep them as they are, and the bytes, to ask again.
 */
export async function fetchAudioIfChanged(
  source: AudioSource | ParsedSource,
  options: FetchAudioOptions,
  known?: Validators,
): Promise<Fetched | 'not-modified'> {
  const parsed = parseSource(source)
  if (parsed.kind === 'file') checkFiles(options.allowFiles ?? true)
  return withLimits(options, (transfer) => fetchFrom(parsed, options, transfer, known))
}

async function fetchFrom(
  source: ParsedSource,
  options: FetchAudioOptions,
  transfer: Transfer,
  known: Validators | undefined,
): Promise<Fetched | 'not-modified'> {
  switch (source.kind) {
    case 'bytes':
      transfer.checkSize(source.bytes.length)
      return { bytes: new Uint8Array(source.bytes) }
    case 'blob':
      transfer.checkSize(source.blob.size)
      return { bytes: new Uint8Array(await source.blob.arrayBuffer()) }
    case 'file':
      return { bytes: await readFileBytes(source.path, transfer) }
    case 's3':
      return fetchS3(source, options.s3, transfer, known)
    case 'http':
      return fetchHttp(source.url, httpOptions(options), transfer, known)
  }
}

function httpOptions({ allowPrivateUrls, fetchPorts, resolve }: FetchAudioOptions): HttpOptions {
  return {
    isAllowed: allowPrivateUrls ? () => true : isPublicAddress,
    ports: fetchPorts ?? (allowPrivateUrls ? PRIVATE_PORTS : PUBLIC_PORTS),
    resolve,
  }
}

function checkFiles(allowed: boolean): void {
  if (!allowed)
    throw new AlignError('AUDIO_URL_FORBIDDEN', 'Expected an http, https or s3 URL, got a path or file: URL')
}
