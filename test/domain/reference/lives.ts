import type { PeriodType } from '../../../src/domain/purchase.ts'
import { type Act, type Begin, DAY, type Draw, type How, type Plan, type Powers, START } from './life.ts'

const HOUR = 3_600_000

const PLANS: readonly [Plan, Plan, Plan] = [
  { product: 'com.acme.weekly', micros: 2_990_000, days: 7 },
  { product: 'com.acme.monthly', micros: 9_990_000, days: 30 },
  { product: 'com.acme.bimonthly', micros: 17_990_000, days: 60 },
]

interface State {
  readonly acts: Act[]
  phase: 'active' | 'grace' | 'retry' | 'ended' | 'refunded' | 'pausing' | 'paused' | 'revoked'
  on: boolean
  now: number
  readonly periods: Begin[]
  readonly refunded: Map<number, { percent: number; ids: string[] }>
  until: number
  graceEndsAt: number
  chosen: Plan | null
  reversible: number | null
  /** A price increase was refused. The simulated App Store names it as the reason of every later switch. */
  raised: boolean
}

/** The life that the draws mean: only acts that the state allows, in time order, each at a moment of its own. */
export function lifeOf(draws: readonly Draw[], powers: Powers): readonly Act[] {
  const [first, ...rest] = draws
  if (first === undefined) return []
  const state = opened(first)
  for (const draw of rest) step(state, draw, powers)
  return state.acts
}

function opened(draw: Draw): State {
  const state: State = {
    acts: [],
    phase: 'active',
    on: true,
    now: START,
    periods: [],
    refunded: new Map(),
    until: START,
    graceEndsAt: 0,
    chosen: null,
    reversible: null,
    raised: false,
  }
  begin(state, { how: 'subscribe', at: START, plan: one(PLANS, draw.which), ...firstType(draw.how) })
  return state
}

function firstType(how: number): { readonly periodType: PeriodType; readonly family?: boolean } {
  return [
    { periodType: 'NORMAL' as const },
    { periodType: 'TRIAL' as const },
    { periodType: 'TRIAL' as const },
    { periodType: 'INTRO' as const },
    { periodType: 'NORMAL' as const, family: true },
  ][how % 5] as { periodType: PeriodType; family?: boolean }
}

function one<T>(items: readonly T[], which: number): T {
  return items[which % items.length] as T
}

interface Begun {
  readonly how: How
  readonly at: number
  readonly from?: number
  readonly plan: Plan
  readonly until?: number
  readonly periodType?: PeriodType
  readonly family?: boolean
}

function begin(state: State, begun: Begun): void {
  const { plan, periodType = 'NORMAL', how, at, from = at } = begun
  const family = begun.family ?? state.periods[0]?.family ?? false
  const days = periodType === 'TRIAL' ? 7 : plan.days
  const price = periodType === 'TRIAL' || family ? 0 : periodType === 'INTRO' ? 990_000 : plan.micros
  const until = begun.until ?? from + days * DAY
  const act: Begin = { do: 'begin', how, at, from, until, plan, periodType, micros: price, family }
  state.acts.push(act)
  state.periods.push(act)
  state.phase = 'active'
  state.until = until
  state.now = Math.max(state.now, at)
  state.chosen = null
  state.reversible = null
  if (how !== 'renew' && how !== 'recover') state.on = true
}

/** A moment between now and the end of the period. */
function soon(state: State, draw: Draw): number {
  const from = state.now + 2_000
  const to = Math.max(state.until - HOUR, from + 1)
  return from + Math.floor(((to - from) * (draw.when % 1000)) / 1000)
}

function later(state: State, draw: Draw, days: number): number {
  return Math.max(state.now, state.until) + 2_000 + Math.floor((days * DAY * (draw.when % 1000)) / 1000)
}

function latest(state: State): Begin {
  return state.periods.at(-1) as Begin
}

