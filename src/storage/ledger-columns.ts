import {
  integer,
  integerOrNull,
  KEY_COLUMNS,
  keyFrom,
  keyValues,
  oneOf,
  text,
  textOrNull,
  type Value,
  type Values,
} from './columns.ts'
import type { LedgerQuery, Page } from './reads.ts'
import type { LedgerRow } from './rows.ts'

/** Entries of the ledger, in the order in which both drivers select and write them. */

export const LEDGER_COLUMNS = `${KEY_COLUMNS}, entry, reason, transaction_id, product_id, at, recorded_at, micros, currency, commission_ppm, tax_ppm, usd_rate, rate_date, event_id, country_code, commission_estimated, tax_estimated, actual_commission_micros, actual_tax_micros`
export const LEDGER_WIDTH = 23
/** In this order a month is read: its index holds the columns as they are. */
export const LEDGER_ORDER = 'at, store, chain, line, entry'

/** Where a page begins: after this entry, which before the first page nobody is. */
export function ledgerPlace({ after, from }: Pick<LedgerQuery, 'after' | 'from'>): readonly (string | number)[] {
  if (after === null) return [from, '', '', '', '']
  const place: unknown = JSON.parse(after)
  const [at, ...texts] = Array.isArray(place) ? (place as readonly unknown[]) : []
  if (typeof at !== 'number' || texts.length !== 4) throw new Error('This is no `next` of a page of the ledger')
  return [at, ...texts.map(String)]
}

/** A full page may have a next one. */
export function ledgerPage(items: readonly LedgerRow[], limit: number): Page<LedgerRow> {
  const last = items.length < limit ? undefined : items.at(-1)
  if (last === undefined) return { items, next: null }
  return { items, next: JSON.stringify([last.at, last.key.store, last.key.chain, last.key.line, last.entry]) }
}

export function ledgerValues(row: LedgerRow): Value[] {
  return [
    ...keyValues(row.key),
    row.entry,
    row.reason,
    row.transactionId,
    row.productId,
    row.at,
    row.recordedAt,
    row.micros,
    row.currency,
    row.commissionPpm,
    row.taxPpm,
    row.usdRate,
    row.rateDate,
    row.eventId,
    row.countryCode,
    row.commissionEstimated ? 1 : 0,
    row.taxEstimated ? 1 : 0,
    row.actualCommissionMicros,
    row.actualTaxMicros,
  ]
}
/** Behind the columns, and not kept: whether it is the first amount of what had none. */
export function enteredValues(row: LedgerRow): Value[] {
  return [...ledgerValues(row), row.firstPrice === true ? 1 : 0]
}
export function enteredFrom(values: Values): LedgerRow {
  return values[LEDGER_WIDTH] === 1 ? { ...ledgerFrom(values), firstPrice: true } : ledgerFrom(values)
}
export function ledgerFrom(values: Values, at = 0): LedgerRow {
  return {
    key: keyFrom(values, at),
    entry: text(values, at + 5),
    reason: oneOf(values, at + 6),
    transactionId: text(values, at + 7),
    productId: text(values, at + 8),
    at: integer(values, at + 9),
    recordedAt: integer(values, at + 10),
    micros: integerOrNull(values, at + 11),
    currency: textOrNull(values, at + 12),
    commissionPpm: integer(values, at + 13),
    taxPpm: integer(values, at + 14),
    usdRate: textOrNull(values, at + 15),
    rateDate: textOrNull(values, at + 16),
    eventId: textOrNull(values, at + 17),
    countryCode: textOrNull(values, at + 18),
    commissionEstimated: integer(values, at + 19) === 1,
    taxEstimated: integer(values, at + 20) === 1,
    actualCommissionMicros: integerOrNull(values, at + 21),
    actualTaxMicros: integerOrNull(values, at + 22),
  }
}
