import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Value, Values } from '../../columns.ts'
import { type CopySource, type CopyTable, type CopyTarget, columnNames, OWN_META } from '../../copy.ts'
import { StorageRefused } from '../../errors.ts'
import { databaseFile, openForReading, openForWriting, storageFault } from '../database.ts'
import { lockFolder, prepareFolder } from '../lock.ts'
import { migrate } from '../migrate.ts'
import { change, query } from '../query.ts'
import { freeDeadClaims } from '../write/free.ts'
import { openMemory } from '../write/memory.ts'
import { makeFile, publish } from './files.ts'

/** Rows go in pieces of at most so many, or about so many bytes. */
const ROWS = 500
const BYTES = 4 * 1024 ** 2

const OWN = OWN_META.map((name) => `'${name}'`).join(', ')
const POSITION = `max(coalesce((SELECT max(position) FROM events), 0),
  coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'position_floor'), 0))`

/** Where a table is kept as it travels, its rows are read and written by name; here is what differs. */
function readSql(table: CopyTable): string {
  const columns = columnNames(table).join(', ')
  switch (table.name) {
    case 'meta':
      return `SELECT ${columns} FROM meta WHERE name NOT IN (${OWN}) ORDER BY name`
    case 'position':
      return `SELECT ${POSITION}`
    case 'notification_bodies':
      return `SELECT m.project_id, m.id, m.received_at, b.packed, b.body FROM notification_bodies b JOIN notifications m ON m.n = b.n ORDER BY b.n`
    case 'delivery_counts':
      return `SELECT ${columns} FROM delivery_counts WHERE count <> 0`
    case 'figures':
      return `SELECT ${columns} FROM figures WHERE value <> 0`
    case 'notifications':
    case 'purchases':
    case 'deliveries':
    case 'attempts':
    case 'audit_log':
      return `SELECT ${columns} FROM ${table.name} ORDER BY n`
    default:
      return `SELECT ${columns} FROM ${table.name}`
  }
}

function countSql(table: CopyTable): string {
  if (['meta', 'delivery_counts', 'figures', 'position'].includes(table.name))
    return `SELECT count(*) FROM (${readSql(table)})`
  return `SELECT count(*) FROM ${table.name}`
}

function writeSql(table: CopyTable): string {
  const names = columnNames(table)
  const marks = (count: number): string => Array(count).fill('?').join(', ')
  switch (table.name) {
    case 'position':
      return `INSERT INTO meta (name, value) VALUES ('position_floor', ?)`
    case 'notification_bodies':
      return `INSERT INTO notification_bodies (n, packed, body)
        SELECT n, ?4, ?5 FROM notifications WHERE project_id = ?1 AND id = ?2 AND received_at = ?3`
    case 'events':
      return `INSERT INTO events (${names.join(', ')}, occurred_at, seq)
        VALUES (${names.map((_, index) => `?${index + 1}`).join(', ')}, json_extract(?${names.length}, '$.occurredAt'), json_extract(?${names.length}, '$.seq'))`
    case 'queues':
      return `INSERT INTO queues (${names.join(', ')}, claimed) VALUES (${marks(names.length)}, 0)`
    default:
      return `INSERT INTO ${table.name} (${names.join(', ')}) VALUES (${marks(names.length)})`
  }
}

function sizeOf(row: Values): number {
  let size = 0
  for (const value of row) size += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8
  return size
}

function* pieces(db: DatabaseSync, sql: string): Generator<readonly Values[]> {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  let piece: Values[] = []
  let bytes = 0
  for (const found of statement.iterate()) {
    const row = found as unknown as Values
    piece.push(row)
    bytes += sizeOf(row)
    if (piece.length < ROWS && bytes < BYTES) continue
    yield piece
    piece = []
    bytes = 0
  }
  if (piece.length > 0) yield piece
}

function readingFrom(db: DatabaseSync, place: string): Omit<CopySource, 'close'> {
  return {
    driver: 'embedded',
    place,
    async getMeta(name) {
      const row = query(db, 'SELECT value FROM meta WHERE name = ?').first(name)
      return row === undefined ? null : String(row[0])
    },
    count: async (table) => Number(query(db, countSql(table)).first()?.[0] ?? 0),
    async *read(table) {
      yield* pieces(db, readSql(table))
    },
  }
}

/**
 * A data folder to copy from. It is locked, so no hub runs on it meanwhile, and its claims are ended as the next start
 * would do it. Throws StorageLocked, and StorageRefused for a schema that is not this program's.
 */
export function openFolderSource(folder: string, now: number): CopySource {
  if (!existsSync(databaseFile(folder))) {
    throw new StorageRefused(`There is no database in ${folder}: name the data folder of the hub.`)
  }
  const lock = lockFolder(folder)
  try {
    // Refuses an older schema, which the next connection would bring up to date.
    openForReading(folder).close()
    const db = openForWriting(folder, null)
    const memory = openMemory(db)
    db.exec('BEGIN IMMEDIATE')
    freeDeadClaims(db, memory)({ owner: 'copy', now })
    db.exec('COMMIT; PRAGMA query_only = ON; BEGIN')
    return {
      ...readingFrom(db, folder),
      async close() {
        db.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

const DRAFT = 'tributary.db.copying'

/**
 * A data folder to copy into: it must hold no database. All is written into a file beside, which takes the database's
 * name when it is finished and on disk.
 */
export function openFolderTarget(folder: string): CopyTarget {
  prepareFolder(folder)
  const lock = lockFolder(folder)
  const draft = join(folder, DRAFT)
  const drop = (): void => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(draft + end, { force: true })
  }
  try {
    if (existsSync(databaseFile(folder))) {
      throw new StorageRefused(
        `The data folder ${folder} holds a database already: move it away, or copy into another folder.`,
      )
    }
    drop()
    makeFile(draft)
    const db = new DatabaseSync(draft)
    // Nothing is lost when this dies half-way: the file is thrown away then.
    db.exec(`PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -131072; PRAGMA temp_store = FILE`)
    migrate(db, folder)
    return writingInto(db, folder, { draft, drop, release: () => lock.release() })
  } catch (error) {
    drop()
    lock.release()
    throw error
  }
}

function writingInto(
  db: DatabaseSync,
  folder: string,
  file: { readonly draft: string; drop(): void; release(): void },
): CopyTarget {
  const statements = new Map<string, (...row: Value[]) => number>()
  let open = true
  const end = (): void => {
    if (open) db.close()
    open = false
  }
  return {
    ...readingFrom(db, folder),
    async write(table, rows) {
      const insert = statements.get(table.name) ?? change(db, writeSql(table))
      statements.set(table.name, insert)
      try {
        db.exec('BEGIN')
        for (const row of rows) {
          if (insert(...row) !== 1) throw new Error(`a row of ${table.name} has no place: ${String(row[1])}`)
        }
        db.exec('COMMIT')
      } catch (error) {
        throw storageFault(error, folder) ?? error
      }
    },
    async finish() {
      end()
      publish(file.draft, databaseFile(folder))
    },
    async close() {
      end()
      file.drop()
      file.release()
    },
  }
}
