import { type Attributes, isAnonymousId } from '../domain/event.ts'
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
  /** Attributes that were deleted, and when by their sender's clock: an older value that comes later stays away. */
  readonly deletedAttributes: Readonly<Record<string, number>>
  /** Only stores have named it so far: no SDK and no backend has asked for it. */
  readonly onlyNamed: boolean
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
    deletedAttributes: {},
    onlyNamed: false,
  }
}

/** Nobody knows who it is: all of its ids are anonymous ones. */
export function isAnonymous({ aliases }: Pick<Customer, 'aliases'>): boolean {
  return aliases.every(isAnonymousId)
}

/** Asked for under one of its ids. */
export function seen<C extends Customer>(customer: C, appUserId: string, now: number): C {
  return {
    ...customer,
    lastSeenAppUserId: appUserId,
    lastSeenAt: Math.max(customer.lastSeenAt, now),
    onlyNamed: false,
  }
}
