import type { At } from './chain.ts'
import type { SimulatedNotification } from './notification.ts'
import { addPeriod } from './periods.ts'
import { revocationOf } from './refunds.ts'
import { appFields, type Desk, milliunits } from './simulator.ts'
import { type Account, type Transaction, transactionInfo } from './transaction.ts'

export interface BuyOptions extends At {
  readonly product: string
  /** For one piece, as a decimal; the transaction's price covers the quantity. */
  readonly price: number
  readonly currency?: string
  readonly quantity?: number
  readonly kind?: 'consumable' | 'non_consumable' | 'non_renewing'
  /** For a non-renewing subscription whose end Apple knows (an ISO 8601 duration). */
  readonly period?: string
  readonly appAccountToken?: string
  readonly storefront?: string
  readonly familyShared?: boolean
  /** As of a subscription. */
  readonly appTransactionId?: string
}

/** A consumable, a non-consumable or a non-renewing subscription. */
export interface SimulatedPurchase {
  readonly id: string
  readonly transaction: Transaction
  /** ONE_TIME_CHARGE. */
  readonly opening: SimulatedNotification
  refund(act?: At & { readonly percent?: number }): SimulatedNotification
  reverseRefund(act?: At): SimulatedNotification
  consumptionRequest(act?: At): SimulatedNotification
  revokeFamily(act?: At): SimulatedNotification
}

const TYPES = {
  consumable: 'Consumable',
  non_consumable: 'Non-Consumable',
  non_renewing: 'Non-Renewing Subscription',
} as const

export function createPurchase(desk: Desk, account: Account, options: BuyOptions): SimulatedPurchase {
  const bought = options.at ?? desk.now()
  const id = desk.nextId()
  const quantity = options.quantity ?? 1
  const shared = account.ownership === 'FAMILY_SHARED'
  const transaction: Transaction = {
    id,
    originalId: id,
    webOrderLineItemId: null,
    product: options.product,
    type: TYPES[options.kind ?? 'consumable'],
    purchaseDate: bought,
    originalPurchaseDate: bought,
    expiresDate: options.period === undefined ? null : addPeriod(bought, options.period),
    quantity,
    reason: 'PURCHASE',
    price: shared ? null : milliunits(options.price * quantity),
    currency: shared ? null : (options.currency ?? 'USD'),
    offer: null,
    isUpgraded: false,
    revocation: null,
  }
  const tell = (act: At, type: string): SimulatedNotification => {
    const at = desk.signedAt(act.at ?? desk.now())
    const content = { data: { ...appFields(desk), bundleVersion: '42' } }
    return desk.notify({
      at,
      type,
      subtype: null,
      content,
      transaction: transactionInfo(transaction, account, at),
      renewal: null,
    })
  }
  desk.chains.set(id, { account, transactions: [transaction], renewal: () => null })
  return {
    id,
    transaction,
    opening: tell({ at: bought }, 'ONE_TIME_CHARGE'),
    refund: (act = {}) => {
      transaction.revocation = revocationOf(act.at ?? desk.now(), act.percent)
      return tell(act, 'REFUND')
    },
    reverseRefund: (act = {}) => {
      transaction.revocation = null
      return tell(act, 'REFUND_REVERSED')
    },
    consumptionRequest: (act = {}) => tell(act, 'CONSUMPTION_REQUEST'),
    revokeFamily: (act = {}) => {
      transaction.revocation = { date: act.at ?? desk.now(), reason: 0, type: 'FAMILY_REVOKE', percentage: null }
      return tell(act, 'REVOKE')
    },
  }
}
