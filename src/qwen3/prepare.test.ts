import { execFile } from 'node:child_process'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TINY, writeFakeCheckpoint } from '../../scripts/fake-checkpoint.ts'
import { requireSpace } from './convert/convert.ts'
import { readManifest } from './converted.ts'
import { convertQwen3, prepareQwen3 } from './prepare.ts'

let root: string
let snapshot: string
let cacheDir: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'prepare-'))
  snapshot = join(root, 'snapshot')
  cacheDir = join(root, 'cache')
  await writeFakeCheckpoint(snapshot, TINY)
})
afterEach(() => rm(root, { recursive: true }))

const run = promisify(execFile)
const projectFile = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** A process of its own that converts; bun runs TypeScript as it is. */
function convertInChild(...args: string[]) {
  return run(projectFile('node_modules/.bin/bun'), [projectFile('test/convert-child.ts'), ...args])
}

describe('a snapshot', () => {
  test('is converted once, with progress, and found again', async () => {
    const seen: number[] = []
    const folder = await prepareQwen3(snapshot, { cacheDir, onProgress: (fraction) => seen.push(fraction) })
    expect(await readManifest(folder)).toMatchObject({
      dtype: 'float32',
      classes: 5000,
      slotMilliseconds: 80,
    })
    expect(seen.at(-1)).toBe(1)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    const again = await prepareQwen3(snapshot, {
      cacheDir,
      onProgress: () => expect.unreachable('it is converted already'),
    })
    expect(again).toBe(folder)
    expect(await readdir(join(cacheDir, 'qwen3'))).toHaveLength(2) // the model and the remembered hashes
  })

  test('is converted anew when its weights change', async () => {
    const before = await prepareQwen3(snapshot, { cacheDir })
    await writeFakeCheckpoint(snapshot, TINY, { seed: 2 })
    expect(await prepareQwen3(snapshot, { cacheDir })).not.toBe(before)
  })

  test('gives the same bytes in both layouts', async () => {
    const other = join(root, 'other')
    await writeFakeCheckpoint(other, TINY, { layout: 'transformers' })
    const [a, b] = [join(root, 'a'), join(root, 'b')]
    await convertQwen3(snapshot, a)
    await convertQwen3(other, b)
    for (const name of ['encoder.onnx', 'encoder.data', 'decoder.onnx', 'decoder.data', 'embeddings.bin']) {
      expect((await readFile(join(a, name))).equals(await readFile(join(b, name))), name).toBe(true)
    }
  })

  test('is found in a cache folder of Hugging Face, through its links', async () => {
    const home = join(root, 'models--Qwen--Qwen3-ForcedAligner-0.6B')
    await mkdir(join(home, 'snapshots', 'abc'), { recursive: true })
    await mkdir(join(home, 'refs'))
    await writeFile(join(home, 'refs', 'main'), 'abc')
    await cp(snapshot, join(home, 'blobs'), { recursive: true })
    for (const name of await readdir(snapshot)) {
      await symlink(join('..', '..', 'blobs', name), join(home, 'snapshots', 'abc', name))
    }
    await expect(prepareQwen3(home, { cacheDir })).resolves.toContain(join(cacheDir, 'qwen3'))
  })

  test('needs a cache folder that can be written', async () => {
    await expect(prepareQwen3(snapshot)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await writeFile(cacheDir, 'a file')
    await expect(prepareQwen3(snapshot, { cacheDir })).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' })
  })

  test('is refused before it starts where the disk is too full', async () => {
    await expect(requireSpace(root, 1e18)).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' })
    await expect(requireSpace(root, 1e18)).rejects.toThrow(/Expected 1000000000\.\d+ GB free/)
  })
})

describe('what is wrong with a model folder is said', () => {
  const refusal = async (path = snapshot) => {
    const error = await prepareQwen3(path, { cacheDir }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'MODEL_INVALID' })
    expect((await readdir(join(cacheDir, 'qwen3')).catch(() => [])).filter((n) => n !== 'hashes')).toEqual([])
    return (error as Error).message
  }
  const editConfig = async (edit: (config: typeof TINY) => void) => {
    const config = structuredClone(TINY)
    edit(config)
    await writeFile(join(snapshot, 'config.json'), JSON.stringify(config))
  }

  test('nothing there, a file, an empty folder', async () => {
    expect(await refusal(join(root, 'nowhere'))).toContain('is it mounted?')
    expect(await refusal(join(snapshot, 'config.json'))).toContain('got a file')
    await mkdir(join(root, 'empty'))
    expect(await refusal(join(root, 'empty'))).toContain('got an empty folder')
  })

  test('another model, another size, no config', async () => {
    await editConfig((config) => {
      config.thinker_config.model_type = 'qwen3_asr'
    })
    expect(await refusal()).toContain('Expected Qwen3-ForcedAligner, got model_type "qwen3_asr"')
    await editConfig((config) => {
      Object.assign(config.thinker_config.text_config, { hidden_size: 48 })
    })
    expect(await refusal()).toMatch(/Expected thinker\.\S+ as \[.*48.*\], got \[.*32.*\]/)
    await writeFile(join(snapshot, 'config.json'), '{')
    expect(await refusal()).toContain('config.json cannot be read')
  })

  test('a link to nowhere beside the weights', async () => {
    await rm(join(snapshot, 'vocab.json'))
    await symlink('../../blobs/0123', join(snapshot, 'vocab.json'))
    expect(await refusal()).toContain('vocab.json points to ../../blobs/0123, which is not there')
  })

  test('a missing tensor, NaN weights, truncated weights', async () => {
    const weights = join(snapshot, 'model.safetensors')
    const bytes = await readFile(weights)
    const renamed = Buffer.from(bytes)
    renamed.write('fc3', bytes.indexOf('thinker.audio_tower.layers.1.fc2.weight') + 29)
    await writeFile(weights, renamed)
    expect(await refusal()).toContain('Expected the tensor thinker.audio_tower.layers.1.fc2.weight')
    const broken = Buffer.from(bytes)
    broken.writeUInt16LE(0x7fc0, 8 + Number(bytes.readBigUInt64LE()))
    await writeFile(weights, broken)
    expect(await refusal()).toContain('got NaN in thinker.audio_tower.conv2d1.weight at 0')
    const dataStart = 8 + Number(bytes.readBigUInt64LE())
    const header = JSON.parse(bytes.subarray(8, dataStart).toString())
    const [embeddings] = header['thinker.model.embed_tokens.weight'].data_offsets
    bytes.copy(broken)
    broken.writeUInt16LE(0xff80, dataStart + embeddings + 2)
    await writeFile(weights, broken)
    expect(await refusal()).toContain('got -Infinity in thinker.model.embed_tokens.weight at 1')
    await writeFile(weights, bytes)
    await truncate(weights, bytes.length - 10)
    expect(await refusal()).toContain('the download is incomplete')
  })

  test('shards without their index, a missing tokeniser', async () => {
    await rm(join(snapshot, 'merges.txt'))
    expect(await refusal()).toContain('vocab.json and merges.txt')
    await rm(join(snapshot, 'model.safetensors'))
    await writeFile(join(snapshot, 'model-00001-of-00002.safetensors'), '')
    expect(await refusal()).toContain('model.safetensors.index.json')
  })

  test.skipIf(process.getuid?.() === 0)('no permission (not tested as root)', async () => {
    await chmod(snapshot, 0o000)
    expect(await refusal()).toContain('permission is denied')
    await chmod(snapshot, 0o755)
  })
})

