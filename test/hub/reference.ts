import { nameOf } from '../../src/domain/event.ts'
import { eventId } from '../../src/domain/ids.ts'
import { type ObserveContext, observe } from '../../src/domain/observe.ts'
import type { App } from '../../src/domain/project.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { decodedOf } from '../../src/stores/app-store/decode.ts'
import { ALWAYS, APPLE_ID, BUNDLE_ID } from './harness.ts'
import type { ExpectedEvent } from './journal.ts'

const EVENTS_FROM = Date.parse(ALWAYS)

const app: App = {
  projectId: 'acme',
  id: 'ios',
  store: 'app_store',
  publicKey: null,
  environments: ['production', 'sandbox'],
  receive: 'push',
  eventsFrom: EVENTS_FROM,
  createdAt: EVENTS_FROM,
  commissionRatePpm: 300_000,
  taxRatePpm: 0,
  settings: { bundle_id: BUNDLE_ID, app_apple_id: APPLE_ID },
}

const context: ObserveContext = {
  eventsFrom: EVENTS_FROM,
  terms: () => ({
    commissionPpm: 0,
    taxPpm: 0,
    usdRate: null,
    rateDate: null,
    rateEstimated: false,
    estimated: true,
  }),
}

/**
 * What the notifications tell, by the pure core alone and in their own order: no HTTP, no signature, no storage, no batch.
 * In that order each chain is met at its beginning, so no history is needed.
 */
export function told(notifications: readonly SimulatedNotification[]): readonly ExpectedEvent[] {
  const purchases = new Map<string, Purchase>()
  const events: ExpectedEvent[] = []
  for (const notification of [...notifications].sort((a, b) => a.at - b.at)) {
    const decoded = decodedOf(notification.decoded, app)
    if (decoded.kind !== 'observed') continue
    const { key } = decoded.observation
    const { purchase, happenings } = observe(purchases.get(key.chain) ?? null, decoded.observation, context)
    purchases.set(key.chain, purchase)
    for (const one of happenings) {
      events.push({
        id: eventId(key, one.what, one.period, one.n),
        type: one.type,
        name: nameOf(one.type, one.periodType, one.isTrialConversion === true),
        product: one.productId,
        money: { currency: one.currency, micros: one.grossMicros },
      })
    }
  }
  return events
}
