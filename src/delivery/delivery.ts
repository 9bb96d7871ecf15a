import type { FrozenEvent } from '../domain/event.ts'
import type { ChannelRow, CustomerRow } from '../storage/rows.ts'
import type { QueueWake } from '../storage/storage.ts'
import { clockReading } from './channel.ts'
import { type Channels, channelKey, createChannels } from './channels.ts'
import { createDispatch, type Dispatch } from './dispatch.ts'
import { type Before, type FanOutContext, fanOut, hastened } from './fan-out.ts'
import type { DeliveryPort } from './port.ts'
import { MAX_AGE_MS } from './schedule.ts'
import { createSwitches } from './switches.ts'

/** The door of the room: what the rest of the hub asks of delivery. */
export interface Delivery {
  readonly dispatch: Dispatch
  readonly channels: Channels
  /** The deliveries of an event, for the transaction that writes it. */
  fanOut(event: FrozenEvent, customer: CustomerRow, now: number): ReturnType<typeof fanOut>
  /** Queues that a customer's change makes due at once: an attribute that they waited for, a customer known at last. */
  hasten(before: Before, after: CustomerRow, now: number): readonly QueueWake[]
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

/** Deliveries that one sweep fails in one channel at most. */
const SWEEP_LIMIT = 1_000

export function createDelivery(port: DeliveryPort, wake: () => void): Delivery {
  const channels = createChannels(port.storage, port.destination)
  const switches = createSwitches(channels, port)
  const contextFor = (projectId: string): FanOutContext => ({
    integrations: port.integrations().filter((integration) => integration.projectId === projectId),
    destination: port.destination,
    channel: channels.get,
  })
  const thenWake = <T>(result: T): T => {
    wake()
    return result
  }
  return {
    dispatch: createDispatch(port, channels, wake),
    channels,
    wake,
    fanOut: (event, customer, now) => fanOut(event, customer, now, contextFor(event.projectId)),
    hasten: (before, after, now) => hastened(before, after, now, contextFor(after.projectId)),
    configure: async () => {
      await channels.refresh(port.integrations(), port.now())
      await switches.reopenChanged(port.integrations())
      wake()
    },
    pause: (projectId, integrationId, by) => switches.pause(projectId, integrationId, by).then(thenWake),
    resume: (projectId, integrationId) => switches.resume(projectId, integrationId).then(thenWake),
    channelsOf: switches.channelsOf,
    retry: (projectId, deliveryId, channelId) => {
      const channel = channels.get(projectId, channelId)
      const now = port.now()
      const mayGoAt = channel === null ? 0 : clockReading(channel, now)
      const deliveries = [{ id: deliveryId, mayGoAt, dueAt: now }]
      return port.storage.retryDeliveries({ projectId, deliveries }).then((retried) => thenWake(retried === 1))
    },
    arrived: (projectId, deliveryId) => port.storage.acceptDelivery({ projectId, deliveryId, now: port.now() }),
    sweep: () => sweep(channels, port),
  }
}

/** Fails what waited too long where nothing is claimed: an open channel fails it at the claim. */
async function sweep(channels: Channels, port: DeliveryPort): Promise<number> {
  const now = port.now()
  const rows = await port.storage.loadChannels()
  for (const row of rows) channels.heard(row)
  const open = new Set(channels.live().flatMap(({ row }) => (row.state === 'open' ? [channelKey(row)] : [])))
  let failed = 0
  for (const row of rows) {
    if (open.has(channelKey(row))) continue
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
}
