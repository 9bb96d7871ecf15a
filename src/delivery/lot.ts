import type { Destination, RequestOutcome } from '../destinations/destination.ts'
import type { Integration } from '../domain/project.ts'
import type { ChannelRow, DeliveryRow } from '../storage/rows.ts'
import type { ClaimedQueue, DeliveryChange, Lot, SettledQueue } from '../storage/storage.ts'
import { clockReading, culprit, failed, refused, succeeded } from './channel.ts'
import type { DeliveryPort } from './port.ts'
import { prepare, statusOf } from './render.ts'
import { HELD, LEASE_MS, MAX_AGE_MS, MAX_DEATHS } from './schedule.ts'
import { outcomesOf, type Rider, type Sent, sendRequest } from './send.ts'
import { ended, type Settled, settleByRecords, settleByRequest, unchanged } from './settle.ts'

/** A claimed lot with what it belongs to. */
export interface LotContext {
  readonly lot: Lot
  readonly channel: ChannelRow
  readonly integration: Integration
  readonly destination: Destination
  readonly wasProbe: boolean
}

/** What a lot came to: everything that one settle writes, but for the channel, which is made from its newest row. */
export interface LotResult {
  readonly queues: readonly SettledQueue[]
  readonly sent: readonly Sent[]
}

/** A queue while its lot is worked on. */
interface Work {
  readonly claimed: ClaimedQueue
  readonly changes: DeliveryChange[]
  dueAt: number
  step: number
  alone: boolean
  lastStatus: string | null
}

interface Seat extends Rider {
  readonly work: Work
  readonly identity: string
  readonly notes: readonly string[]
  readonly status: string
}

/** Renders a lot, sends it (in halves where a request is refused as a whole) and works out what became of each part. */
export async function workLot(context: LotContext, port: DeliveryPort): Promise<LotResult> {
  const works = context.lot.queues.map((claimed): Work => {
    const { queue, lastStatus } = claimed
    return { claimed, changes: [], dueAt: port.now(), step: queue.step, alone: false, lastStatus }
  })
  const seats = takeSeats(works, context, port)
  const sent = seats.length === 0 ? [] : await sendHalving(seats, context, port)
  settleSeats(seats, sent, context, port)
  return { queues: works.map(settledQueue), sent }
}

function settledQueue(work: Work): SettledQueue {
  return {
    customerId: work.claimed.queue.customerId,
    fence: work.claimed.queue.fence,
    deliveries: work.changes,
    dueAt: work.dueAt,
    step: work.step,
    alone: work.alone,
    lastStatus: work.lastStatus,
  }
}

/** Who rides in the request: each queue's deliveries in order, until one must wait or the request is full. */
function takeSeats(works: readonly Work[], context: LotContext, port: DeliveryPort): readonly Seat[] {
  const { limits } = context.destination
  const seats: Seat[] = []
  let bytes = 0
  for (const work of works) {
    let status = statusOf(work.lastStatus)
    for (const { delivery, event } of work.claimed.deliveries) {
      const end = endOf(delivery, work, context, port.now())
      if (end !== null) {
        work.changes.push(end)
        continue
      }
      const { customer } = work.claimed
      const prepared = prepare({
        delivery,
        event,
        customer,
        integration: context.integration,
        destination: context.destination,
        lastStatus: status,
        now: port.now(),
      })
      if (prepared.kind === 'held') {
        work.dueAt = HELD
        break
      }
      if (prepared.kind !== 'ready' || prepared.records.length === 0) {
        work.changes.push(withoutRequest(delivery, prepared, port.now()))
        continue
      }
      const size = prepared.records.reduce((sum, record) => sum + record.bytes + 1, 0)
      if (seats.length > 0 && (bytes + size > limits.bytesPerRequest || seats.length >= limits.deliveriesPerRequest))
        break
      bytes += size
      status = event.subscriptionStatus
      const identity = JSON.stringify(prepared.identity)
      seats.push({
        delivery,
        records: prepared.records,
        work,
        identity,
        notes: prepared.notes,
        status: event.subscriptionStatus,
      })
      if (context.destination.answers === 'record') break
    }
  }
  return seats
}

function endOf(delivery: DeliveryRow, work: Work, context: LotContext, now: number): DeliveryChange | null {
  const { queue, deliveries } = work.claimed
  if (queue.died >= MAX_DEATHS && deliveries[0]?.delivery.id === delivery.id) {
    return ended(
      delivery,
      'failed',
      `The hub died ${queue.died} times while sending it alone`,
      'Report the event as a bug of the hub, then retry it.',
      now,
    )
  }
  if (clockReading(context.channel, now) - delivery.mayGoAt > MAX_AGE_MS) {
    return ended(delivery, 'failed', 'It waited for more than 72 hours', 'Retry it if it is still of use.', now)
  }
  return null
}

