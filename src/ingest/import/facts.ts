import type { EndedFact, Fact, OneTimeFact, PeriodFact, RefundFact } from '../../domain/facts.ts'
import { PPM } from '../../domain/money.ts'
import type { Observation, Snapshot } from '../../domain/observation.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import type { ExportRow } from './row.ts'

/** The rows of one purchase, oldest first, each transaction once. */
export interface ExportedPurchase {
  readonly key: PurchaseKey
  readonly appId: string
  readonly owner: string
  readonly rows: readonly ExportRow[]
  /** What the export is known to be as of (milliseconds): what ended before that has ended. */
  readonly asOf: number
  /** When the newest charge that the hub knows already began; null: it knows none. */
  readonly knownUpTo: number | null
}

const TOLD = { own: false, inferred: false } as const
/** The export tells states and when they were noticed, not messages of the store. */
const SHOWN = { own: false, inferred: true } as const

/**
 * What an export tells of one purchase. Charges are a history's; the state of the newest period is concluded, so that the
 * store's own message of the same thing joins it. Versions count seconds, where those of stores count milliseconds: a
 * later row replaces an earlier one, and whatever the store itself says replaces both.
 */
export function observationOf(purchase: ExportedPurchase): Observation {
  const { key, appId, owner, rows, knownUpTo } = purchase
  const newest = rows.at(-1)
  if (newest === undefined) throw new Error('A purchase without a row was taken over: this is a bug in the import')
  const kind = rows.some((row) => row.isSubscription) ? 'subscription' : 'one_time'
  const complete = kind === 'subscription' && reachesStart(rows)
  // An increment may hold an old row alone: what the hub knows of later periods outweighs its state.
  const current = knownUpTo === null || knownUpTo <= newest.startsAt
  const state = current && kind === 'subscription' ? stateOf(newest, purchase.asOf) : null
  return {
    key,
    appId,
    kind,
    owner,
    snapshot: state?.snapshot ?? null,
    facts: [
      ...rows.flatMap((row, index) => chargeFacts(row, rows[index - 1], rows[index + 1], { kind, complete })),
      ...(state?.facts ?? []),
      ...(kind === 'one_time' && newest.periodType === 'PROMOTIONAL' ? grantEnd(newest, purchase.asOf) : []),
    ],
    history: complete ? 'complete' : 'partial',
  }
}

/** The export numbers the charges of a chain from 1; without numbers the first names the chain. */
function reachesStart(rows: readonly ExportRow[]): boolean {
  const first = rows[0]
  if (first === undefined) return false
  if (rows.every((row) => row.renewalNumber === null)) return first.transactionId === first.originalTransactionId
  return rows.every((row, index) => row.renewalNumber === index + 1)
}

// ── charges ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function chargeFacts(
  row: ExportRow,
  before: ExportRow | undefined,
  after: ExportRow | undefined,
  of: { readonly kind: Observation['kind']; readonly complete: boolean },
): readonly Fact[] {
  const charge = of.kind === 'one_time' ? oneTime(row) : period(row, before, after, of.complete)
  const refund = refundOf(row, after)
  return refund === null ? [charge] : [charge, refund]
}

function common(row: ExportRow) {
  return {
    at: row.startsAt,
    period: row.transactionId,
    ...TOLD,
    version: Math.floor(row.updatedAt / 1_000),
    productId: row.productId,
    periodType: row.periodType,
    price: row.price,
    isFamilyShare: row.isFamilyShare,
    countryCode: row.countryCode,
    offerCode: row.offerCode,
    originalTransactionId: row.originalTransactionId,
  }
}

function oneTime(row: ExportRow): OneTimeFact {
  return { kind: 'one_time', ...common(row), expiresAt: row.endsAt }
}

function period(
  row: ExportRow,
  before: ExportRow | undefined,
  after: ExportRow | undefined,
  complete: boolean,
): PeriodFact {
  const follows = complete ? null : followsOf(row)
  return {
    kind: 'period',
    ...common(row),
    expiresAt: row.endsAt ?? row.startsAt,
    firstOfChain:
      row.renewalNumber === 1 || (row.renewalNumber === null && row.transactionId === row.originalTransactionId),
    replaced: after !== undefined && cutsShort(row, after),
    byChange: before !== undefined && cutsShort(before, row),
    startsCancelled: null,
    ...(follows === null ? {} : { follows }),
  }
}

/** Where rows are missing, the row itself says what came before it. */
function followsOf({ renewalNumber, isTrialConversion }: ExportRow): NonNullable<PeriodFact['follows']> | null {
  if (isTrialConversion === true) return 'trial'
  if (renewalNumber === 1) return 'nothing'
  return renewalNumber !== null && isTrialConversion === false ? 'paid' : null
}

/** Stores charge a renewal up to this long before its period begins (milliseconds). */
const EARLY_MS = 86_400_000

/** A change of plan that took effect at once cuts the period before it shorter than an early renewal would. */
function cutsShort(row: ExportRow, after: ExportRow): boolean {
  if (row.productId === after.productId || row.endsAt === null) return false
  const slack = Math.min(EARLY_MS, (row.endsAt - row.startsAt) / 8)
  return after.startsAt < row.endsAt - slack
}

