import { isCurrency } from '../domain/currency.ts'
import { crossRate } from '../domain/exchange.ts'

/** What TRIBUTARY_FX_URL answers, understood: USD for one unit of each currency, in 10⁻¹², as text. */
export type FxAnswer =
  | { readonly kind: 'rates'; readonly day: string; readonly rates: Readonly<Record<string, string>> }
  | { readonly kind: 'unusable'; readonly why: string }

/** More than there are currencies. */
const MOST_RATES = 500
const DAY_MS = 86_400_000
/** Sources publish none at weekends and holidays; an older day says that the source stands still. */
const OLDEST_MS = 10 * DAY_MS

/** `today` in milliseconds. A rate that is no positive decimal, or of no ISO currency, is left out; the rest counts. */
export function fxAnswerOf(body: string, today: number): FxAnswer {
  const unusable = (why: string): FxAnswer => ({ kind: 'unusable', why })
  const json = exactJson(body)
  if (!isRecord(json)) return unusable('its answer is no JSON object')
  const { base, date, rates } = json
  if (base !== 'USD') return unusable('its answer is not against USD')
  const at = typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(at) || at > today + DAY_MS || at < today - OLDEST_MS)
    return unusable('its answer is not of these days')
  if (!isRecord(rates) || Object.keys(rates).length > MOST_RATES) return unusable('its answer holds no list of rates')
  const found = Object.entries(rates).flatMap(([code, value]) => {
    const rate = code === 'USD' || !isCurrency(code) || typeof value !== 'string' ? null : usdOf(value)
    return rate === null ? [] : [[code, rate.toString()] as const]
  })
  if (found.length === 0) return unusable('its answer holds no rate that can be used')
  return { kind: 'rates', day: String(date), rates: Object.fromEntries(found) }
}

/** Numbers stay the text that they are written as: a float of 17 digits is not what the source said. */
function exactJson(body: string): unknown {
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value
  try {
    return JSON.parse(body, keep)
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** So many units for a dollar → dollars for one unit. */
function usdOf(unitsPerUsd: string): bigint | null {
  const match = /^(\d{1,20})(?:\.(\d{1,25}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(unitsPerUsd)
  if (match === null) return null
  const [, whole = '', fraction = '', exponent = '0'] = match
  return crossRate('1', shifted(whole, fraction, Number(exponent)))
}

/** 12.5e-3 → 0.0125 */
function shifted(whole: string, fraction: string, by: number): string {
  const digits = by < 0 ? whole.padStart(1 - by, '0') + fraction : whole + fraction.padEnd(by, '0')
  const point = (by < 0 ? digits.length - fraction.length : whole.length) + by
  const [left, right] = [digits.slice(0, point), digits.slice(point)]
  return right === '' ? left : `${left}.${right}`
}
