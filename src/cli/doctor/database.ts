import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StorageLocked } from '../../storage/errors.ts'
import { databaseFile } from '../../storage/sqlite/database.ts'
import { lockFolder } from '../../storage/sqlite/lock.ts'
import { type Finding, fail, ok, warn } from './check.ts'

/** Whether a hub holds the data folder. */
export function hubRuns(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false
  try {
    lockFolder(dataDir).release()
    return false
  } catch (error) {
    return error instanceof StorageLocked
  }
}

export function hasDatabase(dataDir: string): boolean {
  return existsSync(databaseFile(dataDir))
}

/** quick_check reads every page: about a second for each 500 MB on an SSD. */
const LARGEST = 2 * 1024 ** 3

/** Reads beside a running hub. */
export function integrityFinding(dataDir: string): Finding {
  const file = databaseFile(dataDir)
  const size = statSync(file).size
  if (size > LARGEST)
    return warn(
      'database',
      `${file} is too large for a quick check.`,
      `Check a copy: sqlite3 COPY "PRAGMA quick_check"`,
    )
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      const rows = db.prepare('PRAGMA quick_check(1)').all()
      const [answer] = Object.values(rows[0] ?? {})
      if (answer === 'ok') return ok('database', `${file} is whole (${Math.ceil(size / 1024 ** 2)} MiB)`)
    } finally {
      db.close()
    }
  } catch {
    // The same words: what cannot be read is not whole.
  }
  return fail('database', `${file} is damaged.`, 'Stop the hub and restore the newest backup.')
}

/** What was told between the backup and the restore is missing, as long as no store tells it again. */
export function restoredFindings(at: string | null, from: string | null): readonly Finding[] {
  if (at === null || from === null) return []
  const moment = (ms: string): string => new Date(Number(ms)).toISOString().slice(0, 19)
  return [
    ok(
      'restored',
      `at ${moment(at)}Z from a backup of ${moment(from)}Z; what came between is there only if it came again`,
    ),
  ]
}
