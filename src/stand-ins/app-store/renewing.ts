import {
  type At,
  begin,
  type ChainState,
  endOf,
  type IntroOffer,
  inForce,
  latestOf,
  offerOf,
  type Plan,
  planOf,
  renewalAt,
  type SubscribeOptions,
  tell,
} from './chain.ts'
import type { SimulatedNotification } from './notification.ts'
import { addPeriod } from './periods.ts'
import { type RefundActs, refundActs } from './refunds.ts'
import type { Desk } from './simulator.ts'
import type { Account, Transaction } from './transaction.ts'

/**
 * One auto-renewable subscription of one customer, as the App Store keeps it. Every act moves the state and returns the
 * notification that Apple would send, freshly signed as of that moment.
 */
export interface SimulatedSubscription extends RefundActs {
  /** originalTransactionId of the chain. */
  readonly id: string
  readonly transactions: readonly Transaction[]
  readonly latest: Transaction
  /** The notification that began it (SUBSCRIBED/INITIAL_BUY). */
  readonly opening: SimulatedNotification
  /** DID_RENEW: the next period, of the product that was chosen. `at` before the period's end renews early. */
  renew(act?: At & { readonly offer?: IntroOffer }): SimulatedNotification
  /** DID_FAIL_TO_RENEW, with GRACE_PERIOD when `grace` (an ISO 8601 duration) is given. */
  failToRenew(act?: At & { readonly grace?: string }): SimulatedNotification
  /** DID_RENEW/BILLING_RECOVERY. In grace the renewal date stays; after it the new period begins now. */
  recover(act?: At): SimulatedNotification
  graceExpired(act?: At): SimulatedNotification
  expire(
    reason: 'voluntary' | 'billing_retry' | 'price_increase' | 'product_not_for_sale' | 'other',
    act?: At,
  ): SimulatedNotification
  cancel(act?: At): SimulatedNotification
  uncancel(act?: At): SimulatedNotification
  /** The status after a price notice: no subtype. */
  renewalStatus(on: boolean, act?: At): SimulatedNotification
  upgrade(
    plan: Plan,
    act?: At & { readonly trial?: string; readonly offer?: IntroOffer; readonly redeemed?: boolean },
  ): SimulatedNotification
  downgrade(plan: Plan, act?: At & { readonly redeemed?: boolean }): SimulatedNotification
  revertDowngrade(act?: At): SimulatedNotification
  resubscribe(plan?: Plan, act?: At & { readonly trial?: string; readonly offer?: IntroOffer }): SimulatedNotification
  /** OFFER_REDEEMED without subtype: for the same product; `now` begins a new period with it at once. */
  redeemOffer(offer: IntroOffer, act?: At & { readonly now?: boolean }): SimulatedNotification
  priceIncrease(answer: 'pending' | 'accepted', act?: At): SimulatedNotification
  extend(days: number, act?: At): SimulatedNotification
  /** A member of the family gets access: a chain of its own, and its own notifications. */
  familyShare(act?: At & { readonly appAccountToken?: string }): SimulatedSubscription
  revokeFamily(act?: At): SimulatedNotification
  /** Any type and subtype, with the state as it is: for types that change nothing or that nobody knows yet. */
  tell(type: string, subtype?: string | null, act?: At & { readonly transactionId?: string }): SimulatedNotification
}

