import type { EndedAs } from '../../domain/facts.ts'
import type { App } from '../../domain/project.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import type { Fetched } from '../store.ts'
import type { PlayReads } from './client.ts'
import { partsOf } from './json.ts'
import { numberOf, type Order, orderOf, ordersUpTo } from './order.ts'
import { returnOf } from './returning.ts'
import { type Subscription, subscriptionIdOf, subscriptionOf } from './subscription.ts'

/** One purchase token as Google shows it now. */
export interface TokenReading {
  readonly token: string
  readonly subscription: Subscription
}

/** What was read of a chain of tokens. */
export interface Reading {
  /** The first token of the chain: its lasting name. */
  readonly chain: string
  /** Oldest first; the last is the one that was asked about. */
  readonly tokens: readonly TokenReading[]
  readonly orders: readonly Order[]
  /** The main line as it was known before. */
  readonly known: Purchase | null
  /** The add-ons that were known before, by product. */
  readonly addOns: ReadonlyMap<string, Purchase>
  /** Every charge of the chain is known or among the orders. */
  readonly isComplete: boolean
  /** How a purchase of the same person had ended before this chain began, where Google shows one and none is noted yet. */
  readonly returnsAfter: EndedAs | null
}

export interface ReadDeps {
  readonly client: PlayReads
  readonly app: App
  /** The purchase that an earlier message linked to a name (a token). */
  linked(name: string): Promise<Purchase | null>
  /** An add-on that is asked about, whether or not its token still lists it. */
  readonly addOn?: Purchase
}

/** Nobody changes plans this often within 60 days; a circle must not hold us. */
const MOST_TOKENS = 20
/** Of a weekly subscription nearly four years; older ones stay out, and the history counts as incomplete. */
const MOST_ORDERS = 200

/** Reads one token with what leads to it: the tokens that it replaced and the charges that are not known yet. */
export async function readChain(
  subject: string,
  orderIds: readonly string[],
  deps: ReadDeps,
): Promise<Fetched<Reading>> {
  const walked = await walk(subject, deps)
  if (walked.kind !== 'fetched') return walked
  const { tokens, chain, known, reachedStart } = walked.value
  const listed = tokens.flatMap(({ subscription }) => subscription.items.map(({ productId }) => productId))
  const returned = await returnOf(walked.value, deps)
  if (returned.kind !== 'fetched') return returned
  const addOns = await addOnsOf(walked.value, listed, deps)
  const wanted = wantedOrders(tokens, known === null ? [] : [known, ...addOns.values()])
  const asked = [...new Set([...wanted.ids, ...orderIds])]
  const orders = await readOrders(asked, deps)
  if (orders.kind !== 'fetched') return orders
  const charged = orders.value.flatMap(({ lines }) => lines.map(({ productId }) => productId))
  const others = await addOnsOf(
    walked.value,
    charged.filter((one) => !listed.includes(one)),
    deps,
  )
  const found = new Set(orders.value.map((order) => order.id))
  const isComplete =
    wanted.isWhole &&
    wanted.ids.every((id) => found.has(id)) &&
    (known === null ? reachedStart : known.historyUpTo !== null)
  const all = new Map([...others, ...addOns])
  return {
    kind: 'fetched',
    value: { chain, tokens, orders: orders.value, known, addOns: all, isComplete, returnsAfter: returned.value },
  }
}

/** Names an add-on of a chain among the links. */
export function lineName(chain: string, productId: string): string {
  return `${chain}#${productId}`
}

async function addOnsOf(
  { chain, known }: Walked,
  products: readonly string[],
  { linked, addOn }: ReadDeps,
): Promise<ReadonlyMap<string, Purchase>> {
  const addOns = new Map<string, Purchase>()
  if (addOn !== undefined) addOns.set(addOn.key.line, addOn)
  if (known === null) return addOns
  const main = new Set(
    known.facts.flatMap((fact) => (fact.kind === 'period' ? [subscriptionIdOf(fact.productId)] : [])),
  )
  for (const productId of new Set(products.filter((one) => !main.has(one)))) {
    const purchase = await linked(lineName(chain, productId))
    if (purchase !== null) addOns.set(productId, purchase)
  }
  return addOns
}

