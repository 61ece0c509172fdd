import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint } from './checkpoint.ts'
import { readTensorTable } from './safetensors.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'))
})
afterEach(() => rm(folder, { recursive: true }))

const FILE = 'model.safetensors'

function safetensors(header: unknown, data: Uint8Array): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}

async function floatsOf(dtype: string, data: Uint8Array, count: number): Promise<number[]> {
  const header = { w: { dtype, shape: [count], data_offsets: [0, data.length] } }
  await writeFile(join(folder, FILE), safetensors(header, data))
  const checkpoint = await openCheckpoint(folder)
  try {
    return [...(await checkpoint.readFloats('w'))]
  } finally {
    await checkpoint.close()
  }
}

describe('element types', () => {
  test('F32, BF16 and F16 are widened', async () => {
    const f32 = new Uint8Array(Float32Array.of(1.5, -2).buffer)
    expect(await floatsOf('F32', f32, 2)).toEqual([1.5, -2])
    const bf16 = new Uint8Array(Uint16Array.of(0x3fc0, 0xc000, 0x0000).buffer)
    expect(await floatsOf('BF16', bf16, 3)).toEqual([1.5, -2, 0])
    const f16 = new Uint8Array(Uint16Array.of(0x3e00, 0xc000, 0x0001, 0x7bff).buffer)
    expect(await floatsOf('F16', f16, 4)).toEqual([1.5, -2, 2 ** -24, 65504])
  })

  test('NaN and infinity are refused with their place', async () => {
    const nan = new Uint8Array(Uint16Array.of(0x3f80, 0x7fc0).buffer)
    await expect(floatsOf('BF16', nan, 2)).rejects.toThrow('got NaN in w at 1')
    const infinite = new Uint8Array(Uint16Array.of(0x7c00).buffer)
    await expect(floatsOf('F16', infinite, 1)).rejects.toThrow('got Infinity in w at 0')
  })

  test('others are refused', async () => {
    await expect(floatsOf('I64', new Uint8Array(8), 1)).rejects.toThrow('got "I64"')
  })
})

test('shards are found through the index', async () => {
  const one = { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }
  const two = { b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }
  await writeFile(
    join(folder, 'm-1.safetensors'),
    safetensors(one, new Uint8Array(Float32Array.of(1).buffer)),
  )
  await writeFile(
    join(folder, 'm-2.safetensors'),
    safetensors(two, new Uint8Array(Float32Array.of(2).buffer)),
  )
  const index = { weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } }
  await writeFile(join(folder, `${FILE}.index.json`), JSON.stringify(index))
  const checkpoint = await openCheckpoint(folder)
  expect([...(await checkpoint.readFloats('a')), ...(await checkpoint.readFloats('b'))]).toEqual([1, 2])
  await expect(checkpoint.readFloats('c')).rejects.toThrow('Expected the tensor c')
  await checkpoint.close()
})

describe('damage is named', () => {
  const good = safetensors({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, new Uint8Array(8))
  const refusal = async (content: Uint8Array) => {
    await writeFile(join(folder, FILE), content)
    const error = await openCheckpoint(folder).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'MODEL_INVALID' })
    return (error as Error).message
  }

  test('a truncated file', async () => {
    await writeFile(join(folder, FILE), good)
    await truncate(join(folder, FILE), good.length - 1)
    await expect(openCheckpoint(folder)).rejects.toThrow('the download is incomplete')
  })

  test('an empty file, a huge header, broken JSON, another shape', async () => {
    expect(await refusal(new Uint8Array(0))).toContain('got 0 bytes')
    expect(await refusal(Buffer.alloc(64, 0xff))).toContain('Expected a header within')
    expect(await refusal(safetensors('{"w":', new Uint8Array(0)))).toContain('cannot be parsed')
    expect(await refusal(safetensors('[]', new Uint8Array(0)))).toContain('JSON object')
    expect(await refusal(safetensors('{}', new Uint8Array(0)))).toContain('names none')
    const wrong = { w: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }
    expect(await refusal(safetensors(wrong, new Uint8Array(8)))).toContain('Expected 12 bytes for w')
    const negative = { w: { dtype: 'F32', shape: [-2], data_offsets: [0, 8] } }
    expect(await refusal(safetensors(negative, new Uint8Array(8)))).toContain('as whole numbers')
  })

  test('a Git LFS pointer', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1835458000\n'
    expect(await refusal(Buffer.from(pointer))).toContain('git lfs pull')
  })

  test('a link to nowhere', async () => {
    await symlink('../../blobs/0123', join(folder, FILE))
    await expect(openCheckpoint(folder)).rejects.toThrow('points to ../../blobs/0123, which is not there')
  })

  test('a folder in the place of the file, or nothing', async () => {
    await expect(openCheckpoint(folder)).rejects.toThrow('it is not there')
    await symlink(folder, join(folder, FILE))
    await expect(openCheckpoint(folder)).rejects.toThrow('Expected a file')
  })

  test('an index that is no index', async () => {
    await writeFile(join(folder, `${FILE}.index.json`), '{"weight_map": 3')
    await expect(openCheckpoint(folder)).rejects.toThrow('weight_map')
  })
})

test('any header gives entries within the file, or is named', async () => {
  const odd = fc.oneof(
    fc.constantFrom<unknown>(null, -1, 0, 8, 2 ** 53, 1e308, 'F32', '__proto__', [], {}),
    fc.jsonValue(),
  )
  const numbers = fc.oneof(
    fc.array(fc.constantFrom<unknown>(0, 1, 2, 4, 8, -1, 2 ** 40, 0.5, '1'), { maxLength: 3 }),
    odd,
  )
  const dtype = fc.oneof(fc.constantFrom('F32', 'BF16', 'F16', 'toString'), odd)
  const entry = fc.oneof(fc.record({ dtype, shape: numbers, data_offsets: numbers }), odd)
  const header = fc.oneof(fc.dictionary(fc.constantFrom('w', '__metadata__', '__proto__', ''), entry), odd)
  const whole = fc
    .tuple(header, fc.uint8Array({ maxLength: 16 }))
    .map(([head, data]) => safetensors(head, data))
  const content = fc.oneof(
    whole,
    fc.uint8Array({ maxLength: 64 }),
    whole.map((bytes) => bytes.subarray(0, -3)),
  )
  const file = join(folder, FILE)
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      await writeFile(file, bytes)
      try {
        for (const { offset, bytes: size } of (await readTensorTable(file)).values()) {
          expect(offset).toBeGreaterThanOrEqual(8)
          expect(offset + size).toBeLessThanOrEqual(bytes.length)
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_INVALID' })
      }
    }),
    { numRuns: 300 },
  )
})
