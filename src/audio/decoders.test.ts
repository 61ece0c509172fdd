import { expect, test } from 'vitest'
import { loadDecoders, once, takeMp3 } from './decoders.ts'

test('every decoder loads', async () => {
  await expect(loadDecoders()).resolves.toBeUndefined()
})

test('what has loaded is kept; a load that failed is tried anew', async () => {
  let loads = 0
  const load = once(async () => {
    loads++
    if (loads === 1) throw new Error('EMFILE: too many open files')
    return loads
  })
  await expect(load()).rejects.toThrow('EMFILE')
  expect(await load()).toBe(2)
  expect(await load()).toBe(2)
})

test('two decoders of one kind are apart', async () => {
  const [one, other] = await Promise.all([takeMp3(), takeMp3()])
  one.free()
  expect(await other.decode([new Uint8Array(4)])).toMatchObject({ channelData: [{}, {}] })
  other.free()
})
