import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { AlignError } from '../../errors.ts'

/** SQLite, spoken to without waiting: a write takes well under a millisecond, and a fraction of one more where it is synced. */
export type Database = InstanceType<typeof Libsql>

const SCHEMA_VERSION = 1

// Times are milliseconds since 1970. `request`, `result` and `error` are JSON; `owner` is a service (service-identity.ts).
const SCHEMA = `
  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    total INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE,
    fingerprint TEXT NOT NULL
  );
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
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
    idempotency_key TEXT UNIQUE,
    fingerprint TEXT NOT NULL,
    owner TEXT,
    lease_until INTEGER,
    unclean INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    batch_id TEXT,
    batch_index INTEGER,
    item_id TEXT,
    finish_order INTEGER
  );
  CREATE INDEX jobs_by_state ON jobs (state, seq);
  CREATE INDEX jobs_by_batch ON jobs (batch_id, finish_order);
  CREATE INDEX jobs_by_upload ON jobs (upload) WHERE upload IS NOT NULL;
  CREATE TABLE events (
    job_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`

/**
 * Opens the jobs of a folder, or of this process alone where there is none. A file that is damaged is set aside, and
 * `warn` is told where it is now.
 * @throws AlignError CACHE_UNWRITABLE
 */
export function openDatabase(folder: string | undefined, warn: (message: string) => void): Database {
  if (folder === undefined) return prepared(':memory:')
  const file = join(folder, 'jobs.db')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // SQLite gives its other files the mode of this one; what is in them is nobody else's.
    closeSync(openSync(file, 'a', 0o600))
    return prepared(file)
  } catch (error) {
    if (!isDamage(error)) throw unwritable(file, error)
    const aside = setAside(file)
    warn(
      `The jobs in ${file} cannot be read (${messageOf(error)}): the file is now ${aside}, and a new one is begun`,
    )
    closeSync(openSync(file, 'a', 0o600))
    return prepared(file)
  }
}

function prepared(file: string): Database {
  const LibsqlDatabase: typeof Libsql = createRequire(import.meta.url)('libsql')
  const database = new LibsqlDatabase(file)
  try {
    database.pragma('busy_timeout = 5000')
    database.pragma('journal_mode = WAL')
    // What must outlast a power cut is written within `durably`; what must outlast the process needs no sync.
    database.pragma('synchronous = NORMAL')
    database.transaction(() => makeTables(database)).immediate()
    checkWhole(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function makeTables(database: Database): void {
  const [{ user_version: version }] = database.pragma('user_version') as [{ user_version: number }]
  if (version === SCHEMA_VERSION) return
  if (version !== 0) {
    throw new AlignError(
      'CACHE_UNWRITABLE',
      `Expected jobs of version ${SCHEMA_VERSION}, got ${version}: another version of this program has made them`,
    )
  }
  database.exec(SCHEMA)
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
