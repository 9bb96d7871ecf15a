import { addPeriod } from '../app-store/periods.ts'
import { type ReceiptState, renewalOf } from './receipt.ts'
import type { Desk, SimulatedNotification } from './simulator.ts'

export interface SubscribeOptions {
  /** The parent SKU. */
  readonly product: string
  /** The SKU of the term; default `<product>.term`. */
  readonly termSku?: string
  /** "1 Week", "1 Month", "3 Months", "1 Year". */
  readonly term?: string
  /** An ISO 8601 duration, such as P1W. */
  readonly trial?: string
  /** What a period really lasts in an accelerated test, such as PT5M; the receipt names the term all the same. */
  readonly accelerated?: string
  readonly promotion?: string
  readonly at?: number
  readonly user?: string
  readonly country?: string
  readonly beta?: boolean
}

/** A subscription that is lived. Each act moves what Amazon knows and returns the notification that Amazon would send. */
export interface SimulatedSubscription {
  readonly id: string
  readonly user: string
  readonly state: ReceiptState
  readonly opening: SimulatedNotification
  /** At the end of the period: SUBSCRIPTION_RENEWED, or …CONVERTED_FREE_TRIAL_TO_PAID after a trial. */
  renew(): SimulatedNotification
  turnOff(options: When): SimulatedNotification
  turnOn(options: When): SimulatedNotification
  /** The reminder before an end. */
  scheduledToEnd(options: When): SimulatedNotification
  failToRenew(options: { readonly grace: string }): SimulatedNotification
  recover(options: When): SimulatedNotification
  /** The grace runs out: cancelled by Amazon's system. */
  graceExpired(): SimulatedNotification
  /** The period ends and is not followed by another. `reason`: 1 by the customer, 2 by Amazon. */
  expire(options?: { readonly reason?: number }): SimulatedNotification
  /** Ended before its time, by customer service (1) or Amazon (2); 0 while the reason is to come. */
  cancel(options: When & { readonly reason?: number }): SimulatedNotification
  /** The reason that was to come. */
  giveReason(reason: number): void
  changeAtRenewal(options: When & { readonly termSku: string }): SimulatedNotification
  /** A new receipt takes the place of this one. */
  changeNow(options: When & { readonly termSku: string; readonly term?: string }): SimulatedSubscription
  /** A notification of whatever type about this receipt. */
  tell(type: string, options: When): SimulatedNotification
  /** From now on the service answers 410. */
  vanish(): void
}

export interface When {
  readonly at: number
}

export function subscription(desk: Desk, of: SubscribeOptions, replaces?: string): SimulatedSubscription {
  const life = begun(desk, of)
  let { state } = life
  const tell = (type: string, at: number, change: Partial<ReceiptState> = {}): SimulatedNotification => {
    state = { ...state, ...change }
    const related = replaces !== undefined && type === 'SUBSCRIPTION_MODIFIED_IMMEDIATE'
    return desk.notify({ type, at, state, ...(related ? { cancelledReceiptId: replaces } : {}) })
  }
  const end = (): number => state.end ?? state.purchaseDate
  const next = (): Partial<ReceiptState> => ({
    end: life.after(end()),
    graceEnd: null,
    ...(state.deferred === null ? {} : { termSku: state.deferred.sku, deferred: null }),
    promotions: null,
  })
  const over = (at: number, reason: number): Partial<ReceiptState> => ({ cancel: { at, reason }, autoRenewing: false })
  return {
    id: state.receiptId,
    user: state.user,
    get state() {
      return state
    },
    opening: tell(
      replaces === undefined ? 'SUBSCRIPTION_PURCHASED' : 'SUBSCRIPTION_MODIFIED_IMMEDIATE',
      state.purchaseDate,
    ),
    renew: () => {
      const at = end()
      return tell(
        at === state.trialEnd ? 'SUBSCRIPTION_CONVERTED_FREE_TRIAL_TO_PAID' : 'SUBSCRIPTION_RENEWED',
        at,
        next(),
      )
    },
    turnOff: ({ at }) => tell('SUBSCRIPTION_AUTO_RENEWAL_OFF', at, { autoRenewing: false }),
    turnOn: ({ at }) => tell('SUBSCRIPTION_AUTO_RENEWAL_ON', at, { autoRenewing: true }),
    scheduledToEnd: ({ at }) => tell('SUBSCRIPTION_SCHEDULED_TO_END', at),
    failToRenew: ({ grace }) => tell('SUBSCRIPTION_IN_GRACE_PERIOD', end(), { graceEnd: addPeriod(end(), grace) }),
    recover: ({ at }) => tell('SUBSCRIPTION_OUT_OF_GRACE_PERIOD', at, next()),
    graceExpired: () => {
      const at = state.graceEnd ?? end()
      return tell('SUBSCRIPTION_CANCELLED', at, over(at, 2))
    },
    expire: ({ reason = 1 } = {}) => tell('SUBSCRIPTION_EXPIRED', end(), over(end(), reason)),
    cancel: ({ at, reason = 1 }) => tell('SUBSCRIPTION_CANCELLED', at, over(at, reason)),
    giveReason: (reason) => {
      if (state.cancel === null) throw new Error('It was not cancelled.')
      state = { ...state, cancel: { ...state.cancel, reason } }
      desk.world.set(state.receiptId, state)
    },
    changeAtRenewal: ({ at, termSku }) =>
      tell('SUBSCRIPTION_MODIFIED_DEFERRED', at, { deferred: { sku: termSku, at: end() } }),
    changeNow: ({ at, termSku, term }) => {
      state = { ...state, ...over(at, 4) }
      desk.world.set(state.receiptId, state)
      const { trial: _, ...same } = of
      return subscription(desk, { ...same, at, termSku, user: state.user, term: term ?? life.term }, state.receiptId)
    },
    tell: (type, { at }) => tell(type, at),
    vanish: () => {
      state = { ...state, gone: true }
      desk.world.set(state.receiptId, state)
    },
  }
}

interface Begun {
  readonly state: ReceiptState
  readonly term: string
  /** The end of the period that begins then. */
  after(end: number): number
}

function begun(desk: Desk, of: SubscribeOptions): Begun {
  const at = of.at ?? desk.now()
  const term = of.term ?? '1 Month'
  const trialEnd = of.trial === undefined ? null : addPeriod(at, of.trial)
  const anchor = trialEnd ?? at
  const after = (end: number): number => {
    if (of.accelerated !== undefined) return addPeriod(end, of.accelerated)
    let times = 1
    while (renewalOf(anchor, term, times) <= end) times += 1
    return renewalOf(anchor, term, times)
  }
  const state: ReceiptState = {
    receiptId: desk.nextReceiptId('3:11'),
    user: of.user ?? desk.nextUser(),
    productType: 'SUBSCRIPTION',
    productId: of.product,
    termSku: of.termSku ?? `${of.product}.term`,
    term,
    purchaseDate: at,
    trialEnd,
    end: trialEnd ?? after(at),
    autoRenewing: true,
    graceEnd: null,
    cancel: null,
    deferred: null,
    promotions: of.promotion === undefined ? null : [{ promotionType: of.promotion, promotionStatus: 'InProgress' }],
    country: of.country ?? 'US',
    beta: of.beta ?? false,
    test: false,
    gone: false,
  }
  return { state, term, after }
}
