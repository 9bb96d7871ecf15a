import pg from 'pg'
import type { Value, Values } from '../columns.ts'
import { withoutNul } from './arrays.ts'

/** A statement or a lock may take this long; then it is given up, and no worker hangs on it. */
const STATEMENT_MS = 5_000
const CONNECT_MS = 5_000
/** When the server itself is silent: a little after its own limit. */
const ANSWER_MS = 6_500
/** A transaction in which nothing is asked (a process that was stopped in the middle) gives back its locks. */
const IDLE_IN_TRANSACTION_MS = 8_000

/**
 * Every statement of ours looks up a bounded number of rows through an index, whatever the statistics say: a hash over
 * all that waits costs 200 ms where a hundred look-ups cost one.
 */
const PLANS = `SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
  SET random_page_cost = 1.1; SET plan_cache_mode = force_generic_plan`

/**
 * A plan is kept as long as its connection, and one that was made for an empty table is a bad one for a full one. So
 * plans are made anew after half a second, one, two … and then every so often, from the size that tables have by then.
 */
const FIRST_PLANS_MS = 500
const LAST_PLANS_MS = 10_000

export type Param = string | number | null | Buffer

/** One connection: one statement at a time. */
export interface Connection {
  all(sql: string, params?: readonly Param[]): Promise<readonly Values[]>
  /** The number of rows that it changed. */
  change(sql: string, params?: readonly Param[]): Promise<number>
  /** The command that was done, of BEGIN, COMMIT, ROLLBACK, SET, LISTEN. */
  command(sql: string): Promise<string>
  /** Makes the plans anew when they have grown old; between two borrowers. */
  refresh(): Promise<void>
  readonly broken: boolean
  onNotification(listener: (payload: string) => void): void
  onEnd(listener: () => void): void
  close(): Promise<void>
  /** Without a goodbye. */
  destroy(): void
}

/** Statements are prepared once on each connection, under one name everywhere. */
const names = new Map<string, string>()

/** Every statement that this process has run, for the test of their plans. */
export function statements(): readonly string[] {
  return [...names.keys()]
}

function nameOf(sql: string): string {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `t${names.size}`
  names.set(sql, name)
  return name
}

const BYTEA = 17
const INTEGERS = new Set([20, 21, 23, 26])

/** Integers are numbers: all of ours are below 2⁵³. pg gives every value as text, bytes in hexadecimal. */
function parserOf(oid: number): (value: string) => Value {
  if (INTEGERS.has(oid)) return Number
  if (oid === BYTEA) return (value) => new Uint8Array(Buffer.from(value.slice(2), 'hex'))
  return (value) => value
}

export interface ConnectOptions {
  readonly url: string
  readonly readOnly: boolean
  /** What `pg_stat_activity` shows. */
  readonly name: string
}

/** Connects and sets the session; rejects with pg's own error. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: `tributary ${options.name}`,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser: parserOf } as unknown as pg.CustomTypesConfig,
  })
  const connection = wrap(client)
  try {
    await client.connect()
    await connection.command(
      `SET search_path = tributary; SET statement_timeout = ${STATEMENT_MS}; SET lock_timeout = ${STATEMENT_MS - 500};
       SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}; SET client_min_messages = warning;
       SET default_transaction_read_only = ${options.readOnly ? 'on' : 'off'};
       SET default_transaction_isolation = 'read committed'; SET jit = off; ${PLANS};
       SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
    )
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  }
}

function wrap(client: pg.Client): Connection {
  let broken = false
  let plansMs = FIRST_PLANS_MS
  let planned = Date.now()
  let ended: () => void = () => undefined
  const end = (): void => {
    if (broken) return
    broken = true
    ended()
  }
  // Without a listener an idle connection that breaks would end the process.
  client.on('error', end)
  client.on('end', end)
  const run = async (sql: string, params: readonly Param[]): Promise<pg.QueryArrayResult<unknown[]>> => {
    const values = params.map((value) => (typeof value === 'string' ? withoutNul(value) : value))
    return client.query({ name: nameOf(sql), text: sql, values, rowMode: 'array' })
  }
  return {
    all: async (sql, params = []) => (await run(sql, params)).rows as readonly Values[],
    change: async (sql, params = []) => (await run(sql, params)).rowCount ?? 0,
    async command(sql) {
      const result: unknown = await client.query(sql)
      return String((Array.isArray(result) ? result.at(-1) : (result as pg.QueryResult)).command)
    },
    async refresh() {
      if (Date.now() < planned + plansMs) return
      planned = Date.now()
      plansMs = Math.min(plansMs * 2, LAST_PLANS_MS)
      await client.query('DISCARD PLANS')
    },
    get broken() {
      return broken
    },
    onNotification: (listener) => void client.on('notification', ({ payload }) => listener(payload ?? '')),
    onEnd(listener) {
      ended = listener
    },
    async close() {
      broken = true
      await client.end().catch(() => undefined)
    },
    destroy() {
      end()
      // A client that is in the middle of something would wait for it.
      const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
      connection.stream.destroy()
    },
  }
}
