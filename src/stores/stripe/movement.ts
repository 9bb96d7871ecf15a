import type { Fact } from '../../domain/facts.ts'
import type { ChargeFact } from '../../domain/merge.ts'
import { type Json, textOf, wholeOf } from '../json.ts'
import { apportioned, moneyOf, shareOfWhole } from './amounts.ts'
import type { StripeEvent } from './event.ts'
import { idOf, listOf, partOf, timeOf } from './json.ts'

/** Money that went back, or came back again, after a charge. */
export interface Movement {
  /** Stripe's id of the refund, dispute or credit note. */
  readonly id: string
  readonly amount: number
  readonly currency: string | null
  readonly at: number
  /** The message that tells of the movement itself. */
  readonly own: boolean
  /** When it was undone; null while it stands. */
  readonly undoneAt: number | null
  readonly undoneOwn: boolean
  /** A part of the price, or a matter of the ledger whatever its size. */
  readonly ledgerOnly: boolean
}

/** A refund that never was, or failed later. https://docs.stripe.com/api/refunds/object#refund_object-status */
const UNDONE: ReadonlySet<string> = new Set(['failed', 'canceled'])

/** A refund that stands, as Stripe lists it: one that failed moved nothing in the end. */
export function listedRefund(refund: Json): readonly Movement[] {
  const status = textOf(refund.status)
  return status !== null && UNDONE.has(status) ? [] : refundOf(refund, null)
}

function refundOf(refund: Json, event: StripeEvent | null): readonly Movement[] {
  const [id, amount, at, status] = [
    textOf(refund.id),
    wholeOf(refund.amount),
    timeOf(refund.created),
    textOf(refund.status),
  ]
  if (id === null || amount === null || at === null || status === 'requires_action') return []
  // A refund has no date of its failure: only the events about it tell when.
  const undone = status !== null && UNDONE.has(status) && event?.type !== 'charge.refunded'
  const reports = event?.type === 'refund.created' || event?.type === 'charge.refunded'
  return [
    {
      id,
      amount,
      currency: textOf(refund.currency),
      at,
      own: reports && !undone,
      undoneAt: undone ? Math.max(event?.createdAt ?? at, at) : null,
      undoneOwn: undone,
      ledgerOnly: false,
    },
  ]
}

/** A dispute takes its amount when the bank does, and gives it back when it is won: its own entries say when. */
function disputeOf(event: StripeEvent): readonly Movement[] {
  const { object, type, createdAt } = event
  const [id, amount] = [textOf(object.id), wholeOf(object.amount)]
  if (id === null || amount === null) return []
  const entries = listOf(object.balance_transactions).items
  const dated = (sign: 1 | -1): number | null =>
    timeOf(entries.find((entry) => Math.sign(wholeOf(entry.amount) ?? 0) === sign)?.created)
  const taken = dated(-1) ?? (type.endsWith('funds_withdrawn') ? createdAt : null)
  const given = dated(1) ?? (type.endsWith('funds_reinstated') ? createdAt : null)
  if (taken === null && given === null) return []
  return [
    {
      id,
      amount,
      currency: textOf(object.currency),
      at: taken ?? timeOf(object.created) ?? createdAt,
      own: type.endsWith('funds_withdrawn'),
      undoneAt: given,
      undoneOwn: given !== null && type.endsWith('funds_reinstated'),
      ledgerOnly: true,
    },
  ]
}

/** Only what went back outside of Stripe: what a refund paid out it tells itself, and credit lowers a later invoice. */
function creditNoteOf({ object, type, createdAt }: StripeEvent): readonly Movement[] {
  const [id, amount] = [textOf(object.id), wholeOf(object.out_of_band_amount)]
  if (id === null || amount === null || amount <= 0) return []
  const voided = object.status === 'void'
  return [
    {
      id,
      amount,
      currency: textOf(object.currency),
      at: timeOf(object.created) ?? createdAt,
      own: type === 'credit_note.created' && !voided,
      undoneAt: voided ? (timeOf(object.voided_at) ?? createdAt) : null,
      undoneOwn: voided,
      ledgerOnly: true,
    },
  ]
}

/** The movement over the charges that one payment paid for, each its part. */
export function factsOfMovement(movement: Movement, charges: readonly ChargeFact[]): readonly (readonly Fact[])[] {
  const weights = charges.map(({ price }) => price?.micros ?? 0)
  const parts = apportioned(movement.amount, weights.every((weight) => weight === 0) ? charges.map(() => 1) : weights)
  return charges.map((charge, index) => {
    const part = moneyOf(parts[index] ?? 0, movement.currency)
    if (part === null || part.micros === 0) return []
    const share = shareOfWhole(part.micros, charge.price?.micros ?? 0)
    const base = { period: charge.period, inferred: false, refundId: movement.id } as const
    const whole = charge.price === null || part.micros >= charge.price.micros
    const refund: Fact = {
      ...base,
      kind: 'refund',
      at: movement.at,
      own: movement.own,
      share,
      amount: part,
      ofLatest: null,
      keepsAccess: movement.ledgerOnly || !whole,
    }
    if (movement.undoneAt === null) return [refund]
    return [
      refund,
      { ...base, kind: 'refund_reversed', at: Math.max(movement.undoneAt, movement.at + 1), own: movement.undoneOwn },
    ]
  })
}

/** The bank has decided for its customer: the purchase is called off, whatever money moved before. */
export function lostDispute(event: StripeEvent, period: string): readonly Fact[] {
  if (event.type !== 'charge.dispute.closed' || event.object.status !== 'lost') return []
  const at = event.createdAt
  return [{ kind: 'renewal_switch', at, period, own: true, inferred: false, on: false, reason: 'CUSTOMER_SUPPORT' }]
}

export function movementsOf(event: StripeEvent, refunds: readonly Json[]): readonly Movement[] {
  if (event.type.startsWith('credit_note.')) return creditNoteOf(event)
  if (event.type.startsWith('charge.dispute.')) return disputeOf(event)
  if (event.type === 'charge.refunded') return refunds.flatMap((refund) => refundOf(refund, event))
  return refundOf(event.object, event)
}

/** The invoice that an object names by itself (before 2025-03-31 a charge did). */
export function invoiceNamed(object: Json): string | null {
  return idOf(object.invoice) ?? idOf(partOf(object, 'charge')?.invoice)
}
