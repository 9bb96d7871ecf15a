import type { EventName } from '../../domain/event.ts'
import type { SimulatedNotification } from '../../stand-ins/app-store/notification.ts'
import type { SimulatedAppStore } from '../../stand-ins/app-store/subscription.ts'

/** One thing that happens in the demo: what is said of it, what Apple sends, and what must come of it. */
export interface Scene {
  readonly say: string
  send(): readonly SimulatedNotification[]
  /** The events that these messages make, by name: written by hand, not asked of the hub. */
  readonly expect: readonly EventName[]
  readonly sandbox: boolean
  /** What reaches Segment as revenue (USD micros). */
  readonly revenueMicros: number
}

/** An app user id as an app sets it through `appAccountToken`. */
export const ANA = '7b0f1a52-3d1c-4a8e-9b57-1f2f6f0c9a01'
const DORA = '0c6a3f7e-55d1-4f0c-8c4f-9a1d2b3c4d5e'

const DAY = 86_400_000
const HOUR = 3_600_000
const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' }
const YEARLY = { product: 'com.acme.yearly', price: 59.99, period: 'P1Y' }
const MONTHLY_MICROS = 9_990_000
const YEARLY_MICROS = 59_990_000

/** A life of a subscription in every turn, a consumable, sandbox traffic, a duplicate and a reordered pair. */
export function demoStory(production: SimulatedAppStore, sandbox: SimulatedAppStore, now: number): readonly Scene[] {
  return [...ana(production, now), ...ben(production, now), ...cleo(sandbox, now), ...dora(production, now)]
}

type Message = SimulatedNotification

/** The messages are made when the scene is played: until then the store knows nothing of what comes later. */
function scene(
  say: string,
  send: () => readonly Message[],
  expect: readonly EventName[],
  more: { readonly revenueMicros?: number; readonly sandbox?: boolean } = {},
): Scene {
  return { say, send, expect, sandbox: more.sandbox ?? false, revenueMicros: more.revenueMicros ?? 0 }
}

function ana(store: SimulatedAppStore, now: number): readonly Scene[] {
  const s = store.subscribe({
    ...MONTHLY,
    trial: 'P1W',
    at: now - 140 * DAY,
    appAccountToken: ANA,
    storefront: 'USA',
  })
  const begun = (): number => s.latest.purchaseDate
  const month = { revenueMicros: MONTHLY_MICROS }
  let renewed: readonly Message[] = []
  const renew = (): readonly Message[] => {
    renewed = [s.renew()]
    return renewed
  }
  return [
    scene('Ana starts a free trial', () => [s.opening], ['trial_started']),
    scene('the trial converts to a paid month', () => [s.renew()], ['trial_converted'], month),
    scene('the subscription renews', renew, ['renewal'], month),
    scene('Apple sends the same renewal again', () => renewed, []),
    scene('Ana cancels', () => [s.cancel({ at: begun() + 3 * DAY })], ['cancellation']),
    scene('Ana changes her mind', () => [s.uncancel({ at: begun() + 5 * DAY })], ['uncancellation']),
    scene('her card is refused; Apple gives 16 days of grace', () => [s.failToRenew({ grace: 'P16D' })], [
      'billing_issue',
      'cancellation',
    ]),
    scene('the charge succeeds in the grace', () => [s.recover()], ['renewal'], month),
    scene(
      'Ana upgrades to the yearly plan',
      () => [s.upgrade(YEARLY, { at: begun() + 4 * DAY })],
      ['product_change', 'renewal'],
      { revenueMicros: YEARLY_MICROS },
    ),
    scene(
      'Apple refunds the year; access ends',
      () => [s.refund({ at: begun() + 2 * DAY })],
      ['cancellation', 'expiration'],
      { revenueMicros: -YEARLY_MICROS },
    ),
  ]
}

function ben(store: SimulatedAppStore, now: number): readonly Scene[] {
  const coins = { product: 'com.acme.coins', price: 1.99, quantity: 2, at: now - 3 * DAY, storefront: 'DEU' }
  return [
    scene(
      'somebody without an account buys two packs of coins',
      () => [store.buyConsumable(coins).opening],
      ['non_subscription_purchase'],
      { revenueMicros: 3_980_000 },
    ),
  ]
}

function cleo(store: SimulatedAppStore, now: number): readonly Scene[] {
  const s = store.subscribe({ ...MONTHLY, at: now - 40 * DAY })
  const paid = { revenueMicros: MONTHLY_MICROS, sandbox: true }
  return [
    scene('a tester subscribes in the sandbox', () => [s.opening], ['initial_purchase'], paid),
    scene('the tester’s subscription renews', () => [s.renew()], ['renewal'], paid),
  ]
}

function dora(store: SimulatedAppStore, now: number): readonly Scene[] {
  const s = store.subscribe({ ...MONTHLY, at: now - 70 * DAY, appAccountToken: DORA })
  const begun = (): number => s.latest.purchaseDate
  const backwards = (): readonly Message[] => {
    const cancelled = s.cancel({ at: begun() + 2 * DAY })
    return [s.uncancel({ at: begun() + 2 * DAY + HOUR }), cancelled]
  }
  return [
    scene('Dora’s renewal arrives before her purchase', () => [s.renew(), s.opening], ['initial_purchase', 'renewal'], {
      revenueMicros: 2 * MONTHLY_MICROS,
    }),
    scene('Dora cancels and comes back; Apple’s messages arrive the other way round', backwards, [
      'cancellation',
      'uncancellation',
    ]),
    scene('Dora cancels for good', () => [s.cancel({ at: begun() + 9 * DAY })], ['cancellation']),
    scene('her month is over', () => [s.expire('voluntary')], ['expiration']),
  ]
}
