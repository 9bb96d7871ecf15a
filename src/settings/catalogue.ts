import type { Destination } from '../destinations/destination.ts'
import type { StoreDeclaration } from '../stores/store.ts'

/** What settings need to know of a destination. */
export type DestinationDeclaration = Pick<Destination, 'id' | 'title' | 'fields' | 'refuseEventName' | 'confirm'>

/** The connectors whose settings are read: the registries, or a test's own. */
export interface Catalogue {
  readonly stores: ReadonlyMap<string, StoreDeclaration>
  readonly destinations: ReadonlyMap<string, DestinationDeclaration>
}

export function catalogueOf(
  stores: Iterable<StoreDeclaration>,
  destinations: Iterable<DestinationDeclaration>,
): Catalogue {
  return {
    stores: new Map(Array.from(stores, (store) => [store.name, store])),
    destinations: new Map(Array.from(destinations, (destination) => [destination.id, destination])),
  }
}
