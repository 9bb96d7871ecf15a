import { addMonths } from './calendar.ts'
import type { Fact, OneTimeFact } from './facts.ts'
import { derivedId } from './ids.ts'
import type { Observation } from './observation.ts'
import type { App } from './project.ts'
import type { PurchaseKey } from './purchase.ts'
import type { Purchase } from './purchase-state.ts'

/**
 * A promotional grant is a purchase whose store is the team itself: one chain per grant, its line is the entitlement. It
 * costs nothing, is never sandbox and ends by the clock, exactly.
 */

const DAY = 86_400_000

/** How long a grant lasts, by the names of the reference's REST API; null: for ever. */
export const DURATIONS = {
  daily: (at: number) => at + DAY,
  three_day: (at: number) => at + 3 * DAY,
  weekly: (at: number) => at + 7 * DAY,
  two_week: (at: number) => at + 14 * DAY,
  monthly: (at: number) => addMonths(at, 1),
  two_month: (at: number) => addMonths(at, 2),
  three_month: (at: number) => addMonths(at, 3),
  six_month: (at: number) => addMonths(at, 6),
  yearly: (at: number) => addMonths(at, 12),
  lifetime: () => null,
} as const satisfies Record<string, (at: number) => number | null>

export type Duration = keyof typeof DURATIONS
/** What the product of a grant with an end of its own is called after. */
const OWN_END = 'custom'

export interface Grant {
  readonly projectId: string
  readonly appUserId: string
  readonly entitlement: string
  /** From when it counts (milliseconds). */
  readonly startsAt: number
  /** A named duration, or an end in milliseconds. */
  readonly lasts: Duration | { readonly until: number }
  /** What the caller names this wish by: asked twice, it is granted once. Without it, when it was asked. */
  readonly wish: string
}

/** A grant as it stands. */
export interface Granted {
  readonly id: string
  readonly productId: string
  readonly startsAt: number
  /** null: for ever. */
  readonly expiresAt: number | null
}

/** What a purchase of this store grants. */
export function grantedOf({ facts }: { readonly facts: readonly Fact[] }): Granted {
  const charge = facts.find((fact) => fact.kind === 'one_time')
  if (charge === undefined) throw new Error('A promotional grant has no charge: this is a bug in the store of grants')
  return { id: charge.period, productId: charge.productId, startsAt: charge.at, expiresAt: charge.expiresAt }
}

/** The account of grants: no store stands behind it, so nothing is asked, refused or deducted. */
export function promotionalApp(projectId: string): App {
  return {
    projectId,
    id: PROMOTIONAL_APP,
    store: 'promotional',
    publicKey: null,
    environments: ['production'],
    receive: 'push',
    eventsFrom: 0,
    createdAt: 0,
    commissionRatePpm: 0,
    taxRatePpm: 0,
    settings: {},
  }
}

/** No app of the config file has this id: an id is never empty. */
export const PROMOTIONAL_APP = ''

/** What a grant tells: a one-time purchase of nothing, by this customer. */
export function grantObservation(grant: Grant): Observation {
  const { projectId, appUserId, entitlement, startsAt, lasts } = grant
  const id = derivedId('grant', [projectId, appUserId, entitlement, grant.wish])
  const [duration, expiresAt] = typeof lasts === 'string' ? [lasts, DURATIONS[lasts](startsAt)] : [OWN_END, lasts.until]
  const fact: OneTimeFact = {
    kind: 'one_time',
    at: startsAt,
    period: id,
    own: true,
    inferred: false,
    version: startsAt,
    productId: `rc_promo_${entitlement}_${duration}`,
    periodType: 'PROMOTIONAL',
    expiresAt,
    price: { currency: 'USD', micros: 0 },
    isFamilyShare: false,
    countryCode: null,
    offerCode: null,
    originalTransactionId: id,
  }
  const key: PurchaseKey = { projectId, store: 'promotional', environment: 'production', chain: id, line: entitlement }
  return observation(key, [fact], appUserId)
}

/** What taking a grant back at `at` tells; null when it has ended, or was taken back, already. */
export function revocationObservation(purchase: Purchase, at: number): Observation | null {
  const charge = purchase.facts.find((fact) => fact.kind === 'one_time')
  if (charge === undefined || (charge.expiresAt !== null && charge.expiresAt <= at)) return null
  if (purchase.facts.some((fact) => fact.kind === 'ended')) return null
  const fact = { at, period: charge.period, own: true, inferred: false } as const
  const facts: readonly Fact[] = [
    { ...fact, kind: 'renewal_switch', on: false, reason: 'DEVELOPER_INITIATED' },
    { ...fact, kind: 'ended', reason: 'DEVELOPER_INITIATED', implies: 'nothing' },
  ]
  return observation(purchase.key, facts, null)
}

function observation(key: PurchaseKey, facts: readonly Fact[], owner: string | null): Observation {
  return { key, appId: PROMOTIONAL_APP, kind: 'one_time', snapshot: null, facts, owner, history: 'partial' }
}
