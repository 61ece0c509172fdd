import { expect, test } from 'vitest'
import { createMemory, type Memory } from './heard-memory.ts'

const samples = (value: number) => Float32Array.of(value)

function listener(memory: Memory) {
  let times = 0
  const hear = async (value: number) => {
    const heard = await memory.hear(samples(value), async () => {
      times++
      return { values: new Float32Array(10), tokens: 1 }
    })
    heard.opening ??= { past: {}, bytes: 100 }
    memory.settle()
    return heard
  }
  return { hear, times: () => times }
}

test('the memory is bounded and forgets the oldest', async () => {
  const { hear, times } = listener(createMemory({ mostBytes: 100 }))
  for (const value of [1, 2, 1]) await hear(value)
  expect(times()).toBe(2)
  await hear(3) // 2 goes
  await hear(1)
  expect(times()).toBe(3)
  await hear(2)
  expect(times()).toBe(4)
})

test('a song too long for its openings keeps those of its beginning, and finds them again', async () => {
  const memory = createMemory({ mostOpeningBytes: 250 })
  const { hear } = listener(memory)
  const song = [1, 2, 3, 4, 5]
  const openings: boolean[][] = []
  for (let round = 0; round < 2; round++) {
    memory.nextSong()
    const found: boolean[] = []
    for (const value of song) {
      const known = await memory.hear(samples(value), async () => ({
        values: new Float32Array(10),
        tokens: 1,
      }))
      found.push(known.opening !== undefined)
      await hear(value)
    }
    openings.push(found)
  }
  expect(openings).toEqual([
    [false, false, false, false, false],
    [true, true, false, false, false],
  ])
})

test('openings of the song before make way', async () => {
  const memory = createMemory({ mostOpeningBytes: 250 })
  const { hear } = listener(memory)
  const [a, b] = [await hear(1), await hear(2)]
  memory.nextSong()
  const c = await hear(3)
  expect([a, b, c].map(({ opening }) => opening !== undefined)).toEqual([false, true, true])
  const d = await hear(4)
  expect([a, b, c, d].map(({ opening }) => opening !== undefined)).toEqual([false, false, true, true])
})