/** A new chain with its first notification. */
export function createSubscription(desk: Desk, account: Account, options: SubscribeOptions): SimulatedSubscription {
  const at = options.at ?? desk.now()
  const state: ChainState = {
    desk,
    account,
    currency: options.currency ?? 'USD',
    plans: new Map([[options.product, options]]),
    transactions: [],
    renewal: {
      autoRenew: true,
      nextProduct: options.product,
      status: 1,
      graceEndsAt: null,
      expirationIntent: null,
      priceIncrease: null,
      recentStart: at,
    },
    nextOffer: null,
  }
  begin(state, { product: options.product, from: at, offer: offerOf(options), reason: 'PURCHASE' })
  const opening = tell(state, at, 'SUBSCRIBED', 'INITIAL_BUY')
  desk.chains.set(latestOf(state).originalId, {
    account,
    transactions: state.transactions,
    renewal: (signedAt) => ({ status: state.renewal.status, info: renewalAt(state, signedAt) }),
  })
  return {
    id: latestOf(state).originalId,
    transactions: state.transactions,
    get latest() {
      return latestOf(state)
    },
    opening,
    ...renewalActs(state),
    ...choiceActs(state),
    ...changeActs(state),
    ...refundActs(state),
    ...familyActs(state),
    tell: (type, subtype = null, act) => {
      const about = state.transactions.find((one) => one.id === act?.transactionId)
      return tell(state, act?.at ?? desk.now(), type, subtype, about)
    },
  }
}

type Acts<K extends keyof SimulatedSubscription> = Pick<SimulatedSubscription, K>

function renewalActs(state: ChainState): Acts<'renew' | 'failToRenew' | 'recover' | 'graceExpired' | 'expire'> {
  const { renewal } = state
  const next = (from: number, options: { readonly until?: number; readonly offer?: IntroOffer } = {}): void => {
    const offer = options.offer === undefined ? state.nextOffer : offerOf({ offer: options.offer })
    state.nextOffer = null
    begin(state, {
      product: renewal.nextProduct,
      from,
      offer,
      reason: 'RENEWAL',
      ...(options.until === undefined ? {} : { until: options.until }),
    })
    inForce(state, renewal.nextProduct)
  }
  return {
    renew: (act = {}) => {
      const due = endOf(latestOf(state))
      next(due, act.offer === undefined ? {} : { offer: act.offer })
      return tell(state, act.at ?? due, 'DID_RENEW', null)
    },
    failToRenew: (act = {}) => {
      const due = endOf(latestOf(state))
      const graceEndsAt = act.grace === undefined ? null : addPeriod(due, act.grace)
      Object.assign(renewal, { status: graceEndsAt === null ? 3 : 4, graceEndsAt, expirationIntent: 2 })
      return tell(state, act.at ?? due, 'DID_FAIL_TO_RENEW', graceEndsAt === null ? null : 'GRACE_PERIOD')
    },
    recover: (act = {}) => {
      const latest = latestOf(state)
      const at = act.at ?? (renewal.graceEndsAt === null ? endOf(latest) + 86_400_000 : endOf(latest) + 3_600_000)
      const inGrace = renewal.status === 4
      next(at, inGrace ? { until: addPeriod(endOf(latest), planOf(state, renewal.nextProduct).period) } : {})
      return tell(state, at, 'DID_RENEW', 'BILLING_RECOVERY')
    },
    graceExpired: (act = {}) => {
      renewal.status = 3
      return tell(state, act.at ?? renewal.graceEndsAt ?? endOf(latestOf(state)), 'GRACE_PERIOD_EXPIRED', null)
    },
    expire: (reason, act = {}) => {
      const intent = { voluntary: 1, billing_retry: 2, price_increase: 3, product_not_for_sale: 4, other: 5 } as const
      Object.assign(renewal, { status: 2, autoRenew: false, expirationIntent: intent[reason] })
      const natural = reason === 'billing_retry' ? endOf(latestOf(state)) + 60 * 86_400_000 : endOf(latestOf(state))
      return tell(state, act.at ?? natural, 'EXPIRED', reason === 'other' ? null : reason.toUpperCase())
    },
  }
}

