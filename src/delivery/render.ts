import type { Destination, DestinationIdentity, DestinationRecord, Mend } from '../destinations/destination.ts'
import { ERASED, isErasedId } from '../domain/erased.ts'
import { type LifecycleEvent, SUBSCRIPTION_STATUSES, type SubscriptionStatus } from '../domain/event.ts'
import type { Integration } from '../domain/project.ts'
import type { CustomerRow, DeliveryRow } from '../storage/rows.ts'
import { carries, type SkipReason } from './fan-out.ts'
import { customerIdentity } from './identity.ts'

/** What a delivery comes to before it is sent. */
export type Prepared =
  | {
      readonly kind: 'ready'
      /** The records that are not settled yet, in order. */
      readonly records: readonly DestinationRecord[]
      readonly identity: DestinationIdentity
      readonly notes: readonly string[]
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** Waits until its customer is known. */
  | { readonly kind: 'held' }
  | { readonly kind: 'failed'; readonly reason: string; readonly advice: string }

/** Renders a delivery with the integration's settings of now; the identity is the one of its first attempt. */
export function prepare(input: {
  readonly delivery: DeliveryRow
  readonly event: LifecycleEvent
  readonly customer: CustomerRow
  readonly integration: Integration
  readonly destination: Destination
  readonly lastStatus: SubscriptionStatus | null
  readonly now: number
}): Prepared {
  const { delivery, event, integration, destination } = input
  // What was in flight when its customer was erased and comes back is not sent again.
  if (isErasedId(input.customer.originalAppUserId)) return { kind: 'skipped', reason: ERASED }
  const wanted = carries(integration, destination, event)
  if (wanted.kind !== 'wanted')
    return { kind: 'skipped', reason: wanted.kind === 'skip' ? wanted.reason : 'not_in_table' }
  try {
    const identity = identityFor(input)
    if (identity.kind !== 'identity')
      return identity.kind === 'hold' ? { kind: 'held' } : { kind: 'skipped', reason: 'anonymous' }
    const rendered = destination.records({
      event,
      integrationId: integration.id,
      settings: integration.settings,
      eventName: wanted.name,
      identity: identity.identity,
      resend: delivery.resend,
      mends: delivery.mends.filter((mend): mend is Mend => mend === 'trim' || mend === 'identity'),
      nowMs: input.now,
      lastStatus: input.lastStatus,
    })
    if (rendered.kind === 'refused') {
      return {
        kind: 'failed',
        reason: rendered.reason,
        advice: 'Change what makes the event so large or so shaped, then retry.',
      }
    }
    const records = rendered.records.filter((record) => !delivery.done.includes(record.kind))
    return { kind: 'ready', records, identity: identity.identity, notes: rendered.notes }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return {
      kind: 'failed',
      reason: `The event could not be rendered (${said})`,
      advice: 'This is a bug of the hub: report it with the event, then retry.',
    }
  }
}

function identityFor(input: {
  readonly delivery: DeliveryRow
  readonly customer: CustomerRow
  readonly integration: Integration
  readonly destination: Destination
}): ReturnType<Destination['identify']> {
  const { delivery, customer, integration, destination } = input
  if (delivery.identity !== null)
    return { kind: 'identity', identity: JSON.parse(delivery.identity) as DestinationIdentity }
  return destination.identify(customerIdentity(customer), integration.settings)
}

export function statusOf(text: string | null): SubscriptionStatus | null {
  return SUBSCRIPTION_STATUSES.find((status) => status === text) ?? null
}
