import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { StorageRefused, StorageUnavailable } from '../errors.ts'
import { migrate, requireCurrentSchema } from './migrate.ts'

/** The part of a connection that a verb needs, so that a test can listen to what is prepared. */
export interface Connection {
  prepare(sql: string): StatementSync
}

/** How long a connection waits for another one's lock, which in a folder of our own is only ever held for a moment. */
export const BUSY_TIMEOUT_MS = 2_000

export function databaseFile(folder: string): string {
  return join(folder, 'tributary.db')
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const CODES = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADb: 26,
}

function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

/** The fault of the disk or the machine behind an SQLite error, as one sentence; null when the error is our own. */
export function storageFault(error: unknown, folder: string): StorageUnavailable | null {
  switch (codeOf(error)) {
    case CODES.full:
      return new StorageUnavailable(
        `The disk that holds ${folder} is full: free some space, and Tributary goes on by itself.`,
        30,
      )
    case CODES.io:
    case CODES.readOnly:
    case CODES.cannotOpen:
      return new StorageUnavailable(
        `The database in ${folder} cannot be written (${String(error)}): check the disk and the folder's permissions.`,
        30,
      )
    case CODES.noMemory:
      return new StorageUnavailable('The database ran out of memory: give the process more.', 10)
    case CODES.busy:
    case CODES.locked:
      return new StorageUnavailable(
        `Another program holds the database in ${folder}: close it, and Tributary goes on by itself.`,
        5,
      )
    case CODES.corrupt:
    case CODES.notADb:
      return new StorageUnavailable(`${damaged(folder)}`, 60)
    default:
      return null
  }
}

function damaged(folder: string): string {
  return `The database ${databaseFile(folder)} is damaged or no database: stop Tributary and restore the newest backup.`
}

/**
 * The writer's connection: the schema brought up to date. WAL and FULL: a commit is on disk when it returns. Checkpoints
 * are ours (checkpoint.ts). The cache holds the upper pages of all indexes; decision 0012 has the figures.
 * What is deleted is overwritten, so that an erased person is not left in free pages (decision 0080).
 */
export function openForWriting(folder: string, maxPages: number | null): DatabaseSync {
  return opening(folder, () => {
    const file = databaseFile(folder)
    // For its owner alone; the WAL follows. Never open an existing file beside SQLite: to close it again would drop all
    // of this process' locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
    const db = new DatabaseSync(file)
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -49152; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;
      PRAGMA secure_delete = ON`)
    migrate(db, folder)
    if (maxPages !== null) db.exec(`PRAGMA max_page_count = ${maxPages}`)
    return db
  })
}

export function openForReading(folder: string): DatabaseSync {
  return opening(folder, () => {
    if (!existsSync(databaseFile(folder))) {
      throw new StorageRefused(`There is no database in ${folder}: check TRIBUTARY_DATA_DIR, or start the hub once.`)
    }
    const db = new DatabaseSync(databaseFile(folder), { readOnly: true })
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY`)
    requireCurrentSchema(db, folder)
    return db
  })
}

function opening(folder: string, open: () => DatabaseSync): DatabaseSync {
  try {
    return open()
  } catch (error) {
    const code = codeOf(error)
    if (code === CODES.corrupt || code === CODES.notADb) throw new StorageRefused(damaged(folder))
    const fault = storageFault(error, folder)
    throw fault === null ? error : new StorageRefused(fault.message)
  }
}
