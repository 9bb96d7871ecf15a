/**
 * What an iPhone sends and understands, after purchases-ios of August 2026: headers of HTTPClient.swift, bodies of
 * Networking/Operations, answers of Networking/Responses (https://github.com/RevenueCat/purchases-ios).
 */

type Json = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface Iphone {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(path: string, body: Json): Promise<Answer>
}

const HEADERS = {
  'content-type': 'application/json',
  'X-Version': '5.82.0',
  'X-Platform': 'iOS',
  'X-Platform-Version': 'Version 19.0 (Build 23A340)',
  'X-Platform-Flavor': 'native',
  'X-Platform-Device': 'iPhone18,1',
  'X-Client-Version': '3.2.1',
  'X-Client-Build-Version': '321',
  'X-Client-Bundle-ID': 'com.acme.app',
  'X-Preferred-Locales': 'de_DE,en_US',
  'X-StoreKit2-Enabled': 'true',
  'X-StoreKit-Version': '2',
  'X-Observer-Mode-Enabled': 'false',
  'X-Retry-Count': '0',
  'X-Is-Sandbox': 'false',
  'X-Is-Backgrounded': 'false',
  'X-Is-Debug-Build': 'false',
  'X-Installation-Method': 'spm',
  'X-Storefront': 'DEU',
  'X-Apple-Device-Identifier': '0F2B7C1E-5B7E-4E4C-9C2E-1A2B3C4D5E6F',
} as const

export function iphone(hub: string, publicKey: string): Iphone {
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
    // It verifies answers unless told not to, and sends a nonce for that; its first ETag is the empty string.
    get: (path, headers = {}) =>
      ask('GET', path, {
        headers: { 'X-Nonce': 'MTIzNDU2Nzg5MDEy', 'X-RevenueCat-ETag': '', ...headers },
      }),
    post: (path, body) =>
      ask('POST', path, {
        headers: { 'X-Nonce': 'MTIzNDU2Nzg5MDEy', 'X-Post-Params-Hash': 'app_user_id,fetch_token:sha256:00' },
        body: JSON.stringify(body),
      }),
  }
}

/** An app user id in a path: `$` and `:` of anonymous ids stay as they are (`urlHostAllowed`). */
export function iosPath(appUserId: string): string {
  return encodeURIComponent(appUserId).replaceAll('%24', '$').replaceAll('%3A', ':')
}

export interface IosReceipt {
  readonly appUserId: string
  readonly jws: string
  readonly appTransaction: string
  readonly transactionId: string
  readonly productId: string
  readonly restore: boolean
  readonly attributes: Json
}

/** PostReceiptDataOperation.swift and ProductRequestData.swift: prices are strings there. */
export function iosReceipt(of: IosReceipt): Json {
  return {
    payload_version: 1,
    app_user_id: of.appUserId,
    is_restore: of.restore,
    observer_mode: false,
    initiation_source: of.restore ? 'restore' : 'purchase',
    ...(of.restore
      ? {}
      : {
          product_id: of.productId,
          payment_mode: 2,
          currency: 'EUR',
          store_country: 'DEU',
          price: '9.99',
          subscription_group_id: '21000001',
          offers: [{ offer_identifier: 'win_back', price: '4.99', payment_mode: 0 }],
          introductory_price: '0',
          normal_duration: 'P1M',
          trial_duration: 'P1W',
          presented_offering_identifier: 'default',
          presented_placement_identifier: 'onboarding',
          applied_targeting_rule: { revision: 3, rule_id: 'abc123' },
          paywall: {
            session_id: 'B2E5B6E4-4E0A-4A52-9B6E-6B6B2F8F7C11',
            revision: 7,
            display_mode: 'full_screen',
            dark_mode: true,
            locale: 'de_DE',
          },
          metadata: { campaign: 'autumn' },
        }),
    fetch_token: of.jws,
    app_transaction: of.appTransaction,
    transaction_id: of.transactionId,
    sdk_originated: !of.restore,
    purchase_completed_by: 'revenuecat',
    attributes: of.attributes,
    aad_attribution_token: 'c29tZSB0b2tlbg==',
  }
}

