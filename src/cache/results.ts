import type { Alignment } from '../types.ts'
import type { Store } from './store.ts'

/** Finished results on disk: the same question gives the same bytes. */
export type ResultCache = {
  get(key: string): Promise<Alignment | undefined>
  put(key: string, alignment: Alignment): Promise<void>
}

export function createResultCache(store?: Store): ResultCache {
  return {
    async get(key) {
      const content = await store?.get('results', key)
      return content && JSON.parse(Buffer.from(content).toString('utf8'))
    },
    async put(key, alignment) {
      await store?.put('results', key, Buffer.from(JSON.stringify(alignment)))
    },
  }
}
