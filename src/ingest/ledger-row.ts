import type { Happening } from '../domain/happening.ts'
import { eventId } from '../domain/ids.ts'
import type { Entry } from '../domain/observe.ts'
import type { PurchaseKey } from '../domain/purchase.ts'
import type { LedgerRow } from '../storage/rows.ts'

/** What `observe` entered, as storage keeps it; `now` is when. */
export function ledgerRow(key: PurchaseKey, entry: Entry, now: number): LedgerRow {
  const [what, period, n] = entry.announcedBy?.split('|') ?? []
  return {
    key,
    entry: entry.entry,
    reason: entry.reason,
    transactionId: entry.transactionId,
    productId: entry.productId,
    at: entry.at,
    recordedAt: now,
    micros: entry.micros,
    currency: entry.currency,
    commissionPpm: entry.terms.commissionPpm,
    taxPpm: entry.terms.taxPpm,
    usdRate: entry.terms.usdRate,
    rateDate: entry.terms.rateDate,
    countryCode: entry.countryCode,
    commissionEstimated: entry.terms.commissionEstimated ?? entry.terms.estimated,
    taxEstimated: entry.terms.taxEstimated ?? entry.terms.estimated,
    ...actualOf(entry),
    ...(entry.firstPrice === undefined ? {} : { firstPrice: entry.firstPrice }),
    eventId:
      what === undefined || period === undefined || n === undefined
        ? null
        : eventId(key, what as Happening['what'], period, n),
  }
}

/** The store's own amounts belong to the whole charge, and to what takes it back in one piece. */
function actualOf({ micros, terms }: Entry): Pick<LedgerRow, 'actualCommissionMicros' | 'actualTaxMicros'> {
  const { actual } = terms
  const sign = actual === undefined || micros === 0 ? 0 : micros === actual.of ? 1 : micros === -actual.of ? -1 : 0
  const of = (amount: number | null): number | null => (amount === null || sign === 0 ? null : amount * sign)
  return {
    actualCommissionMicros: of(actual?.commissionMicros ?? null),
    actualTaxMicros: of(actual?.taxMicros ?? null),
  }
}
