import type { Destination } from '../destinations/destination.ts'
import type { Integration } from '../domain/project.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import type { ChannelRow } from '../storage/rows.ts'
import type { ChannelRef, DeliveryStorage } from '../storage/storage.ts'
import { channelIdOf } from './channel.ts'

/** A channel with the integration and destination that it belongs to, as they are now. */
export interface LiveChannel {
  readonly row: ChannelRow
  readonly integration: Integration
  readonly destination: Destination
}

export function channelKey(channel: ChannelRef): string {
  return `${channel.projectId}\n${channel.channelId}`
}

/** The channels as this process knows them; storage has the last word (`corrected`). */
export interface Channels {
  /** Channels of enabled integrations whose environment is switched on. */
  live(): readonly LiveChannel[]
  find(projectId: string, channelId: string): LiveChannel | null
  get(projectId: string, channelId: string): ChannelRow | null
  /** A row that was read: an older one than is known may come late. */
  heard(row: ChannelRow): void
  /** The row for which storage refused the one that is known: it has the last word, were it older. */
  corrected(row: ChannelRow): void
  /** A row that was saved over `before`. */
  saved(before: ChannelRow, after: ChannelRow): void
  /** Changes a channel by a pure function, however often another process is faster. */
  change(projectId: string, channelId: string, compute: (row: ChannelRow) => ChannelRow): Promise<ChannelRow | null>
  /** Makes the channels of these integrations exist; called at start and after each change of the settings. */
  refresh(integrations: readonly Integration[], now: number): Promise<void>
}

export function createChannels(storage: DeliveryStorage, destinationOf: (id: string) => Destination | null): Channels {
  const rows = new Map<string, ChannelRow>()
  let live: { readonly key: string; readonly integration: Integration; readonly destination: Destination }[] = []
  let known = new Map<string, { readonly integration: Integration; readonly destination: Destination }>()

  const heard = (row: ChannelRow): void => {
    const key = channelKey(row)
    const have = rows.get(key)
    if (have === undefined || row.version >= have.version) rows.set(key, row)
  }
  const rowOf = (key: string): ChannelRow | null => rows.get(key) ?? null

  return {
    live: () =>
      live.flatMap(({ key, integration, destination }) => {
        const row = rowOf(key)
        return row === null ? [] : [{ row, integration, destination }]
      }),
    find: (projectId, channelId) => {
      const key = channelKey({ projectId, channelId })
      const row = rowOf(key)
      const owner = known.get(key)
      return row === null || owner === undefined ? null : { row, ...owner }
    },
    get: (projectId, channelId) => rowOf(channelKey({ projectId, channelId })),
    heard,
    corrected: (row) => void rows.set(channelKey(row), row),
    saved: (before, after) => heard({ ...after, version: before.version + 1 }),
    change: async (projectId, channelId, compute) => {
      let row = rowOf(channelKey({ projectId, channelId }))
      while (row !== null) {
        const after = compute(row)
        if (after === row) return row
        const saved = await storage.saveChannel(after)
        rows.set(channelKey(saved.row), saved.row)
        if (saved.saved) return saved.row
        row = saved.row
      }
      return null
    },
    refresh: async (integrations, now) => {
      const wanted = integrations.flatMap((integration) => {
        const destination = destinationOf(integration.destination)
        if (destination === null) return []
        return ENVIRONMENTS.filter((environment) =>
          destination.hasChannel(integration.settings, environment, integration.sandbox),
        ).map((environment) => ({ integration, destination, environment }))
      })
      const made = await storage.ensureChannels(
        wanted.map(({ integration, environment }) => ({
          projectId: integration.projectId,
          integrationId: integration.id,
          environment,
        })),
        now,
      )
      for (const row of made) heard(row)
      const entries = wanted.map(({ integration, destination, environment }) => ({
        key: channelKey({
          projectId: integration.projectId,
          channelId: channelIdOf(integration.id, environment),
        }),
        integration,
        destination,
      }))
      known = new Map(entries.map(({ key, integration, destination }) => [key, { integration, destination }]))
      live = entries.filter(({ integration }) => integration.enabled)
    },
  }
}
