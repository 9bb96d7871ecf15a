import type { ClaimChannel, Lot } from '../storage/storage.ts'
import { claimable } from './channel.ts'
import { type Channels, channelKey, type LiveChannel } from './channels.ts'
import { createFlights, type Flights } from './flights.ts'
import { channelAfter, type LotContext, type LotResult, widthOf, workLot } from './lot.ts'
import type { DeliveryPort } from './port.ts'
import { reportLot } from './report.ts'
import { DRAIN_MS, LEASE_MS } from './schedule.ts'

export interface Dispatch {
  /** One round of claiming: gives the milliseconds until the next is due (0: at once). */
  round(): Promise<number>
  /** Claims nothing more and waits for what is in flight, 25 s at most. */
  drain(): Promise<void>
  readonly inFlight: number
  /** Lots that were claimed since the start: who looks twice sees whether something moved between. */
  readonly claimed: number
}

/** Most requests in flight of one process to one destination: when it hangs, those to the others go on. */
const MOST_IN_FLIGHT = 64
const IDLE_MS = 1_000
/** Something is due and cannot be taken: another process has the slots. */
const BUSY_MS = 50
/** A settle that storage could not take is tried again until its lease is nearly over. */
const SETTLE_RETRY_MS = 200

export function createDispatch(port: DeliveryPort, channels: Channels, wake: () => void): Dispatch {
  const flights = createFlights(wake)
  let draining = false
  let claimed = 0
  let last: Promise<number> = Promise.resolve(IDLE_MS)

  const claim = async (): Promise<number> => {
    if (draining) return IDLE_MS
    const now = port.now()
    const asked = claimableChannels(channels, flights, now)
    if (asked.claims.length === 0) return asked.nextAt === null ? IDLE_MS : Math.max(asked.nextAt - now, 1)
    const leaseUntil = now + LEASE_MS
    const { lots, stale } = await port.storage.claimLots({
      owner: port.owner,
      now,
      leaseUntil,
      channels: asked.claims,
    })
    for (const row of stale) channels.corrected(row)
    claimed += lots.length
    for (const lot of lots) {
      const key = channelKey(lot.ref)
      flights.add(key, asked.live.get(key)?.destination.id ?? '', fly(lot, asked, channels, port))
    }
    if (lots.length > 0 || stale.length > 0) return 0
    const due = (await port.storage.nextQueueDue(asked.claims)) ?? Number.POSITIVE_INFINITY
    const wait = Math.min(due <= now ? BUSY_MS : due - now, (asked.nextAt ?? Number.POSITIVE_INFINITY) - now)
    return Math.min(Math.max(wait, 1), IDLE_MS)
  }

  return {
    round: () => {
      last = claim()
      return last
    },
    drain: async () => {
      draining = true
      // The end of a drain, not a wait in it: a destination that does not answer may not hold up a shutdown.
      const late = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref())
      // What a round claims at this very moment is carried as well.
      const landed = last.then(
        () => flights.landed(),
        () => flights.landed(),
      )
      await Promise.race([landed, late])
    },
    get inFlight() {
      return flights.size
    },
    get claimed() {
      return claimed
    },
  }
}

/** A round's channels as they were when it asked: what a lot was claimed for. */
interface Asked {
  readonly claims: readonly ClaimChannel[]
  readonly live: ReadonlyMap<string, LiveChannel>
  /** When the earliest of the others may be claimed from. */
  readonly nextAt: number | null
}

function claimableChannels(channels: Channels, flights: Flights, now: number): Asked {
  const claims: ClaimChannel[] = []
  const live = new Map<string, LiveChannel>()
  let nextAt: number | null = null
  for (const channel of channels.live()) {
    const { row, integration, destination } = channel
    const key = channelKey(row)
    const may = claimable(row, widthOf(integration, destination), now)
    if (may.kind === 'none') {
      if (may.at !== null) nextAt = Math.min(nextAt ?? may.at, may.at)
      continue
    }
    const slots = may.kind === 'probe' ? 1 : may.width
    // Our own requests hold its slots: whichever lands first wakes the next round.
    if (flights.of(key) >= slots || flights.to(destination.id) >= MOST_IN_FLIGHT) continue
    const { deliveriesPerRequest } = destination.limits
    const size =
      may.kind === 'probe'
        ? { deliveries: 1, perQueue: 1 }
        : {
            deliveries: deliveriesPerRequest,
            perQueue: destination.answers === 'request' ? deliveriesPerRequest : 1,
          }
    const { projectId, channelId, version, avoidCustomer } = row
    claims.push({ projectId, channelId, version, avoidCustomer, slots, ...size })
    live.set(key, channel)
  }
  return { claims, live, nextAt }
}

/** Never rejects: what could not be settled is sent again when its lease is over. */
async function fly(lot: Lot, asked: Asked, channels: Channels, port: DeliveryPort): Promise<void> {
  try {
    const claimed = asked.live.get(channelKey(lot.ref))
    if (claimed === undefined) throw new Error('storage gave a lot of a channel that was not asked for')
    const context: LotContext = {
      lot,
      channel: claimed.row,
      integration: claimed.integration,
      destination: claimed.destination,
      wasProbe: claimed.row.state !== 'open',
      newest: () => channels.find(lot.ref.projectId, lot.ref.channelId) ?? claimed,
    }
    const result = await workLot(context, port)
    const fenced = await settle(context, result, channels, port)
    reportLot(context, result, fenced, port)
  } catch (error) {
    port.log('error', 'A lot of deliveries could not be settled; it is sent again when its lease is over', {
      channel: lot.ref.channelId,
      error: error instanceof Error ? error.message : String(error),
    })
  }
}

/** Writes what a lot came to, again while another changes the channel or storage is away; gives the queues it lost. */
async function settle(
  context: LotContext,
  result: LotResult,
  channels: Channels,
  port: DeliveryPort,
): Promise<readonly string[]> {
  const until = port.now() + LEASE_MS - 5_000
  for (;;) {
    const before = context.newest().row
    const after = channelAfter(before, result.sent, context, port)
    const moved = after !== before
    try {
      const settled = await port.storage.settleLot({
        lot: context.lot.ref,
        now: port.now(),
        queues: result.queues,
        attempts: result.sent.map((sent) => sent.attempt),
        channel: moved ? after : null,
      })
      if (settled.kind === 'settled') {
        if (moved) channels.saved(before, after)
        return settled.fenced
      }
      channels.corrected(settled.row)
    } catch (error) {
      if (port.now() >= until) throw error
      // A storage that is down gives no sign of its return; `until`, the end of the lease, ends the tries.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_RETRY_MS))
    }
  }
}