describe('a converted folder', () => {
  test('is taken as it is, unless another dtype is asked for', async () => {
    const folder = await convertQwen3(snapshot, join(root, 'out'))
    await expect(prepareQwen3(folder)).resolves.toBe(folder)
    await expect(prepareQwen3(folder, { dtype: 'int8' })).rejects.toThrow(
      'Expected a model converted to int8',
    )
  })

  test('that is damaged is refused, and made anew in the cache', async () => {
    const folder = await prepareQwen3(snapshot, { cacheDir })
    await truncate(join(folder, 'decoder.data'), 100)
    await expect(prepareQwen3(folder)).rejects.toThrow('Expected decoder.data of')
    await expect(prepareQwen3(snapshot, { cacheDir })).resolves.toBe(folder)
    await expect(readManifest(folder)).resolves.toMatchObject({ dtype: 'float32' })
  })

  test('does not overwrite a folder that holds something else', async () => {
    await expect(convertQwen3(snapshot, snapshot)).rejects.toMatchObject({ code: 'CACHE_UNWRITABLE' })
  })
})

describe('several processes', () => {
  test('a conversion killed at any point leaves nothing that could be loaded', async () => {
    const target = join(root, 'out')
    for (const killAt of ['1', '5', '40', '54']) {
      await expect(convertInChild(snapshot, target, killAt)).rejects.toMatchObject({ signal: 'SIGKILL' })
      await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' })
    }
    await expect(convertInChild(snapshot, target)).resolves.toMatchObject({ stdout: 'converted\n' })
    await expect(readManifest(target)).resolves.toMatchObject({ format: 'sow-qwen3' })
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })

  test('two at once: one works, the other waits and finds it', async () => {
    const target = join(root, 'out')
    const results = await Promise.all([convertInChild(snapshot, target), convertInChild(snapshot, target)])
    expect(results.map(({ stdout }) => stdout).sort()).toEqual(['converted\n', 'found\n'])
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })
})
