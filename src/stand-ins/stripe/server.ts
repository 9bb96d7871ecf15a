import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../server.ts'
import { createPages } from './acts.ts'
import type { Json, SimulatedEvent } from './event.ts'
import type { SimulatedStripe } from './simulator.ts'

export interface StripeStandInOptions {
  /** One per mode. Each is asked with its own key. */
  readonly accounts: readonly { readonly account: SimulatedStripe; readonly key: string }[]
  readonly port?: number
  readonly latencyMs?: number
  readonly now?: () => number
  /** The event destination that `send` posts to. */
  readonly notificationUrl?: string
  /** What a restricted key may not read: the beginning of a path (`/v1/charges`). */
  readonly forbidden?: readonly string[]
  /** How many of a list a page holds at most, whatever is asked for (Stripe: 100). */
  readonly pageSize?: number
}

export interface StripeStandIn extends StandIn {
  /** Posts an event as Stripe does, signed at this moment; gives the status, or null when nobody answered. */
  send(event: SimulatedEvent): Promise<number | null>
}

/** Stripe's API over simulated accounts: what the hub reads of it, as strict as Stripe's. */
export async function startStripeStandIn(options: StripeStandInOptions): Promise<StripeStandIn> {
  const now = options.now ?? Date.now
  const send = (event: SimulatedEvent): Promise<number | null> => sendTo(options.notificationUrl, event, now)
  const pages = createPages({
    accounts: options.accounts.map(({ account }) => account),
    url: options.notificationUrl ?? null,
    now,
    send: (event, url) => sendTo(url, event, now),
  })
  const handle = (request: StandInRequest): StandInReply | Promise<StandInReply> => {
    if (request.path.startsWith('/_')) return pages(request)
    return answerOfStripe(request, options, now())
  }
  const standIn = await startStandIn({
    handle,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
  })
  return Object.assign(standIn, { send })
}

/** The API's answer to one request, without a server: for whoever calls it in the same process. */
export function answerOfStripe(
  request: StandInRequest,
  options: Pick<StripeStandInOptions, 'accounts' | 'forbidden' | 'pageSize'>,
  now: number,
): StandInReply {
  const reply = answer(request, options, now)
  return { ...reply, headers: { ...reply.headers, date: new Date(now).toUTCString() } }
}

function answer(
  request: StandInRequest,
  options: Pick<StripeStandInOptions, 'accounts' | 'forbidden' | 'pageSize'>,
  now: number,
): StandInReply {
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (given === undefined)
    return refusal(401, { type: 'invalid_request_error', message: 'You did not provide an API key.' })
  const found = options.accounts.find(({ key }) => key === given)
  if (found === undefined)
    return refusal(401, { type: 'invalid_request_error', message: `Invalid API Key provided: ${given.slice(0, 8)}***` })
  if (options.forbidden?.some((path) => request.path.startsWith(path)) === true)
    return refusal(403, { type: 'invalid_request_error', code: 'more_permissions_required', message: 'Not permitted.' })
  const version = request.headers['stripe-version']
  if (version !== undefined && !/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(String(version)))
    return refusal(400, { type: 'invalid_request_error', message: `Invalid Stripe API version: ${String(version)}` })
  if (request.method !== 'GET') return unknownUrl(request)
  return route(request, found.account, options.pageSize ?? 100, now)
}

function route(request: StandInRequest, account: SimulatedStripe, pageSize: number, now: number): StandInReply {
  const { path, query } = request
  const { shelf } = account
  const [, version, resource, id, sub] = path.split('/').map(decodeURIComponent)
  const whole = path.startsWith('/v1/checkout/sessions') ? path.split('/').slice(2) : null
  const list = (all: readonly Json[], known: readonly string[]): StandInReply =>
    pageOf(request, all, [...known, 'limit', 'starting_after', 'ending_before'], pageSize)
  const one = (kind: string, name: string, object: Json | undefined): StandInReply =>
    object === undefined ? missing(kind, name) : { status: 200, body: JSON.stringify(object) }
  if (version !== 'v1') return unknownUrl(request)
  if (whole !== null) return sessions(whole, account, list, query, request)
  if (sub !== undefined)
    return resource === 'invoices' && sub === 'lines' && id !== undefined && shelf.invoices.has(id)
      ? list(account.linesOf(id), [])
      : unknownUrl(request)
  if (id !== undefined && id !== '') {
    switch (resource) {
      case 'subscriptions':
        return one('subscription', id, shelf.subscriptions.get(id)?.())
      case 'invoices':
        return one('invoice', id, shelf.invoices.get(id)?.())
      case 'charges':
        return one('charge', id, shelf.charges.get(id)?.())
      case 'payment_intents':
        return one('payment_intent', id, intentOf(account, id))
      case 'prices':
        return one('price', id, shelf.prices.get(id))
      default:
        return unknownUrl(request)
    }
  }
  switch (resource) {
    case 'invoices':
      return list(newestFirst(shelf.invoices, ofSubscription(query.get('subscription'))), ['subscription'])
    case 'refunds':
      return list(newestFirst(shelf.refunds, ofPayment(query)), ['charge', 'payment_intent'])
    case 'invoice_payments':
      return invoicePayments(account, list, query)
    case 'events':
      return list(listedEvents(account, query, now), ['created[gte]', 'created[lte]', 'type'])
    default:
      return unknownUrl(request)
  }
}

