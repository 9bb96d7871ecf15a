import { z } from 'zod'
import type { Integration } from '../domain/project.ts'
import { Managed } from './api-shapes.ts'
import { ChannelSchema, toApiChannel } from './delivery-json.ts'
import type { HubDoors } from './doors.ts'
import { isoOf } from './json-text.ts'
import { maskedSettings } from './masked-settings.ts'

export const IntegrationSchema = z
  .object({
    id: z.string(),
    destination: z.string(),
    title: z.string().describe('What people call the destination.'),
    managed: Managed,
    enabled: z.boolean(),
    mode: z.enum(['live', 'shadow']),
    live_from: z.iso.datetime(),
    sandbox: z.boolean(),
    all_events: z.boolean(),
    event_names: z
      .record(z.string(), z.string())
      .describe('Own names; an empty one is not sent, an absent one has the default.'),
    settings: z.record(z.string(), z.unknown()).describe('Secrets as {set, last4}.'),
    created_at: z.iso.datetime(),
    confirmed_at: z.iso
      .datetime()
      .nullable()
      .describe('When a person saw a test event arrive, where no check can tell.'),
    channels: z.array(ChannelSchema),
  })
  .meta({ id: 'Integration' })

export async function toApiIntegration(
  integration: Integration,
  doors: HubDoors,
): Promise<z.infer<typeof IntegrationSchema>> {
  const channels = await doors.delivery.channels(integration.projectId, integration.id)
  return {
    id: integration.id,
    destination: integration.destination,
    title: doors.connectors.destinationTitle(integration.destination),
    managed: doors.settings.current().managedBy('integration', integration.projectId, integration.id) ?? 'dashboard',
    enabled: integration.enabled,
    mode: integration.mode,
    live_from: isoOf(integration.liveFrom),
    sandbox: integration.sandbox,
    all_events: integration.allEvents,
    event_names: { ...integration.eventNames },
    settings: maskedSettings(doors.connectors.destinationFields(integration.destination), integration.settings),
    created_at: isoOf(integration.createdAt),
    confirmed_at: integration.confirmedAt === undefined ? null : isoOf(integration.confirmedAt),
    channels: channels.map(toApiChannel),
  }
}
