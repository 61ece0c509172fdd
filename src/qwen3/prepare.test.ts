import { type ExecFileOptions, execFile } from 'node:child_process'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TINY, writeFakeCheckpoint } from '../../scripts/fake-checkpoint.ts'
import { thisProcess } from '../disk/process-identity.ts'
import { requireSpace } from './convert/convert.ts'
import { readManifest } from './converted.ts'
import { loadQwen3 } from './engine.ts'
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

const NOBODY = { uid: 65_534, gid: 65_534 }

/** A process of its own that converts; bun runs TypeScript as it is. */
function convertInChild(args: string[], options: ExecFileOptions = {}) {
  return run(
    projectFile('node_modules/.bin/bun'),
    ['--no-env-file', projectFile('test/convert-child.ts'), ...args],
    options,
  )
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

  test('an index that names a shard which is not there', async () => {
    const weights = join(snapshot, 'model.safetensors')
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
    await rename(weights, join(snapshot, shards[0]))
    const map = { weight_map: { a: shards[0], b: shards[1] } }
    await writeFile(`${weights}.index.json`, JSON.stringify(map))
    expect(await refusal()).toMatch(/Expected model-00002-of-00002\.safetensors .*download the missing file/)
  })

  test('no permission', async () => {
    await chmod(root, 0o777)
    for (const [path, reason] of [
      [join(snapshot, 'model.safetensors'), 'chmod -R a+rX'],
      [snapshot, 'permission is denied'],
    ] as const) {
      await chmod(path, 0o000)
      // root may read everything, so that another user has to try
      const tried = convertInChild([snapshot, join(root, 'out')], process.getuid?.() === 0 ? NOBODY : {})
      await expect(tried).rejects.toMatchObject({ stderr: expect.stringContaining(reason) })
    }
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
      await expect(convertInChild([snapshot, target, killAt])).rejects.toMatchObject({ signal: 'SIGKILL' })
      await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' })
    }
    await expect(convertInChild([snapshot, target])).resolves.toMatchObject({ stdout: 'converted\n' })
    await expect(readManifest(target)).resolves.toMatchObject({ format: 'sow-qwen3' })
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })

  test('killed at any moment, by the clock: what is there is whole, and the next one succeeds', async () => {
    const target = join(root, 'out')
    const start = performance.now()
    await convertInChild([snapshot, target])
    const lifetime = performance.now() - start
    const KILLS = 12
    for (let i = 0; i < KILLS; i++) {
      await rm(target, { recursive: true, force: true })
      // of conversions in 40-110 % of their time: before that the runtime starts
      const after = Math.round(lifetime * (0.4 + (0.7 * i) / KILLS))
      const killed = convertInChild([snapshot, target], { timeout: after, killSignal: 'SIGKILL' })
      await killed.catch((error) => expect(error).toMatchObject({ signal: 'SIGKILL' }))
      const there = await readdir(target).catch(() => undefined)
      // every byte: a folder that is there must load
      if (there) await (await loadQwen3(target, { threads: 1 })).close()
    }
    await rm(target, { recursive: true, force: true })
    await expect(convertInChild([snapshot, target])).resolves.toMatchObject({ stdout: 'converted\n' })
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  }, 60_000)

  test('the lock of a process that is gone is taken over, that of one at work is not', async () => {
    const target = join(root, 'out')
    const gone = run('true')
    const { pid } = gone.child
    await gone
    await writeFile(`${target}.lock`, JSON.stringify({ ...thisProcess(), pid }))
    await convertQwen3(snapshot, target)
    await rm(target, { recursive: true })
    // the parent of this process is alive
    await writeFile(`${target}.lock`, JSON.stringify({ ...thisProcess(), pid: process.ppid }))
    let finished = false
    const waiting = convertQwen3(snapshot, target).then(() => {
      finished = true
    })
    await sleep(600)
    expect(finished).toBe(false)
    await rm(`${target}.lock`)
    await waiting
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })

  test('a lock that nobody has touched for long is taken over', async () => {
    const target = join(root, 'out')
    const lock = `${target}.lock`
    await writeFile(lock, JSON.stringify({ ...thisProcess(), host: 'elsewhere' }))
    const minuteAgo = new Date(Date.now() - 60_000)
    await utimes(lock, minuteAgo, minuteAgo)
    await convertQwen3(snapshot, target)
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })

  test('two at once: one works, the other waits and finds it', async () => {
    const target = join(root, 'out')
    const results = await Promise.all([
      convertInChild([snapshot, target]),
      convertInChild([snapshot, target]),
    ])
    expect(results.map(({ stdout }) => stdout).sort()).toEqual(['converted\n', 'found\n'])
    expect((await readdir(root)).sort()).toEqual(['out', 'snapshot'])
  })
})
