import { expect, test } from 'vitest'
import { createCollector } from './collect.ts'
import { Upload } from './upload.ts'

test('pieces of every size come out whole, and the limit is exact', () => {
  const collector = createCollector(3_000_000, () => new Error('too much'))
  const all = Buffer.alloc(3_000_000)
  for (let i = 0; i < all.length; i++) all[i] = i % 251
  for (let at = 0, size = 1; at < all.length; size = (size * 7) % 100_003) {
    collector.write(all.subarray(at, at + size))
    at += size
  }
  expect(() => collector.write(Buffer.alloc(1))).toThrow('too much')
  const taken = collector.take()
  expect(Buffer.compare(taken, all)).toBe(0)
  expect(taken.buffer.byteLength).toBe(all.length)
  expect(collector.take()).toHaveLength(0)
})

test('a body in crumbs takes no more memory than one in slices', () => {
  const collector = createCollector(2_000_000, () => new Error('too much'))
  const before = process.memoryUsage().rss
  for (let i = 0; i < 2_000_000; i++) collector.write(new Uint8Array(1))
  // As pieces they would take about a hundred bytes each.
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  expect(collector.take()).toHaveLength(2_000_000)
})

test('an upload is a file that hands out its bytes without copying them', async () => {
  const bytes = new Uint8Array([104, 105, 33])
  const upload = new Upload(bytes, 'a.wav')
  expect(upload).toBeInstanceOf(Blob)
  expect([upload.name, upload.size]).toEqual(['a.wav', 3])
  expect(await upload.arrayBuffer()).toBe(bytes.buffer)
  expect(await upload.bytes()).toBe(bytes)
  expect(await upload.text()).toBe('hi!')
  expect(await upload.slice(0, 2).text()).toBe('hi')
  expect(await new Response(upload.stream()).text()).toBe('hi!')
})

test('slices of an upload are views of its bytes, whatever their number', async () => {
  const bytes = new Uint8Array(1_000_000).map((_, i) => i % 251)
  const upload = new Upload(bytes, 'a.wav')
  for (let start = 0; start < bytes.length; start += 1000) {
    const piece = await upload.slice(start, start + 1000, 'audio/wav').bytes()
    expect(piece.buffer).toBe(bytes.buffer)
    expect([piece.byteOffset, piece.length]).toEqual([start, 1000])
  }
  const nested = upload.slice(10, 20).slice(2, -3)
  expect(nested.size).toBe(5)
  expect(new Uint8Array(await nested.arrayBuffer())).toEqual(bytes.slice(12, 17))
  expect(new Uint8Array(await new Response(upload.slice(-3).stream()).arrayBuffer())).toEqual(bytes.slice(-3))
  expect(new Uint8Array(await new Response(upload.stream()).arrayBuffer())).toEqual(bytes)
})
