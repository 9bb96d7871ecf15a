import type { Fact } from '../../domain/facts.ts'
import { type ChargeFact, isCharge } from '../../domain/merge.ts'
import type { ShownPrice } from '../../domain/shown-price.ts'
import type { ReceiptRequest } from '../store.ts'
import { periodId } from './charge.ts'
import type { Receipt } from './receipt.ts'
import { type Asked, courseBy, type Reported } from './subscription.ts'

/** What a device says beside its receipt. */
export type Posted = Pick<ReceiptRequest, 'price' | 'countryCode' | 'productIds'>

/**
 * What Amazon does not tell, as the device that posted the receipt was shown it: the price of the charge in force, and the
 * country. What Amazon tells stands.
 */
export function withPosted(reported: readonly Reported[], asked: Asked, posted: Posted): readonly Reported[] {
  const price = priceOf(posted, asked)
  const period = price === null ? null : chargeInForce(asked)
  const known = (fact: Fact): Fact => {
    if (!isCharge(fact)) return fact
    const charge = inCountry(fact, posted.countryCode, asked.at)
    return price !== null && charge.period === period ? { ...charge, shown: { first: price, last: price } } : charge
  }
  return reported.map(({ observation, message }) => ({
    observation: { ...observation, facts: observation.facts.map(known) },
    message,
  }))
}

/**
 * Of another product it says nothing. 0 is none: the SDK sends it where it cannot read the text that Amazon formats prices
 * as (purchases-android, storeProductConversions.kt).
 */
function priceOf({ price, productIds }: Posted, { receipt, at }: Asked): ShownPrice | null {
  if (price === null || price.micros <= 0 || !isOf(receipt, productIds)) return null
  return { at, productId: receipt.productId, price }
}

function isOf({ productId, parentId }: Receipt, productIds: readonly string[]): boolean {
  return productIds.length === 0 || productIds.some((one) => one === productId || one === parentId)
}

function chargeInForce(asked: Asked): string {
  const { receipt } = asked
  return receipt.kind === 'one_time' ? receipt.receiptId : periodId(receipt.receiptId, courseBy(asked).current)
}

function inCountry(charge: ChargeFact, countryCode: string | null, at: number): ChargeFact {
  if (countryCode === null || charge.countryCode !== null) return charge
  return { ...charge, countryCode, version: Math.max(at, charge.version + 1) }
}
