import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GOLDENS, goldenJson, goldensFound, goldensNote } from '../../test/qwen3-goldens.ts'
import { loadTokenizer } from './tokenizer.ts'

test('a folder without a tokeniser is refused by name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'MODEL_INVALID' })
  await rm(folder, { recursive: true })
})

test('a tokeniser without the time marker is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))
  await writeFile(join(folder, 'vocab.json'), '{"a":0,"b":1,"ab":2}')
  await writeFile(join(folder, 'merges.txt'), 'a b\n')
  await expect(loadTokenizer(folder)).rejects.toThrow('<|audio_start|>')
  await rm(folder, { recursive: true })
})

describe.skipIf(!goldensFound)(`against the reference${goldensNote}`, () => {
  type Case = { text: string; ids: number[]; ids_real: number[] }
  test.each([
    ['tiny-official', 'ids'],
    ['tiny-hf', 'ids'],
    ['tokenizer-real', 'ids_real'],
  ] as const)('%s gives the same ids', async (folder, ids) => {
    const { encode } = await loadTokenizer(join(GOLDENS, folder))
    for (const golden of goldenJson<{ cases: Case[] }>('bpe').cases) {
      expect(encode(golden.text), golden.text).toEqual(golden[ids])
    }
  })

  test('merges without a version line, and with Windows line ends', async () => {
    const { cp, readFile } = await import('node:fs/promises')
    const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))
    await cp(join(GOLDENS, 'tiny-official'), folder, { recursive: true })
    const merges = await readFile(join(folder, 'merges.txt'), 'utf8')
    const bare = merges.replace('#version: 0.2\n', '').replaceAll('\n', '\r\n')
    await rm(join(folder, 'merges.txt'))
    await writeFile(join(folder, 'merges.txt'), bare)
    const golden = goldenJson<{ cases: Case[] }>('bpe').cases[0]!
    expect((await loadTokenizer(folder)).encode(golden.text)).toEqual(golden.ids)
    await rm(folder, { recursive: true })
  })
})
