import type { OneTimeFact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { type Json, textOf, wholeOf } from '../json.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import { apportioned, moneyOf } from './amounts.ts'
import type { StripeClient } from './client.ts'
import { keptEvent } from './event.ts'
import { type Fees, feesOfPayment, needsFees } from './fees.ts'
import { countryOf } from './invoice.ts'
import { idOf, listOf, partOf, timeOf } from './json.ts'
import { lineKey, productOf } from './periods.ts'
import { ownerOfSession, paymentLinks } from './sighting.ts'

/** One line of a checkout: a purchase of its own. */
export interface Bought {
  readonly observation: Observation
  readonly fact: OneTimeFact
  readonly links: readonly string[]
}

/** What was bought at a checkout. An event does not carry the lines: they are fetched. */
export async function resolveSession(
  request: ResolveRequest,
  app: App,
  client: StripeClient,
): Promise<Fetched<Resolved>> {
  const events = request.messages.map((message) => keptEvent(message.body))
  const session = events[0]?.object
  if (session === undefined) return { kind: 'absent', reason: 'No message of this checkout.' }
  const { environment } = request
  if (!client.hasKey(app, environment)) {
    return {
      kind: 'absent',
      reason: `What was bought at this checkout only Stripe can tell: set secret_key of ${app.id} and reprocess this notification.`,
    }
  }
  const lines = await linesOf(session, { app, environment }, client)
  if (lines.kind !== 'fetched') return lines
  const fees = await feesOfSession(session, { app, environment }, client)
  if (fees.kind !== 'fetched') return fees
  const value = events.map((event, message) =>
    boughtAt(event.object, lines.value, {
      app,
      environment,
      version: event.createdAt,
      own: true,
      fees: fees.value,
    }).map((one) => ({
      ...one,
      message,
    })),
  )
  return {
    kind: 'fetched',
    value: {
      observations: value.flat().map(({ observation, message }) => ({ observation, message })),
      links: value.flat().flatMap(({ links, observation }) => links.map((name) => ({ name, key: observation.key }))),
      note: 'Nothing was bought at this checkout.',
    },
  }
}

export function linesOf(
  session: Json,
  of: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<readonly Json[]>> {
  const id = textOf(session.id) ?? ''
  return client.list({ ...of, path: `/v1/checkout/sessions/${encodeURIComponent(id)}/line_items`, continued: true })
}

/** The actual fee of a checkout's payment, where the app takes it; null: by the app's rates. */
export async function feesOfSession(
  session: Json,
  of: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<Fees | null>> {
  const total = wholeOf(session.amount_total) ?? 0
  if (!needsFees(of, client, total)) return { kind: 'fetched', value: null }
  const tax = wholeOf(partOf(session, 'total_details')?.amount_tax) ?? 0
  return feesOfPayment(idOf(session.payment_intent), { paid: total, total, tax }, of, client)
}

/** The lines of a checkout with what was paid apportioned over them: shipping and all. */
export function boughtAt(
  session: Json,
  lines: readonly Json[],
  told: {
    readonly app: App
    readonly environment: Environment
    readonly version: number
    readonly own: boolean
    readonly fees: Fees | null
  },
): readonly Bought[] {
  const { app, environment, version, own, fees } = told
  const id = textOf(session.id)
  const at = timeOf(session.created)
  if (id === null || at === null) throw new Error('The Checkout session in this event carries no id or time.')
  const payment = idOf(session.payment_intent)
  const period = payment ?? id
  const amounts = apportioned(
    wholeOf(session.amount_total) ?? 0,
    lines.map((line) => Math.max(wholeOf(line.amount_total) ?? 0, 0)),
  )
  return lines.flatMap((line, index): readonly Bought[] => {
    const item = textOf(line.id)
    if (item === null) return []
    const price = partOf(line, 'price')
    const fact: OneTimeFact = {
      kind: 'one_time',
      at,
      period,
      own,
      inferred: false,
      version,
      productId: productOf(app, { productId: idOf(price?.product), priceId: idOf(price) ?? idOf(line.price) }),
      periodType: 'NORMAL',
      expiresAt: null,
      price: moneyOf(amounts[index] ?? 0, textOf(session.currency)),
      isFamilyShare: false,
      countryCode: countryOf(partOf(partOf(session, 'customer_details'), 'address')?.country),
      offerCode: offerOf(session),
      ...(fees === null ? {} : { fees }),
      originalTransactionId: period,
    }
    const observation: Observation = {
      key: lineKey(app, environment, id, item),
      appId: app.id,
      kind: 'one_time',
      snapshot: null,
      facts: [fact],
      owner: ownerOfSession(session, app),
      history: 'partial',
    }
    const names = payment === null ? [id] : [id, payment]
    return [{ observation, fact, links: paymentLinks(names, index, period) }]
  })
}

/** A promotion code is named by its id (promo_…), a coupon by the id that the team gave it. */
function offerOf(session: Json): string | null {
  const [discount] = listOf(session.discounts).items
  return discount === undefined ? null : (idOf(discount.coupon) ?? idOf(discount.promotion_code))
}
