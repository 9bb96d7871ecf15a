import type { Values } from './columns.ts'

/**
 * What both drivers offer so that a database can be copied from one to the other (`tributary db copy`). The tables here
 * are the contents, whatever the shape that a driver keeps them in; a test holds them against both schemas, so a table or
 * column that is added there is decided on here.
 */
export interface CopyTable {
  readonly name: string
  /** In the order in which values travel: 'name kind, …', the kinds those of PostgreSQL. */
  readonly columns: string
  /** Rows are read and written in the order of their insertion, by which lists page. */
  readonly ordered: boolean
}

export interface CopySource {
  readonly driver: 'embedded' | 'postgres'
  /** For messages: a folder, or host and database. */
  readonly place: string
  getMeta(name: string): Promise<string | null>
  count(table: CopyTable): Promise<number>
  /** All rows of one state of the database, in bounded pieces. */
  read(table: CopyTable): AsyncIterable<readonly Values[]>
  close(): Promise<void>
}

/** Nothing of a copy can be seen before `finish`, and nothing of it stays when it is closed before. */
export interface CopyTarget extends CopySource {
  write(table: CopyTable, rows: readonly Values[]): Promise<void>
  /** All of it is durable and visible when this resolves. */
  finish(): Promise<void>
}

const PURCHASE_KEY = 'project_id text, store text, environment text, chain text, line text'

