import type { FrozenEvent } from '../../src/domain/event.ts'
import type { Receipt, Request, Run, Wanted } from './checker.ts'
import type { World } from './harness.ts'
import type { Sending } from './journal.ts'

/**
 * What the checker judges, read from a world: its storage, the ledgers of its stand-ins, its journal of requests.
 * `retried`: deliveries (`integration event`) that a person sent again. `moved`: customers (by id) whose identity changed
 * meanwhile: the identity of a first attempt is kept with its settle, so one that died before it may go out under another.
 */
export async function runOf(
  world: World,
  events: readonly FrozenEvent[],
  retried: ReadonlySet<string> = new Set(),
  moved: ReadonlySet<string> = new Set(),
): Promise<Run> {
  const untold = new Set(
    world.sendings
      .filter(({ settled }) => settled !== true)
      .flatMap(({ request }) => recordsIn(String(request.body)).map(({ event }) => event)),
  )
  const wanted: Wanted[] = []
  for (const integration of world.integrations) {
    const found = new Map(
      (await world.deliveries(integration.id)).map(({ delivery }) => [delivery.eventId, delivery] as const),
    )
    for (const event of events) {
      const delivery = found.get(event.id)
      wanted.push({
        integration: integration.id,
        event: event.id,
        customer: event.customerId,
        seq: event.seq,
        status: delivery?.status ?? 'missing',
        reason: delivery?.reason ?? null,
        advice: delivery?.advice ?? null,
        ended: (delivery === undefined ? undefined : world.ended.get(delivery.id)) ?? null,
        mayChange: (delivery?.mends.length ?? 0) > 0 || (moved.has(event.customerId) && untold.has(event.id)),
        retried: retried.has(`${integration.id} ${event.id}`),
      })
    }
  }
  const requests = world.sendings.map(requestOf)
  return { wanted, requests, receipts: [...segmentReceipts(world), ...clevertapReceipts(world)] }
}

/** The records of a body with the event that each belongs to: an identify stands before its own track. */
export function recordsIn(
  body: string,
): readonly { readonly event: string; readonly record: string; readonly id: string }[] {
  const { batch, d } = JSON.parse(body) as {
    readonly batch?: readonly {
      readonly type: string
      readonly messageId: string
      readonly properties?: { readonly event_id: string }
    }[]
    readonly d?: readonly { readonly evtName: string; readonly evtData: { readonly event_id: string } }[]
  }
  if (batch !== undefined) {
    return batch.map((call, n) => ({
      event: (call.properties ?? batch[n + 1]?.properties)?.event_id ?? '',
      record: call.type,
      id: call.messageId,
    }))
  }
  return (d ?? []).map(({ evtName, evtData }) => ({
    event: evtData.event_id,
    record: evtName === 'Charged' ? 'charged' : 'event',
    id: evtData.event_id,
  }))
}

function requestOf(sending: Sending): Request {
  const body = String(sending.request.body)
  const integration = body.startsWith('{"batch"') ? 'segment' : 'clevertap'
  const records = recordsIn(body)
  const { result } = sending
  const status = result?.kind === 'answer' ? result.status : null
  const said = status !== null && status >= 200 && status < 300
  const understood =
    said && (integration === 'segment' || addsUp(result?.kind === 'answer' ? result.body : '', records.length))
  // What a gateway says of what stands behind it is nothing.
  const refused = status !== null && !said && status !== 502 && status !== 504
  return {
    integration,
    tick: sending.tick,
    events: records.map(({ event }) => event),
    certain: sending.settled === true && (understood || refused),
    answered: understood || status === 400 || status === 413 || status === 422,
  }
}

function addsUp(body: string, sent: number): boolean {
  try {
    const { processed, unprocessed } = JSON.parse(body) as { processed?: number; unprocessed?: unknown[] }
    return (processed ?? Number.NaN) + (unprocessed?.length ?? Number.NaN) === sent
  } catch {
    return false
  }
}

function segmentReceipts(world: World): readonly Receipt[] {
  const owners = new Map<string, string>()
  for (const { request } of world.sendings) {
    const body = String(request.body)
    if (body.startsWith('{"batch"')) for (const { id, event } of recordsIn(body)) owners.set(id, event)
  }
  return world.segment.ledger.map((entry, index) => {
    if (entry.verdict !== 'accepted' && entry.verdict !== 'dropped:duplicate') {
      throw new Error(`Segment would not have kept a call: ${entry.verdict}`)
    }
    return {
      integration: 'segment',
      index,
      event: entry.eventId ?? owners.get(entry.messageId ?? '') ?? 'unknown',
      record: entry.type ?? '',
      body: JSON.stringify(entry.body),
    }
  })
}

function clevertapReceipts(world: World): readonly Receipt[] {
  return world.clevertap.ledger.flatMap((entry, index) =>
    entry.verdict !== 'accepted'
      ? []
      : [
          {
            integration: 'clevertap',
            index,
            event: entry.eventId ?? 'unknown',
            record: entry.event === 'Charged' ? 'charged' : 'event',
            body: JSON.stringify(entry.body),
          },
        ],
  )
}
