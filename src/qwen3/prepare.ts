import { access, constants, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { inspectModel, QWEN3_MANIFEST } from '../disk/inspect-model.ts'
import { isGone, type ProcessIdentity, thisProcess } from '../disk/process-identity.ts'
import { AlignError } from '../errors.ts'
import { openCheckpoint, requireFile } from './convert/checkpoint.ts'
import { convertInto, TOKENIZER_FILES } from './convert/convert.ts'
import { int8Levels } from './convert/int8-levels.ts'
import type { Dtype } from './convert/linear.ts'
import { withLock } from './convert/lock.ts'
import { hashFiles, rememberedHash } from './convert/source-hash.ts'
import { CONVERTER_VERSION, readManifest } from './converted.ts'
import { isThere } from './find-graph.ts'

export type PrepareOptions = {
  /** How the large matrices are kept; float32 where it is not given. A converted folder has its own. */
  dtype?: Dtype | undefined
  /** Where a converted snapshot is kept. */
  cacheDir?: string | undefined
  /** Told the finished share of a conversion, [0, 1]; not called where none is needed. */
  onProgress?: ((fraction: number) => void) | undefined
}

/**
 * Makes a model folder ready to load: a snapshot is converted into the cache, once per weights and dtype.
 * @param modelPath a snapshot, a converted folder, or a public export in one graph
 * @returns the folder to load
 * @throws AlignError MODEL_INVALID, CACHE_UNWRITABLE, CONFIG_INVALID
 */
export async function prepareQwen3(
  modelPath: string,
  { dtype, cacheDir, onProgress }: PrepareOptions = {},
): Promise<string> {
  const { kind, folder } = inspectModel(modelPath)
  switch (kind) {
    case 'qwen3-graph':
      return folder
    case 'qwen3-converted':
      await requireDtype(folder, dtype)
      return folder
    case 'qwen3-snapshot': {
      if (!cacheDir) {
        throw new AlignError(
          'CONFIG_INVALID',
          `Expected a cache folder to keep the converted model of ${folder}, none is set; or convert it beforehand`,
        )
      }
      const home = join(cacheDir, 'qwen3')
      await makeFolder(home)
      const source = await rememberedHash(await sourceFiles(folder), join(home, 'hashes'))
      const levels = dtype === 'int8' ? await int8Levels() : 127
      const precision = levels === 127 ? (dtype ?? 'float32') : `${dtype}-${levels}`
      const name = `${source.slice(0, 16)}-${precision}-v${CONVERTER_VERSION}`
      return convertOnce(folder, join(home, name), dtype ?? 'float32', source, onProgress)
    }
    case 'ctc':
    case 'hugging-face-ctc':
      throw new AlignError('MODEL_INVALID', `Expected Qwen3-ForcedAligner in ${folder}, got a CTC model`)
    default:
      return kind satisfies never
  }
}

/**
 * Converts a snapshot into a folder of one's own choice. Does nothing where that holds the same already.
 * @throws AlignError MODEL_INVALID, CACHE_UNWRITABLE
 */
export async function convertQwen3(
  snapshot: string,
  target: string,
  { dtype = 'float32', onProgress }: Omit<PrepareOptions, 'cacheDir'> = {},
): Promise<string> {
  const { kind, folder } = inspectModel(snapshot)
  if (kind !== 'qwen3-snapshot') {
    throw new AlignError('MODEL_INVALID', `Expected a snapshot with safetensors, got ${kind}: ${folder}`)
  }
  const taken = (await isThere(target)) && (await readdir(target).catch(() => ['a file']))
  if (taken && taken.length > 0 && !taken.includes(QWEN3_MANIFEST)) {
    throw new AlignError('CACHE_UNWRITABLE', `Expected a new or empty folder, got ${taken[0]} in ${target}`)
  }
  await makeFolder(dirname(target))
  return convertOnce(folder, target, dtype, await hashFiles(await sourceFiles(folder)), onProgress)
}

async function requireDtype(folder: string, dtype: Dtype | undefined): Promise<void> {
  const manifest = await readManifest(folder)
  if (!dtype || dtype === manifest.dtype) return
  throw new AlignError(
    'MODEL_INVALID',
    `Expected a model converted to ${dtype}, got ${manifest.dtype} in ${folder}: convert the snapshot with --dtype ${dtype}`,
  )
}

/** All that a conversion depends on, weights last. Opening the weights names what is wrong with them. */
async function sourceFiles(folder: string): Promise<string[]> {
  const checkpoint = await openCheckpoint(folder)
  await checkpoint.close()
  const beside = ['config.json', 'processor_config.json', ...TOKENIZER_FILES].map((name) =>
    join(folder, name),
  )
  const there: string[] = []
  for (const path of beside) {
    if (!(await isThere(path))) continue
    await requireFile(path)
    there.push(path)
  }
  return [...there, ...checkpoint.files]
}

const running = new Map<string, Promise<string>>()

/** One conversion per target at a time, in this process and among others. */
function convertOnce(
  snapshot: string,
  target: string,
  dtype: Dtype,
  source: string,
  onProgress?: (fraction: number) => void,
): Promise<string> {
  const known = running.get(target)
  if (known) return known
  const work = convertUnlessDone(snapshot, target, dtype, source, onProgress).finally(() =>
    running.delete(target),
  )
  running.set(target, work)
  return work
}

async function convertUnlessDone(
  snapshot: string,
  target: string,
  dtype: Dtype,
  source: string,
  onProgress: (fraction: number) => void = () => {},
): Promise<string> {
  const levels = await int8Levels()
  const isDone = async () => {
    const manifest = await readManifest(target).catch(() => undefined)
    return manifest?.source === source && manifest.dtype === dtype && (manifest.levels ?? levels) === levels
  }
  if (await isDone()) return target
  return withLock(`${target}.lock`, async () => {
    if (await isDone()) return target
    await removePartial(target)
    const partial = `${target}${PARTIAL}${nameOf(thisProcess())}`
    try {
      await mkdir(partial)
      await convertInto(snapshot, partial, { dtype, levels, source, onProgress })
      if (await isDone()) {
        // by another, which took our lock for left behind: what it made may be in use
        await rm(partial, { recursive: true })
        return target
      }
      await rm(target, { recursive: true, force: true })
      await rename(partial, target)
      return target
    } catch (error) {
      await rm(partial, { recursive: true, force: true })
      throw asUnwritable(error, target)
    }
  })
}

const PARTIAL = '.partial-'

/** As a part of a file's name. */
function nameOf({ pid, started, host }: ProcessIdentity): string {
  return `${pid}-${started}-${host}`
}

/** Undefined where the name is not that of a process. */
function processNamed(name: string): ProcessIdentity | undefined {
  const [, pid, started, host] = /^(\d+)-(\d+)-(.+)$/.exec(name) ?? []
  return host === undefined ? undefined : { pid: Number(pid), started: Number(started), host }
}

/** What killed conversions left behind on this host, and failed ones of this process: we hold the lock. */
async function removePartial(target: string): Promise<void> {
  const start = basename(target) + PARTIAL
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(start)) continue
    const writer = processNamed(name.slice(start.length))
    if (writer && (writer.pid === process.pid || isGone(writer))) {
      await rm(join(dirname(target), name), { recursive: true, force: true })
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK)
  } catch (error) {
    throw asUnwritable(error, path)
  }
}

const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST'])

function asUnwritable(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof AlignError || !code || !UNWRITABLE.has(code)) return error
  return new AlignError('CACHE_UNWRITABLE', `The converted model cannot be kept at ${path}: ${message}`, {
    cause: error,
  })
}
