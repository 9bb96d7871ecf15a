import type { AttributeSetRow, CustomerRow, HistoryRow, NewEvent } from './rows.ts'
import type { QueueWake } from './storage.ts'

export interface JoinStorage {
  /**
   * Makes two customers one, in one transaction: purchases (whose version grows), aliases, the events' customer, deliveries
   * history and queues of `from` become `into`'s, and `from` is gone. `merge` decides what the row keeps of both; it runs
   * under their locks, perhaps several times, and must be pure. The greater `lastSeq` and all aliases are kept whatever it
   * says. It also gets the events of both that are provisional at `now` and that no channel has claimed, and may write
   * them again: under a new cursor position, so that a follower reads them again. After a join none is provisional.
   * Queues of one channel become one. What either had in flight stays so: it is not claimed until that is settled or its
   * lease is over, and a settle or a renewal that names the old customer finds it. All other events keep the identity
   * they froze.
   */
  joinCustomers(input: JoinInput, merge: Merge): Promise<Joined>
}

export type Merge = (into: CustomerRow, from: CustomerRow, provisional: readonly NewEvent[]) => Merged

export interface Merged {
  readonly customer: CustomerRow
  /** Of the provisional ones, as they are from now on. */
  readonly events?: readonly NewEvent['event'][]
  readonly attributeSets?: readonly AttributeSetRow[]
  readonly history?: readonly HistoryRow[]
  /** Queues of the one customer that are due sooner (`hasten` is implied). */
  readonly queues?: readonly Omit<QueueWake, 'hasten'>[]
}

export interface JoinInput {
  readonly projectId: string
  /** Customer ids. */
  readonly into: string
  readonly from: string
  readonly now: number
}

export type Joined =
  | { readonly kind: 'joined'; readonly customer: CustomerRow }
  /** `from` was joined into `into` before. */
  | { readonly kind: 'already'; readonly customer: CustomerRow }
  /** One of them does not exist. */
  | { readonly kind: 'absent' }

/**
 * The row of a customer into whom another is joined: what the caller's merge decided, with what no merge may lose. The
 * two sequences go on behind the greater, and every alias of both is kept.
 */
export function joinedRow(into: CustomerRow, from: CustomerRow, merged: CustomerRow): CustomerRow {
  return {
    ...merged,
    projectId: into.projectId,
    id: into.id,
    version: into.version + 1,
    lastSeq: Math.max(into.lastSeq, from.lastSeq),
    aliases: [...new Set([...merged.aliases, ...into.aliases, ...from.aliases])],
  }
}
