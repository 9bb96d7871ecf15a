import type { DatabaseSync } from 'node:sqlite'
import { appUserIdHash } from '../../domain/ids.ts'
import { StorageRefused } from '../errors.ts'
import { type Migration, migrationsIn } from '../migrations.ts'
import { addLedger } from './ledger-figures.ts'

/** 'Trib': tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x54726962

const migrations = (): readonly Migration[] => migrationsIn(import.meta.dirname)

/** The schema of this program. */
export function newestSchema(): number {
  return migrations().length
}

export function numberOf(db: DatabaseSync, pragma: string): number {
  const row = db.prepare(`PRAGMA ${pragma}`).get()
  return Number(row === undefined ? 0 : Object.values(row)[0])
}

/** Throws StorageRefused when the database is another program's, or of a newer one. */
export function schemaVersion(db: DatabaseSync, folder: string): number {
  const version = numberOf(db, 'user_version')
  const application = numberOf(db, 'application_id')
  const tables = numberOf(db, 'schema_version')
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new StorageRefused(
      `The file tributary.db in ${folder} belongs to another program: set TRIBUTARY_DATA_DIR to a folder of our own.`,
    )
  }
  if (version > migrations().length) {
    throw new StorageRefused(
      `The database in ${folder} was written by a newer Tributary (schema ${version}, this one knows ${migrations().length}): start that version, or restore a backup made before it.`,
    )
  }
  return version
}

/** What a migration computes that SQL alone cannot, in its transaction. */
const FILL: Readonly<Record<number, (db: DatabaseSync) => void>> = {
  4: (db) => {
    const update = db.prepare('UPDATE aliases SET hash = ? WHERE project_id = ? AND app_user_id = ?')
    for (const { project_id, app_user_id } of db.prepare('SELECT project_id, app_user_id FROM aliases').all()) {
      update.run(appUserIdHash(String(app_user_id)), String(project_id), String(app_user_id))
    }
  },
  11: addLedger,
}

/** Applies what is missing, each migration in a transaction of its own. There is no way back but a backup. */
export function migrate(db: DatabaseSync, folder: string): void {
  const version = schemaVersion(db, folder)
  for (const { number, sql } of migrations().slice(version)) {
    db.exec('BEGIN IMMEDIATE')
    try {
      db.exec(sql())
      FILL[number]?.(db)
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${number}`)
      db.exec('COMMIT')
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
}

/** For a connection that may not change the schema. */
export function requireCurrentSchema(db: DatabaseSync, folder: string): void {
  const version = schemaVersion(db, folder)
  if (version < migrations().length) {
    throw new StorageRefused(
      `The database in ${folder} is of an older Tributary (schema ${version}): run "tributary migrate" or start the hub once.`,
    )
  }
}
