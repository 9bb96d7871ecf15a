import { type At, type ChainState, endOf, inForce, latestOf, tell } from './chain.ts'
import type { SimulatedNotification } from './notification.ts'
import type { Revocation, Transaction } from './transaction.ts'

export interface Refund extends At {
  /** Which transaction (default: the latest). */
  readonly transactionId?: string
  /** The share of the price that goes back, in per cent (default: all of it). */
  readonly percent?: number
  /** A part of the price goes back and the period stays in force. */
  readonly keepsAccess?: boolean
}

export interface RefundActs {
  refund(act?: Refund): SimulatedNotification
  reverseRefund(act?: At & { readonly transactionId?: string }): SimulatedNotification
  refundDeclined(act?: At & { readonly transactionId?: string }): SimulatedNotification
  consumptionRequest(act?: At & { readonly transactionId?: string }): SimulatedNotification
}

export function refundActs(state: ChainState): RefundActs {
  const { renewal, desk } = state
  const named = (id: string | undefined): Transaction => {
    if (id === undefined) return latestOf(state)
    const found = state.transactions.find((one) => one.id === id)
    if (found === undefined) throw new Error(`The chain has no transaction ${id}.`)
    return found
  }
  return {
    refund: (act = {}) => {
      const at = act.at ?? desk.now()
      const transaction = named(act.transactionId)
      transaction.revocation = revocationOf(at, act.percent)
      const ends = transaction === latestOf(state) && act.keepsAccess !== true && renewal.status !== 2
      if (ends) Object.assign(renewal, { status: 5, autoRenew: false })
      return tell(state, at, 'REFUND', null, transaction)
    },
    reverseRefund: (act = {}) => {
      const at = act.at ?? desk.now()
      const transaction = named(act.transactionId)
      transaction.revocation = null
      if (transaction === latestOf(state) && renewal.status === 5) {
        if (at < endOf(transaction)) inForce(state, renewal.nextProduct)
        else Object.assign(renewal, { status: 2, expirationIntent: 1 })
      }
      return tell(state, at, 'REFUND_REVERSED', null, transaction)
    },
    refundDeclined: (act = {}) => tell(state, act.at ?? desk.now(), 'REFUND_DECLINED', null, named(act.transactionId)),
    consumptionRequest: (act = {}) =>
      tell(state, act.at ?? desk.now(), 'CONSUMPTION_REQUEST', null, named(act.transactionId)),
  }
}

export function revocationOf(date: number, percent: number | undefined): Revocation {
  return {
    date,
    reason: 0,
    type: percent === undefined || percent >= 100 ? 'REFUND_FULL' : 'REFUND_PRORATED',
    percentage: percent === undefined ? null : Math.round(percent * 1000),
  }
}
