import { closeSync, openSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { makePrivateFolder, PRIVATE_FILE } from '../../disk/private-folder.ts'
import { AlignError } from '../../errors.ts'
import { NO_TENANT, type Tenant } from '../auth.ts'

/** SQLite, spoken to without waiting: a write takes well under a millisecond, and a fraction of one more where it is synced. */
export type Database = InstanceType<typeof Libsql>

const SCHEMA_VERSION = 2

/** How long a statement waits for other processes, milliseconds. */
export const BUSY_MS = 5000

// Times are milliseconds since 1970. `request`, `result` and `error` are JSON; `owner` is a service
// (service-identity.ts), `tenant` that of ../auth.ts.
const JOBS = `
  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    total INTEGER NOT NULL,
    idempotency_key TEXT,
    fingerprint TEXT NOT NULL,
    UNIQUE (tenant, idempotency_key)
  );
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    percentage INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    request_id TEXT NOT NULL,
    request TEXT,
    shown TEXT NOT NULL,
    upload TEXT,
    result TEXT,
    error TEXT,
    idempotency_key TEXT,
    fingerprint TEXT NOT NULL,
    owner TEXT,
    lease_until INTEGER,
    unclean INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    batch_id TEXT,
    batch_index INTEGER,
    item_id TEXT,
    finish_order INTEGER,
    UNIQUE (tenant, idempotency_key)
  );
  CREATE INDEX jobs_by_state ON jobs (state, seq);
  CREATE INDEX jobs_by_tenant ON jobs (tenant, seq);
  CREATE INDEX jobs_by_batch ON jobs (batch_id, finish_order);
  CREATE INDEX jobs_by_upload ON jobs (upload) WHERE upload IS NOT NULL;
`
const EVENTS = `
  CREATE TABLE events (
    job_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
  ) WITHOUT ROWID;
`

// The first version had no tenants. SQLite takes no UNIQUE away: the tables are made anew.
const OLD_BATCHES = 'id, created_at, total, idempotency_key, fingerprint'
const OLD_JOBS = `seq, id, state, stage, percentage, created_at, started_at, finished_at, request_id, request, shown, upload, result,
  error, idempotency_key, fingerprint, owner, lease_until, unclean, tries, not_before, batch_id, batch_index, item_id,
  finish_order`
const FROM_FIRST = `
  DROP INDEX jobs_by_state;
  DROP INDEX jobs_by_batch;
  DROP INDEX jobs_by_upload;
  ALTER TABLE batches RENAME TO old_batches;
  ALTER TABLE jobs RENAME TO old_jobs;
  ${JOBS}
  INSERT INTO batches (tenant, ${OLD_BATCHES}) SELECT '${NO_TENANT}', ${OLD_BATCHES} FROM old_batches;
  INSERT INTO jobs (tenant, ${OLD_JOBS}) SELECT '${NO_TENANT}', ${OLD_JOBS} FROM old_jobs;
  DROP TABLE old_batches;
  DROP TABLE old_jobs;
`

/**
 * Opens the jobs of a folder, or of this process alone where there is none. A file that is damaged is set aside, and
 * `warn` is told where it is now. What was kept while no keys were set becomes the heir's.
 * @throws AlignError CACHE_UNWRITABLE
 */
export function openDatabase(
  folder: string | undefined,
  warn: (message: string) => void,
  heir: Tenant,
): Database {
  if (folder === undefined) return prepared(':memory:', heir)
  const file = join(folder, 'jobs.db')
  try {
    makePrivateFolder(folder, warn)
    // SQLite gives its other files the mode of this one; what is in them is nobody else's.
    closeSync(openSync(file, 'a', PRIVATE_FILE))
    return prepared(file, heir)
  } catch (error) {
    if (!isDamage(error)) throw unwritable(file, error)
    const aside = setAside(file)
    warn(
      `The jobs in ${file} cannot be read (${messageOf(error)}): the file is now ${aside}, and a new one is begun`,
    )
    closeSync(openSync(file, 'a', PRIVATE_FILE))
    return prepared(file, heir)
  }
}

function prepared(file: string, heir: Tenant): Database {
  const LibsqlDatabase: typeof Libsql = createRequire(import.meta.url)('libsql')
  const database = new LibsqlDatabase(file)
  try {
    database.pragma(`busy_timeout = ${BUSY_MS}`)
    database.pragma('journal_mode = WAL')
    // What must outlast a power cut is written within `durably`; what must outlast the process needs no sync.
    database.pragma('synchronous = NORMAL')
    // What is deleted is overwritten with zeros. The first version did not: its free pages go.
    database.pragma('secure_delete = ON')
    if (versionOf(database) === 1) database.exec('VACUUM')
    database.transaction(() => makeTables(database, heir)).immediate()
    checkWhole(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function makeTables(database: Database, heir: Tenant): void {
  const version = versionOf(database)
  if (version > SCHEMA_VERSION) {
    throw new AlignError(
      'CACHE_UNWRITABLE',
      `Expected jobs of version ${SCHEMA_VERSION}, got ${version}: another version of this program has made them`,
    )
  }
  if (version === 0) database.exec(JOBS + EVENTS)
  if (version === 1) database.exec(FROM_FIRST)
  if (version < SCHEMA_VERSION) database.pragma(`user_version = ${SCHEMA_VERSION}`)
  if (heir === NO_TENANT) return
  for (const table of ['jobs', 'batches']) {
    // One whose idempotency key the heir has used as well stays nobody's, until it expires.
    database.prepare(`UPDATE OR IGNORE ${table} SET tenant = ? WHERE tenant = '${NO_TENANT}'`).run(heir)
  }
}

function versionOf(database: Database): number {
  const [{ user_version: version }] = database.pragma('user_version') as [{ user_version: number }]
  return version
}

function checkWhole(database: Database): void {
  const [found] = database.pragma('quick_check(1)') as [{ quick_check: string }]
  if (found.quick_check !== 'ok')
    throw Object.assign(new Error(found.quick_check), { code: 'SQLITE_CORRUPT' })
}

function isDamage(error: unknown): boolean {
  return /^SQLITE_(NOTADB|CORRUPT)/.test(String((error as { code?: unknown }).code))
}

function setAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
  renameSync(file, aside)
  for (const part of ['-wal', '-shm']) {
    try {
      renameSync(file + part, aside + part)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return aside
}

function unwritable(file: string, cause: unknown): AlignError {
  if (cause instanceof AlignError) return cause
  return new AlignError('CACHE_UNWRITABLE', `Expected jobs to be kept in ${file}: ${messageOf(cause)}`, {
    cause,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
