import { addPeriod } from '../app-store/periods.ts'
import type { Charge, EventDesk, SimulatedEvent } from './event.ts'

export interface At {
  /** The moment of the act (milliseconds). */
  readonly at: number
}

export interface Plan {
  readonly product: string
  /** A decimal price in the currency of the purchase. */
  readonly price: number
  /** An ISO 8601 duration: P1M, P1W, PT5M. */
  readonly period: string
}

export interface SubscribeOptions extends Plan, At {
  readonly store?: 'APP_STORE' | 'MAC_APP_STORE' | 'PLAY_STORE' | 'AMAZON' | 'STRIPE' | (string & {})
  readonly environment?: 'PRODUCTION' | 'SANDBOX'
  readonly trial?: string
  readonly prepaid?: boolean
  readonly currency?: string
  readonly country?: string
  readonly offerCode?: string
  readonly familyShare?: boolean
  /** The id of the chain; drawn where it is left out. */
  readonly id?: string
}

/** One subscription of one customer. Each act gives the events that the sender makes of it, in its order. */
export interface FeedSubscription {
  readonly id: string
  readonly latest: Charge
  readonly opening: SimulatedEvent
  renew(act?: Partial<At>): SimulatedEvent
  cancel(act: At & { readonly reason?: string }): SimulatedEvent
  uncancel(act: At): SimulatedEvent
  /** Without grace access ends at once: three events of one instant. */
  failToRenew(act?: Partial<At> & { readonly grace?: string }): readonly SimulatedEvent[]
  expire(act?: Partial<At> & { readonly reason?: string }): SimulatedEvent
  /** In force until the end of the period. */
  choose(plan: Plan, act: At): SimulatedEvent
  /** At once: the change, and the charge of the new product. */
  change(plan: Plan, act: At): readonly SimulatedEvent[]
  /** The whole price goes back and access ends: `expires: false` leaves it as it is. */
  refund(act: At & { readonly expires?: boolean }): readonly SimulatedEvent[]
  reverseRefund(act: At): SimulatedEvent
  pause(act: At & { readonly resumesAt: number }): SimulatedEvent
  extend(act: At & { readonly until: number }): SimulatedEvent
  /** Any type with the latest charge, and whatever keys. */
  tell(type: string, act: At, extra?: Readonly<Record<string, unknown>>): SimulatedEvent
}

interface Life {
  readonly desk: EventDesk
  readonly options: SubscribeOptions
  readonly id: string
  plan: Plan
  next: Plan
  latest: Charge
  /** As it stood before a refund moved its end. */
  whole: Charge
  charges: number
}

export function subscribe(desk: EventDesk, options: SubscribeOptions): FeedSubscription {
  const id = options.id ?? chainId(desk, options.store ?? 'APP_STORE')
  const first = chargeOf({ options, id, plan: options, charges: 0 }, options.at, options.trial ?? null)
  const life: Life = { desk, options, id, plan: options, next: options, latest: first, whole: first, charges: 1 }
  const opening = desk.tell({ type: 'INITIAL_PURCHASE', at: options.at, charge: first, moved: 1 })
  return {
    id,
    get latest() {
      return life.latest
    },
    opening,
    ...choiceActs(life),
    ...renewalActs(life),
    ...refundActs(life),
    tell: (type, act, extra = {}) => desk.tell({ type, at: act.at, charge: life.latest, extra }),
  }
}

/** Charges are named as each store names them: `GPA.…..0` for Google's first renewal, an invoice for Stripe's. */
function chainId(desk: EventDesk, store: string): string {
  const n = desk.nextId()
  if (store === 'PLAY_STORE') return `GPA.3300-0000-0000-${n}`
  if (store === 'STRIPE') return `sub_${n}`
  return store === 'AMAZON' ? `amzn-receipt-${n}` : `20000000000${n}`
}

function transactionId({ options, id, charges }: Pick<Life, 'options' | 'id' | 'charges'>): string {
  switch (options.store) {
    case 'PLAY_STORE':
      return charges === 0 ? id : `${id}..${charges - 1}`
    case 'STRIPE':
      return `in_${id.slice(4)}_${charges}`
    case 'AMAZON':
      return id
    default:
      return charges === 0 ? id : `${id}${charges}`
  }
}