function step(state: State, draw: Draw, powers: Powers): void {
  const choices = allowed(state, powers)
  if (choices.length === 0) return
  one(choices, draw.which)(state, draw)
}

type Choice = (state: State, draw: Draw) => void

function allowed(state: State, powers: Powers): readonly Choice[] {
  const family = latest(state).family
  const money = family ? [] : [refundLatest, ...(powers.olderRefunds ? [refundOlder] : [])]
  const reversal = state.reversible === null ? [] : [reverse, reverse]
  switch (state.phase) {
    case 'active':
      if (state.until - state.now < 2 * HOUR) return state.on ? [renew] : [expire]
      return [
        ...(state.on
          ? [renew, renew, cancel, cancel, fail, failAtOnce, choose, choose, revert, upgrade, priceIncrease]
          : [uncancel, uncancel, expire, expire, renew, upgrade]),
        ...(powers.earlyRenewals && state.on ? [renewEarly] : []),
        ...(powers.pauses && state.on ? [planPause] : []),
        ...(powers.refundsInPieces && !family ? [refundPiece, refundPiece] : []),
        ...(family ? [revoke] : []),
        extend,
        declined,
        ...money,
        ...reversal,
      ]
    case 'grace':
      return [recover, recover, graceOver, failAgain, ...money, ...(powers.offInGrace ? [toggle] : [])]
    case 'retry':
      return [recover, expireRetry, ...(state.graceEndsAt === 0 ? [failAgain] : [])]
    case 'pausing':
      return [pause, cancelPause]
    case 'paused':
      return [resume]
    case 'ended':
      return [
        resubscribe,
        resubscribe,
        resubscribeOther,
        extendEnded,
        toggle,
        ...(family ? [] : [refundLatest]),
        ...reversal,
      ]
    case 'refunded':
      return [resubscribe, toggle, ...reversal, ...reversal]
    case 'revoked':
      return []
  }
}

const renew: Choice = (state) => {
  begin(state, { how: 'renew', at: state.until, plan: state.chosen ?? latest(state).plan })
}

const renewEarly: Choice = (state, draw) => {
  const at = Math.max(state.now + 2_000, state.until - 1 - (draw.when % 20) * HOUR)
  begin(state, { how: 'renew', at, from: state.until, plan: state.chosen ?? latest(state).plan })
}

const upgrade: Choice = (state, draw) => {
  // Within the hours between an early renewal and its beginning the dates tell the wrong order: see predecessor.ts.
  if (latest(state).from > state.now) return
  const plan = PLANS.find((plan, index) => index === draw.how % 3 && plan.product !== latest(state).plan.product)
  const at = soon(state, draw)
  const periodType = latest(state).periodType === 'TRIAL' && draw.how % 2 === 1 ? 'TRIAL' : 'NORMAL'
  begin(state, { how: 'upgrade', at, plan: plan ?? plusOf(latest(state).plan), periodType })
}

/** A product that the chain has not had. */
function plusOf(plan: Plan): Plan {
  return { ...plan, product: `${plan.product}.plus`, micros: plan.micros + 2_000_000 }
}

const cancel: Choice = (state, draw) => {
  if (state.raised) return
  push(state, { do: 'cancel', at: soon(state, draw), reason: 'UNSUBSCRIBE' })
  state.on = false
}

const uncancel: Choice = (state, draw) => {
  push(state, { do: 'uncancel', at: soon(state, draw) })
  state.on = true
}

/** In a grace or after the end of access: the switch moves, and nobody is told anything. */
const toggle: Choice = (state, draw) => {
  const latest = state.phase === 'grace' ? state.graceEndsAt - HOUR : state.now + 20 * HOUR
  const at = Math.min(state.now + 2_000 + (draw.when % 1000) * 60_000, latest)
  if (at <= state.now || state.raised) return
  push(state, state.on ? { do: 'cancel', at, reason: 'UNSUBSCRIBE' } : { do: 'uncancel', at })
  state.on = !state.on
}