/**
 * A refund in one piece has no id at the App Store and at Google. Stripe names each of its refunds, and Google each part:
 * taken over without the name they would be entered twice, so the store is asked for them (see `refundIsNamed`).
 */
function refundOf(row: ExportRow, after: ExportRow | undefined): RefundFact | null {
  if (row.refundedAt === null || refundIsNamed(row)) return null
  const { price, keptMicros } = row
  const part = isPart(row) && price !== null && keptMicros !== null
  const amount = part ? { ...price, micros: price.micros - keptMicros } : null
  return {
    kind: 'refund',
    at: Math.max(row.refundedAt, row.startsAt),
    period: row.transactionId,
    ...SHOWN,
    refundId: '',
    share: PPM,
    amount,
    ofLatest: after === undefined || after.startsAt > row.refundedAt,
    keepsAccess: part && (row.accessEndsAt === null || row.accessEndsAt > row.refundedAt),
  }
}

function isPart({ price, keptMicros }: ExportRow): boolean {
  return price !== null && keptMicros !== null && keptMicros > 0 && keptMicros < price.micros
}

/** Whether the store gives this refund a name that the export does not tell. */
export function refundIsNamed(row: ExportRow): boolean {
  return row.refundedAt !== null && (row.store === 'stripe' || (row.store === 'play_store' && isPart(row)))
}

// ── the state of the newest period ──────────────────────────────────────────────────────────────────────────────────

interface State {
  readonly snapshot: Snapshot
  readonly facts: readonly Fact[]
}

function stateOf(row: ExportRow, asOf: number): State {
  const end = accessEnd(row)
  const ended = end <= asOf ? endOf(row, end) : null
  const failing = row.billingFailedAt !== null
  const grace = row.graceEndsAt !== null && row.graceEndsAt > asOf && (row.endsAt ?? 0) <= asOf
  const facts: Fact[] = []
  if (row.billingFailedAt !== null) facts.push(failed(row, row.billingFailedAt))
  else if (row.unsubscribedAt !== null) facts.push(off(row, row.unsubscribedAt))
  if (ended !== null) facts.push(ended)
  return {
    facts,
    snapshot: {
      version: Math.floor(Math.max(asOf, row.updatedAt) / 1_000),
      status: ended === null ? (grace ? 'grace' : 'active') : statusAfter(ended),
      autoRenew: ended === null ? row.unsubscribedAt === null || failing : false,
      pendingProductId: null,
      graceEndsAt: row.graceEndsAt,
      resumesAt: row.resumesAt,
    },
  }
}

function accessEnd(row: ExportRow): number {
  const paid = row.accessEndsAt ?? Math.max(row.endsAt ?? row.startsAt, row.graceEndsAt ?? 0)
  return row.refundedAt === null || isPart(row) ? paid : Math.min(paid, Math.max(row.refundedAt, row.startsAt))
}

function endOf(row: ExportRow, at: number): EndedFact {
  return { kind: 'ended', at, period: row.transactionId, ...SHOWN, ...whyEnded(row, at) }
}

function whyEnded(row: ExportRow, at: number): Pick<EndedFact, 'reason' | 'implies'> {
  if (row.refundedAt !== null && !isPart(row)) return { reason: 'CUSTOMER_SUPPORT', implies: 'nothing' }
  if (row.resumesAt !== null && row.resumesAt > at) return { reason: 'SUBSCRIPTION_PAUSED', implies: 'nothing' }
  if (row.billingFailedAt !== null) return { reason: 'BILLING_ERROR', implies: 'billing_failed' }
  if (row.unsubscribedAt !== null) return { reason: 'UNSUBSCRIBE', implies: 'cancelled' }
  return { reason: 'UNKNOWN', implies: 'nothing' }
}

function statusAfter({ reason }: EndedFact): Snapshot['status'] {
  if (reason === 'CUSTOMER_SUPPORT') return 'revoked'
  return reason === 'SUBSCRIPTION_PAUSED' ? 'paused' : 'expired'
}

function failed(row: ExportRow, at: number): Fact {
  return { kind: 'billing_failed', at, period: row.transactionId, ...SHOWN, graceEndsAt: row.graceEndsAt }
}

/**
 * It may have been noticed when the period was over; it was done before. A period that was charged early may be switched
 * off before it begins, and on again: dated later it would stand behind that.
 */
function off(row: ExportRow, at: number): Fact {
  const last = (row.endsAt ?? at) - 1
  const done = Math.max(Math.min(at, last), row.startsAt - EARLY_MS)
  return { kind: 'renewal_switch', at: done, period: row.transactionId, ...SHOWN, on: false, reason: 'UNSUBSCRIBE' }
}

function grantEnd(row: ExportRow, asOf: number): readonly Fact[] {
  const end = row.accessEndsAt ?? row.endsAt
  return end !== null && end <= asOf
    ? [{ kind: 'ended', at: end, period: row.transactionId, ...TOLD, reason: 'UNKNOWN', implies: 'nothing' }]
    : []
}
