import type { Values } from './columns.ts'
import { CUSTOMER_COLUMNS_C, customerFrom, PURCHASE_COLUMNS, purchaseFrom } from './columns.ts'
import { InvalidCursor } from './errors.ts'
import type { ImportRow, OwnedPurchase } from './imports.ts'
import type { Page } from './reads.ts'
import type { CustomerRow } from './rows.ts'

/** Rows of imports and of exports' pages, from the columns that both drivers select. */

export const IMPORT_COLUMNS = 'project_id, id, kind, source, done, pieces, counts, started_at, updated_at, finished_at'

export function importValues(row: ImportRow): readonly (string | number | null)[] {
  const { projectId, id, kind, source, done, pieces, counts, startedAt, updatedAt, finishedAt } = row
  return [projectId, id, kind, source, done, pieces, counts, startedAt, updatedAt, finishedAt]
}

export function importFrom(values: Values): ImportRow {
  const [projectId, id, kind, source, done, pieces, counts, startedAt, updatedAt, finishedAt] = values as readonly [
    string,
    string,
    ImportRow['kind'],
    string,
    number,
    number | null,
    string,
    number,
    number,
    number | null,
  ]
  return { projectId, id, kind, source, done, pieces, counts, startedAt, updatedAt, finishedAt }
}

const PURCHASE_WIDTH = PURCHASE_COLUMNS.split(', ').length

export const OWNED_PURCHASE_COLUMNS = `${PURCHASE_COLUMNS.split(', ')
  .map((column) => `p.${column}`)
  .join(', ')}, ${CUSTOMER_COLUMNS_C}`

function ownedPurchaseFrom(values: Values): OwnedPurchase {
  return { purchase: purchaseFrom(values), customer: customerFrom(values, PURCHASE_WIDTH) }
}

export function customerPage(rows: readonly Values[], limit: number): Page<CustomerRow> {
  const items = rows.map((row) => customerFrom(row))
  return { items, next: rows.length < limit ? null : placeAfter([items.at(-1)?.id ?? '']) }
}

export function purchasePage(rows: readonly Values[], limit: number): Page<OwnedPurchase> {
  const items = rows.map((row) => ownedPurchaseFrom(row))
  const last = items.at(-1)?.purchase.key
  const parts = last === undefined ? [] : [last.store, last.environment, last.chain, last.line]
  return { items, next: rows.length < limit ? null : placeAfter(parts) }
}

function placeAfter(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The key behind which a page begins, in so many parts. */
export function partsOfPlace(after: string, parts: number): readonly string[] {
  if (after === '') return Array.from({ length: parts }, () => '')
  try {
    const given: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    if (Array.isArray(given) && given.length === parts && given.every((part) => typeof part === 'string')) return given
  } catch {
    // Said below.
  }
  throw new InvalidCursor(`"${after.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
}