const fail: Choice = (state, draw) => {
  state.graceEndsAt = state.until + 6 * DAY
  push(state, { do: 'fail', at: state.until + (draw.when % 3) * 1_000, graceEndsAt: state.graceEndsAt })
  state.phase = 'grace'
}

const failAtOnce: Choice = (state, draw) => {
  push(state, { do: 'fail', at: state.until + (draw.when % 3) * 1_000, graceEndsAt: null })
  state.graceEndsAt = 0
  state.phase = 'retry'
}

const failAgain: Choice = (state) => {
  const graceEndsAt = state.phase === 'grace' ? state.graceEndsAt : null
  const at = state.now + 5 * HOUR
  if (graceEndsAt !== null && at >= graceEndsAt - HOUR) return
  push(state, { do: 'fail', at, graceEndsAt })
}

const graceOver: Choice = (state) => {
  push(state, { do: 'grace_over', at: state.graceEndsAt })
  state.phase = 'retry'
  state.until = state.graceEndsAt
}

const recover: Choice = (state, draw) => {
  const plan = state.chosen ?? latest(state).plan
  if (state.phase === 'grace') {
    const at = Math.min(state.now + HOUR + (draw.when % 100) * HOUR, state.graceEndsAt - HOUR / 2)
    begin(state, { how: 'recover', at: Math.max(at, state.now + 1_000), plan, until: state.until + plan.days * DAY })
  } else begin(state, { how: 'recover', at: state.now + HOUR + (draw.when % 1000) * HOUR, plan })
}

const expire: Choice = (state, draw) => {
  push(state, { do: 'expire', at: state.until + (draw.when % 5) * 60_000, reason: 'UNSUBSCRIBE' })
  state.phase = 'ended'
}

const expireRetry: Choice = (state) => {
  push(state, { do: 'expire', at: Math.max(state.now, state.until) + 50 * DAY, reason: 'BILLING_ERROR' })
  state.phase = 'ended'
  state.on = false
}

const priceIncrease: Choice = (state, draw) => {
  const at = soon(state, draw)
  const refused = draw.how % 2 === 1
  push(state, { do: 'nothing', at, saying: refused ? 'price_increase' : 'price_accepted' })
  state.raised = refused
  if (!refused) return
  push(state, { do: 'expire', at: Math.max(state.until, at + 1_000), reason: 'PRICE_INCREASE' })
  state.phase = 'ended'
  state.on = false
}

const choose: Choice = (state, draw) => {
  const plan = one(PLANS, draw.how)
  push(state, { do: 'choose', at: soon(state, draw), plan })
  state.chosen = plan.product === latest(state).plan.product ? null : plan
}

const revert: Choice = (state, draw) => {
  if (state.chosen === null) return
  push(state, { do: 'choose', at: soon(state, draw), plan: latest(state).plan })
  state.chosen = null
}

const declined: Choice = (state, draw) => {
  push(state, { do: 'nothing', at: soon(state, draw), saying: 'refund_declined' })
}

function refund(state: State, at: number, period: number, percent: number, keepsAccess: boolean): void {
  const before = state.refunded.get(period) ?? { percent: 0, ids: [] }
  if (before.percent + percent > 100) return
  const refundId = `re_${state.acts.length}`
  push(state, { do: 'refund', at, period, refundId, percent, keepsAccess })
  state.refunded.set(period, { percent: before.percent + percent, ids: [...before.ids, refundId] })
  const isLatest = period === state.periods.length - 1
  if (isLatest) state.reversible = period
  if (!isLatest || keepsAccess || state.phase === 'ended') return
  state.phase = 'refunded'
  state.on = false
}

const refundLatest: Choice = (state, draw) => {
  const period = state.periods.length - 1
  if (latest(state).micros === 0 || state.refunded.has(period)) return
  const at =
    state.phase === 'ended'
      ? later(state, draw, 20)
      : state.phase === 'grace'
        ? Math.min(state.now + 2_000 + (draw.when % 20) * HOUR, state.graceEndsAt - HOUR / 2)
        : soon(state, draw)
  if (at <= state.now) return
  if (latest(state).from > at) return
  refund(state, at, period, draw.how % 3 === 0 && state.phase !== 'ended' ? 50 : 100, false)
}

