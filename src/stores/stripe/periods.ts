import type { Fact, PeriodFact } from '../../domain/facts.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import { moneyOf } from './amounts.ts'
import { namesPrices } from './fields.ts'
import type { Invoice, ItemCharge } from './invoice.ts'
import { type Item, type Subscription, trialOf } from './subscription.ts'

/** One line of a subscription: its item is a purchase of its own. */
export function lineKey(app: App, environment: Environment, subscription: string, item: string): PurchaseKey {
  return { projectId: app.projectId, store: 'stripe', environment, chain: subscription, line: item }
}

/** What events name as product, by the app's choice; the other one where Stripe tells only that. */
export function productOf(
  app: App,
  of: { readonly productId: string | null; readonly priceId: string | null },
): string {
  const told = namesPrices(app) ? (of.priceId ?? of.productId) : (of.productId ?? of.priceId)
  return told ?? 'unknown'
}

export interface Telling {
  readonly app: App
  /** Greater than what was told before: the event's time, or the clock's at a fetch. */
  readonly version: number
  readonly own: boolean
}

/** The period that a paid invoice began for one item: named by the invoice, dated by the payment. */
export function paidPeriod(invoice: Invoice, charge: ItemCharge, { app, version, own }: Telling): PeriodFact {
  return {
    kind: 'period',
    at: invoice.paidAt ?? invoice.createdAt ?? charge.start,
    period: invoice.id,
    own,
    inferred: false,
    version,
    productId: productOf(app, charge),
    periodType: 'NORMAL',
    expiresAt: charge.end,
    price: charge.price,
    isFamilyShare: false,
    countryCode: invoice.country,
    offerCode: invoice.offerCode,
    firstOfChain: invoice.reason === 'subscription_create',
    replaced: false,
    byChange: false,
    startsCancelled: null,
    ...(invoice.fees === null ? {} : { fees: invoice.fees }),
    originalTransactionId: invoice.subscription ?? invoice.id,
  }
}

/** How a trial began, as its first message or its first invoice shows. */
export interface TrialStart {
  readonly productId: string
  readonly end: number
}

/** Above every time: how a trial began stands, whatever a later sight of the subscription shows. */
const FIRST_HAND = Number.MAX_SAFE_INTEGER

/**
 * The trial, which a subscription shows for ever. Named by its beginning and not by its invoice: moving its end makes
 * another invoice of nothing, and it is the same trial. A later sight shows the product and the end of then, so that it
 * only stands in for the beginning.
 */
export function trialPeriod(
  subscription: Subscription,
  item: Item,
  { app, version, own }: Telling,
  began: TrialStart | null,
): PeriodFact | null {
  const { startedAt, id } = subscription
  const trial = trialOf(subscription, item)
  if (trial === null) return null
  return {
    kind: 'period',
    at: trial.start,
    period: trialName(id, trial.start),
    own,
    inferred: false,
    version: began === null ? version : FIRST_HAND,
    productId: began?.productId ?? productOf(app, item),
    periodType: 'TRIAL',
    expiresAt: began?.end ?? trial.end,
    price: moneyOf(0, item.currency) ?? { micros: 0, currency: 'USD' },
    isFamilyShare: false,
    countryCode: null,
    offerCode: null,
    firstOfChain: trial.start - ((item.trial === null ? startedAt : item.createdAt) ?? trial.start) < 60_000,
    replaced: false,
    byChange: false,
    startsCancelled: false,
    originalTransactionId: id,
  }
}

function trialName(subscription: string, trialStart: number): string {
  return `${subscription}:trial:${trialStart / 1000}`
}

/** A period as far as it decides which one a fact belongs to. */
export interface Period {
  readonly name: string
  readonly at: number
  readonly expiresAt: number
  readonly productId: string
  readonly trial: boolean
}

/** In time order, each with the end that it has by now. */
export function periodsIn(facts: readonly Fact[]): readonly Period[] {
  return facts
    .filter((fact) => fact.kind === 'period')
    .map((fact) => ({
      name: fact.period,
      at: fact.at,
      expiresAt: facts.reduce(
        (end, one) => (one.kind === 'extended' && one.period === fact.period ? Math.max(end, one.expiresAt) : end),
        fact.expiresAt,
      ),
      productId: fact.productId,
      trial: fact.periodType === 'TRIAL',
    }))
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
}
