import { BUSY_MS, type Database } from './database.ts'

/**
 * The file in which SQLite writes changes before they come into the database (jobs.db-wal). What is erased there is
 * overwritten with zeros, but its earlier states stand in this file until it is emptied.
 */
export type ChangeLog = {
  /** To be called when something was erased: the file is emptied once for all that is erased within a second. */
  emptySoon(): void
  /** Empties it now where that is due. */
  close(): void
}

const SOON_MS = 1000

/** `warn` is told once where it cannot be emptied; that is tried again until it can. */
export function createChangeLog(database: Database, warn: (message: string) => void): ChangeLog {
  let timer: NodeJS.Timeout | undefined
  let told = false
  let closed = false

  function emptySoon(): void {
    if (closed) return
    timer ??= setTimeout(empty, SOON_MS).unref()
  }

  function empty(): void {
    timer = undefined
    try {
      if (!emptied(database)) emptySoon()
      told = false
    } catch (error) {
      emptySoon()
      if (!told) warn(`What was erased is still in jobs.db-wal, which cannot be emptied: ${error}`)
      told = true
    }
  }

  return {
    emptySoon,
    close() {
      closed = true
      clearTimeout(timer)
      if (timer !== undefined) empty()
    },
  }
}

/** @returns false where another process reads it just now: it is not waited for, because everything else would wait as well */
function emptied(database: Database): boolean {
  database.pragma('busy_timeout = 0')
  try {
    const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
    return busy === 0
  } finally {
    database.pragma(`busy_timeout = ${BUSY_MS}`)
  }
}
