import type { Dirent } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbandonedPartial, isPartial } from '../disk/partial-file.ts'

/** Keeps folders within a number of bytes. */
export type Budget = {
  /** Says that so many bytes were written; makes room where they are too many. */
  add(bytes: number): Promise<void>
  /** Counts what is there and makes room where it is too much. */
  keep(): Promise<void>
}

// Room is made below the limit, so that not every entry needs some; and for what others write meanwhile, of which one
// process learns only when it counts again, after having written this share itself.
const KEPT_SHARE = 0.9
const COUNTED_SHARE = 0.05

type Kept = { file: string; bytes: number; used: number }

export function createBudget(folders: readonly string[], maxBytes: number): Budget {
  let counted = 0
  let added = 0
  let counting: Promise<void> | undefined
  let next: Promise<void> | undefined

  async function add(bytes: number): Promise<void> {
    added += bytes
    if (counted + added > maxBytes || added > maxBytes * COUNTED_SHARE) await keep()
  }

  /** One count at a time; all who come during one wait for the next, which sees what they wrote. */
  function keep(): Promise<void> {
    if (!counting) return begin()
    next ??= counting.then(begin, begin)
    return next
  }

  function begin(): Promise<void> {
    next = undefined
    counting = makeRoom().finally(() => {
      counting = undefined
    })
    return counting
  }

  async function makeRoom(): Promise<void> {
    const before = added
    const { kept, abandoned } = await filesIn(folders)
    await Promise.all(abandoned.map((file) => rm(file, { force: true })))
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    if (total > maxBytes) {
      kept.sort((a, b) => a.used - b.used)
      for (const { file, bytes } of kept) {
        if (total <= maxBytes * KEPT_SHARE) break
        await rm(file, { force: true })
        total -= bytes
      }
    }
    counted = total
    added -= before
  }

  return { add, keep }
}

async function filesIn(folders: readonly string[]) {
  const kept: Kept[] = []
  const abandoned: string[] = []
  for (const folder of folders) {
    const entries = (await readdir(folder, { withFileTypes: true, recursive: true }).catch(ignoreGone)) ?? []
    const look = async ({ name, parentPath }: Dirent) => {
      const file = join(parentPath, name)
      const found = await stat(file).catch(ignoreGone)
      if (!found) return
      if (!isPartial(name)) kept.push({ file, bytes: found.size, used: found.mtimeMs })
      else if (isAbandonedPartial(name, found.mtimeMs)) abandoned.push(file)
    }
    await Promise.all(entries.filter((entry) => entry.isFile()).map(look))
  }
  return { kept, abandoned }
}

/** Another process may have removed it since it was listed. */
function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
