import type { Integration } from '../domain/project.ts'
import type { ChannelRow } from '../storage/rows.ts'
import type { ClaimChannel, Lot } from '../storage/storage.ts'
import { claimable } from './channel.ts'
import type { Channels } from './channels.ts'
import { channelAfter, type LotContext, type LotResult, widthOf, workLot } from './lot.ts'
import type { DeliveryPort } from './port.ts'
import { DRAIN_MS, LEASE_MS } from './schedule.ts'

export interface Dispatch {
  /** One round of claiming: gives the milliseconds until the next is due (0: at once). */
  round(): Promise<number>
  /** Claims nothing more and waits for what is in flight, 25 s at most. */
  drain(): Promise<void>
  readonly inFlight: number
}

/** Most requests in flight of one process, over all channels. */
const MOST_IN_FLIGHT = 64
const IDLE_MS = 1_000
/** A settle that storage could not take is tried again until its lease is nearly over. */
const SETTLE_RETRY_MS = 200

export function createDispatch(port: DeliveryPort, channels: Channels, wake: () => void): Dispatch {
  const flights = new Set<Promise<void>>()
  let draining = false

  const round = async (): Promise<number> => {
    if (draining || flights.size >= MOST_IN_FLIGHT) return IDLE_MS
    const now = port.now()
    const asked = claimableChannels(channels, now)
    if (asked.claims.length === 0) return asked.nextAt === null ? IDLE_MS : Math.max(asked.nextAt - now, 1)
    const { lots, stale } = await port.storage.claimLots({
      owner: port.owner,
      now,
      leaseUntil: now + LEASE_MS,
      channels: asked.claims,
    })
    for (const row of stale) channels.heard(row)
    for (const lot of lots) fly(lot)
    if (lots.length > 0 || stale.length > 0) return 0
    const due = await port.storage.nextQueueDue(asked.claims)
    const next = Math.min(due ?? Number.POSITIVE_INFINITY, asked.nextAt ?? Number.POSITIVE_INFINITY)
    return Math.max(Math.min(next - port.now(), IDLE_MS), 1)
  }

  const fly = (lot: Lot): void => {
    const flight = carry(lot)
      .catch((error: unknown) => {
        // The lease ends by itself and the lot is sent again: at least once, never silently lost.
        port.log('error', 'A lot of deliveries could not be settled; it is sent again when its lease is over', {
          channel: lot.ref.channelId,
          error: error instanceof Error ? error.message : String(error),
        })
      })
      .finally(() => {
        flights.delete(flight)
        wake()
      })
    flights.add(flight)
  }

  const carry = async (lot: Lot): Promise<void> => {
    const context = contextOf(lot, channels)
    if (context === null) return
    const result = await workLot(context, port)
    await settle(context, result)
    report(context, result, port)
  }

  const settle = async (context: LotContext, result: LotResult): Promise<void> => {
    const until = port.now() + LEASE_MS - 5_000
    for (;;) {
      const before = channels.get(context.channel.projectId, context.channel.channelId) ?? context.channel
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
          return
        }
        channels.heard(settled.row)
      } catch (error) {
        if (port.now() >= until) throw error
        await new Promise((resolve) => setTimeout(resolve, SETTLE_RETRY_MS))
      }
    }
  }

  return {
    round,
    drain: async () => {
      draining = true
      const late = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref())
      await Promise.race([Promise.all(flights), late])
    },
    get inFlight() {
      return flights.size
    },
  }
}

/** The channels that may be claimed from now, and when the earliest of the others may. */
function claimableChannels(
  channels: Channels,
  now: number,
): { readonly claims: readonly ClaimChannel[]; readonly nextAt: number | null } {
  const claims: ClaimChannel[] = []
  let nextAt: number | null = null
  for (const { row, integration, destination } of channels.live()) {
    const may = claimable(row, widthOf(integration, destination), now)
    if (may.kind === 'none') {
      if (may.at !== null) nextAt = Math.min(nextAt ?? may.at, may.at)
      continue
    }
    const common = {
      projectId: row.projectId,
      channelId: row.channelId,
      version: row.version,
      avoidCustomer: row.avoidCustomer,
    }
    if (may.kind === 'probe') {
      claims.push({ ...common, slots: 1, deliveries: 1, perQueue: 1 })
    } else {
      const { deliveriesPerRequest } = destination.limits
      const perQueue = destination.answers === 'request' ? deliveriesPerRequest : 1
      claims.push({ ...common, slots: may.width, deliveries: deliveriesPerRequest, perQueue })
    }
  }
  return { claims, nextAt }
}

function contextOf(lot: Lot, channels: Channels): LotContext | null {
  const live = channels.find(lot.ref.projectId, lot.ref.channelId)
  if (live === null) return null
  return {
    lot,
    channel: live.row,
    integration: live.integration,
    destination: live.destination,
    wasProbe: live.row.state !== 'open',
  }
}

function report(context: LotContext, result: LotResult, port: DeliveryPort): void {
  const { channel } = context
  for (const { attempt, outcome, riders } of result.sent) {
    port.meter.attempt(channel, outcome.kind, attempt.durationMs, riders.length)
    const bad = outcome.kind !== 'records' || outcome.warning !== undefined
    port.log(
      bad ? 'warn' : 'info',
      'attempt',
      attemptLine(channel, context.integration, attempt, outcome, riders.length),
    )
  }
  const changes = result.queues.flatMap((queue) => queue.deliveries)
  for (const status of ['delivered', 'failed', 'skipped'] as const) {
    const count = changes.filter((change) => change.status === status).length
    if (count > 0) port.meter.settled(channel, status, count)
  }
  const events = new Map(
    context.lot.queues.flatMap((queue) => queue.deliveries.map(({ delivery }) => [delivery.id, delivery.eventId])),
  )
  const { projectId, integrationId, environment } = channel
  port.news({
    projectId,
    deliveries: changes.map(({ id, status, reason, attempts }) => ({
      id,
      eventId: events.get(id) ?? '',
      integrationId,
      environment,
      status,
      reason,
      attempts,
    })),
  })
}

/** One wide line per attempt. */
function attemptLine(
  channel: ChannelRow,
  integration: Integration,
  attempt: LotResult['sent'][number]['attempt'],
  outcome: LotResult['sent'][number]['outcome'],
  deliveries: number,
): Readonly<Record<string, unknown>> {
  return {
    project: channel.projectId,
    integration: channel.integrationId,
    destination: integration.destination,
    environment: channel.environment,
    attempt: attempt.id,
    status: attempt.status,
    duration_ms: attempt.durationMs,
    deliveries,
    outcome: outcome.kind,
    ...(outcome.kind === 'records'
      ? outcome.warning === undefined
        ? {}
        : { warning: outcome.warning }
      : { reason: outcome.reason }),
  }
}
