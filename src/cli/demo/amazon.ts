import type { SimulatedNotification } from '../../stand-ins/amazon/simulator.ts'
import { DAY, type Post, type Scene, scene } from './scene.ts'
import type { PlayedStores } from './stores.ts'

const PREMIUM = { product: 'com.acme.premium', term: '1 Month' }

/** Two lives. Amazon tells no prices, so nothing of them is revenue. */
export function amazonScenes({ amazon, post }: PlayedStores, now: number): readonly Scene[] {
  return [...undecided(amazon, post.amazon, now), ...refused(amazon, post.amazon, now)]
}

type Send = (notification: SimulatedNotification) => Post

function undecided(amazon: PlayedStores['amazon'], send: Send, now: number): readonly Scene[] {
  const s = amazon.subscribe({ ...PREMIUM, at: now - 10 * DAY })
  return [
    scene('somebody subscribes at Amazon, which tells no price', () => [send(s.opening)], ['initial_purchase']),
    scene('renewal is switched off', () => [send(s.turnOff({ at: now - 6 * DAY }))], ['cancellation']),
    scene('and on again', () => [send(s.turnOn({ at: now - 4 * DAY }))], ['uncancellation']),
  ]
}

function refused(amazon: PlayedStores['amazon'], send: Send, now: number): readonly Scene[] {
  const s = amazon.subscribe({ ...PREMIUM, at: now - 35 * DAY })
  return [
    scene('somebody else subscribes at Amazon', () => [send(s.opening)], ['initial_purchase']),
    scene('the charge fails; Amazon gives 16 days of grace', () => [send(s.failToRenew({ grace: 'P16D' }))], [
      'billing_issue',
      'cancellation',
    ]),
    scene('the charge succeeds in the grace', () => [send(s.recover({ at: now - DAY }))], ['renewal']),
  ]
}
