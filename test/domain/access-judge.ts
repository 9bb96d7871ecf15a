import { accessAt } from '../../src/domain/access.ts'
import { endByClock } from '../../src/domain/expiry.ts'
import type { Happening } from '../../src/domain/happening.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'

/** What is known after one message: all purchases and all that was told so far. `at`: when it had arrived. */
export interface Step {
  readonly at: number
  readonly purchases: readonly Purchase[]
  readonly happenings: readonly Happening[]
}

export interface Judged {
  /** What was wrong, in words; empty when access and events agree. */
  readonly wrong: readonly string[]
  /** Instants at which both were compared. */
  readonly compared: number
  /** The least told in how many of them there was access, and how often there was none. */
  readonly active: number
}

const DAY = 86_400_000
/** After the last message of a life. */
const AFTERWARDS = 500 * DAY

const CLOCK = { canAsk: false, neverByClock: false }

/**
 * Holds the answers beside the events: asked at every boundary and a millisecond on both sides of it, with what was known
 * at that moment, access must be what the events of that moment say. It may be over before its expiration is told, where
 * that is dated no later: by a message that is on its way, or by the clock. What a change replaced has none.
 */
export function judgeAccess(steps: readonly Step[]): Judged {
  const wrong: string[] = []
  let compared = 0
  let active = 0
  const last = steps.at(-1)
  if (last === undefined) throw new Error('A life has at least one step.')
  const learned = learnedAt(steps)
  steps.forEach((step, index) => {
    const next = steps[index + 1]?.at ?? step.at + AFTERWARDS
    for (const purchase of step.purchases) {
      const id = purchaseId(purchase.key)
      const final = last.purchases.find((one) => purchaseId(one.key) === id) ?? purchase
      const told = aboutOf(step.happenings, final, learned)
      const ever = aboutOf(last.happenings, final, learned)
      for (const at of instants(purchase, ever, step.at, next)) {
        const says = byEvents(told, at)
        const access = accessAt(purchase, at)
        if (says === null || access === null) continue
        compared += 1
        if (access.active) active += 1
        if (access.active === says) continue
        // By then the clock tells the end itself, or has asked the store.
        const replaced = access.charge.kind === 'period' && access.charge.replaced
        const excused = says && (replaced || byEvents(ever, at) === false || endByClock(purchase, CLOCK, at) !== null)
        if (excused) continue
        const day = ((at - (steps[0]?.at ?? 0)) / DAY).toFixed(5)
        wrong.push(`day ${day} after message ${index}: events say ${says}, access ${JSON.stringify(access.standing)}`)
      }
    }
  })
  return { wrong, compared, active }
}

function nameOf({ what, period, n }: Happening): string {
  return `${what}|${period}|${n}`
}

/** When each of them was told first. */
function learnedAt(steps: readonly Step[]): ReadonlyMap<string, number> {
  const learned = new Map<string, number>()
  for (const { at, happenings } of steps) {
    for (const one of happenings) if (!learned.has(nameOf(one))) learned.set(nameOf(one), at)
  }
  return learned
}

/** With the dates under which they are told: no later than they were learned, as `freeze` has it. */
function aboutOf(
  happenings: readonly Happening[],
  purchase: Purchase,
  learned: ReadonlyMap<string, number>,
): readonly Happening[] {
  const periods = new Set(purchase.facts.map((fact) => fact.period))
  return happenings
    .filter(({ period }) => periods.has(period))
    .map((one) => ({ ...one, occurredAt: Math.min(one.occurredAt, learned.get(nameOf(one)) ?? one.occurredAt) }))
    .toSorted((a, b) => a.occurredAt - b.occurredAt)
}

/** Whether the events that lie at or before `at` say that there is access; null before the first. */
function byEvents(happenings: readonly Happening[], at: number): boolean | null {
  let says: boolean | null = null
  let refunded = false
  for (const one of happenings) {
    if (one.occurredAt > at) break
    switch (one.type) {
      case 'INITIAL_PURCHASE':
      case 'RENEWAL':
      case 'NON_RENEWING_PURCHASE':
        says = true
        refunded = false
        break
      case 'EXPIRATION':
        says = false
        refunded = one.expirationReason === 'CUSTOMER_SUPPORT'
        break
      case 'CANCELLATION':
        // What was bought for ever and is refunded has no expiration of its own.
        if (one.cancelReason === 'CUSTOMER_SUPPORT' && one.renewalNumber === null && one.expiresAt === null) {
          says = false
          refunded = true
        }
        break
      case 'REFUND_REVERSED':
        if (refunded) says = true
        break
      case 'SUBSCRIPTION_EXTENDED':
        if (says === false && !refunded) says = (one.expiresAt ?? 0) > one.occurredAt
        break
      default:
    }
  }
  return says
}

/** Every boundary in a stretch of time with its neighbours, and what lies between. */
function instants(purchase: Purchase, happenings: readonly Happening[], from: number, to: number): readonly number[] {
  const boundaries = new Set([from, to - 1, Math.floor((from + to) / 2), from + DAY / 2, from + 30 * DAY])
  for (const one of happenings) {
    for (const at of [one.occurredAt, one.expiresAt, one.gracePeriodExpiresAt]) if (at !== null) boundaries.add(at)
  }
  for (const fact of purchase.facts) {
    boundaries.add(fact.at)
    if ('expiresAt' in fact && fact.expiresAt !== null) boundaries.add(fact.expiresAt)
  }
  return [...boundaries]
    .flatMap((at) => [at - 1, at, at + 1])
    .filter((at) => at >= from && at < to)
    .sort((a, b) => a - b)
}
