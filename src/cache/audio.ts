import { keyOf } from './digest.ts'
import type { Store } from './store.ts'

/** What a server says of the state of a file, to ask later whether it is still the same. */
export type Validators = { etag?: string; lastModified?: string; place?: string }

/** Fetched recordings on disk by what is in them, and which of them an address led to. */
export type AudioCache = {
  /** What an address led to the last time; undefined where nothing is known, or the recording is gone. */
  get(address: string): Promise<{ bytes: Uint8Array; hash: string; validators: Validators } | undefined>
  put(address: string, recording: { bytes: Uint8Array; hash: string; validators: Validators }): Promise<void>
}

export function createAudioCache(store?: Store): AudioCache {
  // Addresses may hold signatures: only their hashes are written.
  const keyFor = (address: string) => keyOf('source', address)
  return {
    async get(address) {
      const content = await store?.get('sources', keyFor(address))
      if (!content) return undefined
      const { hash, validators } = JSON.parse(Buffer.from(content).toString('utf8'))
      const bytes = await store?.get('audio', hash)
      return bytes && { bytes, hash, validators }
    },
    async put(address, { bytes, hash, validators }) {
      await store?.put('audio', hash, bytes)
      await store?.put('sources', keyFor(address), Buffer.from(JSON.stringify({ hash, validators })))
    },
  }
}
