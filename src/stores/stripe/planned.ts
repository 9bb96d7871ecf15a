import type { Fact } from '../../domain/facts.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import { type Json, textOf } from '../json.ts'
import type { Fetched } from '../store.ts'
import type { StripeClient } from './client.ts'
import type { StripeEvent } from './event.ts'
import { namesPrices } from './fields.ts'
import { idOf, listOf, partOf, timeOf } from './json.ts'
import { periodsIn } from './periods.ts'
import type { Sighting } from './sighting.ts'
import { chosen } from './state.ts'

/** A line of a subscription with what is known of it. */
export interface KnownLine {
  readonly key: PurchaseKey
  readonly facts: readonly Fact[]
}

/**
 * What a schedule plans for a subscription of one item: the product of the phase after the present one. A schedule that
 * was let go, or plans nothing else, calls a plan off. Of several items nobody can tell which follows which.
 * https://docs.stripe.com/api/subscription_schedules/object
 */
export async function plannedSightings(
  event: StripeEvent,
  lines: readonly KnownLine[],
  of: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<readonly Sighting[]>> {
  const [line] = lines
  if (line === undefined || lines.length > 1) return { kind: 'fetched', value: [] }
  const last = periodsIn(line.facts).findLast(({ at }) => at <= event.createdAt)
  if (last === undefined) return { kind: 'fetched', value: [] }
  const price = nextPrice(event.object)
  if (price === 'unclear') return { kind: 'fetched', value: [] }
  const product =
    price === null ? ({ kind: 'fetched', value: last.productId } as const) : await productOfPrice(price, of, client)
  if (product.kind !== 'fetched') return product.kind === 'absent' ? { kind: 'fetched', value: [] } : product
  const pending = chosen(product.value, null, event.createdAt, { own: true, inferred: false })
  const sighting: Sighting = {
    key: line.key,
    facts: [],
    pending: [{ ...pending, place: { rule: 'last', at: event.createdAt } }],
    cycle: { start: null, end: null, latestInvoice: last.name, failing: false, over: false },
    snapshot: null,
    owner: null,
    links: [],
    wantsChain: 'never',
  }
  return { kind: 'fetched', value: [sighting] }
}

/** The price of the next phase; null when nothing else is planned. */
function nextPrice(schedule: Json): Json | string | null | 'unclear' {
  const status = textOf(schedule.status)
  if (status !== 'active' && status !== 'not_started') return null
  const current = partOf(schedule, 'current_phase')
  const [from, until] = [timeOf(current?.start_date), timeOf(current?.end_date)]
  const phases = listOf(schedule.phases).items
  const now = phases.find((phase) => timeOf(phase.start_date) === from)
  const next = phases.find((phase) => until !== null && (timeOf(phase.start_date) ?? 0) >= until)
  const [has, gets] = [itemsOf(now), itemsOf(next)]
  if (next === undefined) return null
  if (has.length !== 1 || gets.length !== 1) return 'unclear'
  const [old, price] = [has[0]?.price, gets[0]?.price]
  return idOf(old) === idOf(price) ? null : (partOf(gets[0], 'price') ?? idOf(price))
}

function itemsOf(phase: Json | undefined): readonly Json[] {
  return listOf(phase?.items).items
}

/** A phase names prices alone: the product of one is asked for, where products are what events name. */
async function productOfPrice(
  price: Json | string,
  { app, environment }: { readonly app: App; readonly environment: Environment },
  client: StripeClient,
): Promise<Fetched<string>> {
  const id = typeof price === 'string' ? price : idOf(price)
  const told = typeof price === 'string' ? null : idOf(price.product)
  if (id === null) return { kind: 'absent', reason: 'The next phase of the schedule names no price.' }
  if (namesPrices(app)) return { kind: 'fetched', value: id }
  if (told !== null) return { kind: 'fetched', value: told }
  const answer = await client.get({ app, environment, path: `/v1/prices/${encodeURIComponent(id)}` })
  if (answer.kind !== 'fetched') return answer
  return { kind: 'fetched', value: idOf(answer.value.json.product) ?? id }
}
