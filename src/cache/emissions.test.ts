import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Heard } from '../types.ts'
import { createEmissionCache } from './emissions.ts'
import type { Store } from './store.ts'

const heardOf = (frames: number, seed = 0): Heard => ({
  frames,
  duration: frames / 50 + 0.0123,
  logProbs: Float32Array.from({ length: frames * 28 }, (_, i) => Math.sin(i + seed) - 1),
  voice: Float32Array.from({ length: frames }, (_, i) => Math.abs(Math.cos(i + seed))),
})

/** A store in memory: that of the disk is tested by itself. */
function memoryStore() {
  const kept = new Map<string, Uint8Array>()
  const store: Store = {
    get: async (kind, key) => kept.get(`${kind} ${key}`),
    put: async (kind, key, content) => void kept.set(`${kind} ${key}`, content),
  }
  return { kept, store }
}

test('what was heard comes back from the store bit by bit, whatever it was', async () => {
  const heards = fc.record({
    frames: fc.nat(1e9),
    duration: fc.double({ noNaN: true }),
    logProbs: fc.float32Array({ noNaN: false, maxLength: 300 }),
    voice: fc.option(fc.float32Array({ minLength: 1, maxLength: 20 }), { nil: null }),
  })
  await fc.assert(
    fc.asyncProperty(heards, async ({ voice, ...rest }) => {
      const heard: Heard = { ...rest, ...(voice && { voice }) }
      const { store } = memoryStore()
      await createEmissionCache(store).put('key', heard)
      expect(await createEmissionCache(store).get('key')).toEqual(heard)
    }),
  )
})

test('in memory the latest are kept, as many as there is room for', async () => {
  const bytesOfOne = 100 * 29 * 4
  const cache = createEmissionCache(undefined, 3 * bytesOfOne)
  for (const n of [1, 2, 3]) await cache.put(`song ${n}`, heardOf(100, n))
  expect(await cache.get('song 1')).toEqual(heardOf(100, 1))
  await cache.put('song 4', heardOf(100, 4))
  expect(await cache.get('song 2')).toBeUndefined()
  for (const n of [1, 3, 4]) expect(await cache.get(`song ${n}`)).toEqual(heardOf(100, n))
  await cache.put('an hour', heardOf(301))
  expect(await cache.get('an hour')).toBeUndefined()
  expect(await cache.get('song 4')).toBeDefined()
})

test('the same song put again and again takes the room of one', async () => {
  const cache = createEmissionCache(undefined, 2 * 100 * 29 * 4)
  await cache.put('other', heardOf(100, 1))
  for (let n = 0; n < 10; n++) await cache.put('song', heardOf(100, n))
  expect(await cache.get('other')).toEqual(heardOf(100, 1))
  expect(await cache.get('song')).toEqual(heardOf(100, 9))
})

test('content of another layout is as none', async () => {
  const { kept, store } = memoryStore()
  await createEmissionCache(store).put('key', heardOf(10))
  const [[name, content]] = kept as unknown as [[string, Uint8Array]]
  for (const other of [content.slice(0, 10), content.slice(0, -4), new Uint8Array(0)]) {
    kept.set(name, other)
    expect(await createEmissionCache(store).get('key')).toBeUndefined()
  }
})

test('any content is of the layout or as none', async () => {
  const { kept, store } = memoryStore()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
      kept.set('emissions key', bytes)
      const heard = await createEmissionCache(store).get('key')
      if (heard) expect(4 * (heard.logProbs.length + (heard.voice?.length ?? 0))).toBe(bytes.length - 24)
    }),
  )
})
