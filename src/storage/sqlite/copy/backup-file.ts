import { DatabaseSync } from 'node:sqlite'
import { APPLICATION_ID, numberOf } from '../migrate.ts'

/**
 * A backup is a database in one file, with one more row in `meta`: what its maker notes of it. That row is taken out when
 * it is restored.
 */
const NOTE = 'backup'

export type RowCounts = Readonly<Record<string, number>>

/** Rows of every table, the values of the database itself aside. Reads the whole of the smallest index of each. */
function rowCounts(db: DatabaseSync): RowCounts {
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta' ORDER BY name`)
    .all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const [count] = Object.values(db.prepare(`SELECT count(*) FROM "${String(name)}"`).get() ?? {})
      return [String(name), Number(count)]
    }),
  )
}

function metaOf(db: DatabaseSync, name: string): string | null {
  const row = db.prepare('SELECT value FROM meta WHERE name = ?').get(name)
  return row === undefined ? null : String(row.value)
}

/** null when every page is as it should be, else the first thing that is not. */
function fault(db: DatabaseSync, check: 'quick_check' | 'integrity_check'): string | null {
  const [row] = db.prepare(`PRAGMA ${check}(1)`).all()
  const said = String(Object.values(row ?? {})[0])
  return said === 'ok' ? null : said.replace(/^\*\*\* in database main \*\*\*\s*/, '').replaceAll('\n', ', ')
}

export interface Stored {
  readonly schema: number
  readonly counts: RowCounts
  /** The texts in which something sealed may be. */
  readonly documents: readonly string[]
}

/** Makes a fresh copy a backup: checked page by page, one file, with the note that `describe` gives. */
export function finishBackup(file: string, describe: (stored: Stored) => string): void {
  const db = new DatabaseSync(file)
  try {
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL')
    const broken = fault(db, 'quick_check')
    if (broken !== null) throw new BrokenCopy(broken)
    const documents = db.prepare('SELECT body FROM settings UNION ALL SELECT value FROM meta').all()
    const note = describe({
      schema: numberOf(db, 'user_version'),
      counts: rowCounts(db),
      documents: documents.map(({ body }) => String(body)),
    })
    db.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('${NOTE}', ?)`).run(note)
  } finally {
    db.close()
  }
}

/** The pages that were copied do not make a database. */
export class BrokenCopy extends Error {}

export interface Inspected {
  readonly schema: number
  /** null: a database of ours that is no backup. */
  readonly note: string | null
  readonly getMeta: (name: string) => Promise<string | null>
}

/** What a file says of itself; null when it is no database of ours. */
export function inspectBackup(file: string): Inspected | null {
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      if (numberOf(db, 'application_id') !== APPLICATION_ID) return null
      const rows = db.prepare('SELECT name, value FROM meta').all()
      const meta = new Map(rows.map(({ name, value }) => [String(name), String(value)]))
      const getMeta = async (name: string): Promise<string | null> => meta.get(name) ?? null
      return { schema: numberOf(db, 'user_version'), note: meta.get(NOTE) ?? null, getMeta }
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}

/**
 * Positions that may have been given after the backup: at most this many in each ms since. The restored database goes on
 * behind them, so that whoever follows `/events?after=` is not passed by.
 */
const POSITIONS_PER_MS = 100

/** What is found when a restored file is looked through. */
export type Verdict = { readonly kind: 'whole' } | { readonly kind: 'broken'; readonly reason: string }

/** Checks a copied backup against its note and makes a database of it again, marked as restored at `now`. */
export function finishRestore(
  file: string,
  expected: { readonly counts: RowCounts; readonly takenAt: number },
  now: number,
): Verdict {
  const db = new DatabaseSync(file)
  try {
    const broken = fault(db, 'integrity_check')
    if (broken !== null) return { kind: 'broken', reason: broken }
    const counts = rowCounts(db)
    const names = new Set([...Object.keys(counts), ...Object.keys(expected.counts)])
    const differs = [...names].find((name) => counts[name] !== expected.counts[name])
    if (differs !== undefined) {
      return {
        kind: 'broken',
        reason: `${differs} has ${counts[differs] ?? 0} rows where the backup had ${expected.counts[differs] ?? 0}`,
      }
    }
    const floor = Math.max(lastPosition(db), Number(metaOf(db, 'position_floor') ?? 0))
    const lost = Math.max(now - expected.takenAt, 1_000) * POSITIONS_PER_MS
    const put = db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
    db.exec('PRAGMA synchronous = FULL; BEGIN')
    put.run('position_floor', String(floor + lost))
    put.run('restored_at', String(now))
    put.run('restored_from', String(expected.takenAt))
    db.exec(`DELETE FROM meta WHERE name = '${NOTE}'; COMMIT`)
    return { kind: 'whole' }
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) }
  } finally {
    db.close()
  }
}

function lastPosition(db: DatabaseSync): number {
  const [position] = Object.values(db.prepare('SELECT max(position) FROM events').get() ?? {})
  return Number(position ?? 0)
}
