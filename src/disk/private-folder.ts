import { chmodSync, mkdirSync, statSync } from 'node:fs'

/** Only its owner enters a folder of this mode. */
export const PRIVATE_FOLDER = 0o700
export const PRIVATE_FILE = 0o600

const OTHERS = 0o077

/**
 * Makes a folder, with those above it that are not there, that only its owner enters; one that is there already is closed
 * to others. Where it belongs to somebody else, who alone can close it, `warn` is told.
 * @throws the file system's error
 */
export function makePrivateFolder(folder: string, warn: (message: string) => void): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  // What Windows calls a mode says nothing of others.
  if (process.platform === 'win32') return
  const { mode } = statSync(folder)
  if ((mode & OTHERS) === 0) return
  try {
    chmodSync(folder, mode & PRIVATE_FOLDER)
  } catch (error) {
    warn(`Expected a folder that only its owner enters at ${folder}, got one that others do: ${error}`)
  }
}
