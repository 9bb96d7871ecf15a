import { type FrozenEvent, isAnonymousId, nameOf } from './event.ts'
import type { Happening } from './happening.ts'
import { eventId } from './ids.ts'
import { termsOf } from './ledger.ts'
import { means } from './product.ts'
import type { App, Project } from './project.ts'
import type { Purchase, Terms } from './purchase-state.ts'
import { statusAt } from './status.ts'
import { willRenew } from './term.ts'

/** The customer as an event freezes it. */
export interface FrozenCustomer {
  readonly id: string
  readonly originalAppUserId: string
  /** All ids ever, oldest first. */
  readonly aliases: readonly string[]
  readonly lastSeenAppUserId: string
  /** Hash of the attribute set. */
  readonly attributeSet: string
}

export interface FreezeContext {
  readonly project: Project
  readonly app: App
  readonly customer: FrozenCustomer
  readonly seq: number
  /** When the hub derives it (milliseconds). */
  readonly now: number
  /** Until when its owner may still turn up (milliseconds); null: it is known, or nobody waits. */
  readonly provisionalUntil: number | null
  /** The id of the same event at the system that told it. */
  readonly externalId?: string | null
  /** Terms for a period whose charge is no longer remembered. */
  readonly fallbackTerms: () => Terms
}

const LATE_MS = 3_600_000

/**
 * A happening with identity, attributes, entitlements, money, status and `seq` put on it, as they are at this moment:
 * from here on the event does not change.
 */
export function freeze(happening: Happening, purchase: Purchase, context: FreezeContext): FrozenEvent {
  const { project, customer, now } = context
  const { key } = purchase
  const terms = termsOf(purchase.ledgered, happening.period) ?? context.fallbackTerms()
  const occurredAt = Math.min(happening.occurredAt, now)
  const { type, isTrialConversion } = classOf(happening, project)
  return {
    id: eventId(key, happening.what, happening.period, happening.n),
    projectId: key.projectId,
    appId: key.store === 'promotional' ? null : purchase.appId,
    type,
    name: nameOf(type, happening.periodType, isTrialConversion === true),
    purchase: key,
    seq: context.seq,
    occurredAt,
    recordedAt: now,
    late: now - occurredAt > LATE_MS,
    provisionalUntil: context.provisionalUntil,
    externalId: context.externalId ?? null,
    customerId: customer.id,
    appUserId: eventAppUserId(customer),
    originalAppUserId: customer.originalAppUserId,
    aliases: customer.aliases,
    attributeSet: customer.attributeSet,
    productId: happening.productId,
    newProductId: happening.newProductId,
    entitlementIds: key.store === 'promotional' ? [key.line] : entitlementsOf(project, happening.productId),
    presentedOfferingId: purchase.presentedOfferingId ?? null,
    store: key.store,
    environment: key.environment,
    periodType: happening.periodType,
    purchasedAt: happening.purchasedAt,
    expiresAt: happening.expiresAt,
    gracePeriodExpiresAt: happening.gracePeriodExpiresAt,
    autoResumeAt: happening.autoResumeAt,
    isTrialConversion,
    cancelReason: happening.cancelReason,
    expirationReason: happening.expirationReason,
    transactionId: happening.transactionId,
    originalTransactionId: happening.originalTransactionId,
    isFamilyShare: happening.isFamilyShare,
    countryCode: happening.countryCode,
    offerCode: happening.offerCode,
    renewalNumber: happening.renewalNumber,
    subscriptionStatus: statusAt(purchase, now),
    willRenew: willRenew(purchase),
    money: {
      currency: happening.currency,
      grossMicros: happening.grossMicros,
      commissionPpm: terms.commissionPpm,
      taxPpm: terms.taxPpm,
      usdRate: terms.usdRate,
      rateDate: terms.rateDate,
      rateEstimated: terms.rateEstimated,
      estimated: terms.estimated,
    },
  }
}

/**
 * A chain that begins after an earlier one of the same person is a renewal where the project says so, and one that
 * converts where that one ended as a trial. A free trial stays one. The id does not know.
 */
function classOf(
  { type, isTrialConversion, periodType, returnsAfter }: Happening,
  { resubscribeAs }: Project,
): Pick<Happening, 'type' | 'isTrialConversion'> {
  const renews = resubscribeAs === 'renewal' && type === 'INITIAL_PURCHASE' && returnsAfter !== undefined
  if (!renews || periodType === 'TRIAL') return { type, isTrialConversion }
  return { type: 'RENEWAL', isTrialConversion: returnsAfter === 'trial' }
}

/** The id an event is sent under: the last seen that is not anonymous, else the last seen, else any. */
export function eventAppUserId(
  customer: Pick<FrozenCustomer, 'aliases' | 'lastSeenAppUserId' | 'originalAppUserId'>,
): string {
  if (!isAnonymousId(customer.lastSeenAppUserId)) return customer.lastSeenAppUserId
  const known = customer.aliases.filter((id) => !isAnonymousId(id))
  return known.at(-1) ?? customer.lastSeenAppUserId
}

/** The entitlements that a product gives, in the project's order; null when no entitlement names it. */
export function entitlementsOf(project: Project, productId: string): readonly string[] | null {
  const given = Object.entries(project.entitlements)
    .filter(([, products]) => products.some((name) => means(name, productId)))
    .map(([entitlement]) => entitlement)
  return given.length === 0 ? null : given
}

/** `seq` of a customer's next event: grows, gaps allowed, and by the clock unless the clock stood still. */
export function nextSeq(lastSeq: number, now: number): number {
  return Math.max(lastSeq + 1, now * 1000)
}
