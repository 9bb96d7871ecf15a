import type { Observation } from '../../domain/observation.ts'
import { observe } from '../../domain/observe.ts'
import type { App } from '../../domain/project.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { needsHistory } from '../../domain/timeline/predecessor.ts'
import type { Json } from '../json.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import { fetchChain, observationsOfChain, wholeInvoice } from './chain.ts'
import type { StripeClient } from './client.ts'
import { isSubscriptionEvent } from './decode.ts'
import { keptEvent, type StripeEvent } from './event.ts'
import { invoiceOf, isFree } from './invoice.ts'
import { mayStillCome, waiting } from './patience.ts'
import { periodsIn } from './periods.ts'
import { type KnownLine, plannedSightings } from './planned.ts'
import {
  ownerOfSession,
  type Sighting,
  settled,
  sightingsOfFailed,
  sightingsOfPaid,
  sightingsOfSubscription,
  subscriptionSight,
} from './sighting.ts'

/** A message, and what it shows of each line. */
interface Read {
  readonly message: number
  readonly event: StripeEvent
  readonly sightings: readonly Sighting[]
  /** The rest of the chain decides what it means, whatever is known. */
  readonly needsChain: boolean
}

type Known = ReadonlyMap<string, Purchase>

/** What is known of a subscription, and what was fetched of it. */
interface Ground {
  readonly request: ResolveRequest
  readonly app: App
  readonly client: StripeClient
  readonly known: Known
  /** The lines of the subscription, as far as they are known. */
  readonly lines: readonly KnownLine[]
}

/**
 * Messages about one subscription. Where what is known shows which period each fact belongs to, nothing is asked; else
 * the subscription and its invoices are fetched, once for all of them.
 */
export async function resolveSubscription(
  request: ResolveRequest,
  app: App,
  client: StripeClient,
): Promise<Fetched<Resolved>> {
  const events = request.messages.map((message) => keptEvent(message.body))
  const known = await knownOf(request, events)
  const ground: Ground = { request, app, client, known, lines: [...known.values()] }
  const reads = await readAll(events, ground)
  if (reads.kind !== 'fetched') return reads
  const plain: Fetched<Resolved> = { kind: 'fetched', value: told(reads.value, ground, []) }
  if (isPlain(reads.value, ground)) return plain
  const { environment, subject, at } = request
  if (!client.hasKey(app, environment)) return mayStillCome(request) ? waiting('The period that this is about') : plain
  const chain = await fetchChain({ app, environment, subscription: subject, at }, client)
  if (chain.kind !== 'fetched') return chain.kind === 'absent' ? plain : chain
  const fetched = observationsOfChain(chain.value, app, environment, (key) => versionOf(key, reads.value, known))
  // What needs to know the lines of the subscription finds them now.
  const lines = fetched.map(({ observation }) => observation)
  const again = await readAll(events, { ...ground, lines })
  return again.kind === 'fetched' ? { kind: 'fetched', value: told(again.value, ground, fetched) } : again
}

async function readAll(events: readonly StripeEvent[], ground: Ground): Promise<Fetched<readonly Read[]>> {
  const reads: Read[] = []
  for (const [message, event] of events.entries()) {
    const read = await readOf(message, event, ground)
    if (read.kind !== 'fetched') return read
    reads.push(read.value)
  }
  return { kind: 'fetched', value: reads }
}

/** The version of the state that is known of a line, or that these messages show. */
function versionOf(key: PurchaseKey, reads: readonly Read[], known: Known): number {
  const shown = reads.flatMap(({ sightings }) =>
    sightings.map((one) => (one.key.line === key.line ? (one.snapshot?.version ?? 0) : 0)),
  )
  return Math.max(known.get(key.line)?.snapshot?.version ?? 0, ...shown)
}

/** Purchases of the lines that the messages speak of, by their items; and of the subscription as such. */
async function knownOf(request: ResolveRequest, events: readonly StripeEvent[]): Promise<Known> {
  const names = new Set([request.subject])
  for (const { object } of events) {
    for (const id of JSON.stringify(object).match(/"si_[A-Za-z0-9]+"/g) ?? []) names.add(id.slice(1, -1))
  }
  const known = new Map<string, Purchase>()
  for (const name of names) {
    const purchase = await request.linked(name)
    if (purchase !== null && purchase.key.chain === request.subject) known.set(purchase.key.line, purchase)
  }
  return known
}