function choiceActs(
  state: ChainState,
): Acts<'cancel' | 'uncancel' | 'renewalStatus' | 'priceIncrease' | 'extend' | 'redeemOffer'> {
  const { renewal, desk } = state
  const switched = (on: boolean, act: At, subtype: string | null): SimulatedNotification => {
    renewal.autoRenew = on
    return tell(state, act.at ?? desk.now(), 'DID_CHANGE_RENEWAL_STATUS', subtype)
  }
  return {
    cancel: (act = {}) => switched(false, act, 'AUTO_RENEW_DISABLED'),
    uncancel: (act = {}) => switched(true, act, 'AUTO_RENEW_ENABLED'),
    renewalStatus: (on, act = {}) => switched(on, act, null),
    priceIncrease: (answer, act = {}) => {
      renewal.priceIncrease = answer === 'pending' ? 0 : 1
      return tell(state, act.at ?? desk.now(), 'PRICE_INCREASE', answer.toUpperCase())
    },
    extend: (days, act = {}) => {
      const latest = latestOf(state)
      latest.expiresDate = endOf(latest) + days * 86_400_000
      if (renewal.status !== 5) inForce(state, renewal.nextProduct)
      return tell(state, act.at ?? desk.now(), 'RENEWAL_EXTENDED', null)
    },
    redeemOffer: (offer, act = {}) => {
      const at = act.at ?? desk.now()
      const taken = offerOf({ offer: { type: 3, ...offer } })
      if (act.now === true) {
        begin(state, { product: latestOf(state).product, from: at, offer: taken, reason: 'PURCHASE' })
        inForce(state, latestOf(state).product)
      } else state.nextOffer = taken
      return tell(state, at, 'OFFER_REDEEMED', null)
    },
  }
}

function changeActs(state: ChainState): Acts<'upgrade' | 'downgrade' | 'revertDowngrade' | 'resubscribe'> {
  const { renewal, desk } = state
  return {
    upgrade: (plan, act = {}) => {
      const at = act.at ?? desk.now()
      state.plans.set(plan.product, plan)
      latestOf(state).isUpgraded = true
      begin(state, { product: plan.product, from: at, offer: offerOf(act), reason: 'PURCHASE' })
      renewal.autoRenew = true
      inForce(state, plan.product)
      return tell(state, at, act.redeemed === true ? 'OFFER_REDEEMED' : 'DID_CHANGE_RENEWAL_PREF', 'UPGRADE')
    },
    downgrade: (plan, act = {}) => {
      state.plans.set(plan.product, plan)
      renewal.nextProduct = plan.product
      return tell(
        state,
        act.at ?? desk.now(),
        act.redeemed === true ? 'OFFER_REDEEMED' : 'DID_CHANGE_RENEWAL_PREF',
        'DOWNGRADE',
      )
    },
    revertDowngrade: (act = {}) => {
      renewal.nextProduct = latestOf(state).product
      return tell(state, act.at ?? desk.now(), 'DID_CHANGE_RENEWAL_PREF', null)
    },
    resubscribe: (plan, act = {}) => {
      const at = act.at ?? desk.now()
      if (plan !== undefined) state.plans.set(plan.product, plan)
      const product = plan?.product ?? latestOf(state).product
      if (at - endOf(latestOf(state)) > 60 * 86_400_000) renewal.recentStart = at
      begin(state, { product, from: at, offer: offerOf(act), reason: 'PURCHASE' })
      Object.assign(renewal, { autoRenew: true, priceIncrease: null })
      inForce(state, product)
      return tell(state, at, 'SUBSCRIBED', 'RESUBSCRIBE')
    },
  }
}

function familyActs(state: ChainState): Acts<'familyShare' | 'revokeFamily'> {
  const { desk, renewal } = state
  return {
    familyShare: (act = {}) => {
      const latest = latestOf(state)
      const plan = planOf(state, latest.product)
      const account: Account = {
        ...state.account,
        appAccountToken: act.appAccountToken ?? null,
        appTransactionId: desk.nextId(),
        ownership: 'FAMILY_SHARED',
      }
      return createSubscription(desk, account, {
        ...plan,
        at: act.at ?? latest.purchaseDate + 1_800_000,
        currency: state.currency,
      })
    },
    revokeFamily: (act = {}) => {
      const at = act.at ?? desk.now()
      latestOf(state).revocation = { date: at, reason: 0, type: 'FAMILY_REVOKE', percentage: null }
      Object.assign(renewal, { status: 5, autoRenew: false })
      return tell(state, at, 'REVOKE', null)
    },
  }
}
