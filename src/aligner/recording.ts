import {
  type FetchAudioOptions,
  fetchAudioIfChanged,
  type ParsedSource,
  parseSource,
} from '../audio/source.ts'
import type { Caches } from '../cache/caches.ts'
import { digestOf } from '../cache/digest.ts'
import type { AudioSource } from '../types.ts'

/** Encoded audio, and the SHA-256 of it. */
export type Recording = { bytes: Uint8Array; hash: string }

/**
 * Gets a recording. One from a server that says how to tell whether it is still the same is kept, and comes from the cache
 * when the server says it is. The server is asked every time: a cache opens no door that is closed.
 */
export async function getRecording(
  given: AudioSource | ParsedSource,
  caches: Pick<Caches, 'audio' | 'onDisk' | 'countAudio'>,
  { force, ...options }: FetchAudioOptions & { force: boolean },
  fetch: typeof fetchAudioIfChanged = fetchAudioIfChanged,
): Promise<Recording> {
  const source = parseSource(given)
  const address = caches.onDisk ? addressOf(source, options) : undefined
  const known = address === undefined || force ? undefined : await caches.audio.get(address)
  const fetched = await fetch(source, options, known?.validators)
  if (address !== undefined && !force) caches.countAudio(fetched === 'not-modified')
  if (fetched === 'not-modified') {
    const { bytes, hash } = known!
    options.onFetched?.(bytes.length)
    return { bytes, hash }
  }
  const { bytes, validators } = fetched
  const hash = await digestOf(bytes)
  if (address !== undefined && validators) await caches.audio.put(address, { bytes, hash, validators })
  return { bytes, hash }
}

/** What a source on a server is known by; undefined for what is at hand. */
function addressOf(source: ParsedSource, { s3 }: FetchAudioOptions): string | undefined {
  if (source.kind === 's3') return `${s3?.endpoint ?? ''} s3://${source.bucket}/${source.key}`
  return source.kind === 'http' ? source.url.href : undefined
}
