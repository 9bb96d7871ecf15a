import type {
  CancelReason,
  EventName,
  EventType,
  ExpirationReason,
  LifecycleEvent,
  SubscriptionStatus,
} from './event.ts'
import type { Environment, PeriodType } from './purchase.ts'

/** A made-up event of each name, to try a destination with. Everything in it says that it is no purchase. */

const SAMPLE_PRODUCT = 'tributary.test.monthly'
/** Whose it is where nobody says otherwise. */
export const SAMPLE_APP_USER_ID = 'tributary-test'
/** The attribute that marks it, so that a campaign can leave it out. */
const SAMPLE_ATTRIBUTE = 'is_test'

const DAY_MS = 86_400_000

interface Shape {
  readonly type: EventType
  readonly periodType: PeriodType
  readonly status: SubscriptionStatus
  readonly grossMicros: number
  readonly isTrialConversion?: true
  readonly cancelReason?: CancelReason
  readonly expirationReason?: ExpirationReason
  readonly willRenew?: boolean
}

const PRICE = 9_990_000

const SHAPES: Readonly<Record<EventName, Shape>> = {
  initial_purchase: { type: 'INITIAL_PURCHASE', periodType: 'NORMAL', status: 'active', grossMicros: PRICE },
  trial_started: { type: 'INITIAL_PURCHASE', periodType: 'TRIAL', status: 'trial', grossMicros: 0 },
  trial_converted: {
    type: 'RENEWAL',
    periodType: 'NORMAL',
    status: 'active',
    grossMicros: PRICE,
    isTrialConversion: true,
  },
  trial_cancelled: {
    type: 'CANCELLATION',
    periodType: 'TRIAL',
    status: 'cancelled_trial',
    grossMicros: 0,
    cancelReason: 'UNSUBSCRIBE',
    willRenew: false,
  },
  renewal: { type: 'RENEWAL', periodType: 'NORMAL', status: 'active', grossMicros: PRICE },
  cancellation: {
    type: 'CANCELLATION',
    periodType: 'NORMAL',
    status: 'cancelled',
    grossMicros: 0,
    cancelReason: 'UNSUBSCRIBE',
    willRenew: false,
  },
  uncancellation: { type: 'UNCANCELLATION', periodType: 'NORMAL', status: 'active', grossMicros: 0 },
  non_subscription_purchase: {
    type: 'NON_RENEWING_PURCHASE',
    periodType: 'NORMAL',
    status: 'active',
    grossMicros: PRICE,
    willRenew: false,
  },
  subscription_paused: { type: 'SUBSCRIPTION_PAUSED', periodType: 'NORMAL', status: 'active', grossMicros: 0 },
  expiration: {
    type: 'EXPIRATION',
    periodType: 'NORMAL',
    status: 'expired',
    grossMicros: 0,
    expirationReason: 'UNSUBSCRIBE',
    willRenew: false,
  },
  billing_issue: { type: 'BILLING_ISSUE', periodType: 'NORMAL', status: 'grace_period', grossMicros: 0 },
  product_change: { type: 'PRODUCT_CHANGE', periodType: 'NORMAL', status: 'active', grossMicros: 0 },
}

/** `nowMs`: when it happens. Two of one millisecond have one id: a destination may take them for one. */
export function sampleEvent(wish: {
  readonly name: EventName
  readonly projectId: string
  readonly appUserId: string
  readonly environment: Environment
  readonly nowMs: number
}): LifecycleEvent {
  const { name, projectId, appUserId, environment, nowMs } = wish
  const shape = SHAPES[name]
  const once = name === 'non_subscription_purchase'
  const ended = name === 'expiration'
  const chain = `test_${nowMs}`
  return {
    id: `evt_test_${nowMs}_${name}`,
    projectId,
    appId: 'test',
    type: shape.type,
    name,
    purchase: { projectId, store: 'app_store', environment, chain, line: '' },
    seq: nowMs,
    occurredAt: nowMs,
    recordedAt: nowMs,
    late: false,
    provisionalUntil: null,
    externalId: null,
    customerId: 'cus_test',
    appUserId,
    originalAppUserId: appUserId,
    aliases: [appUserId],
    attributeSet: 'test',
    attributes: { [SAMPLE_ATTRIBUTE]: { value: 'true', updatedAt: nowMs } },
    productId: SAMPLE_PRODUCT,
    newProductId: name === 'product_change' ? 'tributary.test.yearly' : null,
    entitlementIds: ['test'],
    presentedOfferingId: null,
    store: 'app_store',
    environment,
    periodType: shape.periodType,
    purchasedAt: ended ? nowMs - 30 * DAY_MS : nowMs,
    expiresAt: once ? null : ended ? nowMs : nowMs + 30 * DAY_MS,
    gracePeriodExpiresAt: name === 'billing_issue' ? nowMs + 16 * DAY_MS : null,
    autoResumeAt: name === 'subscription_paused' ? nowMs + 60 * DAY_MS : null,
    isTrialConversion: shape.type === 'RENEWAL' ? shape.isTrialConversion === true : null,
    cancelReason: shape.cancelReason ?? null,
    expirationReason: shape.expirationReason ?? null,
    transactionId: chain,
    originalTransactionId: chain,
    isFamilyShare: false,
    countryCode: 'US',
    offerCode: null,
    renewalNumber: 1,
    subscriptionStatus: shape.status,
    willRenew: shape.willRenew ?? true,
    money: {
      currency: 'USD',
      grossMicros: shape.grossMicros,
      commissionPpm: 150_000,
      taxPpm: 0,
      usdRate: '1000000000000',
      rateDate: new Date(nowMs).toISOString().slice(0, 10),
      rateEstimated: false,
      estimated: true,
    },
  }
}
