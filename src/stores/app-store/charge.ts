import { alpha2Of } from '../../domain/countries.ts'
import type { OneTimeFact, PeriodFact } from '../../domain/facts.ts'
import type { Money } from '../../domain/money.ts'
import type { PeriodType } from '../../domain/purchase.ts'
import type { Transaction } from './notification.ts'

/** A transaction that names itself, its chain, its product and its time: what every rule needs. */
export interface SoundTransaction extends Transaction {
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly productId: string
  readonly purchaseDate: number
}

/** @throws when a field is missing that no rule can do without; the sentence names it. */
export function soundOf(transaction: Transaction): SoundTransaction {
  const { transactionId, originalTransactionId, productId, purchaseDate } = transaction
  if (transactionId === null) throw new Error('The transaction in this notification carries no transactionId.')
  const lacks = (field: string): Error => new Error(`Transaction ${transactionId} carries no ${field}.`)
  if (originalTransactionId === null) throw lacks('originalTransactionId')
  if (productId === null) throw lacks('productId')
  if (purchaseDate === null) throw lacks('purchaseDate')
  return { ...transaction, transactionId, originalTransactionId, productId, purchaseDate }
}

const ONE_TIME: ReadonlySet<string | null> = new Set(['Consumable', 'Non-Consumable', 'Non-Renewing Subscription'])

export function kindOf(transaction: Transaction): 'subscription' | 'one_time' {
  return ONE_TIME.has(transaction.type) ? 'one_time' : 'subscription'
}

/** @throws when a subscription's transaction has no end. */
export function expiryOf(transaction: SoundTransaction): number {
  if (transaction.expiresDate !== null) return transaction.expiresDate
  throw new Error(`Transaction ${transaction.transactionId} of a subscription carries no expiresDate.`)
}

/**
 * A transaction with all that the rules of its kind need.
 * @throws when something is missing; the sentence names it.
 */
export function wholeOfKind(transaction: Transaction): SoundTransaction {
  const sound = soundOf(transaction)
  if (kindOf(sound) === 'subscription') expiryOf(sound)
  return sound
}

/** What a message marks on the period that it is about. */
export interface PeriodMarks {
  /** When the transaction was signed, where it does not tell that itself. */
  readonly signedAt: number
  /** A currency that the renewal info tells when the transaction does not. */
  readonly currency: string | null
  readonly own: boolean
  readonly byChange: boolean
  readonly startsCancelled: boolean | null
  /** `recentSubscriptionStartDate`, where the message shows it. */
  readonly serviceSince?: number | null
}

export function periodFact(transaction: SoundTransaction, marks: PeriodMarks): PeriodFact {
  return {
    kind: 'period',
    ...chargeOf(transaction, marks),
    expiresAt: expiryOf(transaction),
    firstOfChain: transaction.transactionId === transaction.originalTransactionId,
    replaced: transaction.isUpgraded,
    byChange: marks.byChange,
    startsCancelled: marks.startsCancelled,
    ...serviceOf(transaction, marks.serviceSince ?? null),
  }
}

/** One that begins after this period is of a later stretch, and says nothing of it. */
function serviceOf({ purchaseDate }: SoundTransaction, since: number | null): Pick<PeriodFact, 'serviceSince'> {
  return since === null || since > purchaseDate ? {} : { serviceSince: since }
}

export function oneTimeFact(transaction: SoundTransaction, marks: PeriodMarks): OneTimeFact {
  return { kind: 'one_time', ...chargeOf(transaction, marks), expiresAt: transaction.expiresDate }
}

function chargeOf(transaction: SoundTransaction, marks: PeriodMarks): Omit<OneTimeFact, 'kind' | 'expiresAt'> {
  return {
    at: transaction.purchaseDate,
    period: transaction.transactionId,
    own: marks.own,
    inferred: false,
    version: transaction.signedDate ?? marks.signedAt,
    productId: transaction.productId,
    periodType: periodTypeOf(transaction),
    price: priceOf(transaction, marks.currency),
    isFamilyShare: transaction.isFamilyShared,
    countryCode: transaction.storefront === null ? null : alpha2Of(transaction.storefront),
    offerCode: transaction.offerIdentifier,
    originalTransactionId: transaction.originalTransactionId,
  }
}

/**
 * FREE_TRIAL is a trial under whatever offer it came, introductory, promotional, code or win-back: nothing is charged.
 * PAY_AS_YOU_GO and PAY_UP_FRONT are INTRO likewise, since the period is paid below the regular price. Transactions from
 * before offerDiscountType (2024) are a trial when an offer made the price 0.
 * developer.apple.com/documentation/appstoreserverapi/offerdiscounttype
 */
function periodTypeOf(transaction: Transaction): PeriodType {
  switch (transaction.offerDiscountType) {
    case 'FREE_TRIAL':
      return 'TRIAL'
    case 'PAY_AS_YOU_GO':
    case 'PAY_UP_FRONT':
      return 'INTRO'
    case null:
      return transaction.offerType !== null && transaction.price === 0 ? 'TRIAL' : 'NORMAL'
    default:
      return 'NORMAL'
  }
}

/**
 * Thousandths → micros. A price without a currency is no price. What cost nothing is an amount of 0, never "unknown":
 * a family member's share, which Apple signs without price and currency, and a free trial. Where no currency is told it
 * is written as USD, since 0 is the same in each.
 */
function priceOf(transaction: Transaction, currency: string | null): Money | null {
  const told = transaction.currency ?? currency
  if (transaction.isFamilyShared) return { micros: 0, currency: told ?? 'USD' }
  const free = transaction.price === 0 || (transaction.price === null && transaction.offerDiscountType === 'FREE_TRIAL')
  if (free) return { micros: 0, currency: told ?? 'USD' }
  if (transaction.price === null || told === null) return null
  const micros = transaction.price * 1000
  return Number.isSafeInteger(micros) && micros > 0 ? { micros, currency: told } : null
}
