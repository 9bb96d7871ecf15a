import type {
  CancelReason,
  EventName,
  EventType,
  ExpirationReason,
  SubscriptionStatus,
} from '../../../src/domain/event.ts'
import type { PeriodType } from '../../../src/domain/purchase.ts'
import type { Act, Begin } from './life.ts'

/**
 * A second opinion on what a life of a subscription yields: the acts one after the other, each with what the rules of
 * docs/events.md say of it. It knows the whole truth in its true order, which the hub never does; it shares no code with
 * the hub but the names.
 */
export interface Expected {
  readonly type: EventType
  readonly name: EventName | null
  /** Place of the period in the chain, from 0. */
  readonly period: number
  readonly occurredAt: number
  readonly product: string
  readonly newProduct: string | null
  readonly periodType: PeriodType
  readonly conversion: boolean | null
  readonly reason: CancelReason | ExpirationReason | null
  /** Signed. */
  readonly micros: number
  readonly renewalNumber: number
  readonly purchasedAt: number
  readonly graceEndsAt: number | null
  readonly resumesAt: number | null
  readonly family: boolean
}

export interface ExpectedEntry {
  readonly period: number
  readonly reason: 'charge' | 'refund' | 'reversal'
  readonly micros: number
}

export interface Outcome {
  readonly events: readonly Expected[]
  readonly ledger: readonly ExpectedEntry[]
  /** Status at an instant at or after the last act. */
  statusAt(at: number): SubscriptionStatus
}

interface Chain {
  readonly periods: Period[]
  readonly events: Expected[]
  readonly ledger: ExpectedEntry[]
  /** As the customer left the switch. */
  on: boolean
  /** As the store shows it: a refund that ends access switches it off, and its reversal leaves it so. */
  renews: boolean
  failing: boolean
  graceEndsAt: number | null
  /** When access ended; null: it has not. */
  over: { readonly at: number; readonly by: 'end' | 'refund' | 'pause' | 'revoke' } | null
  /** Switches while access was over: told if it is given back, of no account if it is bought anew. */
  readonly held: (() => void)[]
  chosen: string | null
  pausePlanned: boolean
}

interface Period {
  readonly begin: Begin
  readonly place: number
  until: number
  readonly refunds: Map<string, number>
}

/** `signedAfter`: how long after the act the store dates what has no time of its own (a switch, a choice, a failure). */
export function simulate(life: readonly Act[], signedAfter: number): Outcome {
  const chain: Chain = {
    periods: [],
    events: [],
    ledger: [],
    on: true,
    renews: true,
    failing: false,
    graceEndsAt: null,
    over: null,
    held: [],
    chosen: null,
    pausePlanned: false,
  }
  for (const act of life) happen(chain, act, signedAfter)
  return { events: chain.events, ledger: chain.ledger, statusAt: (at) => statusOf(chain, at) }
}

function happen(chain: Chain, act: Act, signedAfter: number): void {
  const told = act.at + signedAfter
  switch (act.do) {
    case 'begin':
      begin(chain, act)
      return
    case 'cancel':
      switchOff(chain, told, act.reason)
      return
    case 'uncancel':
      switchOn(chain, told)
      return
    case 'fail':
      fail(chain, told, act.graceEndsAt)
      return
    case 'grace_over':
      end(chain, act.at, 'BILLING_ERROR', 'end')
      return
    case 'expire':
      expire(chain, act.reason)
      return
    case 'choose':
      choose(chain, told, act.plan.product)
      return
    case 'refund':
      refund(chain, act)
      return
    case 'reverse':
      reverse(chain, told, act)
      return
    case 'extend':
      extend(chain, told, act.days)
      return
    case 'plan_pause':
      planPause(chain, told, act.resumesAt)
      return
    case 'pause':
      end(chain, latest(chain).until, 'SUBSCRIPTION_PAUSED', 'pause')
      return
    case 'revoke':
      end(chain, act.at, 'UNKNOWN', 'revoke')
      return
    case 'nothing':
      return
  }
}

function latest(chain: Chain): Period {
  const period = chain.periods.at(-1)
  if (period === undefined) throw new Error('A life begins with its first period.')
  return period
}

