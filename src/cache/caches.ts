import { type AudioCache, createAudioCache } from './audio.ts'
import { createEmissionCache, type EmissionCache } from './emissions.ts'
import { createResultCache, type ResultCache } from './results.ts'
import { openStore } from './store.ts'

/** How often something was looked for and found, or not, since the start. */
export type CacheCount = { hits: number; misses: number }

export type CacheCounts = { results: CacheCount; emissions: CacheCount; audio: CacheCount }

/** Failures of any of them are told to `warn` and cost nothing else: what is not found is made. */
export type Caches = {
  results: ResultCache
  emissions: EmissionCache
  audio: AudioCache
  /** Whether anything outlives the process. */
  onDisk: boolean
  /** To be told of every recording from a server; of the others the caches know themselves. */
  countAudio(found: boolean): void
  counts(): CacheCounts
}

export type CacheOptions = {
  folder: string | undefined
  /** Of all kinds together. */
  maxBytes: number
  warn: (message: string) => void
}

/**
 * Opens what is kept between requests: in memory what was heard lately, and in a folder, where one is given, also results
 * and fetched audio.
 * @throws AlignError CACHE_UNWRITABLE
 */
export async function openCaches({ folder, maxBytes, warn }: CacheOptions): Promise<Caches> {
  const store = folder === undefined ? undefined : await openStore(folder, maxBytes, warn)
  const counts: CacheCounts = {
    results: { hits: 0, misses: 0 },
    emissions: { hits: 0, misses: 0 },
    audio: { hits: 0, misses: 0 },
  }
  return {
    results: guarded('The result', createResultCache(store), warn, store && counts.results),
    emissions: guarded('What was heard', createEmissionCache(store), warn, counts.emissions),
    audio: guarded('The audio', createAudioCache(store), warn),
    onDisk: store !== undefined,
    countAudio: (found) => countOne(counts.audio, found),
    counts: () => structuredClone(counts),
  }
}

type Keeper<T> = { get(key: string): Promise<T | undefined>; put(key: string, value: T): Promise<void> }

/** Counts, and turns failures (disk full, folder gone) into warnings. */
function guarded<T>(
  what: string,
  { get, put }: Keeper<T>,
  warn: (message: string) => void,
  count?: CacheCount,
): Keeper<T> {
  const attempt = async <R>(verb: string, use: Promise<R>): Promise<R | undefined> => {
    try {
      return await use
    } catch (error) {
      const reason = error instanceof Error ? error.message : error
      warn(`${what} could not be ${verb} the cache: ${reason}`)
      return undefined
    }
  }
  return {
    async get(key) {
      const found = await attempt('read from', get(key))
      if (count) countOne(count, found !== undefined)
      return found
    },
    async put(key, value) {
      await attempt('written to', put(key, value))
    },
  }
}

function countOne(count: CacheCount, found: boolean): void {
  if (found) count.hits++
  else count.misses++
}