async function readOf(message: number, event: StripeEvent, ground: Ground): Promise<Fetched<Read>> {
  const { app, client, request, lines } = ground
  const read = (sightings: readonly Sighting[], needsChain = false): Fetched<Read> => ({
    kind: 'fetched',
    value: { message, event, sightings, needsChain: needsChain || event.unknownVersion },
  })
  const of = { app, environment: request.environment }
  if (isSubscriptionEvent(event.type)) {
    const sight = subscriptionSight(event)
    return read(sightingsOfSubscription(sight, app, event.environment), sight.subscription.itemsMissing)
  }
  if (event.type.startsWith('subscription_schedule.')) {
    const planned = await plannedSightings(event, lines, of, client)
    return planned.kind === 'fetched'
      ? read(planned.value, !lines.some(({ facts }) => isCovered(facts, event.createdAt)))
      : planned
  }
  if (event.type.startsWith('checkout.session.')) return read(ownerSightings(event.object, ground), lines.length === 0)
  if (event.type === 'invoice.payment_failed') return read(sightingsOfFailed(event, app))
  const whole = client.hasKey(app, request.environment)
    ? await wholeInvoice(event.object, of, client)
    : ({ kind: 'fetched', value: invoiceOf(event.object) } as const)
  if (whole.kind !== 'fetched') return whole.kind === 'absent' ? read([]) : whole
  const invoice = whole.value
  if (isFree(invoice)) {
    const trial = lines.some(({ facts }) =>
      periodsIn(facts).some(
        (one) => one.trial && invoice.lines.some(({ start }) => start !== null && start < one.expiresAt),
      ),
    )
    return read([], !trial)
  }
  return read(sightingsOfPaid(invoice, { ...of, version: event.createdAt, own: true }))
}

/** A period is known that was in force at that time. */
function isCovered(facts: KnownLine['facts'], at: number): boolean {
  return periodsIn(facts).some((period) => period.at <= at && at < period.expiresAt)
}

/** A checkout tells whose subscription it was. */
function ownerSightings(object: Json, { app, lines }: Ground): readonly Sighting[] {
  const owner = ownerOfSession(object, app)
  if (owner === null) return []
  return lines.map(({ key }) => ({
    key,
    facts: [],
    pending: [],
    cycle: null,
    snapshot: null,
    owner,
    links: [],
    wantsChain: 'never',
  }))
}

function isPlain(reads: readonly Read[], ground: Ground): boolean {
  return reads.every(({ sightings, needsChain }) => {
    if (needsChain) return false
    return sightings.every((one) => {
      const purchase = ground.known.get(one.key.line)
      if (one.wantsChain === 'always' || (one.wantsChain === 'when new' && purchase === undefined)) return false
      const { observation, certain } = settled(one, periodsOfLine(one.key, reads, ground, []), ground.app)
      return certain && !isClassOpen(purchase ?? null, observation)
    })
  })
}

/** What came before a charge is not known: the chain tells. */
function isClassOpen(purchase: Purchase | null, observation: Observation): boolean {
  if (!observation.facts.some((fact) => fact.kind === 'period' && fact.own)) return false
  const terms = { commissionPpm: 0, taxPpm: 0, usdRate: null, rateDate: null, rateEstimated: false, estimated: true }
  return needsHistory(observe(purchase, observation, { eventsFrom: 0, terms: () => terms }).purchase)
}

/** Every period of a line that anything shows: what is known, these messages, and the chain. */
function periodsOfLine(
  key: PurchaseKey,
  reads: readonly Read[],
  { known }: Ground,
  fetched: readonly Observation[],
): ReturnType<typeof periodsIn> {
  const here = reads.flatMap(({ sightings }) => sightings.filter((one) => one.key.line === key.line))
  const facts = [
    ...fetched.filter((one) => one.key.line === key.line).flatMap((one) => one.facts),
    ...(known.get(key.line)?.facts ?? []),
    ...here.flatMap((one) => one.facts),
  ]
  const periods = new Map(periodsIn(facts).map((period) => [period.name, period]))
  return [...periods.values()].sort((a, b) => a.at - b.at)
}

function told(reads: readonly Read[], ground: Ground, fetched: ReturnType<typeof observationsOfChain>): Resolved {
  const background = fetched.map(({ observation }) => observation)
  const observations: { observation: Observation; message: number | null }[] = background.map((observation) => ({
    observation,
    message: null,
  }))
  const links = fetched.flatMap(({ observation, links: names }) =>
    names.map((name) => ({ name, key: observation.key })),
  )
  for (const { message, sightings } of reads) {
    for (const one of sightings) {
      const { observation } = settled(one, periodsOfLine(one.key, reads, ground, background), ground.app)
      observations.push({ observation, message })
      links.push(...one.links.map((name) => ({ name, key: one.key })))
    }
  }
  return { observations, links, note: 'It tells nothing of a purchase that other events do not tell.' }
}
