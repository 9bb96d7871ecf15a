import { mergeCustomers } from '../../customers/identity.ts'
import type { Attributes, LifecycleEvent } from '../../domain/event.ts'
import { refreeze } from '../../domain/transfer.ts'
import type { JoinStorage, Merged } from '../../storage/join.ts'
import type { CustomerRow, NewEvent } from '../../storage/rows.ts'
import type { QueueWake } from '../../storage/storage.ts'
import { frozenCustomer } from '../batch-customers.ts'

export interface JoinDeps {
  readonly storage: JoinStorage
  readonly now: () => number
  /** Queues that the change makes due sooner: delivery's own rule, handed in. */
  readonly hasten: (
    before: { readonly customers: readonly CustomerRow[]; readonly provisional: boolean },
    after: CustomerRow,
    now: number,
  ) => readonly QueueWake[]
  /** Something may be due. */
  readonly wake: () => void
  /** Events that were written again, for the live stream. */
  readonly rewritten: (events: readonly LifecycleEvent[]) => void
}

/**
 * `from` becomes `into`, in one transaction: everything of it moves, and its events that nobody has been sent yet get the
 * identity and the attributes of the one customer. null when one of them is gone meanwhile.
 */
export async function joinInto(
  into: Pick<CustomerRow, 'projectId' | 'id'>,
  from: Pick<CustomerRow, 'id'>,
  deps: JoinDeps,
  presentedOfferingId: string | null = null,
): Promise<CustomerRow | null> {
  const now = deps.now()
  const { projectId } = into
  let rewritten: Merged['events'] = []
  let attributes: Attributes = {}
  const joined = await deps.storage.joinCustomers(
    { projectId, into: into.id, from: from.id, now },
    (stays, goes, provisional) => {
      const merged = mergeAt(stays, goes, provisional, now, presentedOfferingId, deps)
      rewritten = merged.events
      attributes = merged.customer.attributes
      return merged
    },
  )
  deps.wake()
  if (joined.kind === 'absent') return null
  if (joined.kind === 'joined') deps.rewritten((rewritten ?? []).map((event) => ({ ...event, attributes })))
  return joined.customer
}

function mergeAt(
  into: CustomerRow,
  from: CustomerRow,
  provisional: readonly NewEvent[],
  now: number,
  presentedOfferingId: string | null,
  deps: JoinDeps,
): Merged {
  const customer = mergeCustomers(into, from)
  const frozen = frozenCustomer(customer)
  const { projectId, id } = into
  return {
    customer,
    events: provisional.map(({ event }) => refreeze(event, frozen, presentedOfferingId)),
    attributeSets:
      provisional.length === 0 ? [] : [{ projectId, hash: frozen.attributeSet, attributes: customer.attributes }],
    history: [
      { projectId, customerId: id, at: now, kind: 'alias', body: JSON.stringify({ ids: from.aliases, joined: true }) },
    ],
    queues: deps.hasten({ customers: [into, from], provisional: provisional.length > 0 }, customer, now),
  }
}
