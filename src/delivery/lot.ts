import type { Destination, RequestOutcome } from '../destinations/destination.ts'
import type { Integration } from '../domain/project.ts'
import type { ChannelRow } from '../storage/rows.ts'
import type { Lot, SettledQueue } from '../storage/storage.ts'
import { culprit, failed, refused, succeeded } from './channel.ts'
import type { LiveChannel } from './channels.ts'
import type { DeliveryPort } from './port.ts'
import { LEASE_MS } from './schedule.ts'
import { type Seat, settledQueue, takeSeats, type Work, workOf } from './seats.ts'
import { outcomesOf, type Sent, sendRequest } from './send.ts'
import { type Settled, settleByRecords, settleByRequest } from './settle.ts'

/** A claimed lot with what it belongs to, as it was when it was claimed. */
export interface LotContext {
  readonly lot: Lot
  readonly channel: ChannelRow
  readonly integration: Integration
  readonly destination: Destination
  readonly wasProbe: boolean
  /** The same channel as it is by now. */
  newest(): LiveChannel
}

/** What a lot came to: everything that one settle writes, but for the channel, which is made from its newest row. */
export interface LotResult {
  readonly queues: readonly SettledQueue[]
  readonly sent: readonly Sent[]
}

/** Renders a lot, sends it (in halves where a request is refused as a whole) and works out what became of each part. */
export async function workLot(context: LotContext, port: DeliveryPort): Promise<LotResult> {
  const works = context.lot.queues.map((claimed) => workOf(claimed, port.now()))
  const seats = takeSeats(works, context, port)
  const sent = seats.length === 0 ? [] : await sendHalving(seats, context, port)
  settleSeats(seats, sent, context, port)
  return { queues: works.map(settledQueue), sent }
}

/** Sends; a request that is refused as a whole is halved until the culprit stands alone and the others have gone. */
async function sendHalving(seats: readonly Seat[], context: LotContext, port: DeliveryPort): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  // The next on top: halves go in the order of their deliveries.
  const groups = [seats]
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    if (sent.length > 0 && !(await mayGoOn(sent, context, port))) break
    const one = await sendRequest(group, context.channel, context.integration, context.destination, port)
    sent.push(one)
    if (one.outcome.kind !== 'split' || group.length === 1) continue
    const middle = Math.ceil(group.length / 2)
    groups.push(group.slice(middle), group.slice(0, middle))
  }
  return sent
}

/** The rest of a lot waits when its channel is down or paused by now, or when the lot is no longer ours. */
async function mayGoOn(sent: readonly Sent[], context: LotContext, port: DeliveryPort): Promise<boolean> {
  if (channelAfter(context.newest().row, sent, context, port).state !== 'open') return false
  // A request may take two thirds of a lease: each needs a whole one. Storage that is away gives none, and what has been
  // sent is settled all the same when it is back.
  return port.storage.renewLot({ lot: context.lot.ref, leaseUntil: port.now() + LEASE_MS }).catch(() => false)
}

function settleSeats(seats: readonly Seat[], sent: readonly Sent[], context: LotContext, port: DeliveryPort): void {
  const stopped = new Set<Work>()
  for (const seat of seats) {
    const { work } = seat
    const settled = settleSeat(
      seat,
      sent.filter(({ riders }) => riders.includes(seat)),
      context,
      port,
    )
    // Behind one that waits too: what was sent of it was an attempt, which fixes its identity.
    work.changes.push(settled.change)
    if (stopped.has(work)) continue
    if (settled.waitUntil !== null) {
      work.dueAt = settled.waitUntil
      stopped.add(work)
    }
    work.step = settled.step
    work.alone = settled.alone
    if (settled.change.done.includes('identify') && seat.records.some(({ kind }) => kind === 'identify')) {
      work.lastStatus = seat.status
    }
  }
}

/** `requests`: those it rode in, the last of which decides. */
function settleSeat(seat: Seat, requests: readonly Sent[], context: LotContext, port: DeliveryPort): Settled {
  const last = requests.at(-1)
  if (last === undefined) throw new Error(`delivery ${seat.delivery.id} had a seat in no request`)
  const settle = {
    now: port.now(),
    random: port.random,
    step: seat.work.step,
    identity: seat.identity,
    notes: seat.notes,
    attemptIds: requests.map((one) => one.attempt.id),
    whenUnknown: context.integration.settings.when_unknown === 'hold' ? ('hold' as const) : ('retry' as const),
    keepCulprit: context.channel.state === 'paused' || last.riders.length > 1,
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
  return sent.reduce((channel, one) => afterRequest(channel, one.outcome, one, context, port), row)
}

function afterRequest(
  channel: ChannelRow,
  outcome: RequestOutcome,
  sent: Sent,
  context: LotContext,
  port: DeliveryPort,
): ChannelRow {
  const now = port.now()
  switch (outcome.kind) {
    case 'records':
      return succeeded(channel, widthOf(context.integration, context.destination), now)
    case 'failed': {
      const avoidCustomer =
        context.wasProbe && outcome.mayHaveArrived ? (sent.riders[0]?.delivery.customerId ?? null) : null
      const { reason, retryAfterMs } = outcome
      return failed(channel, { reason, retryAfterMs, avoidCustomer, wasProbe: context.wasProbe }, now, port.random)
    }
    case 'refused':
      // It says nothing of settings that came while it was under way.
      if (context.newest().integration.settings !== context.integration.settings) return channel
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
