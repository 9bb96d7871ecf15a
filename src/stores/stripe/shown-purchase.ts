import type { Fact } from '../../domain/facts.ts'
import { type ChargeFact, isCharge } from '../../domain/merge.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { type Json, textOf } from '../json.ts'
import type { Fetched, Resolved } from '../store.ts'
import { fetchChain, observationsOfChain } from './chain.ts'
import type { StripeClient } from './client.ts'
import { intentOfInvoice } from './fees.ts'
import type { Invoice } from './invoice.ts'
import { idOf } from './json.ts'
import { factsOfMovement, listedRefund } from './movement.ts'
import { boughtAt, feesOfSession, linesOf } from './resolve-session.ts'
import { ownerOfSession } from './sighting.ts'

export interface ShownGround {
  readonly app: App
  readonly client: StripeClient
  /** The environment whose key is asked with. */
  readonly keyed: Environment
  /** The one that the answer is of. */
  readonly environment: Environment
  /** Our clock before anything was asked (milliseconds). */
  readonly at: number
}

interface Line {
  readonly observation: Observation
  readonly links: readonly string[]
}

/** A subscription with all of its invoices, as a poll reads it, and what went back of its newest charge. */
export async function readSubscription(
  id: string,
  session: Json | null,
  ground: ShownGround,
): Promise<Fetched<Resolved>> {
  const { app, client, keyed, environment, at } = ground
  const chain = await fetchChain({ app, environment: keyed, subscription: id, at }, client)
  if (chain.kind !== 'fetched') return chain
  const { status } = chain.value.subscription
  if (status === 'incomplete' || status === 'incomplete_expired')
    return nothing('The first payment was not made: nothing was bought yet.')
  const owner = session === null ? null : ownerOfSession(session, app)
  const lines = observationsOfChain(chain.value, app, environment, () => 0).map(({ observation, links }) => ({
    links,
    observation: { ...observation, owner: observation.owner ?? owner },
  }))
  const newest = chain.value.invoices
    .filter(isPaid)
    .toSorted((a, b) => (a.paidAt ?? 0) - (b.paidAt ?? 0))
    .at(-1)
  if (newest === undefined) return told(lines)
  const intent = await intentOfInvoice(newest, { app, environment: keyed }, client)
  if (intent.kind !== 'fetched') return intent
  return withRefunds(lines, newest.id, intent.value, ground)
}

function isPaid({ status, paid }: Invoice): boolean {
  return status === 'paid' && paid > 0
}

/** What was bought at a checkout: once, or a subscription that began there. */
export async function readSession(session: Json, ground: ShownGround): Promise<Fetched<Resolved>> {
  const { app, client, keyed, environment, at } = ground
  const subscription = idOf(session.subscription)
  if (textOf(session.mode) === 'subscription' && subscription !== null)
    return readSubscription(subscription, session, ground)
  if (textOf(session.mode) !== 'payment') return nothing('Nothing was bought at this checkout.')
  if (session.payment_status === 'unpaid')
    return nothing('The payment of this checkout was not made, or is still under way: nothing was bought yet.')
  const of = { app, environment: keyed }
  const listed = await linesOf(session, of, client)
  if (listed.kind !== 'fetched') return listed
  const fees = await feesOfSession(session, of, client)
  if (fees.kind !== 'fetched') return fees
  const bought = boughtAt(session, listed.value, { app, environment, version: at, own: false, fees: fees.value })
  const [first] = bought
  if (first === undefined) return nothing('Nothing was bought at this checkout.')
  return withRefunds(bought, first.fact.period, idOf(session.payment_intent), ground)
}

/** An answer of the store tells no refund beside it: without this one, what was given back would still give access. */
async function withRefunds(
  lines: readonly Line[],
  period: string,
  intent: string | null,
  { app, client, keyed }: ShownGround,
): Promise<Fetched<Resolved>> {
  if (intent === null) return told(lines)
  const query = { payment_intent: intent }
  const refunds = await client.list({ app, environment: keyed, path: '/v1/refunds', query, continued: true })
  if (refunds.kind === 'absent') return told(lines)
  if (refunds.kind !== 'fetched') return refunds
  const paid = lines.map(({ observation }) => chargeIn(observation.facts, period))
  const charges = paid.filter((charge) => charge !== null)
  const moved = refunds.value.flatMap(listedRefund).map((movement) => factsOfMovement(movement, charges))
  return told(
    lines.map(({ observation, links }, index) => {
      const charge = paid[index] ?? null
      const place = charge === null ? -1 : charges.indexOf(charge)
      const facts = moved.flatMap((parts) => parts[place] ?? [])
      return { links, observation: { ...observation, facts: [...observation.facts, ...facts] } }
    }),
  )
}

function chargeIn(facts: readonly Fact[], period: string): ChargeFact | null {
  return facts.filter(isCharge).find((charge) => charge.period === period) ?? null
}

function told(lines: readonly Line[]): Fetched<Resolved> {
  return {
    kind: 'fetched',
    value: {
      observations: lines.map(({ observation }) => ({ observation, message: null })),
      links: lines.flatMap(({ observation, links }) => links.map((name) => ({ name, key: observation.key }))),
      note: lines.length === 0 ? 'Nothing was paid for this subscription yet.' : null,
    },
  }
}

function nothing(note: string): Fetched<Resolved> {
  return { kind: 'fetched', value: { observations: [], links: [], note } }
}