function chargeOf(life: Pick<Life, 'options' | 'id' | 'plan' | 'charges'>, from: number, trial: string | null): Charge {
  const { options, plan, id } = life
  return {
    store: options.store ?? 'APP_STORE',
    environment: options.environment ?? 'PRODUCTION',
    transactionId: transactionId(life),
    originalTransactionId: id,
    productId: plan.product,
    periodType: trial !== null ? 'TRIAL' : options.prepaid === true ? 'PREPAID' : 'NORMAL',
    purchasedAt: from,
    expirationAt: addPeriod(from, trial ?? plan.period),
    price: trial !== null || options.familyShare === true ? 0 : plan.price,
    currency: options.currency ?? 'USD',
    isFamilyShare: options.familyShare ?? false,
    countryCode: options.country ?? 'US',
    offerCode: options.offerCode ?? null,
    renewalNumber: life.charges + 1,
  }
}

function endOf(charge: Charge): number {
  return charge.expirationAt ?? charge.purchasedAt
}

/** The next charge: of the product that was chosen, from the end of the period or from the act. */
function charged(life: Life, from: number, at: number): SimulatedEvent {
  const converts = life.latest.periodType === 'TRIAL'
  life.plan = life.next
  life.latest = chargeOf(life, from, null)
  life.whole = life.latest
  life.charges += 1
  const extra = { is_trial_conversion: converts }
  return life.desk.tell({ type: 'RENEWAL', at, charge: life.latest, moved: 1, extra })
}

function renewalActs(life: Life): Pick<FeedSubscription, 'renew' | 'failToRenew' | 'expire'> {
  const { desk } = life
  const expire: FeedSubscription['expire'] = (act = {}) => {
    const at = act.at ?? endOf(life.latest)
    const extra = { expiration_reason: act.reason ?? 'UNSUBSCRIBE' }
    return desk.tell({ type: 'EXPIRATION', at, charge: life.latest, extra })
  }
  return {
    expire,
    renew: (act = {}) => {
      const due = endOf(life.latest)
      // A lapsed customer comes back: the period begins with the act.
      return charged(life, Math.max(due, act.at ?? due), act.at ?? due)
    },
    failToRenew: (act = {}) => {
      const at = act.at ?? endOf(life.latest)
      const grace = act.grace === undefined ? null : addPeriod(at, act.grace)
      const extra = { grace_period_expiration_at_ms: grace }
      const issue = desk.tell({ type: 'BILLING_ISSUE', at, charge: life.latest, extra })
      const off = desk.tell({
        type: 'CANCELLATION',
        at,
        charge: life.latest,
        extra: { cancel_reason: 'BILLING_ERROR' },
      })
      return grace === null ? [issue, off, expire({ at, reason: 'BILLING_ERROR' })] : [issue, off]
    },
  }
}

function choiceActs(
  life: Life,
): Pick<FeedSubscription, 'cancel' | 'uncancel' | 'choose' | 'change' | 'pause' | 'extend'> {
  const { desk } = life
  const told = (type: string, at: number, extra: Readonly<Record<string, unknown>> = {}): SimulatedEvent =>
    desk.tell({ type, at, charge: life.latest, extra })
  return {
    cancel: ({ at, reason }) => told('CANCELLATION', at, { cancel_reason: reason ?? 'UNSUBSCRIBE' }),
    uncancel: ({ at }) => told('UNCANCELLATION', at),
    choose: (plan, { at }) => {
      life.next = plan
      return told('PRODUCT_CHANGE', at, { new_product_id: plan.product })
    },
    change: (plan, { at }) => {
      life.next = plan
      return [told('PRODUCT_CHANGE', at, { new_product_id: plan.product }), charged(life, at, at)]
    },
    pause: ({ at, resumesAt }) => told('SUBSCRIPTION_PAUSED', at, { auto_resume_at_ms: resumesAt }),
    extend: ({ at, until }) => {
      life.latest = { ...life.latest, expirationAt: until }
      life.whole = life.latest
      return told('SUBSCRIPTION_EXTENDED', at)
    },
  }
}

