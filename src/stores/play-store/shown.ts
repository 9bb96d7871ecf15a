import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { isOpaqueId } from '../opaque-id.ts'
import type { Fetched, ReceiptRead, ReceiptRequest, Resolved } from '../store.ts'
import type { PlayReads } from './client.ts'
import { oneTimeTold, readOneTime } from './one-time.ts'
import { orderOf } from './order.ts'
import { readChain } from './reading.ts'
import { environmentOf, resolvedOf } from './resolve.ts'

/** A purchase token has some 150 characters; Google documents no bound. */
const MOST_CHARS = 1_000

/** What is sold by a token; null: only Google can tell. */
type Sold = 'subscription' | 'one_time' | null

/**
 * What an app shows as a purchase: a token, or an order that names one. It is read as a notification of it would be, so
 * that whoever comes first tells the same. Product ids are no help but for one: `PRODUCT:BASE_PLAN` is a subscription.
 */
export async function readShown(request: ReceiptRequest, app: App, client: PlayReads): Promise<ReceiptRead> {
  const { shown } = request
  const text = shown.kind === 'token' ? shown.token : shown.id
  if (!isOpaqueId(text, MOST_CHARS))
    return {
      kind: 'invalid',
      fault: 'not_authentic',
      reason: 'That is no purchase token and no order id of Google Play: send it as Play Billing gave it.',
    }
  const named = shown.kind === 'transaction' ? await tokenOfOrder(text, app, client) : tokenAlone(text, shown.kind)
  if (named.kind !== 'fetched') return named
  const { token } = named.value
  const known = await request.linked(token)
  const withBasePlan = request.productIds.some((one) => one.includes(':'))
  const sold = named.value.sold ?? known?.kind ?? (withBasePlan ? 'subscription' : null)
  if (sold === 'one_time') return absentSays(await oneTimeOf(token, request, app, client))
  const read = await subscriptionOf(token, request, app, client)
  if (read.kind !== 'absent' || sold === 'subscription') return absentSays(read)
  return absentSays(await oneTimeOf(token, request, app, client))
}

function tokenAlone(token: string, kind: 'token' | 'subscription'): Fetched<{ token: string; sold: Sold }> {
  return { kind: 'fetched', value: { token, sold: kind === 'subscription' ? 'subscription' : null } }
}

/** Orders of what was bought with a promotion code have no id; every other one names its token. */
async function tokenOfOrder(
  orderId: string,
  app: App,
  client: PlayReads,
): Promise<Fetched<{ token: string; sold: Sold }>> {
  const answer = await client.order(app, orderId)
  if (answer.kind !== 'fetched')
    return answer.kind === 'absent'
      ? {
          kind: 'absent',
          reason: `Google Play knows no such order of this app: send the order id of a purchase of it.`,
        }
      : answer
  const order = orderOf(answer.value)
  if (order === null || order.token === null)
    return { kind: 'absent', reason: 'Google Play names no purchase token for this order: send the token instead.' }
  const isSubscription = order.lines.some((line) => line.isSubscription)
  return { kind: 'fetched', value: { token: order.token, sold: isSubscription ? 'subscription' : 'one_time' } }
}

async function subscriptionOf(
  token: string,
  request: ReceiptRequest,
  app: App,
  client: PlayReads,
): Promise<ReceiptRead> {
  const reading = await readChain(token, [], { client, app, linked: (name) => request.linked(name) })
  if (reading.kind !== 'fetched') return reading
  const environment = environmentOf(reading.value)
  if (!app.environments.includes(environment)) return ofOther(environment, app)
  return { kind: 'fetched', value: resolvedOf(reading.value, [], request.at, app) }
}

async function oneTimeOf(token: string, request: ReceiptRequest, app: App, client: PlayReads): Promise<ReceiptRead> {
  const read = await readOneTime(token, app, client, (name) => request.linked(name))
  if (read.kind !== 'fetched') return read
  if (read.value.kind === 'nothing') return { kind: 'fetched', value: nothing(read.value.note) }
  const { bought, environment } = read.value
  if (!app.environments.includes(environment)) return ofOther(environment, app)
  return { kind: 'fetched', value: oneTimeTold(bought, [], environment, request.at, app) }
}

function nothing(note: string): Resolved {
  return { observations: [], links: [], note }
}

function ofOther(environment: Environment, app: App): ReceiptRead {
  const reason = `It is a purchase of the ${environment}, which ${app.id} does not take: add it to the environments of the app.`
  return { kind: 'invalid', fault: 'wrong_environment', reason }
}

function absentSays(read: ReceiptRead): ReceiptRead {
  if (read.kind !== 'absent') return read
  const reason =
    'Google Play does not know this purchase token, or not any more: send one of this package, within 60 days of its end.'
  return { kind: 'absent', reason }
}
