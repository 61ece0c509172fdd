import { createHash } from 'node:crypto'
import type { Heard } from './model.ts'

/** What was heard in the latest windows, so that other lyrics to the same audio need no second hearing. */
export type Memory = {
  /** Hears, unless it has these samples still. */
  hear(samples: Float32Array, hear: () => Promise<Heard>): Promise<Heard>
  /** What is used from now on belongs to another song. */
  nextSong(): void
  /** To be called when decoders have left something: drops openings beyond the limit. */
  settle(): void
}

export type MemoryLimits = {
  /** Of encoder outputs: by default 15 minutes at a width of 1024. */
  mostBytes?: number
  /** Of openings, which are 70 times as large: by default 85 s at full size. */
  mostOpeningBytes?: number
}

const MEBIBYTE = 1024 * 1024

type Kept = { heard: Heard; song: number }

/** Keeps the most recently used. */
export function createMemory({
  mostBytes = 48 * MEBIBYTE,
  mostOpeningBytes = 256 * MEBIBYTE,
}: MemoryLimits = {}): Memory {
  // a Map keeps the order of insertion: the first entry is the least recently used
  const kept = new Map<string, Kept>()
  let bytes = 0
  let song = 0
  return {
    hear: async (samples, hear) => {
      const key = keyOf(samples)
      const known = kept.get(key)
      if (known) {
        kept.delete(key)
        kept.set(key, { heard: known.heard, song })
        return known.heard
      }
      const heard = await hear()
      kept.set(key, { heard, song })
      bytes += heard.values.byteLength
      for (const [oldest, { heard }] of kept) {
        if (bytes <= mostBytes || oldest === key) break
        kept.delete(oldest)
        bytes -= heard.values.byteLength
      }
      return heard
    },
    nextSong: () => {
      song++
    },
    settle: () => dropOpenings([...kept.values()], song, mostOpeningBytes),
  }
}

function keyOf(samples: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('base64')
}

/**
 * Those of other songs go first, oldest first. Of the present song the newest go: a song that does not fit would
 * otherwise push out its own beginning window by window, and find nothing of itself the next time.
 */
function dropOpenings(kept: readonly Kept[], song: number, most: number): void {
  const older = kept.filter((entry) => entry.song !== song)
  const present = kept.filter((entry) => entry.song === song).reverse()
  let bytes = kept.reduce((sum, { heard }) => sum + (heard.opening?.bytes ?? 0), 0)
  for (const { heard } of [...older, ...present]) {
    if (bytes <= most) return
    bytes -= heard.opening?.bytes ?? 0
    heard.opening = undefined
  }
}
