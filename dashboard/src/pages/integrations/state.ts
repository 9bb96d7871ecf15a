import type { DestinationConnector } from '../../api/connectors.ts'
import type { Channel, Integration } from '../../api/integrations.ts'

/** What an integration as a whole does: what the worst of its channels does. */
export function stateOf({ enabled, channels }: Pick<Integration, 'enabled' | 'channels'>): Channel['state'] | 'off' {
  if (!enabled) return 'off'
  const worst = (['paused', 'backing_off'] as const).find((state) => channels.some((one) => one.state === state))
  return worst ?? 'open'
}

/** Nobody has seen a test event arrive, where no check can tell. */
export function isUnconfirmed(integration: Integration, destination: DestinationConnector | undefined): boolean {
  return destination !== undefined && destination.confirm !== null && integration.confirmed_at === null
}

/** Whom or what it waits for, in the hub's words. */
export function troubleOf({ channels }: Pick<Integration, 'channels'>): Channel | undefined {
  return channels.find(({ state }) => state === 'paused') ?? channels.find(({ state }) => state === 'backing_off')
}
