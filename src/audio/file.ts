import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { AlignError } from '../errors.ts'
import type { Transfer } from './transfer.ts'

/** What the codes of the file system mean. */
const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'one that may not be read',
  EPERM: 'one that may not be read',
  ENAMETOOLONG: 'a name that is too long',
}

/** Reads a file of the machine. @throws AlignError AUDIO_FETCH_FAILED naming the path, AUDIO_TOO_LARGE */
export async function readFileBytes(path: string, transfer: Transfer): Promise<Uint8Array> {
  try {
    const found = await stat(path)
    if (!found.isFile())
      throw unreadable(path, found.isDirectory() ? 'a folder' : 'something that is no file')
    transfer.checkSize(found.size)
    return await transfer.collect(createReadStream(path, { signal: transfer.signal }))
  } catch (error) {
    if (error instanceof AlignError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw unreadable(path, REASONS[code ?? ''] ?? message, error)
  }
}

function unreadable(path: string, got: string, cause?: unknown): AlignError {
  return new AlignError(
    'AUDIO_FETCH_FAILED',
    `Expected an audio file at ${JSON.stringify(path)}, got ${got}`,
    { cause },
  )
}
