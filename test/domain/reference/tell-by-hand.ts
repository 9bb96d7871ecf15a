import type { Fact, PeriodFact } from '../../../src/domain/facts.ts'
import type { Snapshot } from '../../../src/domain/observation.ts'
import {
  chosen,
  ended,
  extended,
  failed,
  observed,
  pausePlanned,
  period,
  refunded,
  restored,
  reversed,
  SHOWN,
  snapshot,
  switched,
  TOLD,
  usd,
} from '../scenarios/by-hand.ts'
import type { Message } from '../scenarios/play.ts'
import { type Act, type Begin, DAY } from './life.ts'
import { SIGNED_AFTER, type Told } from './tell-app-store.ts'

/**
 * The life as a store would tell it that has everything: pauses, refunds in pieces with an id and an amount each. One
 * observation an act, with the period that it is about and the state as it is then: what the state shows beside the act (a
 * charge that fails, an end that stands) comes as inferred, without which a late message could not be understood.
 */
export function tellByHand(life: readonly Act[]): Told {
  const teller: Teller = { periods: [], state: snapshot({ version: 0 }), over: null, graceEndsAt: null, shown: [] }
  const messages = life.map((act): Message => {
    const at = act.at + SIGNED_AFTER
    const facts = factsOf(teller, act)
    const about = teller.periods.find((one) => one.period === (facts[0]?.period ?? latest(teller).period))
    const charge = about ?? latest(teller)
    const own = act.do === 'begin'
    const told = { ...charge, own, startsCancelled: own ? charge.startsCancelled : null, version: at }
    const shown = charge === latest(teller) ? teller.shown.filter((one) => !facts.includes(one)) : []
    return {
      name: act.do === 'begin' ? act.how : act.do,
      observation: observed([told, ...facts, ...shown.map((one) => ({ ...one, ...SHOWN }))], {
        snapshot: { ...teller.state, version: at },
      }),
      history: observed(
        teller.periods.map((one) => ({ ...one, ...TOLD, startsCancelled: null, version: at })),
        { history: 'complete' },
      ),
    }
  })
  return { messages, periods: teller.periods.map((one) => one.period) }
}

interface Teller {
  readonly periods: PeriodFact[]
  state: Snapshot
  over: 'end' | 'refund' | null
  graceEndsAt: number | null
  /** What stands of the latest period and every message about it shows. */
  shown: readonly Fact[]
}

function latest(teller: Teller): PeriodFact {
  const found = teller.periods.at(-1)
  if (found === undefined) throw new Error('A life begins with its first period.')
  return found
}

function set(teller: Teller, change: Partial<Snapshot>): void {
  teller.state = { ...teller.state, ...change }
}

