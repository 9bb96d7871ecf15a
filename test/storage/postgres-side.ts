import pg from 'pg'
import { vi } from 'vitest'

/** A session of a test's own beside the driver. */
export interface Side {
  query(sql: string, params?: readonly unknown[]): Promise<readonly unknown[][]>
  /** Empties every table; identities and positions begin anew. */
  reset(): Promise<void>
  /** Resolves when every committed event has its position. */
  numbered(): Promise<void>
  close(): Promise<void>
}

export async function openSide(url: string): Promise<Side> {
  const client = new pg.Client({ connectionString: url, application_name: 'test' })
  client.on('error', () => undefined)
  await client.connect()
  await client.query('SET search_path = tributary')
  const query = async (sql: string, params: readonly unknown[] = []): Promise<readonly unknown[][]> =>
    (await client.query({ text: sql, values: [...params], rowMode: 'array' })).rows as unknown[][]
  return {
    query,
    async reset() {
      const tables = await query(
        `SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
         WHERE schemaname = 'tributary' AND tablename NOT IN ('migrations', 'last_position')`,
      )
      await query(`TRUNCATE ${String(tables[0]?.[0])} RESTART IDENTITY`)
      await query('UPDATE last_position SET position = 0')
    },
    numbered: () =>
      vi.waitFor(
        async () => {
          const [row] = await query('SELECT count(*)::int FROM unnumbered')
          if (row?.[0] !== 0) throw new Error(`${String(row?.[0])} events have no position`)
        },
        { timeout: 10_000, interval: 5 },
      ),
    close: () => client.end(),
  }
}
