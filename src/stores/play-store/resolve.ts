import type { Fact, PeriodFact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import type { Fetched, PollRequest, Resolved, ResolveRequest } from '../store.ts'
import { attestedFacts } from './attested.ts'
import type { PlayReads } from './client.ts'
import { linesOf } from './lines.ts'
import { envelopeOf, type Notification } from './notification.ts'
import { resolveOneTime } from './one-time.ts'
import { numberOf, orderOf } from './order.ts'
import { type LineView, lineView } from './periods.ts'
import { lineName, type ReadDeps, type Reading, readChain } from './reading.ts'
import { shownFacts, snapshotOf } from './state.ts'

/**
 * What the waiting messages of one purchase token are about: the purchase is read anew, and each message adds what it
 * attests by its type and time. The token is never believed: a purchase that Google does not show gives nothing.
 */
export async function resolveToken(request: ResolveRequest, app: App, client: PlayReads): Promise<Fetched<Resolved>> {
  const messages = request.messages.map((message) => envelopeOf(message.body).notification)
  const deps: ReadDeps = { client, app, linked: (name) => request.linked(name) }
  const kind = await kindOf(request.subject, messages, deps)
  if (kind.kind !== 'fetched') return absentSays(kind)
  if (kind.value === 'one_time') return absentSays(await resolveOneTime(request, messages, app, client))
  const orderIds = messages.flatMap((one) => (one.kind === 'voided' ? [one.orderId] : []))
  const reading = await readChain(request.subject, orderIds, deps)
  if (reading.kind !== 'fetched') return absentSays(reading)
  return { kind: 'fetched', value: resolvedOf(reading.value, messages, request.at, app) }
}

/** A token that Google does not know, or not any more, is no reason to ask for ever. */
function absentSays(answer: Exclude<Fetched<unknown>, { kind: 'fetched' }> | Fetched<Resolved>): Fetched<Resolved> {
  if (answer.kind !== 'absent') return answer
  const note =
    'Google Play does not know this purchase token, or not any more: it forgets a token 60 days after its end.'
  return { kind: 'fetched', value: { observations: [], links: [], note } }
}

/** A voided purchase that was listed does not say whether it is a subscription: its order does. */
async function kindOf(
  subject: string,
  messages: readonly Notification[],
  { client, app, linked }: ReadDeps,
): Promise<Fetched<'subscription' | 'one_time'>> {
  for (const message of messages) {
    if (message.kind === 'subscription' || message.kind === 'one_time') return { kind: 'fetched', value: message.kind }
    if (message.kind === 'voided' && message.product !== null) return { kind: 'fetched', value: message.product }
  }
  const known = await linked(subject)
  if (known !== null) return { kind: 'fetched', value: known.kind }
  const orderId = messages.flatMap((message) => (message.kind === 'voided' ? [message.orderId] : []))[0]
  if (orderId === undefined) return { kind: 'fetched', value: 'subscription' }
  const answer = await client.order(app, orderId)
  if (answer.kind !== 'fetched') return answer
  const isSubscription = orderOf(answer.value)?.lines.some((line) => line.isSubscription) ?? true
  return { kind: 'fetched', value: isSubscription ? 'subscription' : 'one_time' }
}

/** What a chain that was read tells, by each message; by itself where none asked. */
export function resolvedOf(reading: Reading, messages: readonly Notification[], at: number, app: App): Resolved {
  const subscription = reading.tokens.at(-1)?.subscription
  const nothing = (note: string): Resolved => ({ observations: [], links: [], note })
  if (subscription?.state === 'pending' || subscription?.state === 'pending_canceled')
    return nothing('Its payment is pending or was given up: nothing was bought yet.')
  const environment = environmentOf(reading)
  if (!app.environments.includes(environment))
    return nothing(`It is a purchase of the ${environment}, which ${app.id} does not take.`)
  const observations = observationsOf(reading, messages, at, app)
  const main = observations[0]?.observation.key
  if (main === undefined) return nothing('The purchase lists no product that is owned.')
  // The orders that began its tokens are what an export knows of it (see begunBy in reading.ts).
  const orders = reading.orders.map(({ id }) => numberOf(id).first)
  const names = new Set([reading.chain, ...reading.tokens.map(({ token }) => token), ...orders])
  const key: PurchaseKey = { ...main, line: '' }
  const addOns = observations.map(({ observation }) => observation.key).filter(({ line }) => line !== '')
  const named = new Map(addOns.map((one) => [lineName(reading.chain, one.line), one]))
  return {
    observations,
    links: [...[...names].map((name) => ({ name, key })), ...[...named].map(([name, one]) => ({ name, key: one }))],
    note: null,
  }
}

export function environmentOf({ tokens, known }: Reading): Environment {
  if (known !== null) return known.key.environment
  return tokens.some(({ subscription }) => subscription.isTest) ? 'sandbox' : 'production'
}

/**
 * One observation for each message and line, with all charges that are known by then; the state comes with the last, or
 * alone where no message asked.
 */
function observationsOf(
  reading: Reading,
  messages: readonly Notification[],
  at: number,
  app: App,
): Resolved['observations'] {
  const lineOf = linesOf(reading)
  const products = reading.orders.flatMap((order) => order.lines.map(({ productId }) => productId))
  const items = reading.tokens.flatMap(({ subscription }) =>
    subscription.items.filter(({ orderId }) => orderId !== null).map(({ productId }) => productId),
  )
  const lines = new Set([
    '',
    ...[...items, ...products].map(lineOf),
    ...[...reading.addOns.values()].map(({ key }) => key.line),
  ])
  return [...lines].flatMap((line) => {
    const known = line === '' ? reading.known : (reading.addOns.get(line) ?? null)
    const view = lineView({ line, known, holds: (productId) => lineOf(productId) === line }, reading, at)
    return view.periods.length === 0 ? [] : tellingsOf(view, reading, messages, at, app, known)
  })
}

function tellingsOf(
  view: LineView,
  reading: Reading,
  messages: readonly Notification[],
  at: number,
  app: App,
  known: Purchase | null,
): Resolved['observations'] {
  const version = Math.max(at, (known?.snapshot?.version ?? 0) + 1)
  const snapshot = snapshotOf(view, version, at)
  const attested = messages.map((message) => attestedFacts(message, view))
  const shown = shownFacts(view, at)
  const charges = chargesOf(view, [...attested.flat(), ...shown])
  const observed = (facts: readonly Fact[], withState: boolean): Observation => ({
    key: keyOf(reading, view.line, app),
    appId: app.id,
    kind: 'subscription',
    snapshot: withState ? snapshot : null,
    facts: [...charges, ...facts],
    owner: reading.tokens.findLast(({ subscription }) => subscription.owner !== null)?.subscription.owner ?? null,
    history: reading.isComplete ? 'complete' : 'partial',
  })
  if (messages.length === 0) return [{ observation: observed(shown, true), message: null }]
  const last = messages.length - 1
  return attested.map((facts, message) => ({
    observation: observed(message === last ? [...facts, ...shown] : facts, message === last),
    message,
  }))
}

function keyOf(reading: Reading, line: string, app: App): PurchaseKey {
  return {
    projectId: app.projectId,
    store: 'play_store',
    environment: environmentOf(reading),
    chain: reading.chain,
    line,
  }
}

/**
 * Every charge; where a cancellation waits for the end of a commitment, the installments charged after it began with
 * auto-renew off already.
 */
function chargesOf({ periods, item, known }: LineView, facts: readonly Fact[]): readonly PeriodFact[] {
  if (item?.plan !== 'installments') return periods
  const switches = [...known, ...facts].filter((fact) => fact.kind === 'renewal_switch')
  return periods.map((period) => {
    const off = switches.filter((fact) => !fact.on && fact.period !== period.period && fact.at < period.at)
    const stands = off.some((one) => !switches.some((fact) => fact.on && fact.at > one.at && fact.at <= period.at))
    return stands ? { ...period, startsCancelled: true } : period
  })
}

/** The state of one purchase as Google knows it now. */
export async function pollPurchase(request: PollRequest, app: App, client: PlayReads): Promise<Fetched<Observation>> {
  const { purchase, at } = request
  const { line } = purchase.key
  const token = await tokenInForce(request, app, client)
  if (token.kind !== 'fetched') return token
  const main = line === '' ? purchase : { ...purchase, key: { ...purchase.key, line: '' }, facts: [], snapshot: null }
  // Whatever token leads here is of this chain; its other add-ons are not asked about.
  const linked = (name: string): Promise<Purchase | null> => Promise.resolve(isToken(name) ? main : null)
  const addOn = line === '' ? {} : { addOn: purchase }
  const reading = await readChain(token.value, [], { client, app, linked, ...addOn })
  if (reading.kind !== 'fetched') return reading
  const told = observationsOf(reading.value, [], at, app).find(({ observation }) => observation.key.line === line)
  if (told !== undefined) return { kind: 'fetched', value: told.observation }
  return { kind: 'absent', reason: 'Google Play lists nothing of this purchase any more.' }
}

/** The first token of the chain may have been replaced: the newest state, else the newest charge, names the one in force. */
async function tokenInForce({ purchase }: PollRequest, app: App, client: PlayReads): Promise<Fetched<string>> {
  const told = purchase.snapshot?.askWith
  if (told !== undefined) return { kind: 'fetched', value: told }
  const charge = purchase.facts.filter((fact) => fact.kind === 'period').at(-1)
  const order = charge === undefined ? null : await client.order(app, charge.period)
  if (order !== null && order.kind !== 'fetched' && order.kind !== 'absent') return order
  const token = order?.kind === 'fetched' ? orderOf(order.value)?.token : null
  return { kind: 'fetched', value: token ?? purchase.key.chain }
}

/** The other names are those of add-ons (see lineName). */
function isToken(name: string): boolean {
  return !name.includes('#')
}
