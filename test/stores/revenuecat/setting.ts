import type { Fact } from '../../../src/domain/facts.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import type { App } from '../../../src/domain/project.ts'
import type { SimulatedEvent } from '../../../src/stand-ins/revenuecat/event.ts'
import { headersOf, type WebhookCredentials } from '../../../src/stand-ins/revenuecat/send.ts'
import { createSimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import { createRevenuecat } from '../../../src/stores/revenuecat/index.ts'
import type { Decoded, InboundMessage, Store } from '../../../src/stores/store.ts'
import { DAY, START } from '../../domain/scenarios/play.ts'

export { DAY, HOUR, START } from '../../domain/scenarios/play.ts'

/** The wall clock of these tests: nothing about a purchase depends on it. */
export const NOW = START + 400 * DAY

export const AUTHORIZATION = 'Bearer webhook-of-acme'
export const SECRET = 'rcwh_6f1c2a9d'
export const BOTH: WebhookCredentials = { authorization: AUTHORIZATION, signingSecrets: [SECRET] }

export function feedApp(overrides: Partial<App> = {}): App {
  return {
    projectId: 'acme',
    id: 'rc',
    store: 'revenuecat',
    publicKey: null,
    environments: ['production', 'sandbox'],
    receive: 'push',
    eventsFrom: START - DAY,
    createdAt: START - DAY,
    commissionRatePpm: 300_000,
    taxRatePpm: 0,
    settings: { authorization: AUTHORIZATION, signing_secret: SECRET, authority: 'store' },
    ...overrides,
  }
}

export const feed: Store = createRevenuecat({ now: () => NOW })

export function inbound(body: Buffer, credentials: WebhookCredentials = BOTH, at = NOW): InboundMessage {
  return { headers: headersOf(body, credentials, at), body }
}

export function decodedOf(event: Pick<SimulatedEvent, 'body'>, app: App = feedApp()): Decoded {
  return feed.decode({ body: event.body, environment: 'production', type: '', receivedAt: NOW }, app)
}

export function observedIn(event: Pick<SimulatedEvent, 'body'>, app: App = feedApp()): Observation {
  const decoded = decodedOf(event, app)
  if (decoded.kind !== 'observed') throw new Error(`Nothing was observed: ${JSON.stringify(decoded)}`)
  return decoded.observation
}

/** What an event reports beside its charge. */
export function reportedIn(event: Pick<SimulatedEvent, 'body'>, app: App = feedApp()): readonly Fact[] {
  return observedIn(event, app).facts.slice(1)
}

export const END = START + 30 * DAY
export const { opening } = createSimulatedSender().subscribe({
  product: 'monthly',
  price: 9.99,
  period: 'P30D',
  at: START,
})

/** An event of the shape that the sender's pages show, with what is given in place of its own. */
export function event(type: string, over: Readonly<Record<string, unknown>> = {}): { readonly body: Buffer } {
  const zero = ['INITIAL_PURCHASE', 'RENEWAL', 'NON_RENEWING_PURCHASE'].includes(type)
    ? {}
    : { price: 0, price_in_purchased_currency: 0 }
  const whole = { ...opening.event, type, event_timestamp_ms: START + 10 * DAY, ...zero, ...over }
  return { body: Buffer.from(JSON.stringify({ api_version: '1.0', event: whole })) }
}

/** When the events below are made. */
export const at = START + 10 * DAY
/** What a fact of theirs that is reported as their own has. */
export const own = { period: opening.event.transaction_id as string, own: true, inferred: false }
