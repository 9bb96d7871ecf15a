import type { Answer } from './ios.ts'

/**
 * What an Android phone sends and understands, after purchases-android of August 2026: headers of HTTPClient.kt, bodies
 * of Backend.kt, answers of CustomerInfoFactory.kt, EntitlementInfoFactories.kt, SubscriptionInfoResponse.kt and
 * OfferingParser.kt (https://github.com/RevenueCat/purchases-android).
 */

type Json = Readonly<Record<string, unknown>>

export interface Phone {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(path: string, body: Json): Promise<Answer>
}

const HEADERS = {
  'Content-Type': 'application/json',
  'X-Platform': 'android',
  'X-Platform-Flavor': 'native',
  'X-Platform-Version': '36',
  'X-Platform-Device': 'Pixel 11',
  'X-Platform-Brand': 'google',
  'X-Version': '10.14.0',
  'X-Preferred-Locales': 'de_DE',
  'X-Client-Locale': 'de-DE',
  'X-Client-Version': '3.2.1',
  'X-Client-Bundle-ID': 'com.acme.app',
  'X-Observer-Mode-Enabled': 'false',
  'X-Storefront': 'DE',
  'X-Is-Debug-Build': 'false',
  'X-Kotlin-Version': '2.3.0',
  'X-Is-Backgrounded': 'false',
  'X-Billing-Client-Sdk-Version': '8.3.0',
} as const

