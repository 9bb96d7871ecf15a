import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import { ENVIRONMENTS, type Environment } from '../../domain/purchase.ts'
import type { Json } from '../json.ts'
import type { Fetched, ReceiptRead, ReceiptRequest, Resolved } from '../store.ts'
import type { StripeClient } from './client.ts'
import { keyOf } from './fields.ts'
import { invoiceOf } from './invoice.ts'
import { idOf } from './json.ts'
import { readSession, readSubscription, type ShownGround } from './shown-purchase.ts'

/** Stripe's ids are a prefix, letters and digits, at most 255 characters (https://docs.stripe.com/upgrades). */
const ID = /^(sub|cs|in|pi|ch|py)_[A-Za-z0-9_]{1,250}$/

/**
 * What an app or a backend shows as a purchase: a subscription, a Checkout session, or one payment of either. Its id says
 * which it is; which mode it is of, the answer.
 */
export async function readShown(request: ReceiptRequest, app: App, client: StripeClient): Promise<ReceiptRead> {
  const text = request.shown.kind === 'token' ? request.shown.token : request.shown.id
  if (!ID.test(text))
    return {
      kind: 'invalid',
      fault: 'not_authentic',
      reason:
        'That is no id that Stripe gives a purchase: send that of the subscription (sub_…) or of the Checkout session (cs_…).',
    }
  const keys = keysFor(text, request.sandbox, app)
  if (keys.length === 0)
    return {
      kind: 'credentials',
      reason: `What was bought only Stripe can tell: set secret_key of ${app.id}, a restricted key with read access.`,
    }
  let refused: ReceiptRead | null = null
  for (const keyed of keys) {
    const read = await safely(() => readIn(keyed, text, { request, app, client }))
    if (read.kind === 'fetched') return { ...read, value: await newest(read.value, request) }
    if (read.kind === 'credentials') refused ??= read
    else if (read.kind !== 'absent') return read
  }
  const reason = `Stripe knows no such purchase in this account: send an id of the account whose secret_key ${app.id} has.`
  return refused ?? { kind: 'absent', reason }
}

