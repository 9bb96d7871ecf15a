/** A product as its store names it: at Play a subscription may carry its base plan, `gold:monthly`. */

/** The product without its plan, and the plan; null where it has none. */
export function planOf(productId: string): { readonly product: string; readonly plan: string | null } {
  const at = productId.indexOf(':')
  return at === -1
    ? { product: productId, plan: null }
    : { product: productId.slice(0, at), plan: productId.slice(at + 1) }
}

/** Whether a name of the config means this product: itself, or the product that its base plan belongs to. */
export function means(name: string, productId: string): boolean {
  return name === productId || name === planOf(productId).product
}
