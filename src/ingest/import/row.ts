import { type Money, microsOfDecimal } from '../../domain/money.ts'
import type { Environment, PeriodType, StoreName } from '../../domain/purchase.ts'
import { isSubjectOfStore } from './store-ids.ts'

/**
 * One row of a scheduled data export as typed values: one transaction with its customer. Columns of version 5:
 * https://www.revenuecat.com/docs/integrations/scheduled-data-exports/data-export-version-5 (versions 6 and 7 carry them
 * too). Times in milliseconds UTC, of which the export knows whole seconds.
 */
export interface ExportRow {
  /** Which file of the import, and the line in it: for reports. */
  readonly place: Place
  readonly originalAppUserId: string
  readonly lastSeenAppUserId: string | null
  readonly firstSeenAt: number | null
  readonly store: StoreName
  readonly environment: Environment
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly productId: string
  readonly isSubscription: boolean
  readonly periodType: PeriodType
  readonly startsAt: number
  readonly endsAt: number | null
  readonly graceEndsAt: number | null
  /** When access ends or ended, grace and refunds included. */
  readonly accessEndsAt: number | null
  readonly unsubscribedAt: number | null
  readonly billingFailedAt: number | null
  readonly refundedAt: number | null
  readonly resumesAt: number | null
  /** What was charged; null where the export does not know it. */
  readonly price: Money | null
  /** What is left of it after refunds; null where the export does not tell. */
  readonly keptMicros: number | null
  readonly isFamilyShare: boolean
  readonly countryCode: string | null
  readonly offerCode: string | null
  readonly entitlements: readonly string[]
  /** 1 for the first of its chain; null where the export leaves it out. */
  readonly renewalNumber: number | null
  readonly isTrialConversion: boolean | null
  readonly updatedAt: number
  /** JSON texts of the customer's attributes as they came; '' where there are none. */
  readonly reservedAttributes: string
  readonly customAttributes: string
}

export type Place = readonly [file: number, line: number]

/** Columns without which a row says nothing. */
export const REQUIRED_COLUMNS: readonly string[] = [
  'rc_original_app_user_id',
  'store',
  'product_identifier',
  'start_time',
  'store_transaction_id',
  'original_store_transaction_id',
]

/** Reads a cell by the name of its column; '' where there is none. */
export type Cells = (column: string) => string

export type ReadRow =
  | { readonly kind: 'row'; readonly row: ExportRow }
  /** One sentence without values of the row, by which reports group. */
  | { readonly kind: 'skipped'; readonly reason: string }

const STORES: ReadonlyMap<string, StoreName> = new Map([
  ['app_store', 'app_store'],
  ['mac_app_store', 'app_store'],
  ['play_store', 'play_store'],
  ['amazon', 'amazon'],
  ['stripe', 'stripe'],
  ['promotional', 'promotional'],
])

/** A row of the export, or why it tells nothing that can be taken over. Never throws for bad input. */
export function rowOf(cell: Cells, place: Place): ReadRow {
  const text = (column: string): string | null => meant(cell(column))
  const store = STORES.get(cell('store').trim().toLowerCase())
  if (store === undefined) return skipped('The store is one whose purchases the hub does not follow.')
  const originalAppUserId = text('rc_original_app_user_id')
  const productId = text('product_identifier')
  const transactionId = text('store_transaction_id')
  const startsAt = timeOf(cell('start_time'))
  if (originalAppUserId === null) return skipped('It names no customer (rc_original_app_user_id).')
  if (productId === null) return skipped('It names no product (product_identifier).')
  if (transactionId === null) return skipped('It names no transaction (store_transaction_id).')
  if (startsAt === null) return skipped('Its start_time is no time such as 2026-01-31 08:00:00.')
  const faulty = TIMES.find((column) => text(column) !== null && timeOf(cell(column)) === null)
  if (faulty !== undefined) return skipped(`Its ${faulty} is no time such as 2026-01-31 08:00:00.`)
  const endsAt = timeOf(cell('end_time'))
  if (endsAt !== null && endsAt < startsAt)
    return skipped('Its end lies before its beginning, as the export marks a transaction that was never paid.')
  if (flagOf(cell('is_auto_renewable')) === true && endsAt === null && store !== 'promotional')
    return skipped('It is a subscription and has no end_time.')
  const unpriced = PRICES.find((column) => text(column) !== null && microsOf(cell(column)) === null)
  if (unpriced !== undefined) return skipped(`Its ${unpriced} is no amount.`)
  const row = detailed({ place, cell, text, store, originalAppUserId, productId, transactionId, startsAt, endsAt })
  const refusal = isSubjectOfStore(row)
  return refusal === null ? { kind: 'row', row } : skipped(refusal)
}

function skipped(reason: string): ReadRow {
  return { kind: 'skipped', reason }
}

const TIMES = [
  'end_time',
  'grace_period_end_time',
  'effective_end_time',
  'refunded_at',
  'unsubscribe_detected_at',
  'billing_issues_detected_at',
  'auto_resume_time',
  'updated_at',
  'first_seen_time',
] as const

const PRICES = [
  'purchase_price_in_purchased_currency',
  'price_in_purchased_currency',
  'purchase_price_in_usd',
  'price_in_usd',
] as const

