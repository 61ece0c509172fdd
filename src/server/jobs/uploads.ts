import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { type FileHandle, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAbandonedPartial, isPartial, partialName } from '../../disk/partial-file.ts'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../disk/private-folder.ts'
import { AlignError } from '../../errors.ts'
import { Upload } from '../upload.ts'

/** An upload that is on the disk, and not kept yet. */
export type Arrived = {
  /** SHA-256 of its bytes, which is its name. */
  hash: string
  /** Keeps it. To be called within a transaction that adds its job: nobody removes it meanwhile. */
  commit(): void
  /** Removes it where it was not kept. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Recordings that wait for their jobs, each kept once however many jobs it has. */
export type Uploads = {
  arrive(audio: Blob): Promise<Arrived>
  /** @throws AlignError ALIGNMENT_FAILED where it is gone */
  source(hash: string): Promise<Blob>
  /** Removes it. To be called within a transaction that has seen that no job needs it. */
  remove(hash: string): void
  /** Removes what no job needs, within a transaction, and what never came to be kept. */
  sweep(isNeeded: (hash: string) => boolean): void
  close(): Promise<void>
}

const CHUNK = 1024 * 1024

/** Uploads in a folder, which outlive the process. */
export function uploadsIn(folder: string): Uploads {
  const pathOf = (hash: string) => join(folder, hash)
  return {
    async arrive(audio) {
      await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
      const temporary = partialName(pathOf('arriving'))
      const handle = await open(temporary, 'wx', PRIVATE_FILE)
      let hash: string
      try {
        hash = await write(audio, handle)
        await handle.sync()
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      } finally {
        await handle.close()
      }
      return {
        hash,
        commit() {
          if (existsSync(pathOf(hash))) return
          renameSync(temporary, pathOf(hash))
          syncFolder(folder)
        },
        [Symbol.asyncDispose]: () => rm(temporary, { force: true }),
      }
    },
    async source(hash) {
      try {
        return uploadOf(await readFile(pathOf(hash)))
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? gone() : error
      }
    },
    remove: (hash) => rmSync(pathOf(hash), { force: true }),
    sweep(isNeeded) {
      if (!existsSync(folder)) return
      for (const name of readdirSync(folder)) {
        const left = isPartial(name)
          ? isAbandonedPartial(name, statSync(pathOf(name), { throwIfNoEntry: false })?.mtimeMs ?? 0)
          : !isNeeded(name)
        if (left) rmSync(pathOf(name), { force: true })
      }
    },
    close: async () => {},
  }
}

/** Uploads of this process alone: files without a name, which end with it however it ends. */
export function uploadsOfProcess(): Uploads {
  const kept = new Map<string, FileHandle>()
  return {
    async arrive(audio) {
      const handle = await nameless()
      let hash: string
      try {
        hash = await write(audio, handle)
      } catch (error) {
        await handle.close()
        throw error
      }
      return {
        hash,
        commit: () => void (kept.has(hash) || kept.set(hash, handle)),
        [Symbol.asyncDispose]: async () => {
          if (kept.get(hash) !== handle) await handle.close()
        },
      }
    },
    async source(hash) {
      const handle = kept.get(hash)
      if (!handle) throw gone()
      const bytes = new Uint8Array((await handle.stat()).size)
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at)
        if (bytesRead === 0) throw gone()
        at += bytesRead
      }
      return new Upload(bytes, 'audio')
    },
    remove(hash) {
      const handle = kept.get(hash)
      kept.delete(hash)
      // Nothing is lost when it cannot be closed: it has been read, or is not wanted any more.
      handle?.close().catch(() => {})
    },
    sweep() {},
    async close() {
      const handles = [...kept.values()]
      kept.clear()
      await Promise.all(handles.map((handle) => handle.close()))
    },
  }
}

/** Files are read into buffers of their own, but for the smallest. */
function uploadOf(bytes: Buffer<ArrayBuffer>): Upload {
  const whole = bytes.length === bytes.buffer.byteLength
  return new Upload(whole ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes), 'audio')
}

async function nameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'sow-upload-'))
  try {
    return await open(join(folder, 'audio'), 'wx+', PRIVATE_FILE)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Writes and hashes in pieces, so that nobody else waits for it. */
async function write(audio: Blob, handle: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < audio.size; at += CHUNK) {
    const chunk = new Uint8Array(await audio.slice(at, at + CHUNK).arrayBuffer())
    hash.update(chunk)
    await handle.writeFile(chunk)
  }
  return hash.digest('hex')
}

/** The name of a file is on the disk when its folder is. Windows has no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function gone(): AlignError {
  return new AlignError('ALIGNMENT_FAILED', 'Expected the uploaded recording to be kept, it is gone', {
    retryable: false,
  })
}