/** The tokens of a chain from the first that is known to the one that was asked about. */
export interface Walked {
  readonly chain: string
  readonly tokens: readonly TokenReading[]
  readonly known: Purchase | null
  /** The chain's first token was read, or is known. */
  readonly reachedStart: boolean
}

/**
 * Back along linkedPurchaseToken to the first token that is known, which is read too: its last charges may have been
 * missed, and what its successor means is told beside them. Google forgets a token 60 days after its end (410): its name
 * is known all the same, and names the chain.
 */
async function walk(subject: string, { client, app, linked }: ReadDeps): Promise<Fetched<Walked>> {
  const tokens: TokenReading[] = []
  let token = subject
  while (tokens.length < MOST_TOKENS) {
    const known = await linked(token)
    const answer = await client.subscription(app, token)
    if (answer.kind === 'absent' && tokens.length > 0)
      return { kind: 'fetched', value: { chain: known?.key.chain ?? token, tokens, known, reachedStart: false } }
    if (answer.kind !== 'fetched') return answer
    const subscription = subscriptionOf(answer.value)
    tokens.unshift({ token, subscription })
    const begun = known ?? (await begunBy(subscription, linked))
    if (begun !== null || subscription.linkedToken === null)
      return { kind: 'fetched', value: { chain: begun?.key.chain ?? token, tokens, known: begun, reachedStart: true } }
    token = subscription.linkedToken
  }
  return { kind: 'fetched', value: { chain: token, tokens, known: null, reachedStart: false } }
}

/** What was taken over from an export is known by the order that began it, and by no token yet. */
async function begunBy({ items }: Subscription, linked: ReadDeps['linked']): Promise<Purchase | null> {
  for (const { orderId } of items) {
    if (orderId === null) continue
    const { first } = numberOf(orderId)
    const known = await linked(first)
    if (known?.key.chain === first) return known
  }
  return null
}

/**
 * The newest charge of every item (it may have been refunded meanwhile), and those before it that are not known: order
 * ids of renewals count up, so that what was missed can be asked for by name. What Google does not know under such a
 * name is left out; nothing is concluded from a name alone.
 */
function wantedOrders(
  tokens: readonly TokenReading[],
  known: readonly Purchase[],
): { readonly ids: readonly string[]; readonly isWhole: boolean } {
  const newest = new Map<string, number>()
  for (const fact of known.flatMap(({ facts }) => facts)) {
    if (fact.kind !== 'period') continue
    const { first, renewal } = numberOf(fact.period)
    newest.set(first, Math.max(newest.get(first) ?? -1, renewal))
  }
  const ids = new Set<string>()
  for (const { subscription } of tokens) {
    for (const { orderId } of subscription.items) {
      if (orderId === null) continue
      const { first, renewal } = numberOf(orderId)
      const before = newest.get(first)
      for (const id of ordersUpTo(orderId, before === undefined ? -1 : Math.min(before + 1, renewal))) ids.add(id)
    }
  }
  const all = [...ids]
  return { ids: all.slice(-MOST_ORDERS), isWhole: all.length <= MOST_ORDERS }
}

/** In one call where there are several; Google refuses the whole call for one that it does not know. */
export async function readOrders(
  ids: readonly string[],
  { client, app }: Pick<ReadDeps, 'client' | 'app'>,
): Promise<Fetched<readonly Order[]>> {
  if (ids.length > 1) {
    const answer = await client.orders(app, ids)
    if (answer.kind === 'fetched') {
      return { kind: 'fetched', value: partsOf(answer.value.orders).flatMap((order) => orderOf(order) ?? []) }
    }
    if (answer.kind !== 'absent') return answer
  }
  const orders: Order[] = []
  for (const id of ids) {
    const answer = await client.order(app, id)
    if (answer.kind === 'fetched') orders.push(...[orderOf(answer.value)].flatMap((order) => order ?? []))
    else if (answer.kind !== 'absent') return answer
  }
  return { kind: 'fetched', value: orders }
}