type Said = Pick<Expected, 'type' | 'occurredAt'> & Partial<Expected>

function say(chain: Chain, period: Period, said: Said): void {
  const { begin } = period
  chain.events.push({
    name: null,
    period: period.place,
    product: begin.plan.product,
    newProduct: null,
    periodType: begin.periodType,
    conversion: null,
    reason: null,
    micros: 0,
    renewalNumber: period.place + 1,
    purchasedAt: begin.from,
    graceEndsAt: null,
    resumesAt: null,
    family: begin.family,
    ...said,
  })
}

/** Every new period is exactly one of Initial Purchase, Trial Started, Renewal and Trial Converted. */
function begin(chain: Chain, act: Begin): void {
  const before = chain.periods.at(-1)
  const period: Period = { begin: act, place: chain.periods.length, until: act.until, refunds: new Map() }
  if (act.how === 'upgrade' && before !== undefined) {
    say(chain, before, {
      type: 'PRODUCT_CHANGE',
      name: 'product_change',
      occurredAt: act.from,
      newProduct: act.plan.product,
      // Of the old product, and of the new period: it is what the change began.
      period: period.place,
    })
  }
  chain.periods.push(period)
  const trial = act.periodType === 'TRIAL'
  const converts = !trial && before?.begin.periodType === 'TRIAL'
  const first = before === undefined || trial
  say(chain, period, {
    type: first ? 'INITIAL_PURCHASE' : 'RENEWAL',
    name: trial ? 'trial_started' : first ? 'initial_purchase' : converts ? 'trial_converted' : 'renewal',
    occurredAt: act.from,
    conversion: first ? null : converts,
    micros: act.micros,
  })
  chain.ledger.push({ period: period.place, reason: 'charge', micros: act.micros })
  // Buying anew (or changing the product at once) switches auto-renew on; a renewal leaves it as the store shows it.
  if (act.how !== 'renew' && act.how !== 'recover') chain.renews = true
  chain.on = chain.renews
  chain.failing = false
  chain.graceEndsAt = null
  chain.over = null
  chain.held.length = 0
  chain.chosen = null
  chain.pausePlanned = false
}

/** Told once per on → off, and not where a failed charge has already been told or access is over. */
function switchOff(chain: Chain, at: number, reason: CancelReason): void {
  chain.renews = false
  if (chain.over !== null) {
    chain.held.push(() => switchOff(chain, at, reason))
    return
  }
  if (!chain.on) return
  chain.on = false
  if (!chain.failing) cancellation(chain, at, reason)
}

function giveBack(chain: Chain): void {
  chain.over = null
  for (const tell of chain.held.splice(0)) tell()
}

function cancellation(chain: Chain, at: number, reason: CancelReason): void {
  const period = latest(chain)
  const name = period.begin.periodType === 'TRIAL' ? 'trial_cancelled' : 'cancellation'
  say(chain, period, { type: 'CANCELLATION', name, occurredAt: at, reason })
}

/** Takes back a cancellation that was told, while access lasts. */
function switchOn(chain: Chain, at: number): void {
  chain.renews = true
  if (chain.over !== null) {
    chain.held.push(() => switchOn(chain, at))
    return
  }
  if (chain.on) return
  chain.on = true
  if (chain.failing) return
  say(chain, latest(chain), { type: 'UNCANCELLATION', name: 'uncancellation', occurredAt: at })
}

/** Once per episode: the issue and the cancellation at one instant, and the end at once when there is no grace. */
function fail(chain: Chain, told: number, graceEndsAt: number | null): void {
  if (chain.failing) return
  const at = graceEndsAt === null ? Math.min(told, latest(chain).until) : told
  chain.failing = true
  chain.graceEndsAt = graceEndsAt
  say(chain, latest(chain), { type: 'BILLING_ISSUE', name: 'billing_issue', occurredAt: at, graceEndsAt })
  cancellation(chain, at, 'BILLING_ERROR')
  if (graceEndsAt === null) end(chain, latest(chain).until, 'BILLING_ERROR', 'end')
}

