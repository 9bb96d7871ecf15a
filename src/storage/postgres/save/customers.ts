import { CUSTOMER_COLUMNS, customerValues, type Values } from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import type { CustomerRow } from '../../rows.ts'
import type { Loaded } from '../../storage.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'

const ROWS = given(
  'project_id text, id text, version bigint, original_app_user_id text, last_seen_app_user_id text, last_seq bigint, first_seen_at bigint, last_seen_at bigint, aliases text, attributes text, deleted_attributes text, only_named bigint',
)
const INSERT = `INSERT INTO customers (${CUSTOMER_COLUMNS})
SELECT project_id, id, 1, original_app_user_id, last_seen_app_user_id, last_seq, first_seen_at, last_seen_at, aliases, attributes, deleted_attributes, only_named
FROM ${ROWS.sql} ORDER BY project_id, id
ON CONFLICT (project_id, id) DO NOTHING RETURNING project_id, id`
const UPDATE = `UPDATE customers c SET version = g.version + 1, original_app_user_id = g.original_app_user_id,
  last_seen_app_user_id = g.last_seen_app_user_id, last_seq = g.last_seq, first_seen_at = g.first_seen_at,
  last_seen_at = g.last_seen_at, aliases = g.aliases, attributes = g.attributes,
  deleted_attributes = g.deleted_attributes, only_named = g.only_named
FROM ${ROWS.sql} WHERE c.project_id = g.project_id AND c.id = g.id AND c.version = g.version
RETURNING c.project_id, c.id`

const NAMES = given('project_id text, id text')
const ALIASES_OF = `SELECT c.project_id, c.id, c.aliases FROM ${NAMES.sql} JOIN customers c USING (project_id, id)
ORDER BY c.project_id, c.id FOR NO KEY UPDATE OF c`

/** appUserIdHash of domain/ids.ts. */
const HASH = `left(encode(sha256(convert_to(app_user_id, 'UTF8')), 'hex'), 32)`

const ALIASES = given('project_id text, app_user_id text, customer_id text')
const DROP = `DELETE FROM aliases a USING ${ALIASES.sql}
WHERE a.project_id = g.project_id AND a.app_user_id = g.app_user_id AND a.customer_id = g.customer_id`
const TAKE = `INSERT INTO aliases (project_id, app_user_id, customer_id, hash) SELECT project_id, app_user_id, customer_id, ${HASH}
FROM ${ALIASES.sql} ORDER BY project_id, app_user_id ON CONFLICT (project_id, app_user_id) DO NOTHING`
const TAKEN = `SELECT a.project_id, a.app_user_id FROM ${ALIASES.sql} JOIN aliases a USING (project_id, app_user_id)
WHERE a.customer_id <> g.customer_id LIMIT 1`

function placeOf(row: CustomerRow): string {
  return `${row.projectId}\n${row.id}`
}

/** Customers with all of their aliases; StepConflict when one is not the one that was loaded. */
export async function saveCustomers(session: Connection, rows: readonly CustomerRow[], loaded: Loaded): Promise<void> {
  if (rows.length === 0) return
  const fresh = rows.filter(({ version }) => version === 0)
  const known = rows.filter(({ version }) => version > 0)
  const before = await aliasesBefore(session, known, loaded)
  await write(session, UPDATE, known)
  await write(session, INSERT, fresh)
  const moved = (row: CustomerRow, from: readonly string[], to: readonly string[]): readonly Values[] =>
    from.filter((alias) => !to.includes(alias)).map((alias) => [row.projectId, alias, row.id])
  const dropped = known.flatMap((row) => moved(row, before.get(placeOf(row)) ?? [], row.aliases))
  const added = rows.flatMap((row) => moved(row, [...new Set(row.aliases)], before.get(placeOf(row)) ?? []))
  if (dropped.length > 0) await session.change(DROP, ALIASES.params(dropped))
  // After all are dropped: a step may move an alias from one of its customers to another.
  if (added.length === 0 || (await session.change(TAKE, ALIASES.params(added))) === added.length) return
  const [taken] = await session.all(TAKEN, ALIASES.params(added))
  if (taken === undefined) return
  throw new StepConflict(`the app user id ${taken[1]} belongs to another customer of ${taken[0]}`)
}

async function write(session: Connection, sql: string, rows: readonly CustomerRow[]): Promise<void> {
  if (rows.length === 0) return
  const written = await session.all(sql, ROWS.params(rows.map(customerValues)))
  if (written.length === rows.length) return
  const done = new Set(written.map(([projectId, id]) => `${projectId}\n${id}`))
  const lost = rows.find((row) => !done.has(placeOf(row)))
  throw new StepConflict(`customer ${lost?.id} of ${lost?.projectId} was saved meanwhile`)
}

/** The aliases that are stored now; those of a customer that the step did not load are asked for. */
async function aliasesBefore(
  session: Connection,
  rows: readonly CustomerRow[],
  { customers }: Loaded,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const before = new Map<string, readonly string[]>()
  const unknown: Values[] = []
  for (const row of rows) {
    const aliases = customers.get(placeOf(row))?.aliases
    if (aliases === undefined) unknown.push([row.projectId, row.id])
    else before.set(placeOf(row), aliases)
  }
  if (unknown.length === 0) return before
  for (const [projectId, id, aliases] of await session.all(ALIASES_OF, NAMES.params(unknown))) {
    before.set(`${projectId}\n${id}`, JSON.parse(String(aliases)) as string[])
  }
  return before
}