/** A payment intent with its charge and the balance transaction, as `expand[]=latest_charge.balance_transaction` gives it. */
function intentOf({ shelf }: SimulatedStripe, id: string): Json | undefined {
  const charge = [...shelf.charges.values()]
    .map((render) => render())
    .find(({ payment_intent }) => payment_intent === id)
  if (charge === undefined) return undefined
  const amount = Number(charge.amount)
  const fee = Math.round(amount * 0.029) + 30
  const entry = {
    id: `txn_${id.slice(3)}`,
    object: 'balance_transaction',
    amount,
    currency: 'usd',
    fee,
    net: amount - fee,
  }
  return { id, object: 'payment_intent', amount, latest_charge: { ...charge, balance_transaction: entry } }
}

type Lister = (all: readonly Json[], known: readonly string[]) => StandInReply

function sessions(
  [, , id, sub]: readonly string[],
  { shelf }: SimulatedStripe,
  list: Lister,
  query: URLSearchParams,
  request: StandInRequest,
): StandInReply {
  if (id === undefined) {
    const intent = query.get('payment_intent')
    const all = [...shelf.sessions.values()].map((session) => session())
    return list(intent === null ? all : all.filter((session) => session.payment_intent === intent), ['payment_intent'])
  }
  if (sub === undefined) {
    const session = shelf.sessions.get(id)?.()
    return session === undefined ? missing('checkout.session', id) : { status: 200, body: JSON.stringify(session) }
  }
  if (sub !== 'line_items') return unknownUrl(request)
  const lines = shelf.sessionLines.get(id)
  return lines === undefined ? missing('checkout.session', id) : list(lines, [])
}

function invoicePayments({ shelf }: SimulatedStripe, list: Lister, query: URLSearchParams): StandInReply {
  const intent = query.get('payment[payment_intent]')
  if (intent !== null && query.get('payment[type]') !== 'payment_intent')
    return refusal(400, {
      type: 'invalid_request_error',
      param: 'payment[type]',
      message: 'Missing required param: payment[type].',
    })
  const invoice = query.get('invoice')
  const found = shelf.invoicePayments.filter(
    (one) =>
      (intent === null || (one.payment as Json).payment_intent === intent) &&
      (invoice === null || one.invoice === invoice),
  )
  return list(found, ['payment[type]', 'payment[payment_intent]', 'invoice'])
}

function ofPayment(query: URLSearchParams): (refund: Json) => boolean {
  const asked = ['charge', 'payment_intent'].filter((name) => query.has(name))
  return (refund) => asked.every((name) => refund[name] === query.get(name))
}

function ofSubscription(subscription: string | null): (invoice: Json) => boolean {
  return (invoice) => {
    const details = (invoice.parent as Json | undefined)?.subscription_details as Json | undefined
    return subscription === null || invoice.subscription === subscription || details?.subscription === subscription
  }
}

function newestFirst(shelf: ReadonlyMap<string, () => Json>, fits: (one: Json) => boolean): readonly Json[] {
  return [...shelf.values()]
    .map((one) => one())
    .filter(fits)
    .reverse()
}

const LISTED_MS = 30 * 86_400_000

function listedEvents(account: SimulatedStripe, query: URLSearchParams, now: number): readonly Json[] {
  const from = Math.max(Number(query.get('created[gte]') ?? 0), Math.ceil((now - LISTED_MS) / 1000))
  const until = Number(query.get('created[lte]') ?? Number.MAX_SAFE_INTEGER)
  return account.events
    .map(({ json }) => json)
    .filter(({ created }) => Number(created) >= from && Number(created) <= until)
    .sort((a, b) => Number(b.created) - Number(a.created))
}

function pageOf(
  request: StandInRequest,
  all: readonly Json[],
  known: readonly string[],
  pageSize: number,
): StandInReply {
  const { query, path } = request
  const unknown = [...query.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined)
    return refusal(400, {
      type: 'invalid_request_error',
      code: 'parameter_unknown',
      param: unknown,
      message: `Received unknown parameter: ${unknown}`,
    })
  const limit = Number(query.get('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    return refusal(400, {
      type: 'invalid_request_error',
      param: 'limit',
      message: `Invalid integer: ${query.get('limit')}`,
    })
  const after = query.get('starting_after')
  const index = after === null ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== null && index === -1) return missing('object', after, 400)
  const size = Math.min(limit, pageSize)
  const data = all.slice(index + 1, index + 1 + size)
  const list = { object: 'list', data, has_more: index + 1 + size < all.length, url: path }
  return { status: 200, body: JSON.stringify(list) }
}

function missing(kind: string, id: string, status = 404): StandInReply {
  return refusal(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    param: 'id',
    message: `No such ${kind}: '${id}'`,
  })
}

function unknownUrl({ method, path }: StandInRequest): StandInReply {
  return refusal(404, { type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).` })
}

function refusal(status: number, error: Json): StandInReply {
  return { status, body: JSON.stringify({ error }) }
}

async function sendTo(url: string | undefined, event: SimulatedEvent, now: () => number): Promise<number | null> {
  if (url === undefined) throw new Error('This stand-in has no event destination: start it with one to send.')
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': event.header(now()),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
      body: event.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return null
  }
}
