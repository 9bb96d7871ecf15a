/**
 * What the SDKs need to find in an answer: which keys, of which type, and what may be null or missing. Written after the
 * decoders of purchases-ios (Sources/Networking/Responses, snake case turned to camel case by its JSONDecoder) and
 * purchases-android (CustomerInfoFactory, EntitlementInfoFactories, SubscriptionInfoResponse, OfferingParser,
 * ProductEntitlementMapping), August 2026. Each throws as theirs do.
 */

type Json = Readonly<Record<string, unknown>>

function objectAt(json: Json, key: string): Json {
  const value = json[key]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${key} is no object`)
  return value as Json
}

function textAt(json: Json, key: string): string {
  const value = json[key]
  if (typeof value !== 'string') throw new Error(`${key} is no text`)
  return value
}

function optional<T>(json: Json, key: string, read: (json: Json, key: string) => T): T | null {
  return json[key] === undefined || json[key] === null ? null : read(json, key)
}

function flagAt(json: Json, key: string): boolean {
  const value = json[key]
  if (typeof value !== 'boolean') throw new Error(`${key} is no flag`)
  return value
}

function numberAt(json: Json, key: string): number {
  const value = json[key]
  if (typeof value !== 'number') throw new Error(`${key} is no number`)
  return value
}

function listAt(json: Json, key: string): readonly unknown[] {
  const value = json[key]
  if (!Array.isArray(value)) throw new Error(`${key} is no list`)
  return value
}

/** ISO8601DateFormatter of iOS with and without fractions, Iso8601Utils of Android. */
function dateAt(json: Json, key: string): number {
  const text = textAt(json, key)
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/.test(text)) throw new Error(`${key} is no date`)
  return Date.parse(text)
}

function urlAt(json: Json, key: string): string {
  const text = textAt(json, key)
  if (!URL.canParse(text)) throw new Error(`${key} is no URL`)
  return text
}

const IOS_STORES = [
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
const PERIODS = ['normal', 'intro', 'trial', 'prepaid', 'promotional']

function oneOf(json: Json, key: string, names: readonly string[]): string {
  const text = textAt(json, key)
  if (!names.includes(text)) throw new Error(`${key} is ${text}`)
  return text
}

function entries(json: Json): readonly (readonly [string, Json])[] {
  return Object.keys(json).map((key) => [key, objectAt(json, key)] as const)
}

function priceIn(json: Json): void {
  optional(json, 'price', (holder, key) => {
    const price = objectAt(holder, key)
    return [textAt(price, 'currency'), numberAt(price, 'amount')]
  })
}

/** `CustomerInfoResponse` of iOS: gives what the SDK then shows. */
export function decodedByIos(body: Json) {
  dateAt(body, 'request_date')
  const subscriber = objectAt(body, 'subscriber')
  dateAt(subscriber, 'first_seen')
  optional(subscriber, 'original_purchase_date', dateAt)
  optional(subscriber, 'original_application_version', textAt)
  optional(subscriber, 'management_url', urlAt)
  for (const [, one] of entries(objectAt(subscriber, 'subscriptions'))) {
    dateAt(one, 'purchase_date')
    for (const key of [
      'original_purchase_date',
      'expires_date',
      'unsubscribe_detected_at',
      'billing_issues_detected_at',
    ]) {
      optional(one, key, dateAt)
    }
    for (const key of ['grace_period_expires_date', 'refunded_at', 'auto_resume_date']) optional(one, key, dateAt)
    oneOf(one, 'store', IOS_STORES)
    oneOf(one, 'period_type', PERIODS)
    oneOf(one, 'ownership_type', ['PURCHASED', 'FAMILY_SHARED'])
    flagAt(one, 'is_sandbox')
    for (const key of ['product_plan_identifier', 'store_transaction_id', 'display_name']) optional(one, key, textAt)
    optional(one, 'management_url', urlAt)
    priceIn(one)
  }
  const nonSubscriptions = objectAt(subscriber, 'non_subscriptions')
  for (const product of Object.keys(nonSubscriptions)) {
    for (const one of listAt(nonSubscriptions, product) as readonly Json[]) {
      dateAt(one, 'purchase_date')
      optional(one, 'original_purchase_date', dateAt)
      optional(one, 'id', textAt)
      optional(one, 'store_transaction_id', textAt)
      oneOf(one, 'store', IOS_STORES)
      flagAt(one, 'is_sandbox')
      priceIn(one)
    }
  }
  const entitlements = entries(objectAt(subscriber, 'entitlements')).map(([id, one]) => ({
    id,
    product: textAt(one, 'product_identifier'),
    expiresAt: optional(one, 'expires_date', dateAt),
    purchasedAt: optional(one, 'purchase_date', dateAt),
  }))
  return { originalAppUserId: textAt(subscriber, 'original_app_user_id'), entitlements }
}

const ANDROID_STORES = [
  'amazon',
  'app_store',
  'mac_app_store',
  'play_store',
  'promotional',
  'stripe',
  'rc_billing',
  'external',
  'paddle',
  'test_store',
]

const ANDROID_PERIODS = ['normal', 'intro', 'trial', 'prepaid']

/** `CustomerInfoFactory.buildCustomerInfo` and `parseSubscriptionInfos` of Android. */
export function decodedByAndroid(body: Json) {
  const subscriber = objectAt(body, 'subscriber')
  const requestDate = dateAt(body, 'request_date')
  dateAt(subscriber, 'first_seen')
  optional(subscriber, 'original_purchase_date', dateAt)
  const subscriptions = objectAt(subscriber, 'subscriptions')
  for (const [, one] of entries(subscriptions)) {
    dateAt(one, 'purchase_date')
    optional(one, 'expires_date', dateAt)
    oneOf(one, 'store', ANDROID_STORES)
    flagAt(one, 'is_sandbox')
    // One that it does not know, and it drops all subscriptions of the answer.
    oneOf(one, 'period_type', ANDROID_PERIODS)
    priceIn(one)
  }
  const nonSubscriptions = objectAt(subscriber, 'non_subscriptions')
  const latest: Record<string, Json> = {}
  for (const product of Object.keys(nonSubscriptions)) {
    const last = listAt(nonSubscriptions, product).at(-1) as Json | undefined
    if (last !== undefined) latest[product] = last
  }
  for (const [, one] of entries(latest)) dateAt(one, 'purchase_date')
  const entitlements = entries(objectAt(subscriber, 'entitlements')).map(([id, one]) => {
    const product = textAt(one, 'product_identifier')
    const data = subscriptions[product] === undefined ? objectAt(latest, product) : objectAt(subscriptions, product)
    dateAt(data, 'original_purchase_date')
    flagAt(data, 'is_sandbox')
    oneOf(data, 'store', ANDROID_STORES)
    const expiresAt = optional(one, 'expires_date', dateAt)
    return {
      id,
      product,
      purchasedAt: dateAt(one, 'purchase_date'),
      active: expiresAt === null || expiresAt > requestDate,
    }
  })
  return { originalAppUserId: textAt(subscriber, 'original_app_user_id'), entitlements }
}

/** `OfferingsResponse` of iOS and `OfferingParser` of Android: the current offering and what is in each. */
export function decodedOfferings(body: Json) {
  if (!('current_offering_id' in body)) throw new Error('current_offering_id is missing')
  return {
    current: optional(body, 'current_offering_id', textAt),
    offerings: (listAt(body, 'offerings') as readonly Json[]).map((offering) => {
      textAt(offering, 'description')
      objectAt(offering, 'metadata')
      const packages = (listAt(offering, 'packages') as readonly Json[]).map((one) => [
        textAt(one, 'identifier'),
        textAt(one, 'platform_product_identifier'),
        optional(one, 'platform_product_plan_identifier', textAt),
      ])
      return { id: textAt(offering, 'identifier'), packages }
    }),
  }
}

/** `ProductEntitlementMapping` of both. */
export function decodedMapping(body: Json) {
  return entries(objectAt(body, 'product_entitlement_mapping')).map(([, one]) => ({
    product: textAt(one, 'product_identifier'),
    plan: optional(one, 'base_plan_id', textAt),
    entitlements: listAt(one, 'entitlements'),
  }))
}

/** `ErrorResponse` of iOS, `HTTPResult.toPurchasesError` of Android, `handleErrors` of purchases-js. */
export function decodedError(body: Json): number {
  textAt(body, 'message')
  const code = numberAt(body, 'code')
  if (!Number.isInteger(code)) throw new Error('code is no integer')
  return code
}
