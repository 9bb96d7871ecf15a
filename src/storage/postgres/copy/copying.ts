import type { Values } from '../../columns.ts'
import { COPY_TABLES, type CopySource, type CopyTable, type CopyTarget } from '../../copy.ts'
import { StorageRefused } from '../../errors.ts'
import { connect } from '../connection.ts'
import { freeDeadClaims } from '../delivery/free.ts'
import { openingFault, storageFault } from '../faults.ts'
import { INSTANCE_LOCKS } from '../instance.ts'
import { migrate } from '../migrate.ts'
import { openSession, type Session } from './session.ts'
import { countSql, readSql, TABLES, writeSql } from './tables.ts'

/** Rows that are fetched and sent at a time; bodies of notifications are some 12 KB each. */
const ROWS = 500
const WIDE_ROWS = 100
/** Claims of processes that ended with the server's last start are not taken for dead for its first 10 s. */
const PATIENCE_MS = 15_000

/** Where the database is, without user and password. */
function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url.replace('@/', '@local/'))
    return `${searchParams.get('host') ?? host}${pathname}`
  } catch {
    return 'the address'
  }
}

function readingFrom(session: Session, place: string): Omit<CopySource, 'close'> {
  return {
    driver: 'postgres',
    place,
    async getMeta(name) {
      const [row] = await session.all('SELECT value FROM meta WHERE name = $1', [name])
      return row === undefined ? null : String(row[0])
    },
    count: async (table) => Number((await session.all(countSql(table)))[0]?.[0] ?? 0),
    read: (table) => pieces(session, table),
  }
}

async function* pieces(session: Session, table: CopyTable): AsyncGenerator<readonly Values[]> {
  const rows = table.name === 'notification_bodies' ? WIDE_ROWS : ROWS
  await session.all(`DECLARE copying NO SCROLL CURSOR FOR ${readSql(table)}`)
  try {
    for (;;) {
      const piece = await session.all(`FETCH ${rows} FROM copying`)
      if (piece.length > 0) yield piece
      if (piece.length < rows) return
    }
  } finally {
    await session.all('CLOSE copying').catch(() => undefined)
  }
}

/** No process of a hub may have the database open. */
async function requireNobody(session: Session, place: string): Promise<void> {
  const [row] = await session.all(
    `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::bigint::oid AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [INSTANCE_LOCKS],
  )
  const count = Number(row?.[0] ?? 0)
  if (count > 0) {
    throw new StorageRefused(
      `${count} process(es) of a hub have the database at ${place} open: stop them all, copy, and start them on the new database.`,
    )
  }
}

/** The schema as it is, or made; then a session in whose transaction everything is done. */
async function prepare(url: string, place: string, make: boolean): Promise<Session> {
  try {
    const short = await connect({ url, readOnly: false, name: 'db copy' })
    await migrate(short, place, make).finally(() => short.close())
    return await openSession(url)
  } catch (error) {
    throw openingFault(error, place) ?? error
  }
}

/** Ends the claims that dead processes left, as the next start of a hub would do it. */
async function endClaims(url: string, place: string, now: () => number): Promise<void> {
  const short = await connect({ url, readOnly: false, name: 'db copy' })
  const until = now() + PATIENCE_MS
  try {
    for (;;) {
      await short.command('BEGIN')
      await freeDeadClaims(short, 'copy', now())
      await short.command('COMMIT')
      const [left] = await short.all('SELECT EXISTS (SELECT FROM queues WHERE owner IS NOT NULL)::int')
      if (left?.[0] === 0) return
      if (now() > until) {
        throw new StorageRefused(
          `Queues at ${place} are still claimed by a process that cannot be asked: start the hub there once, stop it, and copy again.`,
        )
      }
      // A dead process tells nobody that it is dead; PATIENCE_MS ends the wait.
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  } finally {
    await short.close()
  }
}

/**
 * A PostgreSQL database to copy from. While it is read nobody can write to it: a hub that is started meanwhile ends with
 * its own sentence. Throws StorageRefused when one runs, or when the schema is not this program's.
 */
export async function openPostgresSource(url: string, now: () => number): Promise<CopySource> {
  const place = placeOf(url)
  const session = await prepare(url, place, false)
  try {
    await requireNobody(session, place)
    await endClaims(url, place, now)
    await session.all('BEGIN')
    await session.all(`LOCK TABLE ${TABLES.join(', ')} IN SHARE MODE`)
    await requireNobody(session, place)
    return { ...readingFrom(session, place), close: () => session.close() }
  } catch (error) {
    await session.close()
    throw storageFault(error, place) ?? error
  }
}

/** An empty PostgreSQL database to copy into: one transaction, so that all of it appears at once or none. */
export async function openPostgresTarget(url: string): Promise<CopyTarget> {
  const place = placeOf(url)
  const session = await prepare(url, place, true)
  try {
    await session.all('BEGIN')
    await session.all(`LOCK TABLE ${TABLES.join(', ')} IN ACCESS EXCLUSIVE MODE`)
    await requireNobody(session, place)
    for (const table of TABLES) {
      const [row] = await session.all(`SELECT EXISTS (SELECT FROM ${table})::int`)
      if (row?.[0] === 0) continue
      throw new StorageRefused(
        `The database at ${place} is not empty (${table}): copy into a new one, or drop the schema tributary there first.`,
      )
    }
    const statements = new Map(COPY_TABLES.map((table) => [table.name, writeSql(table)]))
    return {
      ...readingFrom(session, place),
      async write(table, rows) {
        const statement = statements.get(table.name)
        if (statement === undefined) throw new Error(`there is no table ${table.name}`)
        const written = await session
          .change(statement.sql, statement.rows.params(rows))
          .catch((error: unknown) => Promise.reject(storageFault(error, place) ?? error))
        if (written !== rows.length) throw new Error(`${written} of ${rows.length} rows of ${table.name} were written`)
      },
      async finish() {
        await session.all(`SELECT setval('fences', greatest((SELECT max(fence) FROM queues), 1))`)
        await session.all('COMMIT')
        // Where nobody has vacuumed yet, counts look at every row instead of the index alone.
        await session.all('VACUUM (ANALYZE)').catch(() => undefined)
      },
      close: () => session.close(),
    }
  } catch (error) {
    await session.close()
    throw storageFault(error, place) ?? error
  }
}