/** Each key once; first that of the mode which the id or the device names. */
function keysFor(text: string, sandbox: boolean | null, app: App): readonly Environment[] {
  const test = text.startsWith('cs_test_') || (sandbox === true && !text.startsWith('cs_live_'))
  const ordered = test ? ENVIRONMENTS.toReversed() : ENVIRONMENTS
  const seen = new Set<string>()
  return ordered.filter((environment) => {
    const key = keyOf(app, environment)
    if (key === null || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** An object without a field that no rule can do without throws a sentence that may name it: ours names nothing. */
async function safely(read: () => Promise<ReceiptRead>): Promise<ReceiptRead> {
  try {
    return await read()
  } catch {
    return { kind: 'retry', reason: 'Stripe’s answer is not as its documentation says.', afterMs: null }
  }
}

interface Asking {
  readonly request: ReceiptRequest
  readonly app: App
  readonly client: StripeClient
}

async function readIn(keyed: Environment, text: string, asking: Asking): Promise<ReceiptRead> {
  const named = await namedBy(text, keyed, asking)
  if (named.kind !== 'fetched') return named
  const { app } = asking
  const { subscription, session, livemode } = named.value
  const environment = livemode === null ? keyed : livemode ? 'production' : 'sandbox'
  if (!app.environments.includes(environment)) {
    const reason = `It is a purchase of the ${environment}, which ${app.id} does not take: add it to the environments of the app.`
    return { kind: 'invalid', fault: 'wrong_environment', reason }
  }
  const ground: ShownGround = { app, client: asking.client, at: asking.request.at, keyed, environment }
  if (session !== null) return readSession(session, ground)
  return subscription === null ? ofNothing() : readSubscription(subscription, null, ground)
}

function modeOf({ livemode }: Json): boolean | null {
  return typeof livemode === 'boolean' ? livemode : null
}

function subscriptionIn(invoice: Json): string | null {
  return invoiceOf(invoice).subscription
}

function ofNothing(): ReceiptRead {
  const note = 'This payment paid for no subscription and no checkout.'
  return { kind: 'fetched', value: { observations: [], links: [], note } }
}

/** What was fetched now is newer than any state that is known. */
async function newest(resolved: Resolved, request: ReceiptRequest): Promise<Resolved> {
  const observations: { observation: Observation; message: null }[] = []
  for (const { observation } of resolved.observations) {
    const { snapshot, key } = observation
    const known = snapshot === null ? null : await request.linked(key.line)
    const after = known?.key.chain === key.chain ? (known.snapshot?.version ?? 0) + 1 : 0
    const state = snapshot === null ? null : { ...snapshot, version: Math.max(snapshot.version, after) }
    observations.push({ observation: { ...observation, snapshot: state }, message: null })
  }
  return { ...resolved, observations }
}

// ── what an id names ────────────────────────────────────────────────────────────────────────────────────────────────

interface Named {
  readonly subscription: string | null
  readonly session: Json | null
  /** null where the answer does not tell. */
  readonly livemode: boolean | null
}

async function namedBy(text: string, environment: Environment, asking: Asking): Promise<Fetched<Named>> {
  const { app, client } = asking
  const get = (path: string): ReturnType<StripeClient['get']> =>
    client.get({ app, environment, path: `${path}/${encodeURIComponent(text)}` })
  if (text.startsWith('sub_')) return namedIn(await get('/v1/subscriptions'), () => ({ subscription: text }))
  if (text.startsWith('cs_')) return namedIn(await get('/v1/checkout/sessions'), (json) => ({ session: json }))
  if (text.startsWith('in_'))
    return namedIn(await get('/v1/invoices'), (json) => ({ subscription: subscriptionIn(json) }))
  if (text.startsWith('pi_')) return namedByIntent(text, environment, asking)
  const charge = await get('/v1/charges')
  if (charge.kind !== 'fetched') return charge
  const intent = idOf(charge.value.json.payment_intent)
  if (intent === null) return namedIn(charge, () => ({}))
  return namedByIntent(intent, environment, asking)
}

function namedIn(
  answer: Awaited<ReturnType<StripeClient['get']>>,
  name: (json: Json) => Partial<Named>,
): Fetched<Named> {
  if (answer.kind !== 'fetched') return answer
  const { json } = answer.value
  return { kind: 'fetched', value: { subscription: null, session: null, livemode: modeOf(json), ...name(json) } }
}

/** A payment intent paid an invoice, or was made at a checkout. */
async function namedByIntent(
  intent: string,
  environment: Environment,
  { app, client }: Asking,
): Promise<Fetched<Named>> {
  const of = { app, environment }
  const query = { 'payment[type]': 'payment_intent', 'payment[payment_intent]': intent }
  const payments = await client.list({ ...of, path: '/v1/invoice_payments', query })
  if (payments.kind !== 'fetched') return payments
  const invoice = idOf(payments.value[0]?.invoice)
  if (invoice !== null) {
    const path = `/v1/invoices/${encodeURIComponent(invoice)}`
    const answer = await client.get({ ...of, path, continued: true })
    const named = namedIn(answer, (json) => ({ subscription: subscriptionIn(json) }))
    // A checkout may make an invoice for what is bought once, too.
    if (named.kind !== 'fetched' || named.value.subscription !== null) return named
  }
  const sessions = await client.list({ ...of, path: '/v1/checkout/sessions', query: { payment_intent: intent } })
  if (sessions.kind !== 'fetched') return sessions
  const [session] = sessions.value
  if (session === undefined) return { kind: 'absent', reason: 'Stripe knows no purchase that this payment paid for.' }
  return { kind: 'fetched', value: { subscription: null, session, livemode: modeOf(session) } }
}
