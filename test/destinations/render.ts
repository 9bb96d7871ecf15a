import type {
  CustomerIdentity,
  Destination,
  DestinationRecord,
  RenderInput,
} from '../../src/destinations/destination.ts'
import type { LifecycleEvent } from '../../src/domain/event.ts'
import type { Settings } from '../../src/domain/field.ts'
import { defaultEventName } from '../../src/domain/project.ts'

/** Five seconds after the sample renewal happened. */
export const NOW = Date.UTC(2026, 10, 20, 10, 0, 5)

export function customerOf(event: LifecycleEvent, changes: Partial<CustomerIdentity> = {}): CustomerIdentity {
  return {
    appUserId: event.appUserId,
    originalAppUserId: event.originalAppUserId,
    aliases: event.aliases,
    anonymous: false,
    attributes: Object.fromEntries(Object.entries(event.attributes).map(([key, { value }]) => [key, value])),
    ...changes,
  }
}

/** What `records` is called with for an event of a known customer; `settings` with defaults already filled in. */
export function renderInput(
  destination: Destination,
  settings: Settings,
  event: LifecycleEvent,
  changes: Partial<RenderInput> = {},
): RenderInput {
  const identified = destination.identify(customerOf(event), settings)
  if (identified.kind !== 'identity') throw new Error(`A known customer got ${identified.kind}`)
  return {
    event,
    integrationId: destination.id,
    settings,
    eventName: defaultEventName(event.name ?? 'renewal'),
    identity: identified.identity,
    resend: 0,
    mends: [],
    nowMs: NOW,
    lastStatus: null,
    ...changes,
  }
}

/** The records of an event, or an error that says why there are none. */
export function recordsOf(destination: Destination, input: RenderInput): readonly DestinationRecord[] {
  const rendered = destination.records(input)
  if (rendered.kind === 'refused') throw new Error(rendered.reason)
  return rendered.records
}
