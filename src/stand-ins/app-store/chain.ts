import type { SimulatedNotification } from './notification.ts'
import { addPeriod } from './periods.ts'
import { appFields, type Desk, milliunits } from './simulator.ts'
import {
  type Account,
  type Offer,
  type Renewal,
  renewalInfo,
  type Transaction,
  transactionInfo,
} from './transaction.ts'

/** What is on sale: a subscription product. `price` is a decimal (9.99), `period` an ISO 8601 duration. */
export interface Plan {
  readonly product: string
  readonly price: number
  readonly period: string
}

export interface IntroOffer {
  readonly mode: Offer['mode']
  readonly type?: Offer['type']
  readonly price?: number
  readonly period: string
  readonly identifier?: string
}

export interface SubscribeOptions extends Plan {
  readonly at?: number
  readonly currency?: string
  /** The length of a free trial (an ISO 8601 duration). */
  readonly trial?: string
  readonly offer?: IntroOffer
  readonly appAccountToken?: string
  /** ISO 3166-1 alpha-3 (default USA). */
  readonly storefront?: string
  readonly group?: string
  /** Whose copy of the app it is: a customer who has bought before (default: another one). */
  readonly appTransactionId?: string
}

/** When the act happened (milliseconds); each act has a natural moment that stands when it is left out. */
export interface At {
  readonly at?: number
}

/** The state of one chain at the simulated App Store, and the two things that every act does: move it, and tell. */
export interface ChainState {
  readonly desk: Desk
  readonly account: Account
  readonly currency: string
  readonly plans: Map<string, Plan>
  readonly transactions: Transaction[]
  readonly renewal: Renewal
  /** An accepted offer that the next renewal takes. */
  nextOffer: Offer | null
}

export function latestOf(state: ChainState): Transaction {
  const latest = state.transactions.at(-1)
  if (latest === undefined) throw new Error('A chain of the simulated App Store has no transaction yet.')
  return latest
}

export function endOf(transaction: Transaction): number {
  if (transaction.expiresDate === null) throw new Error(`Transaction ${transaction.id} has no end.`)
  return transaction.expiresDate
}

export function planOf(state: ChainState, product: string): Plan {
  const plan = state.plans.get(product)
  if (plan === undefined)
    throw new Error(`The simulated App Store sells no ${product}: give its price and period with the change.`)
  return plan
}

/** The offer of a purchase as the transaction shows it; a trial is an introductory offer of nothing. */
export function offerOf(options: { readonly trial?: string; readonly offer?: IntroOffer }): Offer | null {
  if (options.trial !== undefined) return { type: 1, mode: 'FREE_TRIAL', price: 0, period: options.trial }
  if (options.offer === undefined) return null
  const { mode, type = 1, price = 0, period, identifier } = options.offer
  return { type, mode, price: milliunits(price), period, ...(identifier === undefined ? {} : { identifier }) }
}

/** A new paid (or free) period, which is the latest from now on. */
export function begin(
  state: ChainState,
  begun: {
    readonly product: string
    readonly from: number
    readonly until?: number
    readonly offer: Offer | null
    readonly reason: Transaction['reason']
  },
): Transaction {
  const plan = planOf(state, begun.product)
  const first = state.transactions[0]
  const id = state.desk.nextId()
  const shared = state.account.ownership === 'FAMILY_SHARED'
  const transaction: Transaction = {
    id,
    originalId: first?.id ?? id,
    webOrderLineItemId: state.desk.nextId(),
    product: begun.product,
    type: 'Auto-Renewable Subscription',
    purchaseDate: begun.from,
    originalPurchaseDate: first?.purchaseDate ?? begun.from,
    expiresDate: begun.until ?? addPeriod(begun.from, begun.offer?.period ?? plan.period),
    quantity: 1,
    reason: begun.reason,
    price: shared ? null : (begun.offer?.price ?? milliunits(plan.price)),
    currency: shared ? null : state.currency,
    offer: begun.offer,
    isUpgraded: false,
    revocation: null,
  }
  state.transactions.push(transaction)
  return transaction
}

/** In force again: whatever spoke against it is over. */
export function inForce(state: ChainState, product: string): void {
  Object.assign(state.renewal, { status: 1, graceEndsAt: null, expirationIntent: null, nextProduct: product })
}

/** Tells what happened, with the transaction of the act (the latest by default) and the renewal info, signed as of now. */
export function tell(
  state: ChainState,
  act: number,
  type: string,
  subtype: string | null,
  about?: Transaction,
): SimulatedNotification {
  const { desk, account } = state
  const at = desk.signedAt(act)
  return desk.notify({
    at,
    type,
    subtype,
    content: {
      data: {
        ...appFields(desk),
        bundleVersion: '42',
        status: state.renewal.status,
        ...(type === 'CONSUMPTION_REQUEST' ? { consumptionRequestReason: 'UNINTENDED_PURCHASE' } : {}),
      },
    },
    transaction: transactionInfo(about ?? latestOf(state), account, at),
    renewal: renewalAt(state, at),
  })
}

export function renewalAt(state: ChainState, at: number): Readonly<Record<string, unknown>> {
  const nextPrice = milliunits(planOf(state, state.renewal.nextProduct).price)
  return renewalInfo(state.renewal, latestOf(state), nextPrice, state.account, at)
}