/** The sender moves the end of what was refunded to the moment of the refund. */
function refundActs(life: Life): Pick<FeedSubscription, 'refund' | 'reverseRefund'> {
  const { desk } = life
  return {
    refund: ({ at, expires = true }) => {
      if (expires) life.latest = { ...life.latest, expirationAt: at }
      const extra = { cancel_reason: 'CUSTOMER_SUPPORT' }
      const back = desk.tell({ type: 'CANCELLATION', at, charge: life.latest, moved: -1, extra })
      if (!expires) return [back]
      const end = { expiration_reason: 'CUSTOMER_SUPPORT' }
      return [back, desk.tell({ type: 'EXPIRATION', at, charge: life.latest, extra: end })]
    },
    reverseRefund: ({ at }) => {
      life.latest = life.whole
      return desk.tell({ type: 'REFUND_REVERSED', at, charge: life.latest, moved: 1 })
    },
  }
}

export interface BuyOptions extends At {
  readonly store?: string
  readonly environment?: 'PRODUCTION' | 'SANDBOX'
  readonly product: string
  readonly price: number
  readonly currency?: string
}

/** A consumable, or something for life. */
export interface FeedPurchase {
  readonly id: string
  readonly opening: SimulatedEvent
  refund(act: At): SimulatedEvent
  reverseRefund(act: At): SimulatedEvent
}

export function buy(desk: EventDesk, options: BuyOptions): FeedPurchase {
  const id = `30000000000${desk.nextId()}`
  const charge: Charge = {
    store: options.store ?? 'APP_STORE',
    environment: options.environment ?? 'PRODUCTION',
    transactionId: id,
    originalTransactionId: id,
    productId: options.product,
    periodType: 'NORMAL',
    purchasedAt: options.at,
    expirationAt: null,
    price: options.price,
    currency: options.currency ?? 'USD',
  }
  const extra = { cancel_reason: 'CUSTOMER_SUPPORT' }
  return {
    id,
    opening: desk.tell({ type: 'NON_RENEWING_PURCHASE', at: options.at, charge, moved: 1 }),
    refund: ({ at }) => desk.tell({ type: 'CANCELLATION', at, charge, moved: -1, extra }),
    reverseRefund: ({ at }) => desk.tell({ type: 'REFUND_REVERSED', at, charge, moved: 1 }),
  }
}

/** An entitlement that was given, by its sender's dashboard or API. */
export interface FeedGrant {
  readonly id: string
  readonly opening: SimulatedEvent
  revoke(act: At): readonly SimulatedEvent[]
  expire(act?: Partial<At>): SimulatedEvent
}

export function grant(
  desk: EventDesk,
  options: At & { readonly entitlement: string; readonly until: number },
): FeedGrant {
  const id = `grant-${desk.nextId()}`
  const charge: Charge = {
    store: 'PROMOTIONAL',
    environment: 'PRODUCTION',
    transactionId: id,
    originalTransactionId: id,
    productId: `rc_promo_${options.entitlement}_custom`,
    periodType: 'PROMOTIONAL',
    purchasedAt: options.at,
    expirationAt: options.until,
    price: 0,
    currency: 'USD',
  }
  const ended = (at: number, of: Charge, reason: string): SimulatedEvent =>
    desk.tell({ type: 'EXPIRATION', at, charge: of, extra: { expiration_reason: reason } })
  return {
    id,
    opening: desk.tell({ type: 'NON_RENEWING_PURCHASE', at: options.at, charge, moved: 1 }),
    revoke: ({ at }) => {
      const revoked = { ...charge, expirationAt: at }
      const extra = { cancel_reason: 'DEVELOPER_INITIATED' }
      return [
        desk.tell({ type: 'CANCELLATION', at, charge: revoked, extra }),
        ended(at, revoked, 'DEVELOPER_INITIATED'),
      ]
    },
    expire: (act = {}) => ended(act.at ?? options.until, charge, 'UNKNOWN'),
  }
}
