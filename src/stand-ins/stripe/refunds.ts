import { type Desk, seconds } from './desk.ts'
import type { Json, SimulatedEvent } from './event.ts'
import type { At } from './life.ts'

export interface RefundActs {
  /** Money of one payment goes back (default: all that is left, of the newest payment). */
  refund(act?: At & { readonly charge?: string; readonly amount?: number }): readonly SimulatedEvent[]
  /** A refund did not reach its receiver: the money is back. */
  failRefund(act?: At & { readonly refund?: string }): readonly SimulatedEvent[]
  dispute(act?: At & { readonly charge?: string }): readonly SimulatedEvent[]
  closeDispute(outcome: 'won' | 'lost', act?: At): readonly SimulatedEvent[]
  creditNote(invoice: string, outOfBand: number, act?: At): readonly SimulatedEvent[]
}

export function refundActs(desk: Desk, newestCharge: () => string): RefundActs {
  const { shelf } = desk
  let lastRefund = ''
  const chargeOf = (id = newestCharge()): Json => {
    const charge = shelf.charges.get(id)?.()
    if (charge === undefined) throw new Error(`There is no charge ${id}.`)
    return charge
  }
  const keep = (charge: Json): void => void shelf.charges.set(String(charge.id), () => charge)
  return {
    refund: ({ at = desk.now(), charge: id, amount } = {}) => {
      const charge = chargeOf(id)
      const left = Number(charge.amount) - Number(charge.amount_refunded)
      const taken = amount ?? left
      if (taken > left) throw new Error(`Only ${left} of the charge ${String(charge.id)} is left to refund.`)
      const refunded = Number(charge.amount_refunded) + taken
      const after = { ...charge, amount_refunded: refunded, refunded: refunded === charge.amount }
      keep(after)
      const refund: Json = {
        id: desk.nextId('re'),
        object: 'refund',
        amount: taken,
        charge: charge.id,
        created: seconds(at),
        currency: charge.currency,
        metadata: {},
        payment_intent: charge.payment_intent,
        reason: 'requested_by_customer',
        status: 'succeeded',
      }
      lastRefund = String(refund.id)
      shelf.refunds.set(lastRefund, () => refund)
      const previous = { amount_refunded: charge.amount_refunded, refunded: charge.refunded }
      return [desk.tell('charge.refunded', at, after, previous), desk.tell('refund.created', at, refund)]
    },
    failRefund: ({ at = desk.now(), refund: id = lastRefund } = {}) => {
      const refund = shelf.refunds.get(id)?.()
      if (refund === undefined) throw new Error(`There is no refund ${id}.`)
      const after = { ...refund, status: 'failed', failure_reason: 'lost_or_stolen_card' }
      shelf.refunds.set(id, () => after)
      return [desk.tell('refund.updated', at, after, { status: 'succeeded' }), desk.tell('refund.failed', at, after)]
    },
    ...disputeActs(desk, chargeOf),
    creditNote: (invoice, outOfBand, { at = desk.now() } = {}) => [
      desk.tell('credit_note.created', at, {
        id: desk.nextId('cn'),
        object: 'credit_note',
        amount: outOfBand,
        created: seconds(at),
        currency: shelf.invoices.get(invoice)?.().currency,
        invoice,
        livemode: desk.livemode,
        out_of_band_amount: outOfBand,
        refunds: [],
        status: 'issued',
        type: 'post_payment',
      }),
    ],
  }
}

function disputeActs(desk: Desk, chargeOf: (id?: string) => Json): Pick<RefundActs, 'dispute' | 'closeDispute'> {
  let dispute: Json | null = null
  return {
    dispute: ({ at = desk.now(), charge: id } = {}) => {
      const charge = chargeOf(id)
      const opened: Json = {
        id: desk.nextId('du'),
        object: 'dispute',
        amount: charge.amount,
        balance_transactions: [],
        charge: charge.id,
        created: seconds(at),
        currency: charge.currency,
        livemode: desk.livemode,
        payment_intent: charge.payment_intent,
        reason: 'fraudulent',
        status: 'needs_response',
      }
      const taken = { ...opened, balance_transactions: [entryOf(desk, -Number(charge.amount), at)] }
      dispute = taken
      return [desk.tell('charge.dispute.created', at, opened), desk.tell('charge.dispute.funds_withdrawn', at, taken)]
    },
    closeDispute: (outcome, { at = desk.now() } = {}) => {
      if (dispute === null) throw new Error('There is no dispute.')
      const entries = dispute.balance_transactions as readonly Json[]
      const given = outcome === 'won' ? [entryOf(desk, Number(dispute.amount), at)] : []
      dispute = { ...dispute, status: outcome, balance_transactions: [...entries, ...given] }
      const closed = desk.tell('charge.dispute.closed', at, dispute, { status: 'under_review' })
      return outcome === 'won' ? [desk.tell('charge.dispute.funds_reinstated', at, dispute), closed] : [closed]
    },
  }
}

function entryOf(desk: Desk, amount: number, at: number): Json {
  return { id: desk.nextId('txn'), object: 'balance_transaction', amount, created: seconds(at), type: 'adjustment' }
}
