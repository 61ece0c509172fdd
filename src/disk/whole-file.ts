import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AlignError } from '../errors.ts'
import { partialName } from './partial-file.ts'

export type WholeFileOptions = {
  /** Whether a file that is there is replaced. */
  replace?: boolean
  /** Called when the contents lie on the disk under another name, before the file gets its own. */
  beforeNaming?: () => void
}

/**
 * Writes a file whole or not at all: its contents go to the disk under another name in the same folder, which becomes the
 * file's name at once. What is no regular file (a device, a pipe) is written as it is.
 * @throws AlignError OUTPUT_EXISTS where a file is there and is not to be replaced; the file system's error
 */
export function writeWholeFile(
  file: string,
  content: string | Uint8Array,
  { replace = false, beforeNaming = () => {} }: WholeFileOptions = {},
): void {
  const there = statSync(file, { throwIfNoEntry: false })
  if (there && !there.isFile() && !there.isDirectory()) {
    writeFileSync(file, content)
    return
  }
  // Of a link, what it leads to is replaced.
  const target = there ? realpathSync(file) : file
  // A short name: that of the file may be as long as names can be.
  const partial = partialName(join(dirname(target), '.sow-align'))
  try {
    writeToDisk(partial, content)
    beforeNaming()
    if (replace) renameSync(partial, target)
    else giveName(partial, target)
  } finally {
    rmSync(partial, { force: true })
  }
}

function writeToDisk(file: string, content: string | Uint8Array): void {
  const descriptor = openSync(file, 'wx')
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A second name for a file fails where that name is taken, so that nothing that comes in between is lost. */
function giveName(partial: string, target: string): void {
  try {
    linkSync(partial, target)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw outputExists(target)
    // File systems without second names (FAT, some of networks).
    if (statSync(target, { throwIfNoEntry: false })) throw outputExists(target)
    renameSync(partial, target)
  }
}

/** The error for a file that is there and was not written by us. */
export function outputExists(file: string): AlignError {
  return new AlignError('OUTPUT_EXISTS', `Expected no file at ${file} that was written by others, got one`)
}