function factsOf(teller: Teller, act: Act): readonly Fact[] {
  const at = act.at + SIGNED_AFTER
  const { period: id, expiresAt } = act.do === 'begin' ? { period: '', expiresAt: 0 } : latest(teller)
  switch (act.do) {
    case 'begin':
      return begun(teller, act)
    case 'cancel':
      set(teller, { autoRenew: false })
      return [switched(false, { at, period: id, reason: act.reason })]
    case 'uncancel':
      set(teller, { autoRenew: true })
      return [switched(true, { at, period: id })]
    case 'fail':
      return failing(teller, at, act.graceEndsAt)
    case 'grace_over':
      return over(teller, 'retry', [
        ended({ at: act.at, period: id, reason: 'BILLING_ERROR', implies: 'billing_failed' }),
      ])
    case 'expire':
      return expired(teller, act.reason)
    case 'choose':
      return [chosen(act.plan.product, { at, period: id })]
    case 'extend':
      return prolonged(teller, at, act.days)
    case 'plan_pause':
      return [pausePlanned(act.resumesAt, { at, period: id })]
    case 'pause':
      return over(teller, 'paused', [
        ended({ at: expiresAt, period: id, reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' }),
      ])
    case 'revoke':
      return over(teller, 'revoked', [ended({ at: act.at, period: id, reason: 'UNKNOWN', implies: 'nothing' })])
    case 'refund':
      return wentBack(teller, act)
    case 'reverse':
      return cameBack(teller, at, act)
    case 'nothing':
      return []
  }
}

function begun(teller: Teller, act: Begin): readonly Fact[] {
  const renews = act.how !== 'renew' && act.how !== 'recover' ? true : teller.state.autoRenew
  const before = teller.periods.at(-1)
  if (act.how === 'upgrade' && before !== undefined) {
    teller.periods.splice(-1, 1, { ...before, replaced: true })
  }
  const id = `p${teller.periods.length + 1}`
  teller.periods.push(
    period({
      at: act.from,
      period: id,
      productId: act.plan.product,
      periodType: act.periodType,
      expiresAt: act.until,
      price: usd(act.micros),
      isFamilyShare: act.family,
      byChange: act.how === 'upgrade',
      startsCancelled: renews === false,
    }),
  )
  teller.over = null
  teller.graceEndsAt = null
  teller.shown = []
  set(teller, { status: 'active', autoRenew: renews, graceEndsAt: null })
  return []
}

function failing(teller: Teller, at: number, graceEndsAt: number | null): readonly Fact[] {
  const { period: id, expiresAt } = latest(teller)
  const failure = failed({ at, period: id, graceEndsAt })
  if (graceEndsAt === null) {
    const end = ended({ at: expiresAt, period: id, reason: 'BILLING_ERROR', implies: 'billing_failed' })
    return over(teller, 'retry', [failure, end])
  }
  teller.graceEndsAt = graceEndsAt
  if (teller.shown.length === 0) teller.shown = [failure]
  set(teller, { status: 'grace', graceEndsAt })
  return [failure]
}

function over(teller: Teller, status: Snapshot['status'], facts: readonly Fact[]): readonly Fact[] {
  if (teller.over === null) teller.shown = [...teller.shown, ...facts]
  teller.over = 'end'
  set(teller, { status })
  return facts
}

function expired(teller: Teller, reason: Extract<Act, { do: 'expire' }>['reason']): readonly Fact[] {
  const { period: id, expiresAt } = latest(teller)
  const byBilling = reason === 'BILLING_ERROR'
  const at = teller.graceEndsAt ?? expiresAt
  set(teller, { autoRenew: false })
  return over(teller, 'expired', [
    ended({ at, period: id, reason, implies: byBilling ? 'billing_failed' : 'cancelled' }),
  ])
}

function prolonged(teller: Teller, at: number, days: number): readonly Fact[] {
  const last = latest(teller)
  const expiresAt = last.expiresAt + days * DAY
  teller.periods.splice(-1, 1, { ...last, expiresAt })
  teller.over = null
  teller.shown = []
  set(teller, { status: 'active' })
  return [extended(expiresAt, { at, period: last.period }), restored({ at, period: last.period })]
}

function wentBack(teller: Teller, act: Extract<Act, { do: 'refund' }>): readonly Fact[] {
  const charge = teller.periods[act.period]
  if (charge === undefined) throw new Error(`The chain has no period ${act.period}.`)
  const ofLatest = charge === latest(teller)
  const micros = Math.round(((charge.price?.micros ?? 0) * act.percent) / 100)
  const refund = refunded({
    at: act.at,
    period: charge.period,
    refundId: act.refundId,
    share: act.percent * 10_000,
    amount: usd(micros),
    ofLatest,
    keepsAccess: act.keepsAccess,
  })
  if (!ofLatest || act.keepsAccess || teller.over !== null) return [refund]
  teller.over = 'refund'
  set(teller, { status: 'revoked', autoRenew: false })
  const end = ended({ at: act.at, period: charge.period, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })
  teller.shown = [...teller.shown, refund, end]
  return [refund, end]
}

function cameBack(teller: Teller, at: number, act: Extract<Act, { do: 'reverse' }>): readonly Fact[] {
  const charge = teller.periods[act.period]
  if (charge === undefined) throw new Error(`The chain has no period ${act.period}.`)
  const back = reversed({ at, period: charge.period, refundId: act.refundId })
  if (teller.over !== 'refund' || charge !== latest(teller) || at >= charge.expiresAt) return [back]
  teller.over = null
  teller.shown = teller.shown.filter((one) => one.kind !== 'refund' && one.kind !== 'ended')
  set(teller, { status: teller.graceEndsAt === null ? 'active' : 'grace' })
  return [back, restored({ at, period: charge.period })]
}
