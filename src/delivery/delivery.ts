import type { FrozenEvent } from '../domain/event.ts'
import type { Integration } from '../domain/project.ts'
import type { ChannelRow, CustomerRow } from '../storage/rows.ts'
import type { QueueWake } from '../storage/storage.ts'
import { channelIdOf, clockReading, opened, pausedByPerson } from './channel.ts'
import { type Channels, createChannels } from './channels.ts'
import { createDispatch, type Dispatch } from './dispatch.ts'
import { fanOut, waitsOf } from './fan-out.ts'
import type { DeliveryPort } from './port.ts'
import { MAX_AGE_MS } from './schedule.ts'

/** The door of the room: what the rest of the hub asks of delivery. */
export interface Delivery {
  readonly dispatch: Dispatch
  readonly channels: Channels
  /** The deliveries of an event, for the transaction that writes it. */
  fanOut(event: FrozenEvent, customer: CustomerRow, now: number): ReturnType<typeof fanOut>
  /** Queues that an attribute's arrival makes due at once (`wait_for_attribute`). */
  hasten(customer: CustomerRow, now: number): readonly QueueWake[]
  /** New settings: channels are made, and those whose credentials changed go on at once. */
  configure(): Promise<void>
  pause(projectId: string, integrationId: string, by: string): Promise<readonly ChannelRow[]>
  resume(projectId: string, integrationId: string): Promise<readonly ChannelRow[]>
  channelsOf(projectId: string, integrationId: string): readonly ChannelRow[]
  /** false: it is neither failed nor skipped. */
  retry(projectId: string, deliveryId: string, channelId: string): Promise<boolean>
  /** "It arrived": an unknown outcome settled by a person. */
  arrived(projectId: string, deliveryId: string): Promise<boolean>
  /** Something may be due. */
  wake(): void
  /** Fails what waited too long in channels that are down. Called each minute. */
  sweep(): Promise<number>
}

const SWEEP_LIMIT = 1_000

export function createDelivery(port: DeliveryPort, wake: () => void): Delivery {
  const channels = createChannels(port.storage, port.destination)
  const credentials = new Map<string, string>()

  const channelsOf = (projectId: string, integrationId: string): readonly ChannelRow[] =>
    ['production', 'sandbox'].flatMap(
      (environment) => channels.get(projectId, channelIdOf(integrationId, environment)) ?? [],
    )

  const changeAll = async (
    projectId: string,
    integrationId: string,
    compute: (row: ChannelRow) => ChannelRow,
  ): Promise<readonly ChannelRow[]> => {
    const changed: ChannelRow[] = []
    for (const row of channelsOf(projectId, integrationId)) {
      const after = await channels.change(projectId, row.channelId, compute)
      if (after !== null) changed.push(after)
    }
    wake()
    return changed
  }

  /** Refused credentials or addresses are worth another try as soon as any setting of the integration is another. */
  const reopenChanged = async (integrations: readonly Integration[]): Promise<void> => {
    for (const integration of integrations) {
      const key = `${integration.projectId}\n${integration.id}`
      const now = JSON.stringify([integration.settings, integration.sandbox])
      const before = credentials.get(key)
      credentials.set(key, now)
      if (before === undefined || before === now) continue
      await changeAll(integration.projectId, integration.id, (row) =>
        row.state === 'paused' && row.pausedBy !== 'person' ? opened(row, port.now()) : row,
      )
    }
  }

  return {
    dispatch: createDispatch(port, channels, wake),
    channels,
    wake,
    fanOut: (event, customer, now) =>
      fanOut(event, customer, now, {
        integrations: port.integrations().filter(({ projectId }) => projectId === event.projectId),
        destination: port.destination,
        channel: channels.get,
      }),
    hasten: (customer, now) =>
      port.integrations().flatMap((integration) => {
        const waits = Object.keys(waitsOf(integration))
        if (integration.projectId !== customer.projectId || waits.length === 0) return []
        if (waits.some((attribute) => customer.attributes[attribute] === undefined)) return []
        return channelsOf(customer.projectId, integration.id).map(({ channelId }) => ({
          projectId: customer.projectId,
          channelId,
          customerId: customer.id,
          dueAt: now,
          hasten: true,
        }))
      }),
    configure: async () => {
      await channels.refresh(port.integrations(), port.now())
      await reopenChanged(port.integrations())
      wake()
    },
    pause: (projectId, integrationId, by) =>
      changeAll(projectId, integrationId, (row) => pausedByPerson(row, by, port.now())),
    resume: (projectId, integrationId) =>
      changeAll(projectId, integrationId, (row) => (row.state === 'open' ? row : opened(row, port.now()))),
    channelsOf,
    retry: async (projectId, deliveryId, channelId) => {
      const channel = channels.get(projectId, channelId)
      const now = port.now()
      const retried = await port.storage.retryDelivery({
        projectId,
        deliveryId,
        mayGoAt: channel === null ? 0 : clockReading(channel, now),
        now,
      })
      if (retried) wake()
      return retried
    },
    arrived: (projectId, deliveryId) => port.storage.acceptDelivery({ projectId, deliveryId, now: port.now() }),
    sweep: async () => {
      const now = port.now()
      const open = new Set(
        channels
          .live()
          .filter(({ row }) => row.state === 'open')
          .map(({ row }) => `${row.projectId}\n${row.channelId}`),
      )
      let failed = 0
      for (const row of await port.storage.loadChannels()) {
        channels.heard(row)
        if (open.has(`${row.projectId}\n${row.channelId}`)) continue
        failed += await port.storage.failExpired({
          channel: { projectId: row.projectId, channelId: row.channelId },
          clockReading: clockReading(row, now),
          maxAgeMs: MAX_AGE_MS,
          reason: 'It waited for more than 72 hours',
          advice: row.reason ?? 'Its integration is off or gone; switch it on again and retry.',
          now,
          limit: SWEEP_LIMIT,
        })
      }
      return failed
    },
  }
}
