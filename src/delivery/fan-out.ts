import type { Destination } from '../destinations/destination.ts'
import { ERASED, isErasedId } from '../domain/erased.ts'
import type { FrozenEvent } from '../domain/event.ts'
import { deliveryId } from '../domain/ids.ts'
import { defaultEventName, type Integration } from '../domain/project.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import type { ChannelRow, CustomerRow, NewDelivery } from '../storage/rows.ts'
import type { QueueWake } from '../storage/storage.ts'
import { channelIdOf, clockReading } from './channel.ts'
import { customerIdentity } from './identity.ts'
import { HELD } from './schedule.ts'

/** Why a delivery is kept as skipped: only what a person can change. */
export type SkipReason = 'name_blank' | 'sandbox_off' | 'not_in_table' | 'anonymous' | typeof ERASED

export type Wanted =
  | { readonly kind: 'wanted'; readonly name: string }
  | { readonly kind: 'skip'; readonly reason: SkipReason }
  /** No delivery is made. */
  | { readonly kind: 'none'; readonly why: 'off' | 'before_live' | 'unnamed' }

/** Whether an integration wants an event, and under which name. Older events come on request, not by themselves. */
export function wants(integration: Integration, destination: Destination, event: FrozenEvent): Wanted {
  if (!integration.enabled) return { kind: 'none', why: 'off' }
  if (event.occurredAt < integration.liveFrom) return { kind: 'none', why: 'before_live' }
  return carries(integration, destination, event)
}

/** What the integration as it is now makes of an event that it was asked to send: what is sent again is asked it too. */
export function carries(integration: Integration, destination: Destination, event: FrozenEvent): Wanted {
  if (event.name === null) return { kind: 'none', why: 'unnamed' }
  if (!integration.allEvents && !destination.carries(event.name, event.store))
    return { kind: 'skip', reason: 'not_in_table' }
  if (!destination.hasChannel(integration.settings, event.environment, integration.sandbox))
    return { kind: 'skip', reason: 'sandbox_off' }
  const name = integration.eventNames[event.name] ?? defaultEventName(event.name)
  return name === '' ? { kind: 'skip', reason: 'name_blank' } : { kind: 'wanted', name }
}

export interface FanOutContext {
  readonly integrations: readonly Integration[]
  destination(id: string): Destination | null
  channel(projectId: string, channelId: string): ChannelRow | null
}

/** The deliveries of one event, and the queues that they need. Pure. */
export function fanOut(
  event: FrozenEvent,
  customer: CustomerRow,
  now: number,
  context: FanOutContext,
): { readonly deliveries: readonly NewDelivery[]; readonly queues: readonly QueueWake[] } {
  const deliveries: NewDelivery[] = []
  const queues: QueueWake[] = []
  for (const integration of context.integrations) {
    const destination = context.destination(integration.destination)
    if (destination === null) continue
    const asked = wants(integration, destination, event)
    if (asked.kind === 'none') continue
    const wanted: Wanted = isErasedId(customer.originalAppUserId) ? { kind: 'skip', reason: ERASED } : asked
    const channelId = channelIdOf(integration.id, event.environment)
    const channel = context.channel(event.projectId, channelId)
    const hold = wanted.kind === 'wanted' ? holdOfEvent(event, holdOf(integration, destination, customer, now), now) : 0
    deliveries.push({
      id: deliveryId(integration.id, event.id),
      projectId: event.projectId,
      integrationId: integration.id,
      environment: event.environment,
      customerId: event.customerId,
      eventId: event.id,
      seq: event.seq,
      status: wanted.kind === 'wanted' ? 'waiting' : 'skipped',
      reason: wanted.kind === 'wanted' ? null : wanted.reason,
      mayGoAt: hold === HELD ? HELD : (channel === null ? 0 : clockReading(channel, now)) + hold,
      createdAt: now,
    })
    if (wanted.kind === 'wanted') {
      queues.push({
        projectId: event.projectId,
        channelId,
        customerId: event.customerId,
        dueAt: hold === HELD ? HELD : now + hold,
        hasten: false,
      })
    }
  }
  return { deliveries, queues }
}

/** What a customer was before a change: more than one where two became one. */
export interface Before {
  readonly customers: readonly CustomerRow[]
  /** Some of its events waited for the owner of their purchase. */
  readonly provisional: boolean
}

/** The queues of a customer that a change of the customer makes due sooner, or at once. Pure. */
export function hastened(
  before: Before,
  after: CustomerRow,
  now: number,
  context: FanOutContext,
): readonly QueueWake[] {
  const { projectId, id: customerId } = after
  return context.integrations.flatMap((integration) => {
    const destination = context.destination(integration.destination)
    if (destination === null) return []
    const hold = holdOf(integration, destination, after, now)
    // No other wait than the hold may be cut short: a record that the destination could not take keeps its time.
    const longest = Math.max(...before.customers.map((one) => holdOf(integration, destination, one, now)))
    if (hold === HELD || (hold >= longest && !before.provisional)) return []
    return ENVIRONMENTS.flatMap((environment): readonly QueueWake[] => {
      const channelId = channelIdOf(integration.id, environment)
      const channel = context.channel(projectId, channelId)
      if (channel === null) return []
      const mayGoAt = clockReading(channel, now) + hold
      return [{ projectId, channelId, customerId, dueAt: now + hold, hasten: true, mayGoAt }]
    })
  })
}

/** An event that may still become another customer's waits for that, whatever else there is to wait for. */
function holdOfEvent({ provisionalUntil }: FrozenEvent, hold: number, now: number): number {
  return provisionalUntil === null ? hold : Math.max(hold, provisionalUntil - now)
}

/** How long this customer's queue waits in this channel (milliseconds): for an attribute, or until it is known. */
export function holdOf(integration: Integration, destination: Destination, customer: CustomerRow, now: number): number {
  const who = customerIdentity(customer)
  if (who.anonymous && destination.identify(who, integration.settings).kind === 'hold') return HELD
  let hold = 0
  for (const [attribute, seconds] of Object.entries(waitsOf(integration))) {
    if (customer.attributes[attribute] !== undefined) continue
    hold = Math.max(hold, customer.firstSeenAt + seconds * 1_000 - now)
  }
  return hold
}

/** `wait_for_attribute` of an integration: attribute → seconds. */
function waitsOf(integration: Integration): Readonly<Record<string, number>> {
  const waits = integration.settings.wait_for_attribute
  if (waits === null || typeof waits !== 'object' || Array.isArray(waits)) return {}
  return waits as Readonly<Record<string, number>>
}
