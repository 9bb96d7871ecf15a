import type { DeliveryRow } from '../storage/rows.ts'
import type { ClaimedQueue, DeliveryChange, SettledQueue } from '../storage/storage.ts'
import { clockReading } from './channel.ts'
import type { LotContext } from './lot.ts'
import type { DeliveryPort } from './port.ts'
import { type Prepared, prepare, statusOf } from './render.ts'
import { HELD, MAX_AGE_MS, MAX_DEATHS } from './schedule.ts'
import type { Rider } from './send.ts'
import { ended, unchanged } from './settle.ts'

/** A queue while its lot is worked on. */
export interface Work {
  readonly claimed: ClaimedQueue
  readonly changes: DeliveryChange[]
  dueAt: number
  step: number
  alone: boolean
  lastStatus: string | null
}

/** A delivery in the request, with what its first attempt fixes. */
export interface Seat extends Rider {
  readonly work: Work
  readonly identity: string
  readonly notes: readonly string[]
  readonly status: string
}

export function workOf(claimed: ClaimedQueue, now: number): Work {
  const { queue, lastStatus } = claimed
  return { claimed, changes: [], dueAt: now, step: queue.step, alone: false, lastStatus }
}

export function settledQueue(work: Work): SettledQueue {
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
export function takeSeats(works: readonly Work[], context: LotContext, port: DeliveryPort): readonly Seat[] {
  const { limits } = context.destination
  const seats: Seat[] = []
  let bytes = 0
  for (const work of works) {
    let status = statusOf(work.lastStatus)
    for (const { delivery, event } of work.claimed.deliveries) {
      const now = port.now()
      const prepared =
        endOf(delivery, work, context, now) ??
        prepare({
          delivery,
          event,
          customer: work.claimed.customer,
          integration: context.integration,
          destination: context.destination,
          lastStatus: status,
          now,
        })
      if (prepared.kind === 'held') {
        work.dueAt = HELD
        break
      }
      if (prepared.kind !== 'ready' || prepared.records.length === 0) {
        work.changes.push(withoutRequest(delivery, prepared, now))
        // The steps were taken by the delivery that has just left.
        work.step = 0
        continue
      }
      const size = prepared.records.reduce((sum, record) => sum + record.bytes + 1, 0)
      if (seats.length > 0 && (bytes + size > limits.bytesPerRequest || seats.length >= limits.deliveriesPerRequest))
        break
      bytes += size
      status = event.subscriptionStatus
      const { records, notes } = prepared
      seats.push({ delivery, records, work, identity: JSON.stringify(prepared.identity), notes, status })
    }
  }
  return seats
}

/** A delivery that ends before it is rendered: it killed the hub, or it waited too long. */
function endOf(
  delivery: DeliveryRow,
  work: Work,
  context: LotContext,
  now: number,
): Extract<Prepared, { kind: 'failed' }> | null {
  const { queue, deliveries } = work.claimed
  if (queue.died >= MAX_DEATHS && deliveries[0]?.delivery.id === delivery.id) {
    return {
      kind: 'failed',
      reason: `The hub died ${queue.died} times while sending it alone`,
      advice: 'Report the event as a bug of the hub, then retry it.',
    }
  }
  if (clockReading(context.channel, now) - delivery.mayGoAt > MAX_AGE_MS) {
    return {
      kind: 'failed',
      reason: 'It waited for more than 72 hours',
      advice: 'Retry it if it is still of use.',
    }
  }
  return null
}

function withoutRequest(
  delivery: DeliveryRow,
  prepared: Exclude<Prepared, { kind: 'held' }>,
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
