import { openStorage } from '../../src/hub/storage.ts'
import type { ClevertapLedgerEntry } from '../../src/stand-ins/clevertap-ledger.ts'
import type { SegmentLedgerEntry } from '../../src/stand-ins/segment-ledger.ts'
import type { ListedDelivery } from '../../src/storage/reads.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { World } from './harness.ts'
import type { DestinationRun, ExpectedEvent, Receipt, Run, StoredEvent } from './journal.ts'

/** What is in the database, read beside the hub or after its death. */

const PAGE = 500

export async function reading<T>(world: World, read: (storage: Storage) => Promise<T>): Promise<T> {
  const { TRIBUTARY_DATABASE_URL: url = null, TRIBUTARY_DATA_DIR: dataDir = '' } = world.env
  const storage = await openStorage({ databaseUrl: () => url, dataDir }, { migrate: false, readOnly: true })
  try {
    return await read(storage)
  } finally {
    await storage.close()
  }
}

/** Source key (the sender's own id) → status. */
export async function keptNotifications(storage: Storage): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>()
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<Storage['listNotifications']>> = await storage.listNotifications({
      projectId: 'acme',
      appId: null,
      status: null,
      before,
      limit: PAGE,
    })
    for (const row of page.items) kept.set(row.sourceKey, row.status)
    before = page.next
  } while (before !== null)
  return kept
}

async function storedEvents(storage: Storage): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = []
  for (let after = ''; ; ) {
    const page = await storage.listEvents({
      projectId: 'acme',
      after,
      before: null,
      types: [],
      customer: null,
      environment: null,
      limit: PAGE,
    })
    for (const { event } of page.items) {
      events.push({
        id: event.id,
        type: event.type,
        name: event.name,
        product: event.productId,
        money: { currency: event.money.currency, micros: event.money.grossMicros },
        customer: `${event.environment} ${event.customerId}`,
        seq: event.seq,
      })
    }
    if (page.items.length === 0 || page.next === null) return events
    after = page.next
  }
}

export async function deliveriesOf(
  storage: Storage,
  integrationId: string,
  status: 'waiting' | 'sending' | 'failed' | 'skipped' | 'delivered',
): Promise<readonly ListedDelivery['delivery'][]> {
  const found: ListedDelivery['delivery'][] = []
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<Storage['listDeliveries']>> = await storage.listDeliveries({
      projectId: 'acme',
      integrationId,
      status,
      before,
      limit: PAGE,
    })
    found.push(...page.items.map(({ delivery }) => delivery))
    before = page.next
  } while (before !== null)
  return found
}

/** Currency → micros of the ledger entries that the given events announced. */
async function ledgerSums(
  storage: Storage,
  chains: ReadonlyMap<'production' | 'sandbox', Iterable<string>>,
  events: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>()
  for (const [environment, ids] of chains) {
    for (const chain of ids) {
      const rows = await storage.listLedger('acme', {
        projectId: 'acme',
        store: 'app_store',
        environment,
        chain,
        line: '',
      })
      for (const { eventId, currency, micros } of rows) {
        if (eventId === null || !events.has(eventId) || currency === null || micros === null) continue
        sums.set(currency, (sums.get(currency) ?? 0) + micros)
      }
    }
  }
  return sums
}

// ── what arrived ────────────────────────────────────────────────────────────────────────────────────────────────────

type Json = Readonly<Record<string, unknown>>

function microsOf(amount: unknown): number | null {
  return typeof amount === 'number' ? Math.round(amount * 1e6) : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The track calls, those included that Segment would have dropped as repeated. */
function segmentReceipts(ledger: readonly SegmentLedgerEntry[]): readonly Receipt[] {
  return ledger.flatMap((entry): Receipt[] => {
    if (entry.type !== 'track' || entry.eventId === null) return []
    const { properties } = entry.body as { readonly properties: Json }
    const money = { currency: textOf(properties.currency), micros: microsOf(properties.revenue) }
    return [{ id: entry.eventId, money, body: JSON.stringify(entry.body) }]
  })
}

function clevertapReceipts(ledger: readonly ClevertapLedgerEntry[]): readonly Receipt[] {
  return ledger.flatMap((entry): Receipt[] => {
    if (entry.type !== 'event' || entry.eventId === null) return []
    const { evtData } = entry.body as { readonly evtData: Json }
    const money = { currency: textOf(evtData.currency), micros: microsOf(evtData.amount) }
    return [{ id: entry.eventId, money, body: JSON.stringify(entry.body) }]
  })
}

/** What the destinations would not have kept, for another reason than that it came twice. */
function segmentFaults(ledger: readonly SegmentLedgerEntry[]): readonly string[] {
  return ledger
    .filter(({ verdict }) => verdict !== 'accepted' && verdict !== 'dropped:duplicate')
    .map(({ verdict, eventId, type }) => `${type ?? 'a call'} of ${eventId ?? 'no event'} was ${verdict}`)
}

function clevertapFaults(ledger: readonly ClevertapLedgerEntry[]): readonly string[] {
  return ledger
    .filter(({ verdict, warnings }) => verdict !== 'accepted' || warnings.includes('truncated'))
    .map(({ verdict, eventId }) => `the record of ${eventId ?? 'no event'} was ${verdict}`)
}

export const DESTINATIONS = ['segment', 'clevertap'] as const
export type DestinationName = (typeof DESTINATIONS)[number]

export function receiptsOf(world: World, name: DestinationName): readonly Receipt[] {
  return name === 'segment' ? segmentReceipts(world.segment.ledger) : clevertapReceipts(world.clevertap.ledger)
}

/** Everything that the checker needs, when all hubs are gone. */
export async function collectRun(
  world: World,
  given: {
    readonly accepted: readonly string[]
    readonly expected: readonly ExpectedEvent[]
    readonly mayDouble: (name: DestinationName) => ReadonlyMap<string, number>
  },
): Promise<Run> {
  return reading(world, async (storage) => {
    const events = await storedEvents(storage)
    const sent = new Set(events.filter(({ name }) => name !== null).map(({ id }) => id))
    const chains = new Map([
      ['production', world.production.chains.keys()],
      ['sandbox', world.sandbox.chains.keys()],
    ] as const)
    const destinations: DestinationRun[] = []
    for (const name of DESTINATIONS) {
      const open = await Promise.all(
        (['waiting', 'sending', 'failed', 'skipped'] as const).map((status) => deliveriesOf(storage, name, status)),
      )
      destinations.push({
        name,
        receipts: receiptsOf(world, name),
        faults: name === 'segment' ? segmentFaults(world.segment.ledger) : clevertapFaults(world.clevertap.ledger),
        mayDouble: given.mayDouble(name),
        unsettled: open.flat().map(({ eventId, status }) => ({ event: eventId, status })),
      })
    }
    const ledger = await ledgerSums(storage, chains, sent)
    return { ...given, kept: await keptNotifications(storage), events, destinations, ledger }
  })
}
