import { StorageRefused } from '../errors.ts'
import { migrationsIn } from '../migrations.ts'
import type { Connection } from './connection.ts'

/** Advisory locks of ours, by two numbers: this one and a number of the purpose (or of an instance, instance.ts). */
export const LOCKS = 0x54726963
export const LOCK_OF = { migration: 1, positions: 2, tidying: 3 } as const

const OLDEST_SERVER = 15
/** Another process may migrate a large database meanwhile. */
const WAIT_FOR_LOCK_MS = 600_000

/**
 * Brings the schema `tributary` up to date, or, with `apply` false, only makes sure that it is. One process at a time
 * does it; the others wait for its lock. Each migration is a transaction of its own. There is no way back but a backup.
 */
export async function migrate(connection: Connection, place: string, apply: boolean): Promise<void> {
  await requireServer(connection, place)
  const known = migrationsIn(import.meta.dirname)
  if ((await currentVersion(connection, place, known.length)) === known.length) return
  if (!apply) {
    throw new StorageRefused(
      `The database at ${place} has no schema of this version: run "tributary migrate", or start without --no-migrate.`,
    )
  }
  await connection.command(`SET statement_timeout = ${WAIT_FOR_LOCK_MS}; SET lock_timeout = ${WAIT_FOR_LOCK_MS}`)
  await connection.all('SELECT pg_advisory_lock($1::int, $2::int)', [LOCKS, LOCK_OF.migration])
  const version = await currentVersion(connection, place, known.length)
  for (const { number, file, sql } of known.slice(version)) {
    await connection.command('BEGIN')
    if (number === 1) {
      await connection.command(`CREATE SCHEMA IF NOT EXISTS tributary; CREATE TABLE tributary.migrations (
        number integer PRIMARY KEY, file text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    }
    await connection.command(sql())
    await connection.change('INSERT INTO migrations (number, file) VALUES ($1::int, $2)', [number, file])
    await connection.command('COMMIT')
  }
}

async function requireServer(connection: Connection, place: string): Promise<void> {
  const [row] = await connection.all(
    `SELECT current_setting('server_version_num'), current_setting('server_encoding'), pg_is_in_recovery()::text`,
  )
  const [version, encoding, standby] = (row ?? []).map(String)
  if (Number(version) < OLDEST_SERVER * 10_000) {
    throw new StorageRefused(
      `PostgreSQL at ${place} is older than ${OLDEST_SERVER}: upgrade it, or use another server.`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new StorageRefused(
      `The database at ${place} is not in UTF8 (but ${encoding}): create it with ENCODING 'UTF8'.`,
    )
  }
  if (standby === 'true') {
    throw new StorageRefused(
      `PostgreSQL at ${place} is a standby and takes no writes: point TRIBUTARY_DATABASE_URL to the primary.`,
    )
  }
}

async function currentVersion(connection: Connection, place: string, newest: number): Promise<number> {
  const [found] = await connection.all(
    `SELECT to_regclass('tributary.migrations') IS NOT NULL,
       EXISTS (SELECT FROM pg_tables WHERE schemaname = 'tributary')`,
  )
  const [ours, tables] = (found ?? []).map((value) => String(value) === 't')
  if (ours !== true) {
    if (tables !== true) return 0
    throw new StorageRefused(
      `The schema tributary at ${place} belongs to another program: give us a database in which that name is free.`,
    )
  }
  const [row] = await connection.all('SELECT coalesce(max(number), 0) FROM tributary.migrations')
  const version = Number(row?.[0] ?? 0)
  if (version > newest) {
    throw new StorageRefused(
      `The database at ${place} was written by a newer Tributary (schema ${version}, this one knows ${newest}): start that version, or restore a backup made before it.`,
    )
  }
  return version
}
