import { createStore, del, get, set } from 'idb-keyval'

/** What the browser keeps of the songs, so that a reload loses nothing. */
export type Kept<T> = {
  load(): Promise<T | undefined>
  save(value: T): Promise<void>
  clear(): Promise<void>
}

const KEY = 'session'

export function keptInBrowser<T>(): Kept<T> {
  const store = createStore('sow-align', 'songs')
  return {
    load: () => get<T>(KEY, store),
    save: (value) => set(KEY, value, store),
    clear: () => del(KEY, store),
  }
}
