import { createHash } from 'node:crypto'
import type { Heard } from './model.ts'

/** What was heard in the latest windows, so that other lyrics to the same audio need no second hearing. */
export type Memory = (samples: Float32Array, hear: () => Promise<Heard>) => Promise<Heard>

/** Keeps the most recently used, up to `mostBytes`: by default 15 minutes at a width of 1024. */
export function createMemory(mostBytes = 48 * 1024 * 1024): Memory {
  // a Map keeps the order of insertion: the first entry is the least recently used
  const kept = new Map<string, Heard>()
  let bytes = 0
  return async (samples, hear) => {
    const key = createHash('sha256')
      .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
      .digest('base64')
    const known = kept.get(key)
    if (known) {
      kept.delete(key)
      kept.set(key, known)
      return known
    }
    const heard = await hear()
    kept.set(key, heard)
    bytes += heard.values.byteLength
    for (const [oldest, { values }] of kept) {
      if (bytes <= mostBytes || oldest === key) break
      kept.delete(oldest)
      bytes -= values.byteLength
    }
    return heard
  }
}
