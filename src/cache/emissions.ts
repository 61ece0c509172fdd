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
// random digits pack badly. duration as float64, then frames, values, voice values and
// damaged stretches as uint32, then the floats, then start and end of each stretch as float64.
const HEAD_BYTES = 24
const SPAN_BYTES = 16

function bytesOf({ logProbs, frames, voice, duration, damaged = [] }: Heard): Uint8Array {
  const floats = sizeOf({ logProbs, frames, duration, ...(voice && { voice }) })
  const bytes = new Uint8Array(HEAD_BYTES + floats + damaged.length * SPAN_BYTES)
  const view = new DataView(bytes.buffer)
  view.setFloat64(0, duration, true)
  view.setUint32(8, frames, true)
  view.setUint32(12, logProbs.length, true)
  view.setUint32(16, voice?.length ?? 0, true)
  view.setUint32(20, damaged.length, true)
  damaged.forEach(({ start, end }, i) => {
    view.setFloat64(HEAD_BYTES + floats + i * SPAN_BYTES, start, true)
    view.setFloat64(HEAD_BYTES + floats + i * SPAN_BYTES + 8, end, true)
  })
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
  const spans = view.getUint32(20, true)
  const past = HEAD_BYTES + 4 * (values + voiceValues)
  if (content.length !== past + spans * SPAN_BYTES) return undefined
  const floats = content.slice(HEAD_BYTES, past) // to an offset that floats may begin at
  const damaged = Array.from({ length: spans }, (_, i) => ({
    start: view.getFloat64(past + i * SPAN_BYTES, true),
    end: view.getFloat64(past + i * SPAN_BYTES + 8, true),
  }))
  const all = new Float32Array(floats.buffer)
  return {
    duration: view.getFloat64(0, true),
    frames: view.getUint32(8, true),
    logProbs: all.slice(0, values),
    ...(voiceValues > 0 && { voice: all.slice(values) }),
    ...(spans > 0 && { damaged }),
  }
}

function asBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
