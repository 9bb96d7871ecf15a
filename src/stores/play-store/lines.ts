import type { Purchase } from '../../domain/purchase-state.ts'
import type { Reading } from './reading.ts'
import { type Item, subscriptionIdOf } from './subscription.ts'

/** The line that a product of a chain is sold on: '' for the main one, else the product that began it. */
export type LineOf = (productId: string) => string

/**
 * A chain has one main line, which a change of plan continues, and a line for each add-on. The main line is the one that
 * is known already, that replaces it, or that stands first: Google's add-ons are listed after what they are added to
 * (UNVERIFIED; the links keep a line on its place once it is known).
 */
export function linesOf(reading: Reading): LineOf {
  const lines = new Map<string, string>([...reading.addOns].map(([productId, { key }]) => [productId, key.line]))
  const main = new Set(mainProducts(reading.known))
  for (const { subscription } of reading.tokens) {
    const owned = subscription.items.filter((item) => item.orderId !== null && !lines.has(item.productId))
    const chosen = mainItem(owned, main)
    if (chosen !== null) main.add(chosen.productId)
    for (const item of owned)
      if (item !== chosen && !main.has(item.productId)) lines.set(item.productId, item.productId)
    for (const { productId, deferredTo } of subscription.items) {
      const line = lines.get(productId)
      if (deferredTo !== null && line !== undefined && !main.has(deferredTo)) lines.set(deferredTo, line)
    }
  }
  // What was charged beside the main line and is listed no more was an add-on too.
  for (const order of reading.orders) {
    if (!order.lines.some(({ productId }) => main.has(productId))) continue
    for (const { productId } of order.lines)
      if (!main.has(productId) && !lines.has(productId)) lines.set(productId, productId)
  }
  return (productId) => (main.has(productId) ? '' : (lines.get(productId) ?? ''))
}

function mainProducts(known: Purchase | null): readonly string[] {
  return (known?.facts ?? []).flatMap((fact) => (fact.kind === 'period' ? [subscriptionIdOf(fact.productId)] : []))
}

function mainItem(owned: readonly Item[], main: ReadonlySet<string>): Item | null {
  const known = owned.find((item) => main.has(item.productId))
  const replacing = owned.find(({ replaces }) => replaces?.productId != null && main.has(replaces.productId))
  return known ?? replacing ?? owned[0] ?? null
}
