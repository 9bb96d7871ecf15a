import pg from 'pg'
import type { Value, Values } from '../../columns.ts'
import type { Param } from '../connection.ts'

/** A connection for statements that may take as long as they take: what a copy reads and writes. */
export interface Session {
  all(sql: string, params?: readonly Param[]): Promise<readonly Values[]>
  change(sql: string, params?: readonly Param[]): Promise<number>
  close(): Promise<void>
}

const INTEGERS = new Set([20, 21, 23, 26])
const BYTEA = 17

/** Text form: a copy is read once, and the bodies in it cost less than the way to the other side. */
function parserOf(oid: number): (text: string) => Value {
  if (INTEGERS.has(oid)) return Number
  if (oid === BYTEA) return (text) => Buffer.from(text.slice(2), 'hex')
  return (text) => text
}

const CONNECT_MS = 5_000

export async function openSession(url: string): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tributary db copy',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf } as unknown as pg.CustomTypesConfig,
  })
  // The statement that is under way, or the next one, rejects.
  client.on('error', () => undefined)
  await client.connect()
  // Locks are waited for no longer than a hub would wait.
  await client.query(`SET search_path = tributary; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET lock_timeout = 4500; SET client_min_messages = warning; SET jit = off; SET default_transaction_isolation = 'repeatable read'`)
  const run = (sql: string, params: readonly Param[]): Promise<pg.QueryArrayResult<unknown[]>> =>
    client.query({ text: sql, values: [...params], rowMode: 'array' })
  return {
    all: async (sql, params = []) => (await run(sql, params)).rows as readonly Values[],
    change: async (sql, params = []) => (await run(sql, params)).rowCount ?? 0,
    close: () => client.end().catch(() => undefined),
  }
}