// ── what it makes of the answers ────────────────────────────────────────────────────────────────────────────────────

export interface IosCustomer {
  readonly originalAppUserId: string
  readonly requestDate: Date
  readonly firstSeen: Date
  readonly managementUrl: string | null
  /** Entitlement → until when; null for ever. Of those in force at `requestDate`. */
  readonly active: Readonly<Record<string, Date | null>>
  readonly subscriptions: Readonly<Record<string, IosSubscription>>
  readonly nonSubscriptions: Readonly<Record<string, number>>
}

export interface IosSubscription {
  readonly purchaseDate: Date
  readonly expiresDate: Date | null
  readonly store: string
  readonly isSandbox: boolean
  readonly periodType: string
  readonly price: { readonly currency: string; readonly amount: number } | null
}

/** CustomerInfoResponse.swift. Throws where JSONDecoder would. */
export function decodeIosCustomer(body: unknown): IosCustomer {
  const root = object(body, 'the answer')
  const requestDate = date(root, 'request_date')
  const subscriber = object(root.subscriber, 'subscriber')
  const subscriptions = entriesOf(subscriber, 'subscriptions').map(
    ([id, one]) => [id, subscription(object(one, id))] as const,
  )
  const nonSubscriptions = entriesOf(subscriber, 'non_subscriptions').map(([id, many]) => {
    if (!Array.isArray(many)) throw new Error(`non_subscriptions.${id} is no array`)
    for (const one of many) transaction(object(one, id))
    return [id, many.length] as const
  })
  const active: Record<string, Date | null> = {}
  for (const [id, one] of entriesOf(subscriber, 'entitlements')) {
    const entitlement = object(one, id)
    const until = optionalDate(entitlement, 'expires_date')
    const product = text(entitlement, 'product_identifier')
    optionalDate(entitlement, 'purchase_date')
    // EntitlementInfos.swift leaves an entitlement out whose product is in neither list.
    if (![...subscriptions, ...nonSubscriptions].some(([known]) => known === product)) continue
    if (until === null || until > requestDate) active[id] = until
  }
  optionalText(subscriber, 'original_application_version')
  optionalDate(subscriber, 'original_purchase_date')
  return {
    originalAppUserId: text(subscriber, 'original_app_user_id'),
    requestDate,
    firstSeen: date(subscriber, 'first_seen'),
    managementUrl: optionalText(subscriber, 'management_url'),
    active,
    subscriptions: Object.fromEntries(subscriptions),
    nonSubscriptions: Object.fromEntries(nonSubscriptions),
  }
}

function subscription(one: Json): IosSubscription {
  for (const key of [
    'original_purchase_date',
    'unsubscribe_detected_at',
    'billing_issues_detected_at',
    'grace_period_expires_date',
    'refunded_at',
    'auto_resume_date',
  ])
    optionalDate(one, key)
  for (const key of ['product_plan_identifier', 'store_transaction_id', 'display_name', 'management_url'])
    optionalText(one, key)
  return {
    purchaseDate: date(one, 'purchase_date'),
    expiresDate: optionalDate(one, 'expires_date'),
    store: text(one, 'store'),
    isSandbox: flag(one, 'is_sandbox', false),
    periodType: text(one, 'period_type'),
    price: priceOf(one),
  }
}

function transaction(one: Json): void {
  date(one, 'purchase_date')
  optionalDate(one, 'original_purchase_date')
  for (const key of ['id', 'store_transaction_id', 'display_name']) optionalText(one, key)
  flag(one, 'is_sandbox')
  priceOf(one)
}

function priceOf(one: Json): IosSubscription['price'] {
  if (one.price === undefined || one.price === null) return null
  const price = object(one.price, 'price')
  if (typeof price.amount !== 'number') throw new Error('price.amount is no number')
  return { currency: text(price, 'currency'), amount: price.amount }
}

