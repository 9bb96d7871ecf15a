import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes a large database of a small one: every customer with all that is theirs, so many times over. The rows are those
 * that the hub itself wrote, under other ids, so that a million events take a minute and not an hour.
 */
export function multiply(folder: string, times: number): { readonly events: number; readonly customers: number } {
  const db = new DatabaseSync(join(folder, 'data', 'tributary.db'))
  try {
    db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; BEGIN')
    settle(db)
    const positions = Number(one(db, 'SELECT max(position) FROM events'))
    const copies = Object.entries(COPIES).map(([table, changed]) => {
      const statement = db.prepare(copyOf(db, table, changed))
      statement.setAllowUnknownNamedParameters(true)
      return statement
    })
    for (let copy = 1; copy < times; copy += 1) {
      for (const statement of copies) statement.run({ k: `x${copy}`, shift: copy * positions })
    }
    db.exec(`UPDATE figures SET value = value * ${times}`)
    db.exec(
      `INSERT INTO delivery_counts (project_id, integration_id, channel_id, status, count)
       SELECT project_id, integration_id, channel_id, status, count(*) FROM deliveries GROUP BY 1, 2, 3, 4`,
    )
    db.exec(
      `INSERT INTO figures (project_id, environment, hour, figure, value)
       SELECT project_id, environment, settled_at - settled_at % 3600000, 'delivery:' || status || ':' || integration_id, count(*)
       FROM deliveries GROUP BY 1, 2, 3, 4`,
    )
    db.exec('COMMIT; PRAGMA journal_mode = WAL')
    return {
      events: Number(one(db, 'SELECT count(*) FROM events')),
      customers: Number(one(db, 'SELECT count(*) FROM customers')),
    }
  } finally {
    db.close()
  }
}

/** What waited was sent: most arrived, one in thirty failed, one in fifty was skipped. Most subscriptions are in force. */
function settle(db: DatabaseSync): void {
  db.exec(`UPDATE deliveries SET attempts = 1, settled_at = created_at + 120 + n % 400,
      status = CASE WHEN n % 30 = 7 THEN 'failed' WHEN n % 50 = 9 THEN 'skipped' ELSE 'delivered' END,
      reason = CASE WHEN n % 30 = 7 THEN 'refused' WHEN n % 50 = 9 THEN 'event_name_off' END;
    UPDATE purchases SET standing = CASE WHEN n % 5 = 0 THEN '' WHEN n % 9 = 1 THEN 'trial' ELSE 'subscription' END,
      standing_until = CASE WHEN n % 5 = 0 THEN NULL ELSE 9007199254740991 END;
    DELETE FROM queues; DELETE FROM delivery_counts; DELETE FROM figures WHERE figure LIKE 'delivery:%'`)
}

/** Columns that differ in a copy; all others are as they were, and `n` counts on. */
const COPIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  customers: {
    id: 'id || $k',
    original_app_user_id: '$k || original_app_user_id',
    last_seen_app_user_id: '$k || last_seen_app_user_id',
    aliases: `json_array($k || original_app_user_id)`,
    email: `$k || '-' || n || '@example.com'`,
  },
  aliases: { app_user_id: '$k || app_user_id', customer_id: 'customer_id || $k', hash: '$k || hash' },
  purchases: { chain: 'chain || $k', customer_id: 'customer_id || $k' },
  ledger: { chain: 'chain || $k' },
  events: {
    position: 'position + $shift',
    id: 'id || $k',
    customer_id: 'customer_id || $k',
    body: `json_set(body, '$.id', id || $k, '$.customerId', customer_id || $k, '$.appUserId', $k || json_extract(body, '$.appUserId'))`,
  },
  deliveries: { id: 'id || $k', customer_id: 'customer_id || $k', event_id: 'event_id || $k' },
}

/** From what was there before it was copied. */
function copyOf(db: DatabaseSync, table: string, changed: Readonly<Record<string, string>>): string {
  const columns = db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => String(name))
    .filter((name) => name !== 'n')
  db.exec(`CREATE TEMP TABLE kept_${table} AS SELECT * FROM ${table}`)
  const values = columns.map((name) => changed[name] ?? name).join(', ')
  return `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values} FROM kept_${table}`
}

function one(db: DatabaseSync, sql: string): unknown {
  return Object.values(db.prepare(sql).get() ?? {})[0]
}
