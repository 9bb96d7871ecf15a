import { ofEntry } from '../../../domain/figures.ts'
import { purchaseName } from '../../../domain/ids.ts'
import { purchaseId } from '../../../domain/purchase.ts'
import { KEY_COLUMNS, keyValues, purchaseFrom, purchaseValues } from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import { LEDGER_COLUMNS, ledgerValues } from '../../ledger-columns.ts'
import type { AttributeSetRow, LedgerRow, LinkRow, PurchaseRow } from '../../rows.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'
import type { Counts } from '../counts.ts'

const ROWS = given(
  'project_id text, store text, environment text, chain text, line text, app_id text, customer_id text, version bigint, body text, check_at bigint, standing text, standing_until bigint',
)
const RETURNED =
  'p.project_id, p.store, p.environment, p.chain, p.line, p.app_id, p.customer_id, p.version, p.body, p.check_at, p.standing, p.standing_until'
const INSERT = `INSERT INTO purchases AS p (${KEY_COLUMNS}, app_id, customer_id, version, body, check_at, standing, standing_until)
SELECT ${KEY_COLUMNS}, app_id, customer_id, 1, body, check_at, standing, standing_until FROM ${ROWS.sql} ORDER BY ${KEY_COLUMNS}
ON CONFLICT (${KEY_COLUMNS}) DO NOTHING RETURNING ${RETURNED}`
const UPDATE = `UPDATE purchases p SET app_id = g.app_id, customer_id = g.customer_id, version = g.version + 1, body = g.body, check_at = g.check_at,
  standing = g.standing, standing_until = g.standing_until
FROM ${ROWS.sql} WHERE p.project_id = g.project_id AND p.store = g.store AND p.environment = g.environment
  AND p.chain = g.chain AND p.line = g.line AND p.version = g.version`

/** StepConflict when one is not the one that was loaded, or was made by another process meanwhile. */
export async function savePurchases(session: Connection, rows: readonly PurchaseRow[]): Promise<void> {
  const fresh = rows.filter(({ version }) => version === 0)
  const known = rows.filter(({ version }) => version > 0)
  if (fresh.length > 0) {
    const made = await session.all(INSERT, ROWS.params(fresh.map(purchaseValues)))
    if (made.length < fresh.length) {
      const done = new Set(made.map((row) => purchaseId(purchaseFrom(row).key)))
      const lost = fresh.find(({ key }) => !done.has(purchaseId(key)))
      throw new StepConflict(`purchase ${lost === undefined ? '' : purchaseName(lost.key)} was saved meanwhile`)
    }
  }
  if (known.length > 0 && (await session.change(UPDATE, ROWS.params(known.map(purchaseValues)))) < known.length) {
    throw new StepConflict(`purchase ${known.map(({ key }) => purchaseName(key)).join(', ')} was saved meanwhile`)
  }
}

const SETS = given('project_id text, hash text, attributes text')
const INSERT_SETS = `INSERT INTO attribute_sets (project_id, hash, attributes)
SELECT project_id, hash, attributes FROM ${SETS.sql} ORDER BY project_id, hash ON CONFLICT (project_id, hash) DO NOTHING`

export async function saveAttributeSets(session: Connection, rows: readonly AttributeSetRow[]): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map((row) => [row.projectId, row.hash, JSON.stringify(row.attributes)])
  await session.change(INSERT_SETS, SETS.params(values))
}

const ENTRIES = given(
  'project_id text, store text, environment text, chain text, line text, entry text, reason text, transaction_id text, product_id text, at bigint, recorded_at bigint, micros bigint, currency text, commission_ppm bigint, tax_ppm bigint, usd_rate text, rate_date text, event_id text, country_code text, commission_estimated bigint, tax_estimated bigint, actual_commission_micros bigint, actual_tax_micros bigint',
)
/** Append-only: what stands there stands. */
const INSERT_ENTRIES = `INSERT INTO ledger (${LEDGER_COLUMNS}) SELECT ${LEDGER_COLUMNS} FROM ${ENTRIES.sql}
ORDER BY ${KEY_COLUMNS}, entry, ordinal ON CONFLICT (${KEY_COLUMNS}, entry) DO NOTHING RETURNING ${KEY_COLUMNS}, entry`

export async function saveLedger(session: Connection, rows: readonly LedgerRow[], counts: Counts): Promise<void> {
  if (rows.length === 0) return
  const made = await session.all(INSERT_ENTRIES, ENTRIES.params(rows.map(ledgerValues)))
  const first = new Map(rows.toReversed().map((row) => [[...keyValues(row.key), row.entry].join('\n'), row]))
  for (const place of made) {
    const row = first.get(place.join('\n'))
    if (row !== undefined) counts.figures(ofEntry(row))
  }
}

const LINKS = given('project_id text, store text, environment text, name text, chain text, line text')
const SAVE_LINKS = `INSERT INTO links (project_id, store, environment, name, chain, line)
SELECT project_id, store, environment, name, chain, line FROM ${LINKS.sql} ORDER BY project_id, store, environment, name
ON CONFLICT (project_id, store, environment, name) DO UPDATE SET chain = excluded.chain, line = excluded.line`

/** The newest link of a name stands. */
export async function saveLinks(session: Connection, rows: readonly LinkRow[]): Promise<void> {
  if (rows.length === 0) return
  const values = rows.map(({ name, key }) => [key.projectId, key.store, key.environment, name, key.chain, key.line])
  const last = new Map(values.map((row) => [row.slice(0, 4).join('\n'), row]))
  await session.change(SAVE_LINKS, LINKS.params([...last.values()]))
}
