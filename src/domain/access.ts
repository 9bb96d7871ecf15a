import type { Fact, OneTimeFact, PeriodFact } from './facts.ts'
import { type ChargeFact, isCharge } from './merge.ts'
import type { Purchase } from './purchase-state.ts'
import { currentPeriod, endedAt, newestPeriod, paidUntil, refundedAt, scaled, willRenew } from './term.ts'

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
   * and the store could not be asked whether it goes on. `silent`: a renewal was awaited for as long as silence is
   * trusted, so there is no access, and nobody said that it ended. `over`: no access.
   */
  readonly standing: 'in_force' | 'grace' | 'awaited' | 'unverified' | 'silent' | 'over'
  readonly active: boolean
  /** When access ends as far as is known, or ended. null: never. */
  readonly until: number | null
}

const HOUR = 3_600_000

/** What a store dates a little later than now has happened all the same. */
const CLOCKS_DIFFER_MS = HOUR

/**
 * Silence is trusted for a day: from the end of the period, from the store's last word after it, or from the first
 * question that the store could not be asked. Then the answer is no, and still nothing is told as an expiration.
 */
const TRUST_MS = 24 * HOUR

/**
 * Until then an answer promises the next hour and no more: the clock asks the store within that time, and whoever asks
 * again hears of the hour after.
 */
const PROMISE_MS = HOUR

/** null while no charge of the purchase is known. */
export function accessAt(purchase: Purchase, at: number): Access | null {
  const newest = currentPeriod(purchase)
  if (newest === null) return oneTimeAccess(purchase, at)
  const latest = accessByState(purchase, newest, at)
  // What was taken back before it began took the access with it: the store's state is one of the whole chain.
  if (!latest.active && latest.until !== null && latest.until <= at) return latest
  // A renewal is known up to a day before it begins: until then the period before gives access.
  const begun = newest.at <= at ? null : newestPeriod(purchase, (period) => period.at <= at)
  if (begun === null) return latest
  const before = accessByDates(purchase, begun, at)
  if (!before.active) return newest.at - at < CLOCKS_DIFFER_MS ? latest : before
  if (!latest.active) return before
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

/** A period that is not the newest. */
function accessByDates(purchase: Purchase, period: PeriodFact, at: number): Access {
  const taken = endedAt(purchase.facts, period.period, at)
  if (taken !== null) return over(period, taken)
  const end = paidUntil(period, purchase.facts)
  return at < end ? { charge: period, standing: 'in_force', active: true, until: end } : over(period, end)
}

/** The newest period: the store's state is a state of it. */
function accessByState(purchase: Purchase, period: PeriodFact, at: number): Access {
  const taken = endedAt(purchase.facts, period.period, at)
  if (taken !== null) return over(period, taken)
  const { snapshot } = purchase
  const facts = purchase.facts.filter((fact) => fact.period === period.period)
  const paid = paidUntil(period, facts)
  const end = Math.max(paid, graceEnd(purchase, facts) ?? 0)
  if (isOverByState(purchase)) {
    // Its facts date the end; where they do not, it is the moment of which the store speaks.
    const dated = endedAt(facts, period.period, Number.POSITIVE_INFINITY)
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
  const { unasked, since } = silenceOf(purchase, end)
  const awaited = isAwaited(purchase, period)
  if (!unasked && !awaited) return over(period, end)
  const openGrace = isOpenGrace(purchase)
  // A grace without a date is a state that lasts until the store tells another.
  const silentFrom = !unasked && openGrace ? at : since
  const trusted = silentFrom + TRUST_MS
  if (at >= trusted) return { ...over(period, end), standing: awaited ? 'silent' : 'over' }
  const step = scaled(PROMISE_MS, period.expiresAt - period.at, purchase)
  const until = Math.min(trusted, end + step * (Math.floor((at - end) / step) + 1))
  const standing = unasked ? 'unverified' : openGrace ? 'grace' : 'awaited'
  return { charge: period, standing, active: true, until }
}

/** Since when nothing is heard of a period past its end, and whether that is because its store could not be asked. */
function silenceOf(purchase: Purchase, end: number): { readonly unasked: boolean; readonly since: number } {
  const { snapshot, unverifiedSince } = purchase
  const goesOn = snapshot?.status === 'active' || snapshot?.status === 'grace'
  const lastWord = Math.max(end, goesOn ? snapshot.version : 0)
  // The answer stays as it was then: whoever had no access any more gets none by this.
  const wasGiven = snapshot?.status !== 'retry' && (unverifiedSince ?? 0) < lastWord + TRUST_MS
  const unasked = unverifiedSince !== undefined && unverifiedSince >= end && wasGiven
  return { unasked, since: unasked ? unverifiedSince : lastWord }
}

/** An end may lead to the next: of the period before a renewal, then of a grace. */
const MOST_ENDS = 4

/**
 * Until when the access that there is at `at` lasts if nothing more is heard: where a renewal is awaited, as long as
 * silence is trusted. null: for good, or until its store tells of another state.
 */
export function lastsUntil(purchase: Purchase, at: number): number | null {
  let access = accessAt(purchase, at)
  for (let ends = 0; ; ends += 1) {
    if (access === null || access.until === null) return null
    if (access.standing === 'awaited' || access.standing === 'unverified') return trustEnds(purchase, access)
    if (access.standing === 'grace' && isOpenGrace(purchase)) return null
    const { until } = access
    const next = accessAt(purchase, until)
    if (next === null || !next.active || ends === MOST_ENDS) return until
    access = next
  }
}

function trustEnds(purchase: Purchase, { charge, until }: Access): number | null {
  if (charge.kind !== 'period') return until
  const facts = purchase.facts.filter((fact) => fact.period === charge.period)
  return silenceOf(purchase, Math.max(paidUntil(charge, facts), graceEnd(purchase, facts) ?? 0)).since + TRUST_MS
}

/**
 * Whether a message that the period goes on is still to come. A store that is about to renew is a few moments late as a
 * rule; what will not be renewed, and a grace with a date, end by the clock.
 */
function isAwaited(purchase: Purchase, period: PeriodFact): boolean {
  const { snapshot } = purchase
  if (period.replaced || period.periodType === 'PROMOTIONAL') return false
  if (snapshot?.status === 'retry') return false
  if (snapshot?.status === 'grace') return isOpenGrace(purchase)
  return willRenew(purchase) !== false
}

/** A store that names no end of its grace (Stripe while it tries again) lasts until it tells one. */
function isOpenGrace({ snapshot }: Purchase): boolean {
  return snapshot?.status === 'grace' && snapshot.graceEndsAt === null
}

/** A possession ends with its term, with its end, or with a refund that took it back. */
function oneTimeAccess(purchase: Purchase, at: number): Access | null {
  const charge = purchase.facts.find((fact): fact is OneTimeFact => fact.kind === 'one_time')
  if (charge === undefined) return null
  const taken = [endedAt(purchase.facts, charge.period, at), refundedAt(purchase.facts, charge.period, at)]
  const since = Math.min(...taken.map((one) => one ?? Number.POSITIVE_INFINITY))
  if (since <= at) return over(charge, since)
  if (charge.expiresAt !== null && at >= charge.expiresAt) return over(charge, charge.expiresAt)
  return { charge, standing: 'in_force', active: true, until: charge.expiresAt }
}

function over(charge: ChargeFact, until: number): Access {
  return { charge, standing: 'over', active: false, until }
}
