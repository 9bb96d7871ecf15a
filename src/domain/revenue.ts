import type { EventMoney } from './event.ts'
import { divideRounded, PPM, type Ppm } from './money.ts'

/** The three modes of an integration's "Sales reporting". */
export const SALES_REPORTING = ['gross', 'after_commission', 'after_commission_and_taxes'] as const
export type SalesReporting = (typeof SALES_REPORTING)[number]

/** In which currency a destination gets its amounts. */
export type ReportedCurrency = 'usd' | 'purchased'

/** Exchange rates are integers of 10⁻¹² USD for one unit of a currency. */
const RATE_ONE = 1_000_000_000_000n

export type Reported =
  | { readonly kind: 'amount'; readonly micros: number; readonly currency: string }
  /** No number may stand for it: the price or the rate is unknown. */
  | { readonly kind: 'unavailable'; readonly reason: 'price_unknown' | 'currency_unknown' | 'rate_unknown' }

/**
 * The fractions of a gross, tax-inclusive price that a rule gives: the tax part r/(1+r), and the commission on what
 * remains. Both rounded to parts per million; these integers are what an event and the ledger freeze.
 */
export function fractionsOf(
  commissionRatePpm: Ppm,
  taxRatePpm: Ppm,
): { readonly commissionPpm: Ppm; readonly taxPpm: Ppm } {
  const one = BigInt(PPM)
  const taxPpm = divideRounded(BigInt(taxRatePpm) * one, one + BigInt(taxRatePpm))
  const commissionPpm = divideRounded(BigInt(commissionRatePpm) * (one - taxPpm), one)
  return { commissionPpm: Number(commissionPpm), taxPpm: Number(taxPpm) }
}

/**
 * What a destination reports for an event: price × rate × (10⁶ − the fractions deducted) in exact integers, divided
 * once, rounded half away from zero to micros. An event that moved no money is 0 in any currency that is known.
 */
export function reportedAmount(
  money: Pick<EventMoney, 'grossMicros' | 'currency' | 'commissionPpm' | 'taxPpm' | 'usdRate'>,
  mode: SalesReporting,
  currency: ReportedCurrency,
): Reported {
  const { grossMicros } = money
  if (grossMicros === null) return { kind: 'unavailable', reason: 'price_unknown' }
  if (money.currency === null) {
    // Nothing moved and nobody named a currency: zero dollars is still true, an amount without a code is not.
    if (grossMicros === 0 && currency === 'usd') return { kind: 'amount', micros: 0, currency: 'USD' }
    return { kind: 'unavailable', reason: 'currency_unknown' }
  }
  const deducted =
    mode === 'gross' ? 0 : mode === 'after_commission' ? money.commissionPpm : money.commissionPpm + money.taxPpm
  const kept = BigInt(PPM - deducted)
  if (currency === 'purchased') {
    return {
      kind: 'amount',
      micros: Number(divideRounded(BigInt(grossMicros) * kept, BigInt(PPM))),
      currency: money.currency,
    }
  }
  if (grossMicros === 0) return { kind: 'amount', micros: 0, currency: 'USD' }
  const rate = money.currency === 'USD' ? RATE_ONE : money.usdRate === null ? null : BigInt(money.usdRate)
  if (rate === null) return { kind: 'unavailable', reason: 'rate_unknown' }
  return {
    kind: 'amount',
    micros: Number(divideRounded(BigInt(grossMicros) * rate * kept, RATE_ONE * BigInt(PPM))),
    currency: 'USD',
  }
}
