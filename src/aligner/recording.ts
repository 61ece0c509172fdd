import { type FetchAudioOptions, fetchAudioIfChanged } from '../audio/source.ts'
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
  source: AudioSource,
  caches: Pick<Caches, 'audio' | 'onDisk' | 'countAudio'>,
  { force, ...options }: FetchAudioOptions & { force: boolean },
  fetch: typeof fetchAudioIfChanged = fetchAudioIfChanged,
): Promise<Recording> {
  const address = caches.onDisk ? addressOf(source, options) : undefined
  const known = address === undefined || force ? undefined : await caches.audio.get(address)
  const fetched = await fetch(source, options, known?.validators)
  if (address !== undefined && !force) caches.countAudio(fetched === 'not-modified')
  if (fetched === 'not-modified') return { bytes: known!.bytes, hash: known!.hash }
  const { bytes, validators } = fetched
  const hash = await digestOf(bytes)
  if (address !== undefined && validators) await caches.audio.put(address, { bytes, hash, validators })
  return { bytes, hash }
}

/** What a source on a server is known by; undefined for what is at hand. */
function addressOf(source: AudioSource, { s3 }: FetchAudioOptions): string | undefined {
  if (typeof source !== 'string' && !(source instanceof URL)) return undefined
  const address = String(source)
  if (/^s3:/i.test(address)) return `${s3?.endpoint ?? ''} ${address}`
  return /^https?:/i.test(address) ? address : undefined
}
