import type { CustomerIdentity } from '../destinations/destination.ts'
import { isAnonymousId } from '../domain/event.ts'
import { eventAppUserId } from '../domain/freeze.ts'
import type { CustomerRow } from '../storage/rows.ts'

/** A customer as a destination is told of it: as known now. */
export function customerIdentity(customer: CustomerRow): CustomerIdentity {
  const appUserId = eventAppUserId(customer)
  return {
    appUserId,
    originalAppUserId: customer.originalAppUserId,
    aliases: customer.aliases,
    anonymous: isAnonymousId(appUserId),
    attributes: Object.fromEntries(Object.entries(customer.attributes).map(([key, { value }]) => [key, value])),
  }
}
