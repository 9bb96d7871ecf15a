import { type ChargeFact, isCharge } from '../../domain/merge.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import { type Json, textOf } from '../json.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import { fetchChain, observationsOfChain } from './chain.ts'
import type { StripeClient } from './client.ts'
import { keptEvent, type StripeEvent } from './event.ts'
import { invoiceOf } from './invoice.ts'
import { idOf, listOf } from './json.ts'
import { factsOfMovement, invoiceNamed, lostDispute, movementsOf } from './movement.ts'
import { mayStillCome, waiting } from './patience.ts'
import { boughtAt, feesOfSession, linesOf } from './resolve-session.ts'
import { paymentLinks } from './sighting.ts'

/** One charge that a payment paid for, with the purchase that it belongs to. */
interface Paid {
  readonly key: PurchaseKey
  readonly charge: ChargeFact
  readonly links: readonly string[]
}

interface Found {
  readonly paid: readonly Paid[]
  /** What was fetched of the chain on the way: it tells the class of the charge. */
  readonly background: readonly Observation[]
}

const NOT_FOUND: Found = { paid: [], background: [] }

interface Ground {
  readonly request: ResolveRequest
  readonly app: App
  readonly client: StripeClient
}

/** Refunds, disputes and credit notes of one payment: by what an earlier message linked to it, else by asking. */
export async function resolvePayment(
  request: ResolveRequest,
  app: App,
  client: StripeClient,
): Promise<Fetched<Resolved>> {
  const ground: Ground = { request, app, client }
  const events = request.messages.map((message) => keptEvent(message.body))
  const found = await paidBy(events, ground)
  if (found.kind !== 'fetched') return found
  const { paid, background } = found.value
  if (paid.length === 0) {
    const why = client.hasKey(app, request.environment)
      ? 'This payment paid for no subscription and no checkout that the hub knows.'
      : `Which purchase this payment paid for only Stripe can tell: set secret_key of ${app.id} and reprocess this notification.`
    return { kind: 'fetched', value: { observations: [], links: [], note: why } }
  }
  const observations: { observation: Observation; message: number | null }[] = background.map((observation) => ({
    observation,
    message: null,
  }))
  for (const [message, event] of events.entries()) {
    const refunds = await refundsIn(event, ground)
    if (refunds.kind !== 'fetched') return refunds
    observations.push(...toldBy(event, refunds.value, paid, app).map((observation) => ({ observation, message })))
  }
  return {
    kind: 'fetched',
    value: {
      observations,
      links: paid.flatMap(({ links, key }) => links.map((name) => ({ name, key }))),
      note: 'No money moved by it.',
    },
  }
}

function toldBy(event: StripeEvent, refunds: readonly Json[], paid: readonly Paid[], app: App): readonly Observation[] {
  const charges = paid.map(({ charge }) => charge)
  const moved = movementsOf(event, refunds).map((movement) => factsOfMovement(movement, charges))
  return paid.flatMap(({ key, charge }, index): readonly Observation[] => {
    const facts = [...moved.flatMap((parts) => parts[index] ?? []), ...lostDispute(event, charge.period)]
    if (facts.length === 0) return []
    return [
      {
        key,
        appId: app.id,
        kind: charge.kind === 'one_time' ? 'one_time' : 'subscription',
        snapshot: null,
        facts: [{ ...charge, own: false }, ...facts],
        owner: null,
        history: 'partial',
      },
    ]
  })
}

/** The charges that this payment paid for. */
async function paidBy(events: readonly StripeEvent[], ground: Ground): Promise<Fetched<Found>> {
  const { request, app, client } = ground
  const names = namesOf(request.subject, events)
  for (const name of names) {
    const known = await linkedTo(name, request)
    if (known.length > 0) return { kind: 'fetched', value: { paid: known, background: [] } }
  }
  if (client.hasKey(app, request.environment)) return fetchedBy(names, ground)
  return mayStillCome(request) ? waiting('The charge that this payment made') : { kind: 'fetched', value: NOT_FOUND }
}

