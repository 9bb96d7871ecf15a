import type { StoreName } from './purchase.ts'

/** What an app shows for sale: packages under names that the app knows, in the team's order. */
export interface Offering {
  readonly id: string
  readonly description: string
  /** The one that an app shows where it names none; at most one of a project. */
  readonly current: boolean
  /** Handed to the app as it is. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly packages: readonly OfferedPackage[]
}

export interface OfferedPackage {
  readonly id: string
  /** Where it is sold under other names at other stores: by store. */
  readonly product: OfferedProduct | { readonly byStore: Readonly<Partial<Record<StoreName, OfferedProduct>>> }
}

/** A product as its store calls it. `plan`: the base plan of a Play subscription. */
export interface OfferedProduct {
  readonly product: string
  readonly plan: string | null
}

/** `gold:monthly`, as products of Play are written in settings, is the base plan `monthly` of `gold`. */
export function offeredProduct(text: string): OfferedProduct {
  const at = text.indexOf(':')
  return at <= 0 || at === text.length - 1
    ? { product: text, plan: null }
    : { product: text.slice(0, at), plan: text.slice(at + 1) }
}

/** What a store sells as this package; null: nothing. `store` null: whoever asks is of no store in particular. */
export function productAt({ product }: OfferedPackage, store: StoreName | null): OfferedProduct | null {
  if (!('byStore' in product)) return product
  if (store !== null) return product.byStore[store] ?? null
  return Object.values(product.byStore)[0] ?? null
}
