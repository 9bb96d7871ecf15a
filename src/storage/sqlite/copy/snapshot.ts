import { existsSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { StorageRefused } from '../../errors.ts'
import { BUSY_TIMEOUT_MS, databaseFile } from '../database.ts'
import { schemaVersion } from '../migrate.ts'
import { makeFile, steadySync } from './files.ts'

/**
 * Pages that are copied, and brought to disk, at a time (8 MB). One fsync of a whole copy at its end holds the hub's own
 * fsyncs up for as long as it takes: 640 ms at 1 GB on a busy disk, 200 to 290 ms in pieces (decision 0050).
 */
const PAGES = 2_000

/** The database of a folder for reading beside a hub, also one of an older schema. */
export function openBeside(folder: string): DatabaseSync {
  const file = databaseFile(folder)
  if (!existsSync(file)) {
    throw new StorageRefused(`There is no database in ${folder}: check TRIBUTARY_DATA_DIR, or start the hub once.`)
  }
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    schemaVersion(db, folder)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Copies what is committed now into a new file, page by page, while others write. One read transaction around the steps
 * keeps them on one state: without it SQLite begins anew whenever another connection has written, beside a busy hub for
 * ever. `progress` gets the part that is done, 0 to 1.
 */
export async function snapshot(db: DatabaseSync, file: string, progress: (done: number) => void): Promise<void> {
  makeFile(file)
  const disk = steadySync(file)
  db.exec('BEGIN')
  try {
    db.prepare('SELECT count(*) FROM meta').get()
    await backup(db, file, {
      rate: PAGES,
      progress: ({ totalPages, remainingPages }) => {
        disk.sync()
        progress(1 - remainingPages / Math.max(totalPages, 1))
      },
    })
  } finally {
    disk.close()
    db.exec('ROLLBACK')
  }
}
