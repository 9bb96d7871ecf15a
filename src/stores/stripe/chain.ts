import type { Fact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import type { Json } from '../json.ts'
import type { Fetched } from '../store.ts'
import type { StripeClient } from './client.ts'
import { feesOfPayment, intentOfInvoice, needsFees } from './fees.ts'
import { type Invoice, invoiceOf, isFree, isSettledByCredit, lineOf } from './invoice.ts'
import { lineKey, type Period, paidPeriod, periodsIn, productOf, type TrialStart } from './periods.ts'
import { type Sighting, settled, sightingsOfPaid, sightingsOfSubscription } from './sighting.ts'
import { snapshotOf } from './state.ts'
import { type Item, type Subscription, subscriptionOf, trialOf } from './subscription.ts'

/** A subscription with every invoice of it, as Stripe has them now. */
export interface Chain {
  readonly subscription: Subscription
  readonly invoices: readonly Invoice[]
  /** Stripe's clock when it answered, a second before: an event of that very second may be the newer one. */
  readonly version: number
}

export interface ChainRequest {
  readonly app: App
  readonly environment: Environment
  readonly subscription: string
  /** Our clock before anything was asked (milliseconds). */
  readonly at: number
}

export async function fetchChain(request: ChainRequest, client: StripeClient): Promise<Fetched<Chain>> {
  const { app, environment, subscription: id, at } = request
  const of = { app, environment }
  const found = await client.get({ ...of, path: `/v1/subscriptions/${encodeURIComponent(id)}` })
  if (found.kind !== 'fetched') return found
  const listed = await client.list({ ...of, path: '/v1/invoices', query: { subscription: id }, continued: true })
  if (listed.kind !== 'fetched') return listed
  const invoices: Invoice[] = []
  for (const json of listed.value) {
    const whole = await wholeInvoice(json, of, client)
    if (whole.kind !== 'fetched') return whole
    invoices.push(whole.value)
  }
  const subscription = subscriptionOf(found.value.json)
  if (subscription.itemsMissing)
    return { kind: 'absent', reason: `The subscription ${id} has more items than one answer holds.` }
  return { kind: 'fetched', value: { subscription, invoices, version: (found.value.date ?? at) - 1_000 } }
}

/** An invoice with all of its lines: what an event shows of them is ten at most. */
export async function wholeInvoice(
  json: Json,
  of: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<Invoice>> {
  const invoice = invoiceOf(json)
  if (!invoice.linesMissing) return withFees(invoice, of, client)
  const path = `/v1/invoices/${encodeURIComponent(invoice.id)}/lines`
  const lines = await client.list({ ...of, path, continued: true })
  if (lines.kind !== 'fetched') return lines
  return withFees({ ...invoice, lines: lines.value.map(lineOf), linesMissing: false }, of, client)
}

/** A ledger entry freezes its fees when a charge is first told: so they are there whoever tells it first. */
async function withFees(
  invoice: Invoice,
  of: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<Invoice>> {
  const told = invoice.status === 'paid' && (invoice.paidAt ?? 0) >= of.app.eventsFrom
  if (!told || !needsFees(of, client, invoice.paid)) return { kind: 'fetched', value: invoice }
  const intent = await intentOfInvoice(invoice, of, client)
  if (intent.kind !== 'fetched') return intent
  const fees = await feesOfPayment(intent.value, invoice, of, client)
  return fees.kind === 'fetched' ? { kind: 'fetched', value: { ...invoice, fees: fees.value } } : fees
}

/**
 * A chain as one observation for each of its lines, with the names that find it. `knownVersion` is that of the state
 * which is known of a line: what was fetched now is newer.
 */
export function observationsOfChain(
  chain: Chain,
  app: App,
  environment: Environment,
  knownVersion: (key: PurchaseKey) => number,
): readonly { readonly observation: Observation; readonly links: readonly string[] }[] {
  const { subscription, invoices, version } = chain
  const telling = { app, environment, version, own: false }
  const sight = { subscription, before: null, type: '', at: version, fetched: true }
  const paid = invoices.filter(({ status }) => status === 'paid')
  const all = [
    ...sightingsOfSubscription(sight, app, environment, (item) => trialStartOf(chain, item, app)),
    ...paid.flatMap((invoice) => sightingsOfPaid(invoice, telling)),
    ...paid.flatMap((invoice) => freePeriods(invoice, chain, app, environment)),
  ]
  return [...Map.groupBy(all, ({ key }) => key.line).values()].flatMap((sightings) => {
    const first = sightings[0]
    if (first === undefined) return []
    const charges = sightings.flatMap(({ facts }) => facts)
    const periods = periodsIn(charges)
    const facts: Fact[] = [...charges]
    for (const one of sightings) {
      const dated = settled({ ...one, facts: [] }, periods, app).observation.facts
      facts.push(...dated)
    }
    const { key } = first
    const state = snapshotOf(subscription, Math.max(version, knownVersion(key) + 1), true)
    const here = subscription.items.some(({ id }) => id === key.line)
    const gone = here ? null : takenOffBy(periods.at(-1) ?? null, version)
    const observation: Observation = {
      key,
      appId: app.id,
      kind: 'subscription',
      snapshot: here || state === null ? state : { ...state, status: 'expired', autoRenew: false },
      facts: [
        ...facts,
        ...(gone === null ? [] : [gone]),
        ...trialMoves(chain, key, facts),
        ...quietChange(chain, key, facts, app),
      ],
      owner: sightings.find(({ owner }) => owner !== null)?.owner ?? null,
      history: 'complete',
    }
    return [{ observation, links: sightings.flatMap(({ links }) => links) }]
  })
}

/** An item that is not on the subscription any more, when its own message was lost: what was paid has run out. */
function takenOffBy(last: Period | null, version: number): Fact | null {
  if (last === null || last.expiresAt > version) return null
  const why = { reason: 'UNSUBSCRIBE', implies: 'cancelled' } as const
  return { kind: 'ended', at: last.expiresAt, period: last.name, own: false, inferred: true, ...why }
}

/** The first invoice of a trial shows what it began with: the subscription itself shows what it has become. */
function trialStartOf({ subscription, invoices }: Chain, item: Item, app: App): TrialStart | null {
  const begins = trialOf(subscription, item)?.start
  const line = trialLines(invoices, item.id).find(({ start }) => start === begins)
  return line === undefined ? null : { productId: productOf(app, line), end: line.end }
}

type TrialLine = Invoice['lines'][number] & { readonly end: number; readonly told: number }

/** The lines of nothing that a trial's invoices have, oldest first. */
function trialLines(invoices: readonly Invoice[], item: string): readonly TrialLine[] {
  return invoices
    .filter(isFree)
    .flatMap(({ lines, createdAt }) =>
      lines.flatMap((line): readonly TrialLine[] =>
        line.item === item && line.end !== null && createdAt !== null
          ? [{ ...line, end: line.end, told: createdAt }]
          : [],
      ),
    )
    .toSorted((a, b) => a.told - b.told)
}

/** The end of a trial was moved, each time with an invoice of nothing. */
function trialMoves({ subscription, invoices }: Chain, key: PurchaseKey, facts: readonly Fact[]): readonly Fact[] {
  const trial = periodsIn(facts).findLast((period) => period.trial)
  if (trial === undefined || trial.at !== subscription.trial?.start) return []
  let end = trial.expiresAt
  return trialLines(invoices, key.line).flatMap((line): readonly Fact[] => {
    if (line.told < trial.at || line.end <= end || line.end > (subscription.trial?.end ?? 0)) return []
    end = line.end
    return [{ kind: 'extended', at: line.told, period: trial.name, own: false, inferred: false, expiresAt: line.end }]
  })
}

/** A plan that is free, or its cycle: nothing was charged, and it is no trial's. */
function freePeriods(
  invoice: Invoice,
  { subscription, version }: Chain,
  app: App,
  environment: Environment,
): Sighting[] {
  if (!isFree(invoice) || isSettledByCredit(invoice)) return []
  const { trial } = subscription
  return invoice.lines.flatMap((line): readonly Sighting[] => {
    const { item, start, end } = line
    if (item === null || start === null || end === null || end <= start || line.proration) return []
    if (trial !== null && start < trial.end && end > trial.start) return []
    const charge = {
      ...line,
      item,
      start,
      end,
      amount: 0,
      price: { micros: 0, currency: (invoice.currency ?? 'usd').toUpperCase() },
    }
    return [
      {
        key: lineKey(app, environment, subscription.id, item),
        facts: [paidPeriod(invoice, charge, { app, version, own: false })],
        pending: [],
        cycle: null,
        snapshot: null,
        owner: null,
        links: [],
        wantsChain: 'never',
      },
    ]
  })
}

/** The item sells something else than what was paid last, and no invoice says since when: proration is still to come. */
function quietChange(
  { subscription, version }: Chain,
  key: PurchaseKey,
  facts: readonly Fact[],
  app: App,
): readonly Fact[] {
  const item = subscription.items.find(({ id }) => id === key.line)
  const last = periodsIn(facts).findLast(({ at }) => at <= version)
  const sells = subscription.status === 'active' || subscription.status === 'trialing'
  if (item === undefined || last === undefined || !sells || last.expiresAt !== item.periodEnd) return []
  const productId = productOf(app, item)
  const told = facts.some((fact) => fact.kind === 'change_requested' && fact.period === last.name)
  if (productId === last.productId || productId === 'unknown' || told) return []
  return [{ kind: 'change_requested', at: version, period: last.name, own: false, inferred: true, productId }]
}
