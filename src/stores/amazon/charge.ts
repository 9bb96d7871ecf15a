import type { OneTimeFact, PeriodFact } from '../../domain/facts.ts'
import type { Money } from '../../domain/money.ts'
import type { Receipt } from './receipt.ts'
import type { Span } from './rhythm.ts'

/** Amazon numbers no renewal: a period is named by its receipt and its first moment, whatever moment it was read at. */
export function periodId(receiptId: string, span: Span): string {
  return `${receiptId}#${span.start}`
}

/** A free trial costs nothing; what everything else costs is told nowhere but on the device and in monthly reports. */
const FREE: Money = { micros: 0, currency: 'USD' }

export interface PeriodMarks {
  readonly version: number
  readonly own: boolean
  /** The present period: the receipt's plan and promotion are its own. */
  readonly current: boolean
  readonly replaced: boolean
}

export function periodFact(receipt: Receipt, span: Span, marks: PeriodMarks): PeriodFact {
  const intro = marks.current && receipt.promoted
  return {
    kind: 'period',
    at: span.start,
    period: periodId(receipt.receiptId, span),
    own: marks.own,
    inferred: false,
    version: marks.version,
    productId: receipt.productId,
    periodType: span.trial ? 'TRIAL' : intro ? 'INTRO' : 'NORMAL',
    expiresAt: span.end,
    price: span.trial ? FREE : null,
    isFamilyShare: false,
    countryCode: receipt.countryCode,
    offerCode: null,
    firstOfChain: span.start === receipt.purchaseDate,
    replaced: marks.replaced,
    byChange: false,
    // Amazon charges nobody whose auto-renew is off.
    startsCancelled: false,
    originalTransactionId: receipt.receiptId,
  }
}

export function oneTimeFact(receipt: Receipt, marks: Pick<PeriodMarks, 'version' | 'own'>): OneTimeFact {
  return {
    kind: 'one_time',
    at: receipt.purchaseDate,
    period: receipt.receiptId,
    own: marks.own,
    inferred: false,
    version: marks.version,
    productId: receipt.productId,
    periodType: 'NORMAL',
    expiresAt: null,
    price: null,
    isFamilyShare: false,
    countryCode: receipt.countryCode,
    offerCode: null,
    originalTransactionId: receipt.receiptId,
  }
}
