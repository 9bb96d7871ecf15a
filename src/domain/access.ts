import type { Fact, OneTimeFact, PeriodFact } from './facts.ts'
import { type ChargeFact, isCharge } from './merge.ts'
import type { Purchase } from './purchase-state.ts'
import { currentPeriod, newestPeriod, paidUntil, scaled, takenAt, willRenew } from './term.ts'

/**
 * Whether a purchase gives access at an instant. It is asked and stored nowhere, so that it is right at every instant:
 * the facts tell what was paid for and what was taken away, the newest snapshot what the store lets go on beyond that.
 * Milliseconds.
 */
export interface Access {
  /** The period, or the one-time charge, that decides. */
  readonly charge: ChargeFact
  /**
   * `in_force`: paid for, and not taken away. `grace`: the renewal's charge failed, and the store lets access go on.
   * `awaited`: the period is over, its renewal was to come, and its message has not come yet. `unverified`: it is over,
   * and the store cannot be asked whether it goes on. `over`: no access.
   */
  readonly standing: 'in_force' | 'grace' | 'awaited' | 'unverified' | 'over'
  readonly active: boolean
  /** When access ends as far as is known, or ended. null: never. */
  readonly until: number | null
}

const HOUR = 3_600_000

/** Where the store cannot be asked, the answer stays as it was for this long. */
const UNVERIFIED_MS = 24 * HOUR

/**
 * A renewal that is awaited is promised by the hour: the clock asks its store within that time. It is no bound: who asks
 * again hears of the next hour, until the store (or the clock in its place) says that access ended, or the purchase
 * counts as unverified.
 */
const AWAITED_MS = HOUR

/** null while no charge of the purchase is known. */
export function accessAt(purchase: Purchase, at: number): Access | null {
  const newest = currentPeriod(purchase)
  if (newest === null) return oneTimeAccess(purchase, at)
  const latest = accessByState(purchase, newest, at)
  // A renewal is known up to a day before it begins: until then the period before gives access.
  const begun = newest.at <= at ? null : newestPeriod(purchase, (period) => period.at <= at)
  if (begun === null) return latest
  const before = accessByDates(purchase, begun, at)
  if (!before.active || !latest.active) return before.active ? before : latest
  return { ...before, until: begun.productId === newest.productId ? latest.until : newest.at }
}

/**
 * What each product of a purchase gives at an instant: the one in force as `accessAt` says, those that it was changed
 * from with their end. In the order in which they were bought.
 */
export function accessByProduct(purchase: Purchase, at: number): readonly Access[] {
  const deciding = accessAt(purchase, at)
  if (deciding === null) return []
  const products = new Set(purchase.facts.filter(isCharge).map(({ productId }) => productId))
  products.delete(deciding.charge.productId)
  const others = [...products].flatMap((productId) => {
    const last = newestPeriod(purchase, (period) => period.productId === productId && period.at <= at)
    return last === null ? [] : [changedFrom(purchase, last, at)]
  })
  return [...others, deciding].sort((a, b) => a.charge.at - b.charge.at)
}

/** A product that the chain has left: its last period ended by its dates, or when the next one began. */
function changedFrom(purchase: Purchase, period: PeriodFact, at: number): Access {
  const { until } = accessByDates(purchase, period, at)
  const next = Math.min(
    ...purchase.facts.filter((fact) => fact.kind === 'period' && fact.at > period.at).map((fact) => fact.at),
  )
  return over(period, Math.min(until ?? period.expiresAt, next, at))
}

function accessByDates(purchase: Purchase, period: PeriodFact, at: number): Access {
  const taken = takenAt(purchase.facts, period.period, at)
  if (taken !== null) return over(period, taken)
  const end = paidUntil(period, purchase.facts)
  return at < end && !period.replaced
    ? { charge: period, standing: 'in_force', active: true, until: end }
    : over(period, end)
}

/** The newest period: the store's state is a state of it. */
function accessByState(purchase: Purchase, period: PeriodFact, at: number): Access {
  const taken = takenAt(purchase.facts, period.period, at)
  if (taken !== null) return over(period, taken)
  const { snapshot } = purchase
  const facts = purchase.facts.filter((fact) => fact.period === period.period)
  const paid = paidUntil(period, facts)
  const end = Math.max(paid, graceEnd(purchase, facts) ?? 0)
  if (isOverByState(purchase)) {
    // Its facts date the end; where they do not, it is the moment of which the store speaks.
    const dated = takenAt(facts, period.period, Number.POSITIVE_INFINITY)
    if (dated === null) return over(period, Math.min(paid, snapshot?.version ?? paid))
    return { charge: period, standing: 'in_force', active: true, until: Math.min(dated, end) }
  }
  if (at < paid) return { charge: period, standing: 'in_force', active: true, until: end }
  if (at < end) return { charge: period, standing: 'grace', active: true, until: end }
  return pastItsEnd(purchase, period, end, at)
}

function isOverByState({ snapshot }: Purchase): boolean {
  return snapshot?.status === 'expired' || snapshot?.status === 'revoked' || snapshot?.status === 'paused'
}

/** The end of a grace as the state tells it, or, without a state, as the failed charge does; null: none, or without a date. */
function graceEnd({ snapshot }: Purchase, facts: readonly Fact[]): number | null {
  if (snapshot !== null && snapshot.status !== 'retry') return snapshot.status === 'grace' ? snapshot.graceEndsAt : null
  const ends = facts.flatMap((fact) =>
    fact.kind === 'billing_failed' && fact.graceEndsAt !== null ? [fact.graceEndsAt] : [],
  )
  return ends.length === 0 ? null : Math.max(...ends)
}

function pastItsEnd(purchase: Purchase, period: PeriodFact, end: number, at: number): Access {
  const lasts = period.expiresAt - period.at
  const { unverifiedSince } = purchase
  if (unverifiedSince !== undefined) {
    const until = unverifiedSince + scaled(UNVERIFIED_MS, lasts, purchase)
    return at < until ? { charge: period, standing: 'unverified', active: true, until } : over(period, end)
  }
  if (!isAwaited(purchase, period)) return over(period, end)
  const step = scaled(AWAITED_MS, lasts, purchase)
  const until = end + step * (Math.floor((at - end) / step) + 1)
  const standing = purchase.snapshot?.status === 'grace' ? 'grace' : 'awaited'
  return { charge: period, standing, active: true, until }
}

/**
 * Whether a message that the period goes on is still to come. A store that is about to renew is a few moments late as a
 * rule; what will not be renewed, and a grace with a date, end by the clock.
 */
function isAwaited(purchase: Purchase, period: PeriodFact): boolean {
  const { snapshot } = purchase
  if (period.replaced || period.periodType === 'PROMOTIONAL' || period.periodType === 'PREPAID') return false
  if (snapshot?.status === 'retry') return false
  if (snapshot?.status === 'grace') return snapshot.graceEndsAt === null
  return willRenew(purchase) !== false
}

function oneTimeAccess(purchase: Purchase, at: number): Access | null {
  const charge = purchase.facts.find((fact): fact is OneTimeFact => fact.kind === 'one_time')
  if (charge === undefined) return null
  const taken = takenAt(purchase.facts, charge.period, at)
  if (taken !== null) return over(charge, taken)
  if (charge.expiresAt !== null && at >= charge.expiresAt) return over(charge, charge.expiresAt)
  return { charge, standing: 'in_force', active: true, until: charge.expiresAt }
}

function over(charge: ChargeFact, until: number): Access {
  return { charge, standing: 'over', active: false, until }
}
