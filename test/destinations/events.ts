import type { EventName, LifecycleEvent } from '../../src/domain/event.ts'
import { derivedId } from '../../src/domain/ids.ts'
import { fractionsOf } from '../../src/domain/revenue.ts'
import { sampleEvent } from '../fixtures/event.ts'

/** 30 % commission and 19 % tax in the price, so that the three ways of sales reporting give three amounts. */
const fractions = fractionsOf(300_000, 190_000)

const euros = (grossMicros: number | null): LifecycleEvent['money'] => ({
  currency: 'EUR',
  grossMicros,
  ...fractions,
  usdRate: '1018773466834',
  rateDate: '2026-10-31',
  rateEstimated: false,
  estimated: true,
})

const dollars = (grossMicros: number): LifecycleEvent['money'] => ({
  ...euros(grossMicros),
  currency: 'USD',
  usdRate: '1000000000000',
})

const at = (day: number, hour = 10): number => Date.UTC(2026, 10, day, hour)
const attributes: LifecycleEvent['attributes'] = {
  $email: { value: 'ada@example.com', updatedAt: at(1) },
  $ip: { value: '192.0.2.7', updatedAt: at(1) },
  favourite_colour: { value: 'green', updatedAt: at(2) },
}
const play: Partial<LifecycleEvent> = {
  appId: 'android',
  store: 'play_store',
  purchase: { projectId: 'acme', store: 'play_store', environment: 'production', chain: 'token-1', line: 'gold' },
  transactionId: 'GPA.1234-5678-9012-34567',
  originalTransactionId: 'GPA.1234-5678-9012-34567',
}
const trial: Partial<LifecycleEvent> = {
  periodType: 'TRIAL',
  purchasedAt: at(1),
  expiresAt: at(8),
  renewalNumber: 1,
  transactionId: '1000000000000001',
  money: euros(0),
}

/** What each of the twelve changes in the sample renewal. */
const differences: Readonly<Record<EventName, Partial<LifecycleEvent>>> = {
  initial_purchase: {
    type: 'INITIAL_PURCHASE',
    productId: 'com.acme.annual',
    occurredAt: at(1),
    purchasedAt: at(1),
    expiresAt: Date.UTC(2027, 10, 1, 10),
    isTrialConversion: null,
    transactionId: '1000000000000001',
    renewalNumber: 1,
    money: dollars(99_990_000),
  },
  trial_started: {
    ...trial,
    occurredAt: at(1),
    type: 'INITIAL_PURCHASE',
    isTrialConversion: null,
    offerCode: 'welcome',
    subscriptionStatus: 'trial',
  },
  trial_converted: {
    type: 'RENEWAL',
    isTrialConversion: true,
    occurredAt: at(8),
    purchasedAt: at(8),
    expiresAt: Date.UTC(2026, 11, 8, 10),
  },
  trial_cancelled: {
    ...trial,
    occurredAt: at(3),
    type: 'CANCELLATION',
    isTrialConversion: null,
    cancelReason: 'UNSUBSCRIBE',
    subscriptionStatus: 'cancelled_trial',
    willRenew: false,
  },
  renewal: { type: 'RENEWAL', isTrialConversion: false, renewalNumber: 3 },
  cancellation: {
    type: 'CANCELLATION',
    isTrialConversion: null,
    cancelReason: 'UNSUBSCRIBE',
    subscriptionStatus: 'cancelled',
    willRenew: false,
    money: euros(0),
  },
  uncancellation: {
    type: 'UNCANCELLATION',
    isTrialConversion: null,
    presentedOfferingId: 'default',
    money: euros(0),
    attributes: { ...attributes, $clevertapId: { value: 'abCdEFg01HiJklMN2OpQ3RStu4v5', updatedAt: at(1) } },
  },
  non_subscription_purchase: {
    ...play,
    type: 'NON_RENEWING_PURCHASE',
    productId: '100_credits',
    entitlementIds: null,
    expiresAt: null,
    isTrialConversion: null,
    renewalNumber: null,
    willRenew: null,
    money: dollars(1_990_000),
  },
  subscription_paused: {
    ...play,
    type: 'SUBSCRIPTION_PAUSED',
    productId: 'gold:monthly',
    isTrialConversion: null,
    autoResumeAt: Date.UTC(2027, 0, 20, 10),
    money: euros(0),
  },
  expiration: {
    type: 'EXPIRATION',
    isTrialConversion: null,
    purchasedAt: Date.UTC(2026, 9, 20, 10),
    expiresAt: at(20),
    expirationReason: 'UNSUBSCRIBE',
    subscriptionStatus: 'expired',
    willRenew: false,
    money: euros(0),
  },
  billing_issue: {
    type: 'BILLING_ISSUE',
    isTrialConversion: null,
    purchasedAt: Date.UTC(2026, 9, 20, 10),
    expiresAt: at(20),
    gracePeriodExpiresAt: Date.UTC(2026, 11, 6, 10),
    subscriptionStatus: 'grace_period',
    money: euros(0),
  },
  product_change: {
    type: 'PRODUCT_CHANGE',
    isTrialConversion: null,
    newProductId: 'com.acme.annual',
    money: euros(0),
  },
}

/** One event of the given name, of a known customer with attributes, in production. */
export function eventNamed(name: EventName, changes: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return sampleEvent({
    id: derivedId('evt', [name]),
    money: euros(7_990_000),
    attributes,
    ...differences[name],
    name,
    ...changes,
  })
}

/** The same event from the sandbox. */
export function inSandbox(event: LifecycleEvent): LifecycleEvent {
  return { ...event, environment: 'sandbox', purchase: { ...event.purchase, environment: 'sandbox' } }
}

/** Events beyond the plain twelve whose money is special: file name → event. */
export const SPECIAL_EVENTS: Readonly<Record<string, LifecycleEvent>> = {
  refund: eventNamed('cancellation', {
    cancelReason: 'CUSTOMER_SUPPORT',
    subscriptionStatus: 'expired',
    money: euros(-7_990_000),
  }),
  family_share: eventNamed('renewal', { isFamilyShare: true, money: euros(0) }),
  rate_unknown: eventNamed('renewal', {
    countryCode: 'IR',
    money: { ...euros(1_990_000_000), currency: 'IRR', usdRate: null, rateDate: null },
  }),
  price_unknown: eventNamed('renewal', { money: euros(null) }),
}
