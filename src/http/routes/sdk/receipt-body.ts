import { hasControl } from '../../../customers/app-user-id.ts'
import { alpha2Of } from '../../../domain/countries.ts'
import { normaliseCurrency } from '../../../domain/currency.ts'
import { type Money, microsOfDecimal } from '../../../domain/money.ts'
import { type Wishes, wishesOf } from './attributes.ts'
import { isObject } from './subscriber-id.ts'

/** What a receipt's body tells beside whose it is. Fields that are not listed are not read; a wrong type is as if absent. */
export interface ReceiptBody {
  /** null: nothing to verify came with it. */
  readonly token: string | null
  /** An app transaction came in place of a receipt: the customer bought nothing yet. */
  readonly appTransaction: boolean
  readonly productIds: readonly string[]
  readonly storeUserId: string | null
  readonly price: Money | null
  readonly countryCode: string | null
  readonly restore: boolean
  readonly offeringId: string | null
  readonly attributes: Wishes
}

/** An app receipt holds every purchase of its customer; the largest that Apple's forum knows of are some hundred KB. */
export const RECEIPT_BYTES = 4 * 1024 * 1024
const MOST_PRODUCTS = 100
const MOST_TEXT = 1_000

/**
 * Reads the bodies of all four platforms: names and types as purchases-ios, purchases-android and purchases-js send them
 * (PostReceiptDataOperation, Backend.postReceiptData, backend.ts; August 2026). `storefront` is the header X-Storefront:
 * three letters on iOS, two on Android.
 */
export function readReceiptBody(body: Readonly<Record<string, unknown>>, storefront: unknown): ReceiptBody {
  return {
    token: tokenOf(body.fetch_token),
    appTransaction: tokenOf(body.app_transaction) !== null,
    productIds: productsOf(body),
    storeUserId: textOf(body.store_user_id),
    price: priceOf(body.price, body.currency),
    countryCode: countryOf(body.store_country) ?? countryOf(storefront),
    restore: body.is_restore === true,
    offeringId: textOf(body.presented_offering_identifier),
    attributes: wishesOf(body.attributes) ?? { changes: [], errors: [] },
  }
}

function tokenOf(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '') return null
  return value.trim()
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > MOST_TEXT) return null
  return hasControl(value) || !value.isWellFormed() ? null : value
}

/** iOS names one product, Android all of them, and those of subscriptions again with their base plans. */
function productsOf({
  product_id,
  product_ids,
  platform_product_ids,
}: Readonly<Record<string, unknown>>): readonly string[] {
  const detailed = listOf(platform_product_ids).map((one) => (isObject(one) ? one.product_id : one))
  const named = [product_id, ...listOf(product_ids), ...detailed].map(textOf)
  return [...new Set(named.filter((id) => id !== null))].slice(0, MOST_PRODUCTS)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_PRODUCTS) : []
}

/** iOS sends the decimal as text, so that it stays exact; Android sends a number. */
function priceOf(price: unknown, currency: unknown): Money | null {
  if (typeof currency !== 'string') return null
  const code = normaliseCurrency(currency)
  const micros = typeof price === 'string' || typeof price === 'number' ? microsOfPrice(price) : null
  return code === null || micros === null || micros < 0 ? null : { micros, currency: code }
}

/** A number of a device may have lost its last digits on the way: 4.989999771118164 is a float's 4.99. */
function microsOfPrice(price: string | number): number | null {
  const exact = microsOfDecimal(price)
  if (exact !== null || typeof price === 'string' || !Number.isFinite(price)) return exact
  return microsOfDecimal(price.toFixed(4))
}

function countryOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const code = value.trim().toUpperCase()
  if (/^[A-Z]{2}$/.test(code)) return code
  return alpha2Of(code)
}
