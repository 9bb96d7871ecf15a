import type { Fact } from './facts.ts'
import type { Money } from './money.ts'

/** What a device was shown as the price of a product, where the store itself tells none. */
export interface ShownPrice {
  /** When it was shown (milliseconds). */
  readonly at: number
  readonly productId: string
  readonly price: Money
}

/**
 * What was shown of one charge. `first`: after it was made, while it was in force: what was paid. `last`: up to the end of
 * it: what its renewals cost until something else is shown.
 */
export interface ShownPrices {
  readonly first: ShownPrice | null
  readonly last: ShownPrice
}

/** Commutative, associative and idempotent: the earlier first, the later last; of one moment by content. */
export function joinShown(a: ShownPrices | undefined, b: ShownPrices | undefined): ShownPrices | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const first = a.first === null || b.first === null ? (a.first ?? b.first) : earlierOf(a.first, b.first)
  return { first, last: earlierOf(a.last, b.last) === a.last ? b.last : a.last }
}

function earlierOf(a: ShownPrice, b: ShownPrice): ShownPrice {
  if (a.at !== b.at) return a.at < b.at ? a : b
  return contentOf(a) <= contentOf(b) ? a : b
}

function contentOf({ productId, price }: ShownPrice): string {
  return `${price.currency} ${String(price.micros).padStart(17, '0')} ${productId}`
}

/** A trial costs nothing, and what a promotion costs no device names: these keep the price of their store. */
function priceShownOf(fact: Fact): Money | null {
  if ((fact.kind !== 'period' && fact.kind !== 'one_time') || fact.periodType !== 'NORMAL') return null
  const fits = [fact.shown?.first, fact.shown?.last].find((one) => one?.productId === fact.productId)
  return fits?.price ?? null
}

/** A charge as its store told it: without what a device showed. */
export function asTold<F extends Fact>(fact: F): F {
  return priceShownOf(fact) === null ? fact : { ...fact, price: null }
}

/** Facts in time order, each charge with the price that was shown of it, or of its product before it. */
export function withShownPrices(facts: readonly Fact[]): readonly Fact[] {
  if (!facts.some((fact) => 'shown' in fact)) return facts
  const last = new Map<string, ShownPrice>()
  return facts.map((fact) => {
    if (fact.kind !== 'period' && fact.kind !== 'one_time') return fact
    const before = last.get(fact.productId)
    const shown = joinShown(fact.shown, before === undefined ? undefined : { first: null, last: before })
    if (shown === undefined) return fact
    last.set(shown.last.productId, shown.last)
    const priced = { ...fact, shown }
    const price = priceShownOf(priced)
    return price === null ? priced : { ...priced, price }
  })
}
