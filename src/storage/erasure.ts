import { type Pseudonym, transferWithout } from '../domain/erased.ts'
import type { FrozenEvent } from '../domain/event.ts'
import type { PurchaseKey } from '../domain/purchase.ts'
import type { CustomerRow } from './rows.ts'

/**
 * Erasing a person: one transaction gives the customer a drawn id, under which purchases, money, dates and products stay,
 * and remembers that the rest is to be erased; that is then done in bounded parts, each a transaction of its own, and goes
 * on where it was after a crash.
 */
export interface ErasureStorage {
  /**
   * The customer of an app user id becomes `as`: ids, aliases, attributes and history are gone with this transaction, the
   * purchases name no owner, and whoever comes with one of the ids is somebody new. What is in flight finishes; it finds
   * its queue as after a join. `hashes` gives the keyed hashes by which the ids are remembered. null: nobody has the id,
   * or `seenBefore` is given and the customer was first seen at or after it.
   */
  beginErasure(
    input: {
      readonly projectId: string
      readonly appUserId: string
      readonly as: Pseudonym
      readonly now: number
      readonly seenBefore: number | null
    },
    hashes: (appUserIds: readonly string[]) => readonly string[],
  ): Promise<CustomerRow | null>
  /**
   * Erases the next part: at most `limit` events with their deliveries and attempts, or as many notifications. Deliveries
   * that wait are skipped with reason `erased`, but for those whose queue is claimed. `in_flight`: the rest waits for a
   * claim to end.
   */
  eraseNext(input: {
    readonly projectId: string
    readonly customerId: string
    readonly now: number
    readonly limit: number
  }): Promise<'more' | 'in_flight' | 'done'>
  /** Erasures that have not ended. */
  unfinishedErasures(): Promise<readonly { readonly projectId: string; readonly customerId: string }[]>
  /** Who was erased, in the order of project and hash, behind `after`. */
  listErased(after: Pick<ErasedId, 'projectId' | 'hash'> | null, limit: number): Promise<readonly ErasedId[]>
  /** Adds to that list what another copy of it says; the later time stands. */
  rememberErased(rows: readonly ErasedId[]): Promise<void>
}

/** One app user id of a person who was erased. */
export interface ErasedId {
  readonly projectId: string
  readonly hash: string
  readonly erasedAs: string
  readonly erasedAt: number
}

/** What an attempt keeps when someone in it was erased: a request carries many customers, and goes as a whole. */
export const ERASED_BODY = '{"erased":true}'

export type Part = 'events' | 'notifications'

/** Whoever stays when a person goes: what happened when, and nothing of who. */
export function erasedRow(from: CustomerRow, as: Pseudonym): CustomerRow {
  return {
    projectId: from.projectId,
    id: as.customerId,
    version: 1,
    originalAppUserId: as.appUserId,
    lastSeenAppUserId: as.appUserId,
    lastSeq: from.lastSeq,
    firstSeenAt: from.firstSeenAt,
    lastSeenAt: from.lastSeenAt,
    aliases: [as.appUserId],
    attributes: {},
    deletedAttributes: {},
    onlyNamed: false,
  }
}

/** A transfer as the history of both of its customers tells it. */
interface ToldTransfer {
  readonly purchase: PurchaseKey
  readonly from: readonly string[]
  readonly to: readonly string[]
}

export function transferIn(body: string): ToldTransfer {
  return JSON.parse(body) as ToldTransfer
}

/** The ids of the others that a person's transfers name. */
export function othersIn(bodies: readonly string[], own: readonly string[]): readonly string[] {
  const ids = bodies.map(transferIn).flatMap(({ from, to }) => [...from, ...to])
  return [...new Set(ids)].filter((id) => !own.includes(id))
}

/** An entry of the other's history without the person; null: it does not name them. */
export function historyWithout(body: string, own: ReadonlySet<string>, as: Pseudonym): string | null {
  const cleaned = transferWithout(transferIn(body), own, as)
  return cleaned === null ? null : JSON.stringify(cleaned)
}

/** A TRANSFER of the other without the person; null: it does not name them. */
export function eventWithout(body: string, own: ReadonlySet<string>, as: Pseudonym): string | null {
  const event = JSON.parse(body) as FrozenEvent
  const transferred = event.transferred === undefined ? null : transferWithout(event.transferred, own, as)
  return transferred === null ? null : JSON.stringify({ ...event, transferred })
}
