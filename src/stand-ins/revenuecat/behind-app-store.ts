import type { SimulatedNotification } from '../app-store/notification.ts'
import type { Charge, EventDesk, SimulatedEvent } from './event.ts'

/**
 * The sender as it stands behind an App Store: what it makes of Apple's notifications. Written from the sender's own
 * table of flows (www.revenuecat.com/docs/integrations/webhooks/event-flows), not from the hub's rules, so that the two
 * ways of one life can be held beside each other.
 */
export interface FeedBehindAppStore {
  /** The events that one notification makes it send; none for what it does not pass on. */
  hear(notification: SimulatedNotification): readonly SimulatedEvent[]
}

/** What it remembers of a chain. */
interface Known {
  latest: Charge
  /** As it stood before a refund moved its end. */
  whole: Charge
  optedOut: boolean
  failing: boolean
  over: boolean
  chosen: string | null
}

type Json = Readonly<Record<string, unknown>>

export function createFeedBehindAppStore(desk: EventDesk): FeedBehindAppStore {
  const chains = new Map<string, Known>()
  return {
    hear: (notification) => {
      const { transaction, renewal } = notification.decoded
      if (transaction === null) return []
      const charge = chargeFrom(transaction)
      const known = chains.get(charge.originalTransactionId) ?? fresh(charge)
      chains.set(charge.originalTransactionId, known)
      return heard(notification, charge, known, { desk, renewal: renewal ?? {} })
    },
  }
}

function fresh(charge: Charge): Known {
  return { latest: charge, whole: charge, optedOut: false, failing: false, over: false, chosen: null }
}

const COUNTRIES: Readonly<Record<string, string>> = { USA: 'US', DEU: 'DE', GBR: 'GB', JPN: 'JP', FRA: 'FR', IND: 'IN' }

function chargeFrom(json: Json): Charge {
  const price = typeof json.price === 'number' ? json.price / 1_000 : null
  const offered = json.offerDiscountType
  return {
    store: 'APP_STORE',
    environment: json.environment === 'Sandbox' ? 'SANDBOX' : 'PRODUCTION',
    transactionId: String(json.transactionId),
    originalTransactionId: String(json.originalTransactionId),
    productId: String(json.productId),
    periodType: offered === 'FREE_TRIAL' ? 'TRIAL' : typeof offered === 'string' ? 'INTRO' : 'NORMAL',
    purchasedAt: Number(json.purchaseDate),
    expirationAt: typeof json.expiresDate === 'number' ? json.expiresDate : null,
    price: json.inAppOwnershipType === 'FAMILY_SHARED' ? 0 : price,
    currency: typeof json.currency === 'string' ? json.currency : null,
    isFamilyShare: json.inAppOwnershipType === 'FAMILY_SHARED',
    countryCode: COUNTRIES[String(json.storefront)] ?? null,
    offerCode: typeof json.offerIdentifier === 'string' ? json.offerIdentifier : null,
  }
}

interface Ear {
  readonly desk: EventDesk
  readonly renewal: Json
}

function heard(
  { type, subtype, at }: SimulatedNotification,
  charge: Charge,
  known: Known,
  { desk, renewal }: Ear,
): readonly SimulatedEvent[] {
  const tell = (name: string, extra: Json = {}, moved: -1 | 0 | 1 = 0, of = known.latest): SimulatedEvent =>
    desk.tell({ type: name, at, charge: of, moved, extra })
  switch (type) {
    case 'SUBSCRIBED':
      if (subtype === 'RESUBSCRIBE') return [renewed(known, charge, tell)]
      Object.assign(known, fresh(charge))
      return [tell('INITIAL_PURCHASE', {}, 1)]
    case 'ONE_TIME_CHARGE':
      return [tell('NON_RENEWING_PURCHASE', {}, 1)]
    case 'DID_RENEW':
      return [renewed(known, charge, tell, renewal)]
    case 'DID_CHANGE_RENEWAL_STATUS':
      return switched(renewal.autoRenewStatus === 1, subtype, known, renewal, tell)
    case 'DID_CHANGE_RENEWAL_PREF':
    case 'OFFER_REDEEMED':
      return chosen(subtype, charge, known, renewal, tell)
    case 'DID_FAIL_TO_RENEW':
      return failed(known, renewal, tell)
    case 'GRACE_PERIOD_EXPIRED':
      return ended(known, 'BILLING_ERROR', tell)
    case 'EXPIRED':
      return expired(subtype, known, tell)
    case 'REFUND':
      return refunded(charge, known, at, tell)
    case 'REFUND_REVERSED':
      if (charge.transactionId !== known.latest.transactionId) return []
      known.latest = known.whole
      known.over = false
      return [tell('REFUND_REVERSED', {}, 1)]
    case 'RENEWAL_EXTENDED':
      Object.assign(known, { latest: charge, whole: charge, over: false })
      return [tell('SUBSCRIPTION_EXTENDED')]
    case 'REVOKE':
      known.latest = { ...known.latest, expirationAt: at }
      return ended(known, 'UNKNOWN', tell)
    default:
      return []
  }
}