/** In the order of writing. */
export const COPY_TABLES: readonly CopyTable[] = [
  { name: 'meta', columns: 'name text, value text', ordered: false },
  /** One row: the last cursor position that was given. */
  { name: 'position', columns: 'position bigint', ordered: false },
  {
    name: 'settings',
    columns: 'project_id text, kind text, id text, body text, managed text, created_at bigint, updated_at bigint',
    ordered: false,
  },
  {
    name: 'secret_keys',
    columns: 'hash text, project_id text, name text, last4 text, managed text, created_at bigint',
    ordered: false,
  },
  /** Who is signed in, one-time links and tries to sign in stay where they are. */
  {
    name: 'accounts',
    columns:
      'id text, email text, name text, password text, hub_owner bigint, subject text, created_at bigint, last_seen_at bigint, disabled bigint',
    ordered: false,
  },
  {
    name: 'memberships',
    columns: 'project_id text, account_id text, role text, added_at bigint',
    ordered: false,
  },
  {
    name: 'audit_log',
    columns:
      'project_id text, at bigint, actor_kind text, actor_name text, act text, kind text, subject text, changes text',
    ordered: true,
  },
  {
    name: 'cursors',
    columns: 'project_id text, app_id text, name text, value text, updated_at bigint',
    ordered: false,
  },
  {
    name: 'imports',
    columns:
      'project_id text, id text, kind text, source text, done bigint, pieces bigint, counts text, started_at bigint, updated_at bigint, finished_at bigint',
    ordered: false,
  },
  {
    name: 'app_inbox',
    columns:
      'project_id text, app_id text, last_at bigint, last_type text, waiting bigint, understood bigint, ignored bigint, parked bigint, refused bigint, refused_at bigint, refused_reason text, refused_claimed text',
    ordered: false,
  },
  {
    name: 'app_calls',
    columns: 'project_id text, app_id text, kind text, name text, count bigint, last_at bigint',
    ordered: false,
  },
  {
    name: 'notifications',
    columns:
      'project_id text, id text, app_id text, store text, environment text, source_key text, type text, via text, sent_at bigint, received_at bigint, status text, due_at bigint, tries bigint, note text, events bigint, customer_id text',
    ordered: true,
  },
  {
    name: 'notification_bodies',
    columns: 'project_id text, id text, received_at bigint, packed bigint, body bytea',
    ordered: false,
  },
  {
    name: 'purchases',
    columns: `${PURCHASE_KEY}, app_id text, customer_id text, version bigint, body text, check_at bigint, standing text, standing_until bigint`,
    ordered: true,
  },
  {
    name: 'links',
    columns: 'project_id text, store text, environment text, name text, chain text, line text',
    ordered: false,
  },
  {
    name: 'customers',
    columns:
      'project_id text, id text, version bigint, original_app_user_id text, last_seen_app_user_id text, last_seq bigint, first_seen_at bigint, last_seen_at bigint, aliases text, attributes text, deleted_attributes text, only_named bigint, email text',
    ordered: false,
  },
  { name: 'aliases', columns: 'project_id text, app_user_id text, customer_id text, hash text', ordered: false },
  { name: 'erased_ids', columns: 'project_id text, hash text, erased_as text, erased_at bigint', ordered: false },
  {
    name: 'erasures',
    columns: 'project_id text, customer_id text, part text, place bigint, again bigint',
    ordered: false,
  },
  {
    name: 'customer_moves',
    columns: 'project_id text, from_id text, into_id text, moved_at bigint',
    ordered: false,
  },
  {
    name: 'ledger',
    columns: `${PURCHASE_KEY}, entry text, reason text, transaction_id text, product_id text, at bigint, recorded_at bigint, micros bigint, currency text, commission_ppm bigint, tax_ppm bigint, usd_rate text, rate_date text, event_id text, country_code text, commission_estimated bigint, tax_estimated bigint, actual_commission_micros bigint, actual_tax_micros bigint`,
    ordered: false,
  },
  /** What the operator's source told, for the hub as a whole. */
  { name: 'exchange_rates', columns: 'day text, rates text, fetched_at bigint', ordered: false },
  { name: 'attribute_sets', columns: 'project_id text, hash text, attributes text', ordered: false },
  {
    name: 'events',
    columns:
      'position bigint, project_id text, id text, customer_id text, type text, name text, environment text, attribute_set text, notification_id text, body text',
    ordered: false,
  },
  {
    name: 'provisional_events',
    columns: 'project_id text, event_id text, customer_id text, until bigint',
    ordered: false,
  },
  {
    name: 'customer_history',
    columns: 'project_id text, customer_id text, at bigint, kind text, body text',
    ordered: true,
  },
  {
    name: 'deliveries',
    columns:
      'project_id text, id text, integration_id text, environment text, channel_id text, customer_id text, event_id text, seq bigint, status text, reason text, advice text, may_go_at bigint, created_at bigint, attempts bigint, done text, mends text, notes text, identity text, may_be_doubled bigint, resend bigint, settled_at bigint, attempt_ids text',
    ordered: true,
  },
  {
    name: 'delivery_counts',
    columns: 'project_id text, integration_id text, channel_id text, status text, count bigint',
    ordered: false,
  },
  {
    name: 'figures',
    columns: 'project_id text, environment text, hour bigint, figure text, value bigint',
    ordered: false,
  },
  {
    name: 'channels',
    columns:
      'project_id text, channel_id text, integration_id text, environment text, version bigint, state text, paused_by text, reason text, advice text, failures bigint, culprits bigint, next_at bigint, width bigint, avoid_customer text, clock_reading bigint, clock_at bigint, clock_runs bigint',
    ordered: false,
  },
  /** Without claims: those were ended before. */
  {
    name: 'queues',
    columns:
      'project_id text, channel_id text, customer_id text, due_at bigint, fence bigint, step bigint, alone bigint, died bigint',
    ordered: false,
  },
  {
    name: 'channel_customers',
    columns: 'project_id text, channel_id text, customer_id text, last_status text',
    ordered: false,
  },
  {
    name: 'attempts',
    columns:
      'project_id text, id text, channel_id text, at bigint, duration_ms bigint, status bigint, request text, response text, outcomes text',
    ordered: false,
  },
]

/** Of the database itself and not of its contents: how far its own housekeeping is. */
export const OWN_META: readonly string[] = ['ping', 'packed_through', 'position_floor']

/** The names alone. */
export function columnNames(table: CopyTable): readonly string[] {
  return table.columns.split(', ').map((column) => column.split(' ')[0] ?? '')
}
