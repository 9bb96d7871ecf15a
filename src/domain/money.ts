/**
 * Money is an integer number of micros (10⁻⁶ of the currency's main unit) with an ISO 4217 code.
 * It is never a float, and two amounts under different codes are never added.
 */
export interface Money {
  readonly micros: number
  readonly currency: string
}

/** Parts per million: the integer form of every fraction (commission, tax, refunded share). */
export type Ppm = number

export const PPM = 1_000_000

/** Divides exact integers, rounded half away from zero: the one rounding rule of the product. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n
  const n = numerator < 0n ? -numerator : numerator
  const d = denominator < 0n ? -denominator : denominator
  const quotient = (2n * n + d) / (2n * d)
  return negative ? -quotient : quotient
}

/** `micros × ppm / 10⁶`, exact until the single rounding. Both may be negative. */
export function shareOf(micros: number, ppm: Ppm): number {
  return Number(divideRounded(BigInt(micros) * BigInt(ppm), BigInt(PPM)))
}

/** Micros as the decimal number that a destination or an API answer carries: 4990000 → 4.99. */
export function decimalOf(micros: number): number {
  return micros / 1_000_000
}

/**
 * A decimal (a JSON number or text such as "4.99") as micros; null when it is not a finite decimal of at most
 * six places and of a size that an integer holds.
 */
export function microsOfDecimal(value: number | string): number | null {
  const text = typeof value === 'number' ? String(value) : value.trim()
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,6})0*)?$/.exec(text)
  if (!match) return null
  const [, sign, whole = '0', fraction = ''] = match
  const micros = Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'))
  if (!Number.isSafeInteger(micros)) return null
  return sign === '-' && micros !== 0 ? -micros : micros
}