const refundOlder: Choice = (state, draw) => {
  // Of what is older the hub remembers money alone: see memory.test.ts.
  const period = state.periods.length - 2 - (draw.how % 2)
  const old = state.periods[period]
  if (old === undefined || old.micros === 0 || state.refunded.has(period)) return
  if (state.phase === 'grace') return
  if (latest(state).from > soon(state, draw)) return
  refund(state, soon(state, draw), period, 100, false)
}

const refundPiece: Choice = (state, draw) => {
  const period = state.periods.length - 1 - (draw.how % 3)
  if ((state.periods[period]?.micros ?? 0) === 0) return
  refund(state, soon(state, draw), period, 25, true)
}

const reverse: Choice = (state, draw) => {
  const period = state.reversible
  if (period === null || period !== state.periods.length - 1) return
  const refunded = state.refunded.get(period)
  const refundId = refunded?.ids.at(-1)
  if (refunded === undefined || refundId === undefined) return
  const act = state.acts.findLast((one) => one.do === 'refund' && one.refundId === refundId)
  if (act?.do !== 'refund') return
  const at = state.phase === 'ended' ? later(state, draw, 10) : soon(state, draw)
  if (state.phase !== 'ended' && at >= state.until - HOUR / 2) return
  push(state, { do: 'reverse', at, period, refundId })
  state.refunded.set(period, { percent: refunded.percent - act.percent, ids: refunded.ids.slice(0, -1) })
  if (refunded.percent - act.percent === 0) state.refunded.delete(period)
  state.reversible = null
  if (state.phase === 'refunded') state.phase = 'active'
}

const extend: Choice = (state, draw) => {
  if (latest(state).from > state.now) return
  const days = 1 + (draw.how % 10)
  push(state, { do: 'extend', at: soon(state, draw), days })
  state.until += days * DAY
}

/** The developer gives time to somebody whose subscription has run out. */
const extendEnded: Choice = (state, draw) => {
  const last = state.acts.at(-1)
  if (last?.do !== 'expire' || last.reason !== 'UNSUBSCRIBE') return
  const at = state.now + HOUR
  const days = 2 + (draw.how % 10)
  push(state, { do: 'extend', at, days })
  state.until += days * DAY
  state.phase = 'active'
  state.on = false
}

const planPause: Choice = (state, draw) => {
  push(state, { do: 'plan_pause', at: soon(state, draw), resumesAt: state.until + 14 * DAY })
  state.phase = 'pausing'
}

const cancelPause: Choice = (state) => {
  state.phase = 'active'
  renew(state, { which: 0, when: 0, how: 0 })
}

const pause: Choice = (state) => {
  push(state, { do: 'pause', at: state.until })
  state.phase = 'paused'
}

const resume: Choice = (state, draw) => {
  begin(state, { how: 'resume', at: later(state, draw, 14), plan: latest(state).plan })
}

const revoke: Choice = (state, draw) => {
  push(state, { do: 'revoke', at: soon(state, draw) })
  state.phase = 'revoked'
}

const resubscribe: Choice = (state, draw) => {
  const trial = draw.how % 7 === 0 && !latest(state).family
  begin(state, {
    how: 'resubscribe',
    at: later(state, draw, 20),
    plan: latest(state).plan,
    periodType: trial ? 'TRIAL' : 'NORMAL',
  })
}

const resubscribeOther: Choice = (state, draw) => {
  begin(state, { how: 'resubscribe', at: later(state, draw, 20), plan: plusOf(latest(state).plan) })
}

function push(state: State, act: Act): void {
  state.acts.push(act)
  state.now = Math.max(state.now, act.at)
}
