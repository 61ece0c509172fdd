import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { inLanes } from './lanes.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** Promises that the test keeps, by item. */
function doors() {
  const open = new Map<number, (value: number) => void>()
  const work = (item: number) => new Promise<number>((resolve) => open.set(item, resolve))
  return { work, open: (item: number) => open.get(item)!(item), begun: () => [...open.keys()] }
}

function aborted(signal: AbortSignal): Promise<number> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

async function* stuck(): AsyncGenerator<number> {
  await new Promise(() => {})
  yield 1
}

describe('inLanes', () => {
  test('yields what is done first, and begins no more than there are lanes', async () => {
    const { work, open, begun } = doors()
    const results = inLanes([1, 2, 3], 2, work)
    const first = results.next()
    await setTimeout()
    expect(begun()).toEqual([1, 2])
    open(2)
    expect((await first).value).toBe(2)
    const second = results.next()
    await setTimeout()
    expect(begun()).toEqual([1, 2, 3])
    open(1)
    expect((await second).value).toBe(1)
    const last = all(results)
    open(3)
    expect(await last).toEqual([3])
  })

  test('asks an endless iterable for what it has place for, and tells it when the loop is left', async () => {
    let asked = 0
    let told = false
    function* numbers() {
      try {
        while (true) yield asked++
      } finally {
        told = true
      }
    }
    for await (const item of inLanes(numbers(), 3, async (each) => each)) if (item === 5) break
    expect(asked).toBeLessThan(12)
    expect(told).toBe(true)
  })

  test.each([0, 1, 7])('%i items of an async iterable each come once', async (count) => {
    async function* numbers() {
      for (let i = 0; i < count; i++) yield i
    }
    const found = await all(inLanes(numbers(), 4, async (each) => each))
    expect(found.sort()).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('work that fails ends it, when all that runs has been told and has settled', async () => {
    let settled = false
    const work = async (item: number, signal: AbortSignal) => {
      if (item === 1) throw new Error('one')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await setTimeout()
      settled = true
      return item
    }
    await expect(all(inLanes([0, 1, 2], 2, work))).rejects.toThrow('one')
    expect(settled).toBe(true)
  })

  test('what is done is not held up by an iterable that takes its time', async () => {
    async function* slow() {
      yield 1
      await new Promise(() => {})
      yield 2
    }
    for await (const item of inLanes(slow(), 2, async (each) => each)) {
      expect(item).toBe(1)
      break
    }
  })

  test.each([
    ['work', [1]],
    ['the iterable', stuck()],
  ])('a signal ends it while it waits for %s', async (_, items) => {
    const controller = new AbortController()
    const reading = all(inLanes(items, 1, (_item, signal) => aborted(signal), controller.signal))
    await setTimeout()
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  test('what the iterable throws is thrown', async () => {
    function* broken() {
      yield 1
      throw new Error('list')
    }
    await expect(all(inLanes(broken(), 1, async (each) => each))).rejects.toThrow('list')
  })
})
