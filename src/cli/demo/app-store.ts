import type { SimulatedNotification } from '../../stand-ins/app-store/notification.ts'
import type { SimulatedAppStore } from '../../stand-ins/app-store/subscription.ts'
import { DAY, HOUR, type Post, type Scene, scene } from './scene.ts'
import type { PlayedStores } from './stores.ts'

/** An app user id as an app sets it through `appAccountToken`. */
export const ANA = '7b0f1a52-3d1c-4a8e-9b57-1f2f6f0c9a01'
const DORA = '0c6a3f7e-55d1-4f0c-8c4f-9a1d2b3c4d5e'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' }
const YEARLY = { product: 'com.acme.yearly', price: 59.99, period: 'P1Y' }
const MONTHLY_MICROS = 9_990_000
const YEARLY_MICROS = 59_990_000

/** A life of a subscription in every turn, a consumable, sandbox traffic, a duplicate and a reordered pair. */
export function appStoreScenes({ production, sandbox, post }: PlayedStores, now: number): readonly Scene[] {
  const played = { production, sandbox, send: post.appStore, now }
  return [...ana(played), ...ben(played), ...cleo(played), ...dora(played)]
}

interface Stage {
  readonly production: SimulatedAppStore
  readonly sandbox: SimulatedAppStore
  readonly now: number
  send(notification: SimulatedNotification): Post
}

function ana({ production: store, send, now }: Stage): readonly Scene[] {
  const s = store.subscribe({
    ...MONTHLY,
    trial: 'P1W',
    at: now - 140 * DAY,
    appAccountToken: ANA,
    storefront: 'USA',
  })
  const begun = (): number => s.latest.purchaseDate
  const month = { revenueMicros: MONTHLY_MICROS }
  let renewed: readonly Post[] = []
  const renew = (): readonly Post[] => {
    renewed = [send(s.renew())]
    return renewed
  }
  return [
    scene('Ana starts a free trial', () => [send(s.opening)], ['trial_started']),
    scene('the trial converts to a paid month', () => [send(s.renew())], ['trial_converted'], month),
    scene('the subscription renews', renew, ['renewal'], month),
    scene('Apple sends the same renewal again', () => renewed, []),
    scene('Ana cancels', () => [send(s.cancel({ at: begun() + 3 * DAY }))], ['cancellation']),
    scene('Ana changes her mind', () => [send(s.uncancel({ at: begun() + 5 * DAY }))], ['uncancellation']),
    scene('her card is refused; Apple gives 16 days of grace', () => [send(s.failToRenew({ grace: 'P16D' }))], [
      'billing_issue',
      'cancellation',
    ]),
    scene('the charge succeeds in the grace', () => [send(s.recover())], ['renewal'], month),
    scene(
      'Ana upgrades to the yearly plan',
      () => [send(s.upgrade(YEARLY, { at: begun() + 4 * DAY }))],
      ['product_change', 'renewal'],
      { revenueMicros: YEARLY_MICROS },
    ),
    scene(
      'Apple refunds the year; access ends',
      () => [send(s.refund({ at: begun() + 2 * DAY }))],
      ['cancellation', 'expiration'],
      { revenueMicros: -YEARLY_MICROS },
    ),
  ]
}

function ben({ production: store, send, now }: Stage): readonly Scene[] {
  const coins = { product: 'com.acme.coins', price: 1.99, quantity: 2, at: now - 3 * DAY, storefront: 'DEU' }
  return [
    scene(
      'somebody without an account buys two packs of coins',
      () => [send(store.buyConsumable(coins).opening)],
      ['non_subscription_purchase'],
      { revenueMicros: 3_980_000 },
    ),
  ]
}

function cleo({ sandbox: store, send, now }: Stage): readonly Scene[] {
  const s = store.subscribe({ ...MONTHLY, at: now - 40 * DAY })
  const paid = { revenueMicros: MONTHLY_MICROS, sandbox: true }
  return [
    scene('a tester subscribes in the sandbox', () => [send(s.opening)], ['initial_purchase'], paid),
    scene('the tester’s subscription renews', () => [send(s.renew())], ['renewal'], paid),
  ]
}

function dora({ production: store, send, now }: Stage): readonly Scene[] {
  const s = store.subscribe({ ...MONTHLY, at: now - 70 * DAY, appAccountToken: DORA })
  const begun = (): number => s.latest.purchaseDate
  const backwards = (): readonly Post[] => {
    const cancelled = send(s.cancel({ at: begun() + 2 * DAY }))
    return [send(s.uncancel({ at: begun() + 2 * DAY + HOUR })), cancelled]
  }
  return [
    scene(
      'Dora’s renewal arrives before her purchase',
      () => [send(s.renew()), send(s.opening)],
      ['initial_purchase', 'renewal'],
      {
        revenueMicros: 2 * MONTHLY_MICROS,
      },
    ),
    scene('Dora cancels and comes back; Apple’s messages arrive the other way round', backwards, [
      'cancellation',
      'uncancellation',
    ]),
    scene('Dora cancels for good', () => [send(s.cancel({ at: begun() + 9 * DAY }))], ['cancellation']),
    scene('her month is over', () => [send(s.expire('voluntary'))], ['expiration']),
  ]
}
