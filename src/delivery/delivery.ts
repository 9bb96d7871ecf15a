import type { FrozenEvent } from '../domain/event.ts'
import type { ChannelRow, CustomerRow } from '../storage/rows.ts'
import type { QueueWake } from '../storage/storage.ts'
import { clockReading } from './channel.ts'
import { type Channels, createChannels } from './channels.ts'
import { createDispatch, type Dispatch } from './dispatch.ts'
import { type Before, type FanOutContext, fanOut, hastened } from './fan-out.ts'
import type { DeliveryPort } from './port.ts'
import { createSweep } from './sweep.ts'
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
  /** Fails what waits for a removed integration, and what waited too long in channels that are down. Called each minute. */
  sweep(): Promise<number>
}

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
    sweep: createSweep(channels, port),
  }
}