function withoutRequest(
  delivery: DeliveryRow,
  prepared: Exclude<ReturnType<typeof prepare>, { kind: 'held' }>,
  now: number,
): DeliveryChange {
  switch (prepared.kind) {
    case 'ready':
      // All its records were settled by earlier requests.
      return { ...unchanged(delivery), status: 'delivered', reason: null, advice: null, settledAt: now }
    case 'skipped':
      return ended(delivery, 'skipped', prepared.reason, null, now)
    case 'failed':
      return ended(delivery, 'failed', prepared.reason, prepared.advice, now)
  }
}

/** Sends; a request that is refused as a whole is halved until the culprit stands alone and the others have gone. */
async function sendHalving(seats: readonly Seat[], context: LotContext, port: DeliveryPort): Promise<readonly Sent[]> {
  const sent = await sendRequest(seats, context.channel, context.integration, context.destination, port)
  if (sent.outcome.kind !== 'split' || seats.length === 1) return [sent]
  const owned = await port.storage.renewLot({ lot: context.lot.ref, leaseUntil: port.now() + LEASE_MS })
  if (!owned) return [sent]
  const middle = Math.ceil(seats.length / 2)
  const left = await sendHalving(seats.slice(0, middle), context, port)
  const last = left.at(-1)?.outcome.kind
  // The other half waits when the channel turned out to be down.
  const right = last === 'failed' || last === 'refused' ? [] : await sendHalving(seats.slice(middle), context, port)
  return [sent, ...left, ...right]
}

function settleSeats(seats: readonly Seat[], sent: readonly Sent[], context: LotContext, port: DeliveryPort): void {
  const stopped = new Set<Work>()
  for (const seat of seats) {
    if (stopped.has(seat.work)) continue
    const requests = sent.filter((one) => one.riders.includes(seat))
    const settled = settleSeat(seat, requests, context, port)
    if (settled === null) {
      stopped.add(seat.work)
      continue
    }
    seat.work.changes.push(settled.change)
    if (settled.waitUntil !== null) {
      seat.work.dueAt = settled.waitUntil
      stopped.add(seat.work)
    }
    seat.work.step = settled.step
    seat.work.alone = settled.alone
    if (settled.change.done.includes('identify') && seat.records.some(({ kind }) => kind === 'identify')) {
      seat.work.lastStatus = seat.status
    }
  }
}

/** null: its half was not sent; it waits as it is. */
function settleSeat(seat: Seat, requests: readonly Sent[], context: LotContext, port: DeliveryPort): Settled | null {
  const last = requests.at(-1)
  if (last === undefined || (last.outcome.kind === 'split' && last.riders.length > 1)) return null
  const settle = {
    now: port.now(),
    random: port.random,
    step: seat.work.step,
    identity: seat.identity,
    notes: seat.notes,
    attemptIds: requests.map((one) => one.attempt.id),
    whenUnknown: context.integration.settings.when_unknown === 'hold' ? ('hold' as const) : ('retry' as const),
    keepCulprit: context.channel.state === 'paused',
  }
  if (last.outcome.kind !== 'records') return settleByRequest(seat, last.outcome, settle)
  const own = outcomesOf(last).find(({ rider }) => rider === seat)
  return settleByRecords(seat, own?.outcomes ?? [], settle)
}

/** The channel after a lot's requests, made from its newest row. */
export function channelAfter(
  row: ChannelRow,
  sent: readonly Sent[],
  context: LotContext,
  port: DeliveryPort,
): ChannelRow {
  const maxWidth = widthOf(context.integration, context.destination)
  return sent.reduce((channel, one) => afterRequest(channel, one.outcome, one, maxWidth, context, port), row)
}

function afterRequest(
  channel: ChannelRow,
  outcome: RequestOutcome,
  sent: Sent,
  maxWidth: number,
  context: LotContext,
  port: DeliveryPort,
): ChannelRow {
  const now = port.now()
  switch (outcome.kind) {
    case 'records':
      return succeeded(channel, maxWidth, now)
    case 'failed': {
      const avoidCustomer =
        context.wasProbe && outcome.mayHaveArrived ? (sent.riders[0]?.delivery.customerId ?? null) : null
      const { reason, retryAfterMs } = outcome
      return failed(channel, { reason, retryAfterMs, avoidCustomer, wasProbe: context.wasProbe }, now, port.random)
    }
    case 'refused':
      return refused(channel, outcome.reason, outcome.advice, now)
    case 'split':
      return sent.riders.length > 1 ? channel : culprit(channel, outcome.reason, outcome.advice, now)
  }
}

/** Requests in flight that an integration allows. */
export function widthOf(integration: Integration, destination: Destination): number {
  const set = integration.settings.max_in_flight
  return typeof set === 'number' ? Math.min(Math.max(1, set), destination.limits.maxSlots) : destination.limits.slots
}
