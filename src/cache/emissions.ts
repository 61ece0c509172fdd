import type { Heard } from '../types.ts'
import type { Store } from './store.ts'

/** What was heard of the latest recordings: in memory, and on disk where there is a store. */
export type EmissionCache = {
  get(key: string): Promise<Heard | undefined>
  put(key: string, heard: Heard): Promise<void>
}

// About twenty songs of four minutes at 50 frames a second of 28 letters.
const MEMORY_BYTES = 32 * 2 ** 20

export function createEmissionCache(store?: Store, mostBytes = MEMORY_BYTES): EmissionCache {
  // a Map keeps the order of insertion: the first entry is the least recently used
  const latest = new Map<string, Heard>()
  let bytes = 0

  function remember(key: string, heard: Heard): void {
    forget(key)
    if (sizeOf(heard) > mostBytes) return
    latest.set(key, heard)
    bytes += sizeOf(heard)
    for (const oldest of latest.keys()) {
      if (bytes <= mostBytes) break
      forget(oldest)
    }
  }

  function forget(key: string): void {
    const heard = latest.get(key)
    if (heard && latest.delete(key)) bytes -= sizeOf(heard)
  }

  return {
    async get(key) {
      const content = latest.has(key) ? undefined : await store?.get('emissions', key)
      const heard = latest.get(key) ?? (content && heardOf(content))
      if (heard) remember(key, heard)
      return heard
    },
    async put(key, heard) {
      remember(key, heard)
      await store?.put('emissions', key, bytesOf(heard))
    },
  }
}

function sizeOf({ logProbs, voice }: Heard): number {
  return logProbs.byteLength + (voice?.byteLength ?? 0)
}

// As the model gave them, not rounded and not packed: what is found must be byte for byte what would be heard again, and
// random digits pack badly. duration as float64, then frames, values and voice values as uint32, then the floats.
const HEAD_BYTES = 24

function bytesOf({ logProbs, frames, voice, duration }: Heard): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + sizeOf({ logProbs, frames, duration, ...(voice && { voice }) }))
  const view = new DataView(bytes.buffer)
  view.setFloat64(0, duration, true)
  view.setUint32(8, frames, true)
  view.setUint32(12, logProbs.length, true)
  view.setUint32(16, voice?.length ?? 0, true)
  bytes.set(asBytes(logProbs), HEAD_BYTES)
  if (voice) bytes.set(asBytes(voice), HEAD_BYTES + logProbs.byteLength)
  return bytes
}

/** Undefined where the content is of another layout. */
function heardOf(content: Uint8Array): Heard | undefined {
  if (content.length < HEAD_BYTES) return undefined
  const view = new DataView(content.buffer, content.byteOffset)
  const values = view.getUint32(12, true)
  const voiceValues = view.getUint32(16, true)
  const floats = content.slice(HEAD_BYTES) // to a place that floats may begin at
  if (floats.length !== 4 * (values + voiceValues)) return undefined
  const all = new Float32Array(floats.buffer)
  return {
    duration: view.getFloat64(0, true),
    frames: view.getUint32(8, true),
    logProbs: all.slice(0, values),
    ...(voiceValues > 0 && { voice: all.slice(values) }),
  }
}

function asBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
