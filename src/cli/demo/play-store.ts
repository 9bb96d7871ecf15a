import type { Replacement } from '../../stand-ins/play-store/subscription-acts.ts'
import type { SimulatedNotification } from '../../stand-ins/play-store/world.ts'
import { DAY, type Post, type Scene, scene } from './scene.ts'
import type { PlayedStores } from './stores.ts'

const MONTHLY = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }
const YEARLY = { product: 'gold', basePlan: 'yearly', price: 59.99, period: 'P1Y' }
const MONTHLY_MICROS = 9_990_000
const UPGRADE = 54.99
const UPGRADE_MICROS = 54_990_000

/** A trial, a pause that is planned, begins and ends, and an upgrade whose charge goes back. */
export function playStoreScenes({ play, post }: PlayedStores, now: number): readonly Scene[] {
  return [...eva(play, post.play, now), ...finn(play, post.play, now)]
}

type Send = (notification: SimulatedNotification) => Post

function eva(play: PlayedStores['play'], send: Send, now: number): readonly Scene[] {
  const s = play.subscribe({ ...MONTHLY, trial: 'P1W', owner: 'eva', at: now - 90 * DAY })
  const month = { revenueMicros: MONTHLY_MICROS }
  return [
    scene('Eva starts a free trial at Google Play', () => [send(s.opening)], ['trial_started']),
    scene('Google charges her first month', () => [send(s.renew())], ['trial_converted'], month),
    scene(
      'Eva plans a pause, for which CleverTap has no event',
      () => [send(s.schedulePause({ at: now - 70 * DAY }))],
      ['subscription_paused'],
      { notAtClevertap: ['subscription_paused'] },
    ),
    scene('the pause begins', () => [send(s.pause({ until: now - 20 * DAY }))], ['expiration']),
    scene('the pause is over; Google charges her again', () => [send(s.recover())], ['renewal'], month),
  ]
}

function finn(play: PlayedStores['play'], send: Send, now: number): readonly Scene[] {
  const s = play.subscribe({ ...MONTHLY, owner: 'finn', at: now - 20 * DAY })
  const all = ({ opening, farewell }: Replacement): readonly Post[] => [opening, ...farewell].map(send)
  return [
    scene('Finn subscribes at Google Play', () => [send(s.opening)], ['initial_purchase'], {
      revenueMicros: MONTHLY_MICROS,
    }),
    scene(
      'Finn upgrades at once: a purchase token of its own, and the end of the old one, which is no end',
      () => all(s.change(YEARLY, { at: now - 10 * DAY, charged: UPGRADE })),
      ['product_change', 'initial_purchase'],
      { revenueMicros: UPGRADE_MICROS },
    ),
    scene(
      'Google gives the money back (a voided purchase)',
      () => [send(s.refund({ at: now - 5 * DAY }))],
      ['cancellation'],
      {
        revenueMicros: -UPGRADE_MICROS,
      },
    ),
    scene('and revokes access', () => [send(s.revoke({ at: now - 5 * DAY }))], ['expiration']),
  ]
}
