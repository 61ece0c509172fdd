import { access, constants, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { partialName } from '../disk/partial-file.ts'
import { makePrivateFolder, PRIVATE_FILE, PRIVATE_FOLDER } from '../disk/private-folder.ts'
import { AlignError } from '../errors.ts'
import { createBudget } from './budget.ts'
import { digestOf } from './digest.ts'

/** What is kept, a folder for each. */
export const KINDS = ['results', 'emissions', 'audio', 'sources'] as const
export type Kind = (typeof KINDS)[number]

/**
 * Bytes on disk, found by key. An entry is one file: a digest, then the content. Files are written under a temporary name
 * and renamed atomically, so that readers see a whole entry or none, whatever other processes do; one that does not fit
 * its digest is removed and made anew by whoever needs it.
 */
export type Store = {
  /** Undefined where there is none, or where it was damaged. The bytes are the caller's. */
  get(kind: Kind, key: string): Promise<Uint8Array | undefined>
  /** @throws the file system's error (disk full, read-only) */
  put(kind: Kind, key: string, content: Uint8Array): Promise<void>
}

const MAGIC = Buffer.from('SOW1')
const HEADER = MAGIC.length + 32

/**
 * Opens a folder as a store of at most `maxBytes`; what was used least lately goes first. Only its owner reads it; `warn` is
 * told where somebody else's folder lets others in.
 * @throws AlignError CACHE_UNWRITABLE
 */
export async function openStore(
  folder: string,
  maxBytes: number,
  warn: (message: string) => void = () => {},
): Promise<Store> {
  for (const kind of KINDS) await makeWritable(join(folder, kind), warn)
  const budget = createBudget(
    KINDS.map((kind) => join(folder, kind)),
    maxBytes,
  )
  const pathOf = (kind: Kind, key: string) => join(folder, kind, key.slice(0, 2), key)

  async function get(kind: Kind, key: string): Promise<Uint8Array | undefined> {
    const file = pathOf(kind, key)
    const entry = await readEntry(file)
    if (!entry) return undefined
    const content = entry.subarray(HEADER)
    if (await fits(entry, content)) return content
    await rm(file, { force: true })
    return undefined
  }

  async function put(kind: Kind, key: string, content: Uint8Array): Promise<void> {
    const size = HEADER + content.length
    if (size > maxBytes) return
    const digest = Buffer.from(await digestOf(content), 'hex')
    await writeEntry(pathOf(kind, key), [MAGIC, digest, content])
    await budget.add(size)
  }

  // What hinders the counting is told by the first entry that is written.
  budget.keep().catch(() => undefined)
  return { get, put }
}

async function makeWritable(folder: string, warn: (message: string) => void): Promise<void> {
  try {
    makePrivateFolder(folder, warn)
    await access(folder, constants.W_OK)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `Expected a folder that can be written at ${folder}: ${reason}`
    throw new AlignError('CACHE_UNWRITABLE', message, { cause })
  }
}

async function fits(entry: Uint8Array, content: Uint8Array): Promise<boolean> {
  if (entry.length < HEADER || !MAGIC.equals(entry.subarray(0, MAGIC.length))) return false
  return Buffer.from(entry.subarray(MAGIC.length, HEADER)).toString('hex') === (await digestOf(content))
}

/** The whole file, marked as used now; undefined where there is none. */
async function readEntry(file: string): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file)
    const { size } = await handle.stat()
    const entry = new Uint8Array(size)
    let filled = 0
    while (filled < size) {
      const { bytesRead } = await handle.read(entry, filled, size - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    // What may not be marked may not be removed either, so its age is of no use.
    await handle.utimes(new Date(), new Date()).catch(() => undefined)
    return entry.subarray(0, filled)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    await handle?.close()
  }
}

async function writeEntry(file: string, pieces: Uint8Array[]): Promise<void> {
  const temporary = partialName(file)
  await mkdir(dirname(file), { recursive: true, mode: PRIVATE_FOLDER })
  try {
    const handle = await open(temporary, 'wx', PRIVATE_FILE)
    try {
      for (const piece of pieces) await writeAll(handle, piece)
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written)
    written += bytesWritten
  }
}
