import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import type { SimulatedAppStore, SimulatedSubscription } from '../../../src/stand-ins/app-store/subscription.ts'
import { type Message, record } from '../scenarios/play.ts'
import { type Act, DAY, type Plan } from './life.ts'

/** Apple signs a second after the act. */
export const SIGNED_AFTER = 1_000

export interface Told {
  readonly messages: readonly Message[]
  /** Transaction ids by the place of their period. */
  readonly periods: readonly string[]
}

/** The life as Apple would tell it: one really shaped notification an act, decoded by the real decoder. */
export function tellByAppStore(life: readonly Act[]): Told {
  let subscription: SimulatedSubscription | undefined
  const messages = record((store, keep) => {
    for (const act of life) {
      if (subscription === undefined) {
        subscription = opened(store, act)
        keep(subscription.opening)
      } else keep(perform(subscription, act))
    }
  })
  return { messages, periods: subscription?.transactions.map((one) => one.id) ?? [] }
}

function planOf(plan: Plan): { readonly product: string; readonly price: number; readonly period: string } {
  return { product: plan.product, price: plan.micros / 1_000_000, period: `P${plan.days}D` }
}

function opened(store: SimulatedAppStore, act: Act): SimulatedSubscription {
  if (act.do !== 'begin') throw new Error('A life begins with its first period.')
  const plan = planOf(act.plan)
  const trial = act.periodType === 'TRIAL' ? { trial: 'P7D' } : {}
  const offer =
    act.periodType === 'INTRO' ? { offer: { mode: 'PAY_UP_FRONT' as const, price: 0.99, period: plan.period } } : {}
  const bought = store.subscribe({ ...plan, ...trial, ...offer, at: act.from })
  return act.family ? bought.familyShare({ at: act.from }) : bought
}

const ENDS = { UNSUBSCRIBE: 'voluntary', BILLING_ERROR: 'billing_retry', PRICE_INCREASE: 'price_increase' } as const

function perform(s: SimulatedSubscription, act: Act): SimulatedNotification {
  const { at } = act
  switch (act.do) {
    case 'begin':
      return begun(s, act)
    case 'cancel':
      return s.cancel({ at })
    case 'uncancel':
      return s.uncancel({ at })
    case 'fail':
      return s.failToRenew(act.graceEndsAt === null ? { at } : { at, grace: graceOf(s, act.graceEndsAt) })
    case 'grace_over':
      return s.graceExpired({ at })
    case 'expire':
      return s.expire(ENDS[act.reason as keyof typeof ENDS] ?? 'other', { at })
    case 'choose':
      return act.plan.product === s.latest.product ? s.revertDowngrade({ at }) : s.downgrade(planOf(act.plan), { at })
    case 'refund':
      return s.refund({
        at,
        transactionId: transactionAt(s, act.period),
        ...(act.percent === 100 ? {} : { percent: act.percent }),
        keepsAccess: act.keepsAccess,
      })
    case 'reverse':
      return s.reverseRefund({ at, transactionId: transactionAt(s, act.period) })
    case 'extend':
      return s.extend(act.days, { at })
    case 'revoke':
      return s.revokeFamily({ at })
    case 'nothing':
      if (act.saying === 'refund_declined') return s.refundDeclined({ at })
      return s.priceIncrease(act.saying === 'price_accepted' ? 'accepted' : 'pending', { at })
    case 'plan_pause':
    case 'pause':
      throw new Error('The App Store has no pauses.')
  }
}

/** Only the grace's end counts: as days after the end of the period. */
function graceOf(s: SimulatedSubscription, graceEndsAt: number): string {
  const days = (graceEndsAt - (s.latest.expiresDate ?? 0)) / DAY
  if (!Number.isInteger(days)) throw new Error('A grace of the simulated App Store lasts whole days.')
  return `P${days}D`
}

function transactionAt(s: SimulatedSubscription, place: number): string {
  const transaction = s.transactions[place]
  if (transaction === undefined) throw new Error(`The chain has no period ${place}.`)
  return transaction.id
}

function begun(s: SimulatedSubscription, act: Extract<Act, { do: 'begin' }>): SimulatedNotification {
  const { at } = act
  const trial = act.periodType === 'TRIAL' ? { trial: 'P7D' } : {}
  switch (act.how) {
    case 'renew':
      return s.renew({ at })
    case 'recover':
      return s.recover({ at })
    case 'upgrade':
      return s.upgrade(planOf(act.plan), { at, ...trial })
    case 'resubscribe':
      return s.resubscribe(planOf(act.plan), { at, ...trial })
    case 'subscribe':
    case 'resume':
      throw new Error(`The App Store does not ${act.how} a running chain.`)
  }
}