/** What the payment goes by: its invoice first, since that is the name of its period. */
function namesOf(subject: string, events: readonly StripeEvent[]): readonly string[] {
  const told = events.flatMap(({ object, type }) => [
    invoiceNamed(object),
    idOf(object.payment_intent),
    type === 'charge.refunded' ? textOf(object.id) : idOf(object.charge),
  ])
  return [...new Set([...told.filter((name) => name !== null), subject])].sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf(name: string): number {
  return name.startsWith('in_') ? 0 : name.startsWith('pi_') ? 1 : 2
}

async function linkedTo(name: string, request: ResolveRequest): Promise<readonly Paid[]> {
  const found: Paid[] = []
  for (let index = 0; index < 100; index += 1) {
    const purchase = await request.linked(index === 0 ? name : `${name}#${index}`)
    if (purchase === null) break
    for (const charge of purchase.facts.filter(isCharge).toReversed()) {
      const own = charge.period === name || (await request.linked(`${name}@${charge.period}`)) !== null
      if (own) found.push({ key: purchase.key, charge, links: [] })
      if (own) break
    }
  }
  return found
}

/** By the invoice that it paid, or the checkout at which it was made. */
async function fetchedBy(names: readonly string[], ground: Ground): Promise<Fetched<Found>> {
  const { app, client, request } = ground
  const of = { app, environment: request.environment }
  const intent = await intentOf(names, ground)
  if (intent.kind !== 'fetched') return orNotFound(intent)
  let invoice = names.find((name) => name.startsWith('in_')) ?? null
  if (invoice === null && intent.value !== null) {
    const query = { 'payment[type]': 'payment_intent', 'payment[payment_intent]': intent.value }
    const listed = await client.list({ ...of, path: '/v1/invoice_payments', query })
    if (listed.kind !== 'fetched') return orNotFound(listed)
    invoice = idOf(listed.value[0]?.invoice)
  }
  if (invoice !== null) return orNotFound(await paidInvoice(invoice, intent.value, ground))
  return intent.value === null
    ? { kind: 'fetched', value: NOT_FOUND }
    : orNotFound(await paidSession(intent.value, ground))
}

/** What Stripe knows nothing of paid for no purchase. */
function orNotFound(fetched: Fetched<Found> | Exclude<Fetched<unknown>, { kind: 'fetched' }>): Fetched<Found> {
  return fetched.kind === 'absent' ? { kind: 'fetched', value: NOT_FOUND } : fetched
}

async function paidSession(intent: string, { app, client, request }: Ground): Promise<Fetched<Found>> {
  const of = { app, environment: request.environment }
  const sessions = await client.list({ ...of, path: '/v1/checkout/sessions', query: { payment_intent: intent } })
  if (sessions.kind !== 'fetched') return sessions
  const [session] = sessions.value
  if (session === undefined) return { kind: 'fetched', value: NOT_FOUND }
  const lines = await linesOf(session, of, client)
  if (lines.kind !== 'fetched') return lines
  const fees = await feesOfSession(session, of, client)
  if (fees.kind !== 'fetched') return fees
  const bought = boughtAt(session, lines.value, { ...of, version: request.at, own: false, fees: fees.value })
  return {
    kind: 'fetched',
    value: {
      paid: bought.map(({ observation, fact, links }) => ({ key: observation.key, charge: fact, links })),
      background: bought.map(({ observation }) => observation),
    },
  }
}

/** The payment intent of a charge that names none itself. */
async function intentOf(names: readonly string[], { app, client, request }: Ground): Promise<Fetched<string | null>> {
  const told = names.find((name) => name.startsWith('pi_'))
  const charge = names.find((name) => name.startsWith('ch_') || name.startsWith('py_'))
  if (told !== undefined || charge === undefined) return { kind: 'fetched', value: told ?? null }
  const path = `/v1/charges/${encodeURIComponent(charge)}`
  const answer = await client.get({ app, environment: request.environment, path })
  return answer.kind === 'fetched' ? { kind: 'fetched', value: idOf(answer.value.json.payment_intent) } : answer
}

async function paidInvoice(id: string, intent: string | null, ground: Ground): Promise<Fetched<Found>> {
  const { app, client, request } = ground
  const of = { app, environment: request.environment }
  const answer = await client.get({ ...of, path: `/v1/invoices/${encodeURIComponent(id)}`, continued: true })
  if (answer.kind !== 'fetched') return answer
  const { subscription } = invoiceOf(answer.value.json)
  if (subscription === null) return { kind: 'fetched', value: NOT_FOUND }
  const chain = await fetchChain({ ...of, subscription, at: request.at }, client)
  if (chain.kind !== 'fetched') return chain
  const known = await request.linked(subscription)
  const lines = observationsOfChain(chain.value, app, request.environment, () => known?.snapshot?.version ?? 0)
  const paid = lines.flatMap(({ observation, links }, index): readonly Paid[] => {
    const charge = observation.facts.filter(isCharge).find(({ period }) => period === id)
    const own = intent === null ? [] : paymentLinks([intent], index, id)
    return charge === undefined ? [] : [{ key: observation.key, charge, links: [...links, ...own] }]
  })
  return { kind: 'fetched', value: { paid, background: lines.map(({ observation }) => observation) } }
}

/** The refunds of a charge: since version 2022-11-15 its event does not carry them. */
async function refundsIn(event: StripeEvent, { app, client, request }: Ground): Promise<Fetched<readonly Json[]>> {
  if (event.type !== 'charge.refunded') return { kind: 'fetched', value: [] }
  const { items, hasMore } = listOf(event.object.refunds)
  if ((items.length > 0 && !hasMore) || !client.hasKey(app, request.environment))
    return { kind: 'fetched', value: items }
  const charge = textOf(event.object.id) ?? ''
  return client.list({ app, environment: request.environment, path: '/v1/refunds', query: { charge } })
}
