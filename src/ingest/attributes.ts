import { type AttributeChange, type AttributeError, applyAttributes } from '../customers/attributes.ts'
import { newCustomer } from '../customers/customer.ts'
import type { CustomerRow } from '../storage/rows.ts'
import type { QueueWake, StepStorage } from '../storage/storage.ts'

/**
 * Stores a customer's attributes (the keys that are not refused), makes the customer when it is new, and brings forward
 * the queues that waited for one of them: all in one transaction.
 */
export async function setAttributes(
  input: {
    readonly projectId: string
    readonly appUserId: string
    readonly changes: readonly AttributeChange[]
    readonly now: number
  },
  deps: {
    readonly storage: StepStorage
    readonly hasten: (before: CustomerRow, after: CustomerRow, now: number) => readonly QueueWake[]
  },
): Promise<readonly AttributeError[]> {
  const { projectId, appUserId, changes, now } = input
  return deps.storage.step({ purchases: [], appUserIds: [{ projectId, appUserId }] }, (loaded) => {
    const known = loaded.customerOf.get(`${projectId}\n${appUserId}`)
    const before = known === undefined ? undefined : loaded.customers.get(`${projectId}\n${known}`)
    const customer: CustomerRow = before ?? newCustomer(projectId, appUserId, now)
    const { attributes, errors } = applyAttributes(customer.attributes, changes, now)
    const after: CustomerRow = {
      ...customer,
      attributes,
      lastSeenAppUserId: appUserId,
      lastSeenAt: Math.max(customer.lastSeenAt, now),
    }
    return { save: { customers: [after], queues: deps.hasten(customer, after, now) }, result: errors }
  })
}
