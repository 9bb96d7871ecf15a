import { PPM, shareOf } from '../../domain/money.ts'
import type { LedgerRow } from '../../storage/rows.ts'

/** A line of the export: what one store moved with one product in one country and currency, announced or not. */
export interface LedgerLine {
  readonly store: string
  readonly product: string
  readonly country: string
  readonly currency: string
  /** Announced by an event; else learned from history, or a correction. */
  readonly event: boolean
  readonly entries: number
  /** Of these, how many have no price: they are in no sum. */
  readonly unpriced: number
  /** Micros. */
  readonly gross: bigint
  readonly commission: bigint
  readonly tax: bigint
  readonly net: bigint
  /** The share of what was moved, up or down, whose commission or tax is a rule: parts per million. */
  readonly estimatedPpm: number
}

interface Sum {
  readonly of: Pick<LedgerLine, 'store' | 'product' | 'country' | 'currency' | 'event'>
  entries: number
  unpriced: number
  gross: bigint
  commission: bigint
  tax: bigint
  moved: bigint
  estimated: bigint
}

/** Adds up entries as they come: holds a line for each store, product, country and currency, and no entry. */
export function createLedgerSums(): { add(row: LedgerRow): void; lines(): readonly LedgerLine[] } {
  const sums = new Map<string, Sum>()
  return {
    add: (row) => {
      const { key, productId, countryCode, currency, eventId } = row
      const of = {
        store: key.store,
        product: productId,
        country: countryCode ?? '',
        currency: currency ?? '',
        event: eventId !== null,
      }
      const name = JSON.stringify(Object.values(of))
      const zero = { entries: 0, unpriced: 0, gross: 0n, commission: 0n, tax: 0n, moved: 0n, estimated: 0n }
      const sum = sums.get(name) ?? { of, ...zero }
      sums.set(name, sum)
      addTo(sum, row)
    },
    lines: () => [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => lineOf(sum)),
  }
}

function addTo(sum: Sum, row: LedgerRow): void {
  const { micros } = row
  sum.entries += 1
  if (micros === null) {
    sum.unpriced += 1
    return
  }
  const size = BigInt(Math.abs(micros))
  sum.gross += BigInt(micros)
  sum.commission += BigInt(row.actualCommissionMicros ?? shareOf(micros, row.commissionPpm))
  sum.tax += BigInt(row.actualTaxMicros ?? shareOf(micros, row.taxPpm))
  sum.moved += size
  if (row.commissionEstimated || row.taxEstimated) sum.estimated += size
}

function lineOf({ of, moved, estimated, ...sum }: Sum): LedgerLine {
  const estimatedPpm = moved === 0n ? 0 : Number((estimated * BigInt(PPM)) / moved)
  return { ...of, ...sum, net: sum.gross - sum.commission - sum.tax, estimatedPpm }
}
