import {
  attemptValues,
  CUSTOMER_WIDTH,
  channelFrom,
  customerFrom,
  DELIVERY_WIDTH,
  deliveryChangeValues,
  deliveryFrom,
  queueFrom,
} from '../../columns.ts'
import { eventFrom } from '../../event-columns.ts'
import type { DeliveryStorage, SettledQueue, SettleInput } from '../../storage.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WireLot } from '../write/claim-lots.ts'
import type { WireSettle, WireSettledQueue } from '../write/settle.ts'
import type { WriteVerbs } from '../write/verbs.ts'

/** Columns of a queue as it is claimed; the customer's follow. */
const QUEUE_WIDTH = 10

export function deliveryStorage(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>): DeliveryStorage {
  return {
    async ensureChannels(rows, now) {
      return (await writer.call('ensureChannels', { rows, now }, rows.length)).map((row) => channelFrom(row))
    },
    async loadChannels() {
      return (await reader.call('loadChannels', null)).map((row) => channelFrom(row))
    },
    async saveChannel(row) {
      const { saved, values } = await writer.call('saveChannel', row)
      return saved ? { saved: true, row: channelFrom(values) } : { saved: false, row: channelFrom(values) }
    },
    async claimLots(input) {
      const weight = input.channels.reduce((sum, channel) => sum + channel.deliveries, 0)
      const { lots, stale } = await writer.call('claimLots', input, weight)
      return { lots: lots.map(lotFrom), stale: stale.map((row) => channelFrom(row)) }
    },
    async settleLot(input) {
      const weight = input.queues.reduce((sum, { deliveries }) => sum + 1 + deliveries.length, 2)
      const output = await writer.call('settleLot', settleValues(input), weight)
      return output.kind === 'settled' ? output : { kind: output.kind, row: channelFrom(output.values) }
    },
    renewLot: (input) => writer.call('renewLot', input, input.lot.queues.length),
    nextQueueDue: (channels) => reader.call('nextQueueDue', channels),
    freeDeadClaims: (owner, now) => writer.call('freeDeadClaims', { owner, now }),
    failExpired: (input) => writer.call('failExpired', input, input.limit),
    retryDeliveries: (input) => writer.call('retryDeliveries', input, input.deliveries.length),
    acceptDelivery: (input) => writer.call('acceptDelivery', input),
  }
}

function lotFrom({ ref, queues }: WireLot) {
  return {
    ref,
    queues: queues.map(({ queue, deliveries }) => ({
      queue: queueFrom(queue),
      customer: customerFrom(queue, QUEUE_WIDTH),
      lastStatus: (queue[QUEUE_WIDTH + CUSTOMER_WIDTH] ?? null) as string | null,
      deliveries: deliveries.map((row) => ({ delivery: deliveryFrom(row), event: eventFrom(row, DELIVERY_WIDTH) })),
    })),
  }
}

function settleValues({ lot, queues, attempts, channel }: SettleInput): WireSettle {
  return {
    lot: { ...lot, queues: [] },
    queues: queues.map(settledValues),
    attempts: attempts.map(attemptValues),
    channel,
  }
}

function settledValues(queue: SettledQueue): WireSettledQueue {
  return {
    ...queue,
    deliveries: queue.deliveries.map(deliveryChangeValues),
  }
}