type Tell = (name: string, extra?: Json, moved?: -1 | 0 | 1, of?: Charge) => SimulatedEvent

/** Apple charges who opts out less than a day before: the renewal then begins opted out. */
function renewed(known: Known, charge: Charge, tell: Tell, renewal: Json = {}): SimulatedEvent {
  const converts = known.latest.periodType === 'TRIAL' && charge.periodType !== 'TRIAL'
  Object.assign(known, fresh(charge), { optedOut: renewal.autoRenewStatus === 0 })
  return tell('RENEWAL', { is_trial_conversion: converts }, 1)
}

function switched(
  on: boolean,
  subtype: string | null,
  known: Known,
  renewal: Json,
  tell: Tell,
): readonly SimulatedEvent[] {
  if (known.over || known.failing || on !== known.optedOut) return []
  known.optedOut = !on
  if (on) return [tell('UNCANCELLATION')]
  const refused = subtype === null && renewal.priceIncreaseStatus === 0
  return [tell('CANCELLATION', { cancel_reason: refused ? 'PRICE_INCREASE' : 'UNSUBSCRIBE' })]
}

function chosen(
  subtype: string | null,
  charge: Charge,
  known: Known,
  renewal: Json,
  tell: Tell,
): readonly SimulatedEvent[] {
  if (subtype === 'UPGRADE') {
    const change = tell('PRODUCT_CHANGE', { new_product_id: charge.productId })
    return [change, renewed(known, charge, tell)]
  }
  if (subtype === 'DOWNGRADE') {
    if (known.chosen === renewal.autoRenewProductId) return []
    known.chosen = String(renewal.autoRenewProductId)
    return [tell('PRODUCT_CHANGE', { new_product_id: known.chosen })]
  }
  known.chosen = null
  return charge.transactionId === known.latest.transactionId ? [] : [renewed(known, charge, tell)]
}

function failed(known: Known, renewal: Json, tell: Tell): readonly SimulatedEvent[] {
  if (known.failing) return []
  known.failing = true
  const grace = renewal.gracePeriodExpiresDate ?? null
  const issue = tell('BILLING_ISSUE', { grace_period_expiration_at_ms: grace })
  const off = tell('CANCELLATION', { cancel_reason: 'BILLING_ERROR' })
  return grace === null ? [issue, off, ...ended(known, 'BILLING_ERROR', tell)] : [issue, off]
}

function ended(known: Known, reason: string, tell: Tell): readonly SimulatedEvent[] {
  if (known.over) return []
  known.over = true
  return [tell('EXPIRATION', { expiration_reason: reason })]
}

function expired(subtype: string | null, known: Known, tell: Tell): readonly SimulatedEvent[] {
  const reason = { VOLUNTARY: 'UNSUBSCRIBE', BILLING_RETRY: 'BILLING_ERROR', PRICE_INCREASE: 'PRICE_INCREASE' }[
    subtype ?? ''
  ]
  const implied = subtype === 'VOLUNTARY' || subtype === 'PRICE_INCREASE'
  const off = implied && !known.optedOut && !known.over ? [tell('CANCELLATION', { cancel_reason: reason })] : []
  return [...off, ...ended(known, reason ?? 'UNKNOWN', tell)]
}

/** The whole price goes back, and only the latest period is told of. */
function refunded(charge: Charge, known: Known, at: number, tell: Tell): readonly SimulatedEvent[] {
  if (charge.transactionId !== known.latest.transactionId) return []
  const extra = { cancel_reason: 'CUSTOMER_SUPPORT' }
  if (charge.expirationAt === null) return [tell('CANCELLATION', extra, -1)]
  if (!known.over) known.latest = { ...known.latest, expirationAt: at }
  return [tell('CANCELLATION', extra, -1), ...ended(known, 'CUSTOMER_SUPPORT', tell)]
}