/** Access ends once; later notices of the same end say nothing. */
function end(chain: Chain, at: number, reason: ExpirationReason, by: NonNullable<Chain['over']>['by']): void {
  if (chain.over !== null) return
  chain.over = { at, by }
  say(chain, latest(chain), { type: 'EXPIRATION', name: 'expiration', occurredAt: at, reason })
}

/** An end for a cancellation that was never told tells it first. */
function expire(chain: Chain, reason: ExpirationReason): void {
  if (chain.over !== null) return
  const at = latest(chain).until
  if (chain.on && (reason === 'UNSUBSCRIBE' || reason === 'PRICE_INCREASE')) cancellation(chain, at, reason)
  chain.on = false
  chain.renews = false
  end(chain, at, reason, 'end')
}

function choose(chain: Chain, at: number, product: string): void {
  const period = latest(chain)
  const present = period.begin.plan.product
  if (product === (chain.chosen ?? present)) return
  chain.chosen = product === present ? null : product
  if (chain.chosen === null) return
  say(chain, period, { type: 'PRODUCT_CHANGE', name: 'product_change', occurredAt: at, newProduct: product })
}

/** Of the latest period: a cancellation, and the end if access ended by it. All else moves money and says no more. */
function refund(chain: Chain, act: Extract<Act, { do: 'refund' }>): void {
  const period = periodAt(chain, act.period)
  const micros = -Math.round((period.begin.micros * act.percent) / 100)
  period.refunds.set(act.refundId, micros)
  chain.ledger.push({ period: period.place, reason: 'refund', micros })
  const ofLatest = period === latest(chain)
  if (!ofLatest || act.keepsAccess) {
    say(chain, period, { type: 'REFUND', occurredAt: act.at, micros })
    return
  }
  const name = period.begin.periodType === 'TRIAL' ? 'trial_cancelled' : 'cancellation'
  say(chain, period, { type: 'CANCELLATION', name, occurredAt: act.at, reason: 'CUSTOMER_SUPPORT', micros })
  chain.renews = false
  end(chain, act.at, 'CUSTOMER_SUPPORT', 'refund')
}

function reverse(chain: Chain, at: number, act: Extract<Act, { do: 'reverse' }>): void {
  const period = periodAt(chain, act.period)
  const micros = -(period.refunds.get(act.refundId) ?? 0)
  period.refunds.delete(act.refundId)
  chain.ledger.push({ period: period.place, reason: 'reversal', micros })
  say(chain, period, { type: 'REFUND_REVERSED', occurredAt: at, micros })
  if (chain.over?.by === 'refund' && period === latest(chain) && at < period.until) giveBack(chain)
}

function periodAt(chain: Chain, place: number): Period {
  const period = chain.periods[place]
  if (period === undefined) throw new Error(`The chain has no period ${place}.`)
  return period
}

function extend(chain: Chain, at: number, days: number): void {
  const period = latest(chain)
  period.until += days * 86_400_000
  say(chain, period, { type: 'SUBSCRIPTION_EXTENDED', occurredAt: at })
  if (chain.over !== null && at < period.until) giveBack(chain)
}

/** Once a period. */
function planPause(chain: Chain, at: number, resumesAt: number): void {
  if (chain.pausePlanned) return
  chain.pausePlanned = true
  say(chain, latest(chain), { type: 'SUBSCRIPTION_PAUSED', name: 'subscription_paused', occurredAt: at, resumesAt })
}

/** A running period stands until its end is told; one that nothing will follow, until its date. */
function statusOf(chain: Chain, at: number): SubscriptionStatus {
  const { begin, until } = latest(chain)
  if (chain.over !== null && at >= chain.over.at) return chain.over.by === 'pause' ? 'paused' : 'expired'
  const trial = begin.periodType === 'TRIAL'
  if (chain.failing) {
    if (at >= (chain.graceEndsAt ?? until)) return 'expired'
    return trial ? 'grace_period_trial' : 'grace_period'
  }
  if (!chain.renews) return at >= until ? 'expired' : trial ? 'cancelled_trial' : 'cancelled'
  return trial ? 'trial' : begin.periodType === 'INTRO' ? 'intro' : 'active'
}
