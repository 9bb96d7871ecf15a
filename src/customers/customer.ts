import type { Attributes } from '../domain/event.ts'
import { customerId } from '../domain/ids.ts'

/** A customer as storage keeps it; `version` 0 is one that storage does not have yet. Times in milliseconds. */
export interface Customer {
  readonly projectId: string
  readonly id: string
  readonly version: number
  readonly originalAppUserId: string
  readonly lastSeenAppUserId: string
  readonly lastSeq: number
  readonly firstSeenAt: number
  readonly lastSeenAt: number
  readonly aliases: readonly string[]
  readonly attributes: Attributes
}

/** The customer that begins with one app user id. */
export function newCustomer(projectId: string, appUserId: string, now: number, attributes: Attributes = {}): Customer {
  return {
    projectId,
    id: customerId(projectId, appUserId),
    version: 0,
    originalAppUserId: appUserId,
    lastSeenAppUserId: appUserId,
    lastSeq: 0,
    firstSeenAt: now,
    lastSeenAt: now,
    aliases: [appUserId],
    attributes,
  }
}
