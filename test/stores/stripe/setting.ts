import type { App } from '../../../src/domain/project.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import type { SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import type { Plan } from '../../../src/stand-ins/stripe/plan.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import type { Accepted, Decoded, InboundMessage, KeptMessage, Store } from '../../../src/stores/store.ts'
import { createStripe } from '../../../src/stores/stripe/index.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const START = Date.UTC(2026, 8, 1, 9)
export const DAY = 86_400_000
export const HOUR = 3_600_000
export const SECRET = `whsec_${'s'.repeat(32)}`
export const KEY = 'sk_live_standin'

export const monthly: Plan = { price: 'price_monthly', product: 'prod_basic', amount: 999, period: 'P1M' }
export const pro: Plan = { price: 'price_pro', product: 'prod_pro', amount: 1999, period: 'P1M' }
export const yearly: Plan = { price: 'price_yearly', product: 'prod_yearly', amount: 9900, period: 'P1Y' }

export function appOf(overrides: Partial<App> = {}): App {
  return {
    projectId: 'acme',
    id: 'web',
    store: 'stripe',
    publicKey: null,
    environments: ['production', 'sandbox'],
    receive: 'push',
    eventsFrom: START - DAY,
    createdAt: START - DAY,
    commissionRatePpm: 0,
    taxRatePpm: 0,
    settings: { webhook_secret: [SECRET], secret_key: KEY, app_user_id_from: 'metadata:app_user_id' },
    ...overrides,
  }
}

export function withSettings(settings: App['settings'], overrides: Partial<App> = {}): App {
  return appOf({ ...overrides, settings: { webhook_secret: [SECRET], ...settings } })
}

/** No test of verification or decoding may open a connection. */
export const noHttp: HttpClient = {
  send: () => Promise.reject(new Error('A request was made where none is needed.')),
  close: () => Promise.resolve(),
}

export function stripeStore(overrides: Partial<Parameters<typeof createStripe>[0]> = {}): Store {
  return createStripe({ http: noHttp, now: () => NOW, apiUrl: null, ...overrides })
}

export function simulated(options: Parameters<typeof createSimulatedStripe>[0] = {}): SimulatedStripe {
  return createSimulatedStripe({ now: () => NOW, secret: SECRET, ...options })
}

export function inbound(event: SimulatedEvent, now = NOW): InboundMessage {
  return { headers: { 'stripe-signature': event.header(now) }, body: event.body }
}

export function post(store: Store, message: InboundMessage, app: App = appOf()): Promise<Accepted> {
  return store.accept(message, app)
}

export function kept(event: SimulatedEvent, receivedAt = NOW): KeptMessage {
  return {
    body: event.body,
    environment: event.json.livemode === true ? 'production' : 'sandbox',
    type: event.type,
    receivedAt,
  }
}

export function decoded(event: SimulatedEvent, app: App = appOf()): Decoded {
  return stripeStore().decode(kept(event), app)
}
