import { normaliseCurrency } from '../../domain/currency.ts'
import { type Money, PPM, type Ppm } from '../../domain/money.ts'

/**
 * How many decimal places Stripe's amounts have, where that is not two. Not ISO 4217: the króna (ISK) and the Ugandan
 * shilling (UGX) have no cents any more, and are written with two places all the same, for old integrations; the ariary
 * (MGA) is divided by five and written whole.
 * https://docs.stripe.com/currencies#minor-units, …#special-cases
 */
const PLACES: Readonly<Record<0 | 3, string>> = {
  0: 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF',
  3: 'BHD JOD KWD OMR TND',
}

const places = new Map(
  Object.entries(PLACES).flatMap(([count, codes]) => codes.split(' ').map((code) => [code, Number(count)] as const)),
)

/** An amount in Stripe's minor units as micros; null when the currency is none or the amount is beyond an integer. */
export function moneyOf(amount: number | null, currency: string | null): Money | null {
  const code = currency === null ? null : normaliseCurrency(currency)
  if (amount === null || code === null) return null
  const micros = amount * 10 ** (6 - (places.get(code) ?? 2))
  return Number.isSafeInteger(micros) ? { micros, currency: code } : null
}

/**
 * A whole amount over parts in proportion to their weights, in whole minor units whose sum is the whole. What is left
 * over by rounding goes to the largest remainders, then to the first: the same for whoever computes it.
 */
export function apportioned(whole: number, weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n)
  if (weights.length === 0) return []
  if (total <= 0n) return weights.map((_, index) => (index === 0 ? whole : 0))
  const amount = BigInt(whole)
  const parts = weights.map((weight, index) => {
    const product = amount * BigInt(weight)
    return { index, floor: product / total, rest: product % total }
  })
  let left = amount - parts.reduce((sum, { floor }) => sum + floor, 0n)
  const byRest = parts.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
  const more = new Set<number>()
  for (const { index } of byRest) {
    if (left === 0n) break
    more.add(index)
    left -= 1n
  }
  return parts.map(({ index, floor }) => Number(floor + (more.has(index) ? 1n : 0n)))
}

/** A part of a whole in parts per million, rounded down but never to nothing; all of it only when it is all. */
export function shareOfWhole(part: number, whole: number): Ppm {
  if (whole <= 0 || part >= whole) return PPM
  return Math.max(1, Number((BigInt(part) * BigInt(PPM)) / BigInt(whole)))
}
