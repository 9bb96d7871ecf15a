import { type CopyTable, columnNames, OWN_META } from '../../copy.ts'
import { given } from '../arrays.ts'

/** Where a table is kept as it travels, its rows are read and written by name; here is what differs. */

const OWN = OWN_META.map((name) => `'${name}'`).join(', ')

/** Events that no process has numbered yet get the positions that they would get next. */
const PLACES = `(SELECT position, project_id, event_id, customer_id, type, name, environment FROM event_places
  UNION ALL SELECT l.position + row_number() OVER (ORDER BY u.n), u.project_id, u.event_id, u.customer_id, u.type, u.name, u.environment
  FROM unnumbered u, last_position l) p`

export function readSql(table: CopyTable): string {
  const columns = columnNames(table).join(', ')
  switch (table.name) {
    case 'meta':
      return `SELECT ${columns} FROM meta WHERE name NOT IN (${OWN}) ORDER BY name`
    case 'position':
      return 'SELECT l.position + (SELECT count(*) FROM unnumbered) FROM last_position l'
    case 'app_inbox':
      return `SELECT project_id, app_id, max(last_at), (array_agg(last_type ORDER BY last_at DESC NULLS LAST))[1],
        sum(waiting)::bigint, sum(understood)::bigint, sum(ignored)::bigint, sum(parked)::bigint, sum(refused)::bigint, max(refused_at),
        (array_agg(refused_reason ORDER BY refused_at DESC NULLS LAST))[1],
        (array_agg(refused_claimed ORDER BY refused_claimed IS NULL, refused_at DESC NULLS LAST))[1]
        FROM app_inbox GROUP BY project_id, app_id`
    case 'delivery_counts':
      return `SELECT project_id, integration_id, channel_id, status, sum(count)::bigint FROM delivery_counts
        GROUP BY project_id, integration_id, channel_id, status HAVING sum(count) <> 0`
    case 'figures':
      return `SELECT project_id, environment, hour, figure, sum(value)::bigint FROM figures
        GROUP BY project_id, environment, hour, figure HAVING sum(value) <> 0`
    case 'events':
      return `SELECT p.position, e.project_id, e.id, p.customer_id, p.type, p.name, p.environment, e.attribute_set, e.notification_id, e.body
        FROM ${PLACES} JOIN events e ON e.project_id = p.project_id AND e.id = p.event_id ORDER BY p.project_id, p.position`
    case 'notifications':
    case 'purchases':
    case 'deliveries':
    case 'audit_log':
      return `SELECT ${columns} FROM ${table.name} ORDER BY n`
    case 'attempts':
      return `SELECT ${columns} FROM attempts ORDER BY project_id, at`
    default:
      return `SELECT ${columns} FROM ${table.name}`
  }
}

export function countSql(table: CopyTable): string {
  switch (table.name) {
    case 'meta':
    case 'position':
    case 'app_inbox':
    case 'delivery_counts':
    case 'figures':
      return `SELECT count(*) FROM (${readSql(table)}) AS t`
    default:
      return `SELECT count(*) FROM ${table.name}`
  }
}

/** The statement and how many columns each row has; its rows come as arrays (arrays.ts). */
export function writeSql(table: CopyTable): { readonly sql: string; readonly rows: ReturnType<typeof given> } {
  const rows = given(table.columns)
  const names = columnNames(table)
  const columns = names.join(', ')
  const from = `FROM ${rows.sql} ORDER BY ordinal`
  switch (table.name) {
    case 'position':
      return { rows, sql: `UPDATE last_position SET position = g.position FROM ${rows.sql}` }
    case 'app_inbox':
    case 'delivery_counts':
    case 'figures':
      return { rows, sql: `INSERT INTO ${table.name} (${columns}, shard) SELECT ${columns}, 0 ${from}` }
    case 'queues':
      return { rows, sql: `INSERT INTO queues (${columns}, claimed) SELECT ${columns}, 0 ${from}` }
    case 'events':
      return {
        rows,
        sql: `WITH given AS MATERIALIZED (SELECT * FROM ${rows.sql}), placed AS (
          INSERT INTO event_places (position, project_id, event_id, customer_id, type, name, environment)
          SELECT position, project_id, id, customer_id, type, name, environment FROM given ORDER BY ordinal
        ) INSERT INTO events (project_id, id, attribute_set, notification_id, body)
          SELECT project_id, id, attribute_set, notification_id, body FROM given ORDER BY ordinal`,
      }
    default:
      return { rows, sql: `INSERT INTO ${table.name} (${columns}) SELECT ${columns} ${from}` }
  }
}

/** Every table in which a row says that the database is in use or holds something. */
export const TABLES: readonly string[] = [
  'meta',
  'settings',
  'secret_keys',
  'cursors',
  'imports',
  'app_inbox',
  'app_calls',
  'notifications',
  'notification_bodies',
  'packed_bodies',
  'purchases',
  'links',
  'customers',
  'aliases',
  'erased_ids',
  'erasures',
  'customer_moves',
  'ledger',
  'exchange_rates',
  'attribute_sets',
  'events',
  'unnumbered',
  'event_places',
  'deliveries',
  'delivery_counts',
  'figures',
  'channels',
  'slots',
  'queues',
  'queue_holds',
  'channel_customers',
  'attempts',
]