export function phone(hub: string, publicKey: string): Phone {
  const ask = async (method: string, path: string, more: RequestInit): Promise<Answer> => {
    const answer = await fetch(`${hub}${path}`, {
      method,
      ...more,
      headers: { ...HEADERS, Authorization: `Bearer ${publicKey}`, ...(more.headers as Record<string, string>) },
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? null : (JSON.parse(text) as unknown) }
  }
  return {
    get: (path, headers = {}) =>
      ask('GET', path, { headers: { 'X-Nonce': 'MTIzNDU2Nzg5MDEy', 'X-RevenueCat-ETag': '', ...headers } }),
    post: (path, body) => ask('POST', path, { headers: { 'X-Nonce': 'MTIzNDU2Nzg5MDEy' }, body: JSON.stringify(body) }),
  }
}

/** `Uri.encode`: `$` and `:` are encoded. */
export function androidPath(appUserId: string): string {
  return encodeURIComponent(appUserId)
}

export interface AndroidReceipt {
  readonly appUserId: string
  readonly token: string
  readonly productId: string
  readonly basePlanId: string
  readonly restore: boolean
  readonly attributes: Json
}

/** `postReceiptData` of Backend.kt; what is null is left out. A restore knows no product. */
export function androidReceipt(of: AndroidReceipt): Json {
  return {
    fetch_token: of.token,
    product_ids: [of.productId],
    platform_product_ids: [
      of.restore
        ? { product_id: of.productId }
        : { product_id: of.productId, base_plan_id: of.basePlanId, offer_id: null },
    ],
    app_user_id: of.appUserId,
    is_restore: of.restore,
    observer_mode: false,
    purchase_completed_by: 'revenuecat',
    initiation_source: of.restore ? 'restore' : 'purchase',
    sdk_originated: !of.restore,
    payload_version: 1,
    ...(Object.keys(of.attributes).length === 0 ? {} : { attributes: of.attributes }),
    ...(of.restore
      ? {}
      : {
          presented_offering_identifier: 'default',
          price: 9.99,
          currency: 'USD',
          normal_duration: 'P1M',
          pricing_phases: [
            {
              billingPeriod: 'P1M',
              billingCycleCount: null,
              recurrenceMode: 1,
              formattedPrice: '$9.99',
              priceAmountMicros: 9_990_000,
              priceCurrencyCode: 'USD',
            },
          ],
          paywall: { session_id: 'a1', revision: 2, display_mode: 'footer', dark_mode: false, locale: 'de_DE' },
        }),
  }
}

// ── what it makes of the answers ────────────────────────────────────────────────────────────────────────────────────

export interface AndroidCustomer {
  readonly originalAppUserId: string
  readonly requestDate: Date
  readonly firstSeen: Date
  /** Product, with its base plan where it has one → until when. */
  readonly expirations: Readonly<Record<string, Date | null>>
  readonly active: Readonly<Record<string, AndroidEntitlement>>
  readonly subscriptions: readonly string[]
}

export interface AndroidEntitlement {
  readonly product: string
  readonly plan: string | null
  readonly store: string
  readonly willRenew: boolean
  readonly until: Date | null
}

export function decodeAndroidCustomer(body: unknown): AndroidCustomer {
  const root = object(body, 'the answer')
  const subscriber = getObject(root, 'subscriber')
  const nonSubscriptions = getObject(subscriber, 'non_subscriptions')
  const latest: Record<string, Json> = {}
  for (const [id, many] of Object.entries(nonSubscriptions)) {
    if (!Array.isArray(many)) throw new Error(`non_subscriptions.${id} is no array`)
    const last = many.at(-1) as unknown
    if (last !== undefined) latest[id] = object(last, id)
  }
  const subscriptions = getObject(subscriber, 'subscriptions')
  const requestDate = parseDate(getString(root, 'request_date'))
  const active: Record<string, AndroidEntitlement> = {}
  const entitlements = subscriber.entitlements
  for (const [id, given] of Object.entries(object(entitlements ?? {}, 'entitlements'))) {
    const entitlement = object(given, id)
    const product = optString(entitlement, 'product_identifier')
    const data = subscriptions[product] ?? latest[product]
    if (product === '' || data === undefined) continue
    const info = entitlementOf(entitlement, object(data, product))
    if (info.until === null || info.until > requestDate) active[id] = info
  }
  optionalString(subscriber, 'management_url')
  const originally = optionalString(subscriber, 'original_purchase_date')
  if (originally !== null) parseDate(originally)
  for (const one of Object.values(latest)) optDate(one, 'purchase_date')
  for (const [id, one] of Object.entries(subscriptions)) subscriptionOf(object(one, id))
  return {
    originalAppUserId: optString(subscriber, 'original_app_user_id'),
    requestDate,
    firstSeen: parseDate(getString(subscriber, 'first_seen')),
    expirations: Object.fromEntries(
      Object.entries(subscriptions).map(([id, one]) => {
        const data = object(one, id)
        const plan = optString(data, 'product_plan_identifier')
        return [plan === '' ? id : `${id}:${plan}`, optDate(data, 'expires_date')]
      }),
    ),
    active,
    subscriptions: Object.keys(subscriptions),
  }
}

function entitlementOf(entitlement: Json, product: Json): AndroidEntitlement {
  const until = optDate(entitlement, 'expires_date')
  const unsubscribed = optDate(product, 'unsubscribe_detected_at')
  const failing = optDate(product, 'billing_issues_detected_at')
  const store = getString(product, 'store')
  const prepaid = optString(product, 'period_type') === 'prepaid'
  parseDate(getString(entitlement, 'purchase_date'))
  parseDate(getString(product, 'original_purchase_date'))
  getBoolean(product, 'is_sandbox')
  return {
    product: getString(entitlement, 'product_identifier'),
    plan: optionalString(entitlement, 'product_plan_identifier'),
    store,
    willRenew: !(store === 'promotional' || until === null || unsubscribed !== null || failing !== null || prepaid),
    until,
  }
}

const PERIOD_TYPES = ['normal', 'intro', 'trial', 'prepaid']
const STORES = [
  'app_store',
  'mac_app_store',
  'play_store',
  'stripe',
  'promotional',
  'amazon',
  'rc_billing',
  'external',
  'paddle',
  'test_store',
]

/**
 * kotlinx.serialization: a period type that the enum does not have is an exception, and all subscriptions are lost with
 * it. A store that it does not have would be shown as unknown.
 */
function subscriptionOf(one: Json): void {
  parseDate(strictText(one, 'purchase_date'))
  for (const key of [
    'original_purchase_date',
    'expires_date',
    'unsubscribe_detected_at',
    'billing_issues_detected_at',
    'grace_period_expires_date',
    'refunded_at',
    'auto_resume_date',
  ])
    if (one[key] !== undefined && one[key] !== null) parseDate(strictText(one, key))
  for (const key of ['store_transaction_id', 'display_name', 'product_plan_identifier', 'management_url'])
    if (one[key] !== undefined && one[key] !== null) strictText(one, key)
  if (typeof one.is_sandbox !== 'boolean') throw new Error('is_sandbox is neither true nor false')
  oneOf(one, 'store', STORES)
  oneOf(one, 'period_type', PERIOD_TYPES)
  if (one.ownership_type !== undefined) oneOf(one, 'ownership_type', ['PURCHASED', 'FAMILY_SHARED', 'UNKNOWN'])
  if (one.price === undefined || one.price === null) return
  const price = object(one.price, 'price')
  if (typeof price.amount !== 'number') throw new Error('price.amount is no number')
  strictText(price, 'currency')
}

/** OfferingParser.kt and GoogleOfferingParser.kt: offering → its packages → product and base plan. */
export function decodeAndroidOfferings(body: unknown): {
  readonly current: string
  readonly all: Readonly<Record<string, Readonly<Record<string, string>>>>
} {
  const root = object(body, 'the answer')
  const offerings = root.offerings
  if (!Array.isArray(offerings)) throw new Error('offerings is no array')
  const all = offerings.map((one) => {
    const offering = object(one, 'offering')
    getString(offering, 'description')
    const { packages } = offering
    if (!Array.isArray(packages)) throw new Error('packages is no array')
    const read = packages.map((given) => {
      const pack = object(given, 'package')
      const plan = optString(pack, 'platform_product_plan_identifier')
      const product = getString(pack, 'platform_product_identifier')
      return [getString(pack, 'identifier'), plan === '' ? product : `${product}:${plan}`] as const
    })
    return [getString(offering, 'identifier'), Object.fromEntries(read)] as const
  })
  return { current: getString(root, 'current_offering_id'), all: Object.fromEntries(all) }
}

/** ProductEntitlementMapping.kt */
export function decodeAndroidMapping(body: unknown): Readonly<Record<string, readonly string[]>> {
  const products = getObject(object(body, 'the answer'), 'product_entitlement_mapping')
  return Object.fromEntries(
    Object.entries(products).map(([id, given]) => {
      const one = object(given, id)
      getString(one, 'product_identifier')
      optionalString(one, 'base_plan_id')
      if (!Array.isArray(one.entitlements)) throw new Error('entitlements is no array')
      return [id, one.entitlements.map(String)]
    }),
  )
}

// ── org.json as Android has it ──────────────────────────────────────────────────────────────────────────────────────

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`)
  return value as Json
}

function getObject(of: Json, key: string): Json {
  return object(of[key], key)
}

/** A null is the text "null": https://developer.android.com/reference/org/json/JSONObject#getString(java.lang.String) */
function getString(of: Json, key: string): string {
  if (of[key] === undefined) throw new Error(`No value for ${key}`)
  return String(of[key])
}

function optString(of: Json, key: string): string {
  return of[key] === undefined ? '' : String(of[key])
}

function optionalString(of: Json, key: string): string | null {
  return of[key] === undefined || of[key] === null ? null : getString(of, key)
}

function getBoolean(of: Json, key: string): boolean {
  if (typeof of[key] !== 'boolean') throw new Error(`${key} is neither true nor false`)
  return of[key]
}

function strictText(of: Json, key: string): string {
  const value = of[key]
  if (typeof value !== 'string') throw new Error(`${key} is no text but ${JSON.stringify(value)}`)
  return value
}

function oneOf(of: Json, key: string, values: readonly string[]): void {
  if (!values.includes(strictText(of, key))) throw new Error(`${key} has no value ${JSON.stringify(of[key])}`)
}

/** Iso8601Utils.kt */
function parseDate(value: string): Date {
  if (!/^\d{4}-?\d\d-?\d\dT\d\d:?\d\d(:?\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(value))
    throw new Error(`no date: ${value}`)
  return new Date(value)
}

function optDate(of: Json, key: string): Date | null {
  return of[key] === undefined || of[key] === null ? null : parseDate(getString(of, key))
}
