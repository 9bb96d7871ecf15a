import type { Fact } from '../../domain/facts.ts'
import type { Observation, Snapshot } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import { type Json, textOf } from '../json.ts'
import type { StripeEvent } from './event.ts'
import { userIdSourceOf } from './fields.ts'
import { type Cycle, cycleOf, placed } from './in-force.ts'
import { chargesOf, type Invoice, invoiceOf, isFree, isSettledByCredit, productBefore } from './invoice.ts'
import { idOf, partOf } from './json.ts'
import { lineKey, type Period, paidPeriod, productOf, type TrialStart, trialPeriod } from './periods.ts'
import { chosen, extended, type Pending, shownBy, snapshotOf, takenOff } from './state.ts'
import { type Before, beforeOf, type Item, type Subscription, subscriptionOf, trialOf } from './subscription.ts'

/** What one message, or one answer of the API, shows of one line. */
export interface Sighting {
  readonly key: PurchaseKey
  /** Facts whose period they name themselves: charges. */
  readonly facts: readonly Fact[]
  /** Facts whose period is told by time. */
  readonly pending: readonly Pending[]
  readonly cycle: Cycle | null
  readonly snapshot: Snapshot | null
  readonly owner: string | null
  readonly links: readonly string[]
  /** Whatever is known, the rest of the chain decides more: the class of a charge, or what a free invoice is for. */
  readonly wantsChain: 'always' | 'when new' | 'never'
}

/** The app user id that an object of Stripe names, by the app's choice. */
function ownerIn(app: App, of: { readonly metadata: Json; readonly customer: string | null }): string | null {
  const source = userIdSourceOf(app)
  if (source.kind === 'metadata') return textOf(of.metadata[source.key])
  return source.kind === 'customer' ? of.customer : null
}

/** The app user id that a Checkout session names. */
export function ownerOfSession(object: Json, app: App): string | null {
  if (userIdSourceOf(app).kind === 'client_reference_id') return textOf(object.client_reference_id)
  return ownerIn(app, { metadata: partOf(object, 'metadata') ?? {}, customer: idOf(object.customer) })
}

export interface SubscriptionSight {
  readonly subscription: Subscription
  readonly before: Before | null
  readonly type: string
  readonly at: number
  readonly fetched: boolean
}

export function subscriptionSight(event: StripeEvent): SubscriptionSight {
  return {
    subscription: subscriptionOf(event.object),
    before: beforeOf(event.previous, event.object),
    type: event.type,
    at: event.createdAt,
    fetched: false,
  }
}

export function sightingsOfSubscription(
  sight: SubscriptionSight,
  app: App,
  environment: PurchaseKey['environment'],
  trials: ((item: Item) => TrialStart | null) | null = null,
): readonly Sighting[] {
  const { subscription, before, type, at, fetched } = sight
  const owner = ownerIn(app, subscription)
  const deleted = type === 'customer.subscription.deleted'
  const created = type === 'customer.subscription.created'
  const here = subscription.items.map((item): Sighting => {
    const now = created ? trialOf(subscription, item) : null
    const begins = now !== null && (subscription.status === 'trialing' || item.trial !== null)
    const began = trials?.(item) ?? (begins ? { productId: productOf(app, item), end: now.end } : null)
    const trial = trialPeriod(subscription, item, { app, version: at, own: begins }, began)
    return {
      key: lineKey(app, environment, subscription.id, item.id),
      facts: trial === null ? [] : [trial],
      pending: shownBy({ app, subscription, item, before, deleted, at }),
      cycle: cycleOf(subscription, item),
      snapshot: snapshotOf(subscription, at, fetched),
      owner,
      links: [item.id, subscription.id],
      // How a trial began only its first message and its first invoice show.
      wantsChain: trial !== null && began === null ? 'when new' : 'never',
    }
  })
  const gone = (before?.items ?? []).filter(({ id }) => !subscription.items.some((item) => item.id === id))
  const offs = gone.map((item: Item): Sighting => {
    const cycle = cycleOf(subscription, item)
    const snapshot = { autoRenew: false, pendingProductId: null, graceEndsAt: null, resumesAt: null } as const
    return {
      key: lineKey(app, environment, subscription.id, item.id),
      facts: [],
      pending: takenOff(at),
      cycle,
      snapshot: { version: at, status: 'expired', ...snapshot },
      owner,
      links: [item.id],
      wantsChain: 'when new',
    }
  })
  return [...here, ...offs]
}

