import type { Money } from '../../domain/money.ts'

/**
 * Google's JSON → values, by hand. A field of another type than documented counts as absent: the rule that needs it says
 * so. Field names: developers.google.com/android-publisher/api-ref/rest.
 */
export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function jsonOf(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : null
  } catch {
    return null
  }
}

export function partOf(value: unknown): Json | null {
  return isJson(value) ? value : null
}

export function partsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : []
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** A whole number; Google writes those of 64 bits as text. */
export function wholeOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

/** RFC 3339 → milliseconds. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return null
  const time = Date.parse(value)
  return Number.isNaN(time) ? null : time
}

/**
 * google.type.Money → micros. `units` and `nanos` may both be missing: then it is 0, as a free trial's is. Without a
 * currency it is no amount.
 */
export function moneyOf(value: unknown): Money | null {
  if (!isJson(value)) return null
  const currency = textOf(value.currencyCode)
  const units = value.units === undefined ? 0 : wholeOf(value.units)
  const nanos = value.nanos === undefined ? 0 : wholeOf(value.nanos)
  if (currency === null || !/^[A-Z]{3}$/.test(currency) || units === null || nanos === null) return null
  const micros = units * 1_000_000 + Math.round(nanos / 1_000)
  return Number.isSafeInteger(micros) ? { micros, currency } : null
}
