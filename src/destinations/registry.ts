import { clevertap } from './clevertap/index.ts'
import type { Destination } from './destination.ts'
import { segment } from './segment/index.ts'

/** Every kind of receiver, by the name that the config file uses. A new one is a folder and a line here. */
export const destinations: ReadonlyMap<string, Destination> = new Map(
  [segment, clevertap].map((destination) => [destination.id, destination]),
)

/** The destination of that name; undefined for a name that nobody registered. */
export function destinationOf(id: string): Destination | undefined {
  return destinations.get(id)
}