interface Sound {
  readonly place: Place
  readonly cell: Cells
  readonly text: (column: string) => string | null
  readonly store: StoreName
  readonly originalAppUserId: string
  readonly productId: string
  readonly transactionId: string
  readonly startsAt: number
  readonly endsAt: number | null
}

function detailed({ cell, text, endsAt, ...sound }: Sound): ExportRow {
  const periodType = periodTypeOf(cell, sound.store)
  const isFamilyShare = cell('ownership_type').trim().toUpperCase() === 'FAMILY_SHARED'
  const free = periodType === 'TRIAL' || periodType === 'PROMOTIONAL' || isFamilyShare
  const { price, keptMicros } = moneyOf(cell, free)
  const renewal = text('renewal_number')
  const country = text('country')
  return {
    ...sound,
    endsAt,
    lastSeenAppUserId: text('rc_last_seen_app_user_id_alias'),
    firstSeenAt: timeOf(cell('first_seen_time')),
    environment: flagOf(cell('is_sandbox')) === true ? 'sandbox' : 'production',
    originalTransactionId: text('original_store_transaction_id') ?? sound.transactionId,
    isSubscription: sound.store !== 'promotional' && endsAt !== null && flagOf(cell('is_auto_renewable')) !== false,
    periodType,
    graceEndsAt: timeOf(cell('grace_period_end_time')),
    accessEndsAt: timeOf(cell('effective_end_time')),
    unsubscribedAt: timeOf(cell('unsubscribe_detected_at')),
    billingFailedAt: timeOf(cell('billing_issues_detected_at')),
    refundedAt: timeOf(cell('refunded_at')),
    resumesAt: timeOf(cell('auto_resume_time')),
    price,
    keptMicros,
    isFamilyShare,
    countryCode: country !== null && /^[A-Z]{2}$/.test(country) ? country : null,
    offerCode: text('offer_type') === 'offer_code' ? text('offer') : null,
    entitlements: wordsOf(cell('entitlement_identifiers')),
    renewalNumber: renewal !== null && /^\d{1,6}$/.test(renewal) && Number(renewal) > 0 ? Number(renewal) : null,
    isTrialConversion: flagOf(cell('is_trial_conversion')),
    updatedAt: timeOf(cell('updated_at')) ?? sound.startsAt,
    reservedAttributes: text('reserved_subscriber_attributes') ?? '',
    customAttributes: text('custom_subscriber_attributes') ?? '',
  }
}

function periodTypeOf(cell: Cells, store: StoreName): PeriodType {
  if (store === 'promotional') return 'PROMOTIONAL'
  if (flagOf(cell('is_trial_period')) === true) return 'TRIAL'
  return flagOf(cell('is_in_intro_offer_period')) === true ? 'INTRO' : 'NORMAL'
}

/** In the currency of the purchase, else in dollars. A trial and a family member's share cost nothing. */
function moneyOf(cell: Cells, free: boolean): Pick<ExportRow, 'price' | 'keptMicros'> {
  const currency = cell('purchased_currency').trim().toUpperCase()
  const own = /^[A-Z]{3}$/.test(currency)
  if (free) return { price: { micros: 0, currency: own ? currency : 'USD' }, keptMicros: null }
  const charged = own ? microsOf(cell('purchase_price_in_purchased_currency')) : null
  if (charged !== null && charged >= 0) {
    return { price: { micros: charged, currency }, keptMicros: microsOf(cell('price_in_purchased_currency')) }
  }
  const dollars = microsOf(cell('purchase_price_in_usd'))
  return dollars === null || dollars < 0
    ? { price: null, keptMicros: null }
    : { price: { micros: dollars, currency: 'USD' }, keptMicros: microsOf(cell('price_in_usd')) }
}

/** The export writes floating numbers (8.139999999, 1e-05): rounded once, in decimals, to the sixth place. */
function microsOf(text: string): number | null {
  const value = meant(text) === null ? Number.NaN : Number(text)
  return Number.isFinite(value) && Math.abs(value) < 1e9 ? microsOfDecimal(value.toFixed(6)) : null
}

/** What warehouses write for nothing. */
function meant(text: string): string | null {
  const trimmed = text.trim()
  return trimmed === '' || trimmed === 'null' || trimmed === 'NULL' || trimmed === '\\N' ? null : trimmed
}

function flagOf(text: string): boolean | null {
  const word = text.trim().toLowerCase()
  if (word === 'true' || word === 't' || word === '1') return true
  return word === 'false' || word === 'f' || word === '0' ? false : null
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?: ?(?:Z|UTC|\+00(?::?00)?))?$/
const FIRST_TIME = Date.UTC(2008, 0, 1)

/** `2026-01-31 08:00:00`, with or without a fraction and a zone that is UTC. No store sold a subscription before 2008. */
function timeOf(text: string): number | null {
  const match = TIME.exec(text.trim())
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction] = match
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const valid = new Date(at).getUTCDate() === Number(day) && at >= FIRST_TIME && Number(hour) < 24
  return valid ? at + (fraction === undefined ? 0 : Math.floor(Number(fraction) * 1_000)) : null
}

/** `["a", "b"]`, `['a']`, `{a,b}`: versions and warehouses quote lists in ways of their own. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/[^\s[\]{}"'\\,]+/g)].map(([word]) => word).filter((word) => meant(word) !== null)
}
