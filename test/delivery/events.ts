import { newCustomer } from '../../src/customers/customer.ts'
import type { Delivery } from '../../src/delivery/delivery.ts'
import type { EventName, FrozenEvent, LifecycleEvent } from '../../src/domain/event.ts'
import { eventAppUserId, nextSeq } from '../../src/domain/freeze.ts'
import { attributeSetHash, derivedId } from '../../src/domain/ids.ts'
import type { AttributeSetRow, CustomerRow, NewDelivery } from '../../src/storage/rows.ts'
import type { Loaded, QueueWake, StepRows } from '../../src/storage/storage.ts'
import { eventNamed } from '../destinations/events.ts'

export interface EventSpec {
  readonly customer: string
  readonly name?: EventName
  readonly changes?: Partial<LifecycleEvent>
  /** Attributes that the customer has from this event on. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** What one step of ingest writes for these events: customers, attribute sets, events, deliveries and queues. */
export function stepOf(
  project: string,
  specs: readonly (EventSpec & { readonly n: number })[],
  loaded: Loaded,
  now: number,
  delivery: Delivery,
): { readonly save: StepRows; readonly result: readonly FrozenEvent[] } {
  const customers = new Map<string, CustomerRow>()
  const sets = new Map<string, AttributeSetRow>()
  const frozen: FrozenEvent[] = []
  const deliveries: NewDelivery[] = []
  const queues: QueueWake[] = []
  for (const spec of specs) {
    const before = customers.get(spec.customer) ?? customerOf(project, spec.customer, loaded, now)
    const customer: CustomerRow = {
      ...before,
      lastSeq: nextSeq(before.lastSeq, now),
      attributes: { ...before.attributes, ...valued(spec.attributes ?? {}, now) },
    }
    customers.set(spec.customer, customer)
    const event = frozenEvent(project, spec, customer, now)
    frozen.push(event)
    const { attributeSet: hash } = event
    sets.set(hash, { projectId: project, hash, attributes: customer.attributes })
    const fanned = delivery.fanOut(event, customer, now)
    deliveries.push(...fanned.deliveries)
    queues.push(...fanned.queues)
  }
  const save = {
    customers: [...customers.values()],
    attributeSets: [...sets.values()],
    events: frozen.map((event) => ({ event, notificationId: null })),
    deliveries,
    queues,
  }
  return { save, result: frozen }
}

export function customerOf(project: string, appUserId: string, loaded: Loaded, now: number): CustomerRow {
  const known = loaded.customerOf.get(`${project}\n${appUserId}`)
  const row = known === undefined ? undefined : loaded.customers.get(`${project}\n${known}`)
  return row ?? newCustomer(project, appUserId, now)
}

export function valued(values: Readonly<Record<string, string>>, now: number): CustomerRow['attributes'] {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, updatedAt: now }]))
}

function frozenEvent(
  project: string,
  spec: EventSpec & { readonly n: number },
  customer: CustomerRow,
  now: number,
): FrozenEvent {
  const { attributes: _, ...event } = eventNamed(spec.name ?? 'renewal')
  const environment = spec.changes?.environment ?? 'production'
  return {
    ...event,
    id: derivedId('evt', [project, String(spec.n)]),
    occurredAt: now,
    recordedAt: now,
    environment,
    ...spec.changes,
    projectId: project,
    purchase: { ...event.purchase, projectId: project, environment, chain: `chain-${spec.n}` },
    seq: customer.lastSeq,
    customerId: customer.id,
    appUserId: eventAppUserId(customer),
    originalAppUserId: customer.originalAppUserId,
    aliases: customer.aliases,
    attributeSet: attributeSetHash(customer.attributes),
  }
}
