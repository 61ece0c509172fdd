import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PRIVATE_FOLDER } from '../disk/private-folder.ts'
import { isGone, type ProcessIdentity, thisProcess } from '../disk/process-identity.ts'

/**
 * Marks on disk of what runs, so that a process which is ended by native code leaves behind what it was at. Each process
 * has a folder: its identity, and a file for every input that runs.
 */
export type InFlight = {
  /** Inputs that were running when processes ended without a word. */
  leftBehind: readonly string[]
  /** Forgets them, once they are written down elsewhere. */
  forget(): Promise<void>
  begin(key: string): Promise<void>
  end(key: string): Promise<void>
  /** Nothing runs any more. */
  close(): Promise<void>
}

// As earlier versions call it.
const IDENTITY_FILE = 'owner'
// Of processes on other hosts, as of containers that were replaced, nothing is known but this.
const FOREIGN_MS = 24 * 3600 * 1000

/** @throws the file system's error */
export async function openInFlight(folder: string): Promise<InFlight> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  const gone = await foldersOfTheDead(folder)
  const leftBehind = (await Promise.all(gone.map((path) => readdir(path)))).flat()
  const own = join(folder, randomUUID())
  await mkdir(own)
  await writeFile(join(own, IDENTITY_FILE), JSON.stringify(thisProcess()))
  const running = new Map<string, number>()
  // Who ends by its own will, even in mid-work, was not ended by an input.
  const leave = () => rmSync(own, { recursive: true, force: true })
  process.on('exit', leave)
  return {
    leftBehind: leftBehind.filter((name) => name !== IDENTITY_FILE),
    async forget() {
      for (const path of gone) await rm(path, { recursive: true, force: true })
    },
    async begin(key) {
      running.set(key, (running.get(key) ?? 0) + 1)
      await writeFile(join(own, key), '')
    },
    async end(key) {
      const others = (running.get(key) ?? 1) - 1
      if (others > 0) return void running.set(key, others)
      running.delete(key)
      await rm(join(own, key), { force: true })
    },
    async close() {
      process.off('exit', leave)
      await rm(own, { recursive: true, force: true })
    },
  }
}

async function foldersOfTheDead(folder: string): Promise<string[]> {
  const paths = (await readdir(folder)).map((name) => join(folder, name))
  const dead = await Promise.all(paths.map(isOfTheDead))
  return paths.filter((_, i) => dead[i])
}

async function isOfTheDead(path: string): Promise<boolean> {
  const since = (await stat(path).catch(() => undefined))?.mtimeMs
  if (since === undefined) return false
  try {
    const identity: ProcessIdentity = JSON.parse(await readFile(join(path, IDENTITY_FILE), 'utf8'))
    if (isGone(identity)) return true
    return identity.host !== thisProcess().host && Date.now() - since > FOREIGN_MS
  } catch {
    // Without an identity: it is being made, or its maker died at that moment.
    return Date.now() - since > FOREIGN_MS
  }
}
