import { join } from 'node:path'
import { NO_TENANT, type Tenant } from '../auth.ts'
import { createChangeLog } from './change-log.ts'
import { type Changes, createChanges } from './changes.ts'
import { type Claims, createClaims } from './claims.ts'
import { type Database, openDatabase } from './database.ts'
import { living, newIdentity } from './service-identity.ts'
import { createStore, type Store } from './store.ts'
import { createTable } from './table.ts'
import { type Uploads, uploadsIn, uploadsOfProcess } from './uploads.ts'

/** Where jobs are kept, opened. */
export type OpenedJobs = {
  store: Store
  claims: Claims
  uploads: Uploads
  changes: Changes
  /** Removes an upload that no job needs any more. */
  release(upload: string | null): void
  /** Removes every such upload. */
  sweep(): void
  /** Tells those who wait when another process has changed something. */
  look(): void
  close(): Promise<void>
}

/**
 * Opens the jobs of a cache folder, or of this process alone. What was kept while no keys were set becomes the heir's.
 * @throws AlignError CACHE_UNWRITABLE
 */
export function openJobs(
  cacheDir: string | undefined,
  leaseMs: number,
  warn: (message: string) => void,
  heir: Tenant = NO_TENANT,
): OpenedJobs {
  const folder = cacheDir === undefined ? undefined : join(cacheDir, 'jobs')
  const database = openDatabase(folder, warn, heir)
  const log = createChangeLog(database, warn)
  const table = createTable(database, log.emptySoon)
  const store = createStore(database, table)
  const uploads = folder === undefined ? uploadsOfProcess() : uploadsIn(join(folder, 'uploads'))
  const changes = createChanges()
  // What a process erased that ended before it emptied the file.
  log.emptySoon()
  const self = newIdentity()
  living.add(self)
  let version = versionOf(database)
  return {
    store,
    claims: createClaims(database, table, self, leaseMs),
    uploads,
    changes,
    release(upload) {
      if (upload === null) return
      const remove = () => {
        if (!store.needs(upload)) uploads.remove(upload)
      }
      database.transaction(remove).immediate()
    },
    sweep: () => database.transaction(() => uploads.sweep(store.needs)).immediate(),
    look() {
      if (changes.waiting() === 0) return
      const now = versionOf(database)
      if (now !== version) changes.tellAll()
      version = now
    },
    async close() {
      changes.close()
      living.delete(self)
      log.close()
      database.close()
      await uploads.close()
    },
  }
}

/** Another number after every change by another connection. */
function versionOf(database: Database): number {
  const [{ data_version: version }] = database.pragma('data_version') as [{ data_version: number }]
  return version
}
