import type { EventType } from './event.ts'
import type { Fact } from './facts.ts'
import type { PurchaseKey } from './purchase.ts'

/** The state of a purchase as its store knows it, newest version alone. Times are milliseconds UTC. */
export interface Snapshot {
  /** When the store signed it, or the clock before we fetched it. A greater version wins; equal ones by content. */
  readonly version: number
  readonly status: 'active' | 'grace' | 'retry' | 'paused' | 'expired' | 'revoked'
  /** null where the store does not tell. */
  readonly autoRenew: boolean | null
  /** The product of the next period when it differs from the present one. */
  readonly pendingProductId: string | null
  readonly graceEndsAt: number | null
  readonly resumesAt: number | null
  /**
   * What the store must be asked with about this purchase, where the chain's name is not enough: a token that changes, the
   * store's id of the customer. Opaque here.
   */
  readonly askWith?: string
}

/** What one message, receipt, poll or tick of the clock tells about one purchase. */
export interface Observation {
  readonly key: PurchaseKey
  readonly appId: string
  readonly kind: 'subscription' | 'one_time'
  readonly snapshot: Snapshot | null
  readonly facts: readonly Fact[]
  /** The app user id that the message itself names, if any. */
  readonly owner: string | null
  /**
   * `complete`: the facts reach back to the chain's first purchase. `unavailable`: the store could not tell its
   * history in time. `partial`: one message's own view.
   */
  readonly history: 'complete' | 'partial' | 'unavailable'
  /** The offering that the app presented, where the message says so. */
  readonly presentedOfferingId?: string
  /** What a teller that keeps customers of its own knows of this one. */
  readonly person?: Person
  /** The event of another system that the message carries: its id goes on with what it announces of the same type. */
  readonly external?: ExternalEvent
}

export interface Person {
  /** All ids, the one that was seen last first. */
  readonly ids: readonly string[]
  /** Key → value, and when it was changed (milliseconds); null where that is not told. */
  readonly attributes: readonly { readonly key: string; readonly value: string; readonly updatedAt: number | null }[]
}

export interface ExternalEvent {
  readonly id: string
  readonly type: EventType
  /** When that system made it (milliseconds); of one instant, what stands first in a life has the smaller one. */
  readonly at: number
}
