import { access, constants, type FileHandle, lstat, open, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AlignError } from '../../errors.ts'
import { readSmallText } from '../small-text.ts'
import { firstNonFinite, toFloat32 } from './floats.ts'
import { BYTES_PER_ELEMENT, readTensorTable, type TensorEntry } from './safetensors.ts'

const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

/** The weights of a snapshot: one file or several shards. Data is read by position, one tensor at a time. */
export type Checkpoint = {
  /** Paths of the files that hold data. */
  files: readonly string[]
  tensors: ReadonlyMap<string, TensorEntry>
  /** @throws AlignError MODEL_INVALID where the tensor holds NaN or infinity */
  readFloats(name: string): Promise<Float32Array>
  /**
   * The bytes as stored, in parts of at most `partBytes`.
   * @throws AlignError MODEL_INVALID where the tensor holds NaN or infinity
   */
  readRaw(name: string, partBytes: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens model.safetensors or the shards that model.safetensors.index.json names.
 * @throws AlignError MODEL_INVALID where a file is missing, dangling, a Git LFS pointer or damaged
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const names = await weightFiles(folder)
  const files = names.map((name) => join(folder, name))
  const tensors = new Map<string, TensorEntry>()
  for (const file of files) {
    await requireFile(file)
    for (const [name, entry] of await readTensorTable(file)) tensors.set(name, entry)
  }
  const handles = await openAll(files)
  return {
    files,
    tensors,
    readFloats: (name) => readFloats(handles, tensors, name),
    readRaw: (name, partBytes) => readParts(handles, name, entryOf(tensors, name), partBytes),
    close: async () => {
      for (const handle of handles.values()) await handle.close()
    },
  }
}

async function weightFiles(folder: string): Promise<string[]> {
  const index = await readSmallText(join(folder, INDEX)).catch(ignoreMissing)
  if (index === undefined) return [SINGLE]
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map: Record<string, string> }
    return [...new Set(Object.values(map).map((name) => basename(name)))].sort()
  } catch (cause) {
    throw new AlignError('MODEL_INVALID', `${INDEX}: Expected JSON with a weight_map, download it again`, {
      cause,
    })
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw new AlignError('MODEL_INVALID', `${INDEX} cannot be read: ${error.message}`, { cause: error })
}

/** All or none. */
async function openAll(files: readonly string[]): Promise<Map<string, FileHandle>> {
  const handles = new Map<string, FileHandle>()
  try {
    for (const file of files) handles.set(file, await open(file))
    return handles
  } catch (error) {
    for (const handle of handles.values()) await handle.close()
    throw error
  }
}

/**
 * Tells a missing file, a link to nowhere and a forbidden one apart.
 * @throws AlignError MODEL_INVALID
 */
export async function requireFile(file: string): Promise<void> {
  try {
    const found = await stat(file)
    await access(file, constants.R_OK)
    if (found.isFile()) return
  } catch (cause) {
    throw new AlignError('MODEL_INVALID', await whyUnreadable(file, cause), { cause })
  }
  throw new AlignError('MODEL_INVALID', `Expected a file, got something else: ${file}`)
}

async function whyUnreadable(file: string, cause: unknown): Promise<string> {
  const link = await lstat(file).catch(() => undefined)
  if (link?.isSymbolicLink() && (cause as NodeJS.ErrnoException).code === 'ENOENT') {
    const target = await readlink(file)
    return `${file} points to ${target}, which is not there: mount the whole model folder (with its blobs/), or download with --local-dir`
  }
  if ((cause as NodeJS.ErrnoException).code === 'EACCES') {
    return `${file} cannot be read, permission is denied (chmod -R a+rX on its folder would grant it)`
  }
  if (link) return `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
  return `Expected ${basename(file)} in the model folder, it is not there: ${file}; download the missing file`
}

function entryOf(tensors: ReadonlyMap<string, TensorEntry>, name: string): TensorEntry {
  const entry = tensors.get(name)
  if (!entry)
    throw new AlignError(
      'MODEL_INVALID',
      `Expected the tensor ${name}, the weights lack it: download all files of Qwen3-ForcedAligner again`,
    )
  return entry
}

async function readFloats(
  handles: ReadonlyMap<string, FileHandle>,
  tensors: ReadonlyMap<string, TensorEntry>,
  name: string,
): Promise<Float32Array> {
  const entry = entryOf(tensors, name)
  const floats = toFloat32(await readAt(handles, entry, entry.offset, entry.bytes), entry.dtype)
  requireFinite(floats, name, 0)
  return floats
}

/** @param first index of the first of these values in its tensor */
function requireFinite(values: Float32Array, name: string, first: number): void {
  const bad = firstNonFinite(values)
  if (bad < 0) return
  throw new AlignError(
    'MODEL_INVALID',
    `Expected finite weights, got ${values[bad]} in ${name} at ${first + bad}: the file is damaged, download it again`,
  )
}

async function* readParts(
  handles: ReadonlyMap<string, FileHandle>,
  name: string,
  entry: TensorEntry,
  partBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < entry.bytes; done += partBytes) {
    const part = await readAt(handles, entry, entry.offset + done, Math.min(partBytes, entry.bytes - done))
    requireFinite(toFloat32(part, entry.dtype), name, done / BYTES_PER_ELEMENT[entry.dtype])
    yield part
  }
}

async function readAt(
  handles: ReadonlyMap<string, FileHandle>,
  { file }: TensorEntry,
  position: number,
  bytes: number,
): Promise<Uint8Array> {
  const handle = handles.get(file)
  if (!handle) throw new AlignError('MODEL_INVALID', `The weights are closed: ${file}`)
  const buffer = new Uint8Array(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, position)
  if (bytesRead !== bytes) {
    throw new AlignError(
      'MODEL_INVALID',
      `Expected ${bytes} bytes at ${position} of ${file}, got ${bytesRead}`,
    )
  }
  return buffer
}