/** OfferingsResponse.swift: offering → its packages → the product. */
export function decodeIosOfferings(body: unknown): {
  readonly current: string | null
  readonly all: Readonly<Record<string, Readonly<Record<string, string>>>>
} {
  const root = object(body, 'the answer')
  if (!Array.isArray(root.offerings)) throw new Error('offerings is no array')
  const all = root.offerings.map((one) => {
    const offering = object(one, 'offering')
    text(offering, 'description')
    if (offering.metadata !== undefined && offering.metadata !== null) object(offering.metadata, 'metadata')
    if (!Array.isArray(offering.packages)) throw new Error('packages is no array')
    const packages = offering.packages.map((given) => {
      const pack = object(given, 'package')
      const plan = optionalText(pack, 'platform_product_plan_identifier')
      const product = text(pack, 'platform_product_identifier')
      return [text(pack, 'identifier'), plan === null ? product : `${product}:${plan}`] as const
    })
    return [text(offering, 'identifier'), Object.fromEntries(packages)] as const
  })
  return { current: optionalText(root, 'current_offering_id'), all: Object.fromEntries(all) }
}

/** GetIntroEligibilityResponse.swift: `[String: Bool?]`. */
export function decodeIosEligibility(body: unknown): Readonly<Record<string, boolean | null>> {
  const root = object(body, 'the answer')
  const wrong = Object.entries(root).find(([, value]) => value !== null && typeof value !== 'boolean')
  if (wrong !== undefined) throw new Error(`${wrong[0]} is neither true nor false nor null`)
  return root as Readonly<Record<string, boolean | null>>
}

/** PostOfferResponse.swift: offer → why it is not signed. `key_id` is text, even where nothing is signed. */
export function decodeIosOffers(body: unknown): readonly (readonly [string, number])[] {
  const { offers } = object(body, 'the answer')
  if (!Array.isArray(offers)) throw new Error('offers is no array')
  return offers.map((given) => {
    const offer = object(given, 'offer')
    for (const key of ['key_id', 'product_id']) text(offer, key)
    return [text(offer, 'offer_id'), decodeError(offer.signature_error).code] as const
  })
}

/** IsPurchaseAllowedByRestoreBehaviorResponse.swift */
export function decodeIosRestore(body: unknown): boolean {
  return flag(object(body, 'the answer'), 'is_purchase_allowed_by_restore_behavior')
}

/** ErrorResponse.swift; `getInt` and `getString` of the other SDKs read the same. */
export function decodeError(body: unknown): { readonly code: number; readonly message: string } {
  const error = object(body, 'the error')
  if (!Number.isInteger(error.code)) throw new Error(`code is no whole number but ${JSON.stringify(error.code)}`)
  return { code: Number(error.code), message: text(error, 'message') }
}

function entriesOf(of: Json, key: string): readonly (readonly [string, unknown])[] {
  const value = of[key]
  return value === undefined || value === null ? [] : Object.entries(object(value, key))
}

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`)
  return value as Json
}

function text(of: Json, key: string): string {
  const value = of[key]
  if (typeof value !== 'string') throw new Error(`${key} is no text but ${JSON.stringify(value)}`)
  return value
}

function optionalText(of: Json, key: string): string | null {
  return of[key] === undefined || of[key] === null ? null : text(of, key)
}

function flag(of: Json, key: string, otherwise?: boolean): boolean {
  const value = of[key]
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value !== 'boolean') throw new Error(`${key} is neither true nor false but ${JSON.stringify(value)}`)
  return value
}

/** ISO8601DateFormatter with `withInternetDateTime`, fractions of a second allowed. */
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function date(of: Json, key: string): Date {
  const value = text(of, key)
  if (!DATE.test(value)) throw new Error(`${key} is no date but ${value}`)
  return new Date(value)
}

function optionalDate(of: Json, key: string): Date | null {
  return of[key] === undefined || of[key] === null ? null : date(of, key)
}