/** The charges of a paid invoice, and what an update tells beside them. */
export function sightingsOfPaid(
  invoice: Invoice,
  {
    app,
    environment,
    version,
    own,
  }: { app: App; environment: PurchaseKey['environment']; version: number; own: boolean },
): readonly Sighting[] {
  const { subscription } = invoice
  if (subscription === null || isFree(invoice)) return []
  const credited = isSettledByCredit(invoice)
  return chargesOf(invoice).map((charge, index): Sighting => {
    const old = productBefore(invoice, charge.item)
    const [from, to] = [old === null ? null : productOf(app, old), productOf(app, charge)]
    const changed =
      from !== null && from !== to ? [chosen(to, from, charge.start, { own: false, inferred: false })] : []
    // What the new plan costs was paid by what the old one gave back: no charge, and time all the same.
    const longer = credited ? [extended(invoice.paidAt ?? charge.start, charge.end, { own, inferred: false })] : []
    return {
      key: lineKey(app, environment, subscription, charge.item),
      facts: credited ? [] : [paidPeriod(invoice, charge, { app, version, own })],
      pending: [...changed, ...longer],
      cycle: null,
      snapshot: null,
      owner: ownerIn(app, invoice),
      links: [charge.item, subscription, ...paymentLinks([invoice.id, ...invoice.payments], index, invoice.id)],
      wantsChain:
        invoice.reason === 'subscription_create'
          ? 'never'
          : invoice.reason === 'subscription_update'
            ? 'always'
            : 'when new',
    }
  })
}

/** A payment of several lines is found line by line, and the period that it paid for by its own name. */
export function paymentLinks(names: readonly string[], index: number, period: string): readonly string[] {
  return names.flatMap((name) => [index === 0 ? name : `${name}#${index}`, `${name}@${period}`])
}

/** A charge that failed, of a subscription that somebody has paid for before. */
export function sightingsOfFailed(event: StripeEvent, app: App): readonly Sighting[] {
  const invoice = invoiceOf(event.object)
  const { subscription } = invoice
  if (subscription === null || invoice.reason === 'subscription_create') return []
  const at = event.createdAt
  const failed: Pending = {
    place: { rule: 'last', at },
    fact: (period) => ({ kind: 'billing_failed', at, period, own: true, inferred: false, graceEndsAt: null }),
  }
  const items = [...Map.groupBy(invoice.lines, ({ item }) => item)]
  return items.flatMap(([item, lines]): readonly Sighting[] => {
    if (item === null) return []
    const start = lines.find(({ proration }) => !proration)?.start ?? null
    return [
      {
        key: lineKey(app, event.environment, subscription, item),
        facts: [],
        pending: [failed],
        cycle: { start, end: null, latestInvoice: null, failing: true, over: false },
        snapshot: null,
        owner: ownerIn(app, invoice),
        links: [item, subscription],
        wantsChain: 'never',
      },
    ]
  })
}

export interface Settled {
  readonly observation: Observation
  readonly certain: boolean
}

/** A sighting among the periods that are known: which of them its facts are about, and whether that is certain. */
export function settled(sighting: Sighting, periods: readonly Period[], app: App): Settled {
  let certain = true
  const dated = sighting.pending.flatMap(({ place, fact }): readonly Fact[] => {
    const found = placed(place, sighting.cycle, periods)
    certain &&= found?.certain === true
    return found === null ? [] : [fact(found.period)]
  })
  return {
    certain,
    observation: {
      key: sighting.key,
      appId: app.id,
      kind: 'subscription',
      snapshot: sighting.snapshot,
      facts: [...sighting.facts, ...dated],
      owner: sighting.owner,
      history: 'partial',
    },
  }
}
