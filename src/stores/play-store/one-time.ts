import type { Fact, OneTimeFact } from '../../domain/facts.ts'
import { PPM } from '../../domain/money.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import type { PlayReads } from './client.ts'
import { type Json, partOf, partsOf, textOf, timeOf, wholeOf } from './json.ts'
import type { Notification } from './notification.ts'
import { type Order, refundedOf } from './order.ts'
import { readOrders } from './reading.ts'
import { countryOf } from './subscription.ts'

/** purchases.productsv2 as typed values (…/api-ref/rest/v3/purchases.productsv2). */
interface Product {
  readonly orderId: string | null
  /** null while the payment is pending. */
  readonly completedAt: number | null
  readonly country: string | null
  readonly isTest: boolean
  readonly owner: string | null
  readonly items: readonly { readonly productId: string; readonly quantity: number }[]
}

function productOf(json: Json): Product {
  return {
    orderId: textOf(json.orderId),
    completedAt: timeOf(json.purchaseCompletionTime),
    country: countryOf(json.regionCode),
    isTest: partOf(json.testPurchaseContext) !== null,
    owner: textOf(json.obfuscatedExternalAccountId),
    items: partsOf(json.productLineItem).flatMap((item) => {
      const productId = textOf(item.productId)
      const quantity = wholeOf(partOf(item.productOfferDetails)?.quantity) ?? 1
      return productId === null ? [] : [{ productId, quantity }]
    }),
  }
}

const PENDING = 'Its payment is pending or was given up: nothing was bought yet.'

/** One token as it was read: what was bought with it, in which environment; or why that is nothing. */
export type OneTimeReading =
  | { readonly kind: 'bought'; readonly bought: Bought; readonly environment: Environment }
  | { readonly kind: 'nothing'; readonly note: string }

/** One token of a one-time purchase with its order. Google asks for no product id beside it. */
export async function readOneTime(
  token: string,
  app: App,
  client: PlayReads,
  linked: ResolveRequest['linked'],
): Promise<Fetched<OneTimeReading>> {
  const answer = await client.product(app, token)
  if (answer.kind !== 'fetched') return answer
  const product = productOf(answer.value)
  const { orderId, completedAt } = product
  if (completedAt === null || orderId === null) return { kind: 'fetched', value: { kind: 'nothing', note: PENDING } }
  const orders = await readOrders([orderId], { client, app })
  if (orders.kind !== 'fetched') return orders
  const known = await linked(orderId)
  const chain = known?.key.chain === orderId ? orderId : token
  const bought: Bought = { ...product, token, chain, orderId, completedAt, order: orders.value[0] ?? null }
  return { kind: 'fetched', value: { kind: 'bought', bought, environment: product.isTest ? 'sandbox' : 'production' } }
}

/**
 * A one-time purchase. ONE_TIME_PRODUCT_CANCELED says that a pending payment was given up, which is no refund: only its
 * order shows one. Several products of one token are a line each.
 */
export async function resolveOneTime(
  request: ResolveRequest,
  messages: readonly Notification[],
  app: App,
  client: PlayReads,
): Promise<Fetched<Resolved>> {
  const nothing = (note: string): Fetched<Resolved> => ({
    kind: 'fetched',
    value: { observations: [], links: [], note },
  })
  const read = await readOneTime(request.subject, app, client, (name) => request.linked(name))
  if (read.kind !== 'fetched') return read
  if (read.value.kind === 'nothing') return nothing(read.value.note)
  const { bought, environment } = read.value
  if (!app.environments.includes(environment))
    return nothing(`It is a purchase of the ${environment}, which ${app.id} does not take.`)
  return { kind: 'fetched', value: oneTimeTold(bought, messages, environment, request.at, app) }
}

/** What was bought with one token: told by each message, or by the token alone where none asked. */
export function oneTimeTold(
  bought: Bought,
  messages: readonly Notification[],
  environment: Environment,
  at: number,
  app: App,
): Resolved {
  const tellers =
    messages.length === 0 ? [[null, null] as const] : messages.map((one, message) => [one, message] as const)
  const observations = bought.items.flatMap((item, index) =>
    tellers.map(([notification, message]) => ({
      observation: observed(bought, item, index === 0 ? '' : item.productId, notification, { environment, at, app }),
      message,
    })),
  )
  const key = observations[0]?.observation.key
  return {
    observations,
    links: key === undefined ? [] : [bought.token, bought.orderId].map((name) => ({ name, key })),
    note: null,
  }
}

interface Bought extends Product {
  readonly token: string
  /** Its order, where it was taken over from an export by that; else the token. */
  readonly chain: string
  readonly orderId: string
  readonly completedAt: number
  readonly order: Order | null
}

function observed(
  bought: Bought,
  item: Product['items'][number],
  line: string,
  notification: Notification | null,
  { environment, at, app }: { readonly environment: Environment; readonly at: number; readonly app: App },
): Observation {
  const own = notification?.kind === 'one_time' && notification.type === 1
  return {
    key: { projectId: app.projectId, store: 'play_store', environment, chain: bought.chain, line },
    appId: app.id,
    kind: 'one_time',
    snapshot: null,
    facts: [chargeOf(bought, item.productId, own, at), ...refundFacts(bought, item, notification)],
    owner: bought.owner,
    history: 'partial',
  }
}

function chargeOf(bought: Bought, productId: string, own: boolean, version: number): OneTimeFact {
  const line = bought.order?.lines.find((one) => one.productId === productId)
  return {
    kind: 'one_time',
    at: bought.completedAt,
    period: bought.orderId,
    own,
    inferred: false,
    version,
    productId,
    periodType: 'NORMAL',
    expiresAt: null,
    price: line?.total ?? null,
    isFamilyShare: false,
    countryCode: bought.country ?? bought.order?.country ?? null,
    offerCode: null,
    originalTransactionId: bought.orderId,
    ...(line?.fees == null ? {} : { fees: line.fees }),
  }
}

/** A part of a quantity that went back is money alone: the rest is still owned. */
function refundFacts(
  { order, orderId }: Bought,
  item: Product['items'][number],
  notification: Notification | null,
): readonly Fact[] {
  const told = notification?.kind === 'voided' && notification.orderId === orderId
  const own = told && !notification.isListed
  const of = { kind: 'refund', period: orderId, own, inferred: !told, ofLatest: true } as const
  const line = order?.lines.find((one) => one.productId === item.productId)
  const shown = (order?.refunds ?? []).map(
    (refund): Fact => ({
      ...of,
      at: refund.at,
      refundId: refund.id,
      share: PPM,
      amount: order === null || line === undefined ? null : refundedOf(order, line, refund),
      keepsAccess: !refund.isWhole,
    }),
  )
  if (shown.length > 0 || !told) return shown
  const back = Math.min(notification.quantity ?? item.quantity, item.quantity)
  const at = notification.about.at
  const isPart = back < item.quantity
  return [
    {
      ...of,
      at,
      refundId: isPart ? `part-${at}` : '',
      share: Math.round((back / item.quantity) * PPM),
      amount: null,
      keepsAccess: isPart,
    },
  ]
}
