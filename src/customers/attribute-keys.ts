/** https://www.revenuecat.com/docs/customers/customer-attributes, and the keys that the SDKs of August 2026 set. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  '$displayName',
  '$email',
  '$phoneNumber',
  '$apnsTokens',
  '$fcmTokens',
  '$attConsentStatus',
  '$deviceVersion',
  '$ip',
  '$idfa',
  '$idfv',
  '$gpsAdId',
  '$androidId',
  '$amazonAdId',
  '$appleRefundHandlingPreference',
  '$adjustId',
  '$amplitudeDeviceId',
  '$amplitudeUserId',
  '$appsflyerId',
  '$appsflyerSharingFilter',
  '$appstackId',
  '$airbridgeDeviceId',
  '$airshipChannelId',
  '$branchId',
  '$brazeAliasName',
  '$brazeAliasLabel',
  '$clevertapId',
  '$customerioId',
  '$fbAnonId',
  '$firebaseAppInstanceId',
  '$intercomContactId',
  '$iterableUserId',
  '$iterableCampaignId',
  '$iterableTemplateId',
  '$kochavaDeviceId',
  '$mixpanelDistinctId',
  '$mparticleId',
  '$onesignalId',
  '$onesignalUserId',
  '$posthogUserId',
  '$segmentId',
  '$singularDeviceId',
  '$solarEngineDistinctId',
  '$solarEngineAccountId',
  '$solarEngineVisitorId',
  '$telemetryDeckUserId',
  '$telemetryDeckAppId',
  '$tenjinId',
  '$mediaSource',
  '$campaign',
  '$adGroup',
  '$ad',
  '$keyword',
  '$creative',
  '$appleAdsAdGroupId',
  '$appleAdsCampaignId',
  '$appleAdsKeywordId',
])

/** Device identifiers and attribution: they say where a customer came from, and do not change once they are set. */
const FIRST_WINS_KEYS: ReadonlySet<string> = new Set([
  '$idfa',
  '$idfv',
  '$gpsAdId',
  '$ip',
  '$mediaSource',
  '$campaign',
  '$adGroup',
  '$ad',
  '$keyword',
  '$creative',
])

const MAX_KEY_LENGTH = 40
const CUSTOM_KEY = /^[A-Za-z][A-Za-z0-9_-]*$/
/** Names that mean something to every JavaScript object that an attribute may be copied into later. */
const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The key under which an attribute is stored. RevenueCat's CleverTap page writes `$cleverTapId`, its SDKs and samples
 * `$clevertapId`: all spellings are one attribute.
 */
export function canonicalKey(key: string): string {
  const trimmed = key.trim()
  return trimmed.toLowerCase() === '$clevertapid' ? '$clevertapId' : trimmed
}

export function isCustomKey(key: string): boolean {
  return !key.startsWith('$')
}

export function isFirstWins(key: string): boolean {
  return FIRST_WINS_KEYS.has(key)
}

/** Why a canonical key may not be an attribute's, or null when it may. */
export function refuseKey(key: string): string | null {
  if (key === '') return 'The key is empty; name the attribute.'
  if (key.startsWith('$')) {
    return RESERVED_KEYS.has(key)
      ? null
      : 'Keys that begin with "$" are reserved and this one is not known; use a key without "$".'
  }
  if (PROTOTYPE_KEYS.has(key)) return 'This key is reserved by the language of many receivers; use another one.'
  if (key.length > MAX_KEY_LENGTH) return `The key has more than ${MAX_KEY_LENGTH} characters; use a shorter one.`
  if (!CUSTOM_KEY.test(key)) return 'A key begins with a letter and holds letters, digits, "-" and "_" only; rename it.'
  return null
}
