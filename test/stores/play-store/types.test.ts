import { describe, expect, it } from 'vitest'
import type { Fact } from '../../../src/domain/facts.ts'
import type { SimulatedSubscription } from '../../../src/stand-ins/play-store/subscription-acts.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { createHub, keptOf, play } from './played.ts'
import { basic, monthly } from './scenarios.ts'
import { appOf, DAY, googleOf, playStore, START, simulated } from './setting.ts'

/** "own ended", "shown ended", "period": what one message tells of the main line, with whose voice. */
async function voices(
  before: readonly SimulatedNotification[],
  message: SimulatedNotification,
): Promise<readonly string[]> {
  const hub = await play(
    before,
    before.map((_, index) => index),
  )
  const here = createHub(() => message.view)
  for (const [id, purchase] of hub.purchases) here.purchases.set(id, purchase)
  for (const [name, id] of hub.links) here.links.set(name, id)
  const resolved = await here.resolve(message.token, [keptOf(message)], message.at + 60_000)
  if (resolved.kind !== 'fetched') throw new Error(JSON.stringify(resolved))
  const facts = resolved.value.observations.flatMap(({ observation }) => observation.facts)
  return facts.filter(({ kind }) => kind !== 'period' && kind !== 'one_time').map(voice)
}

function voice(fact: Fact): string {
  return `${fact.own ? 'own ' : fact.inferred ? 'shown ' : ''}${fact.kind}`
}

const play1 = simulated(() => START)
const bought = (): SimulatedSubscription => play1.subscribe({ ...monthly, at: START })

describe('what each type of notification attests', () => {
  const rows: readonly (readonly [string, (s: SimulatedSubscription) => SimulatedNotification, readonly string[]])[] = [
    ['RENEWED', (s) => s.renew(), []],
    [
      'RECOVERED',
      (s) => {
        s.hold()
        return s.recover()
      },
      [],
    ],
    ['CANCELED by the user', (s) => s.cancel({ at: START + DAY }), ['own renewal_switch', 'shown renewal_switch']],
    [
      'CANCELED by the developer',
      (s) => s.cancel({ by: 'developer', at: START + DAY }),
      ['own renewal_switch', 'shown renewal_switch'],
    ],
    [
      'CANCELED by Google',
      (s) => s.cancel({ by: 'system', at: START + DAY }),
      ['own billing_failed', 'shown billing_failed'],
    ],
    ['ON_HOLD', (s) => s.hold(), ['own billing_failed', 'own ended', 'shown billing_failed', 'shown ended']],
    ['IN_GRACE_PERIOD', (s) => s.grace(), ['own billing_failed', 'shown billing_failed']],
    [
      'RESTARTED',
      (s) => {
        s.cancel({ at: START + DAY })
        return s.restart({ at: START + 2 * DAY })
      },
      ['own renewal_switch'],
    ],
    ['PRICE_CHANGE_CONFIRMED', (s) => s.tell(8, { at: START + DAY }), []],
    ['DEFERRED', (s) => s.defer(5, { at: START + DAY }), ['own extended']],
    ['PAUSED', (s) => s.pause(), ['shown pause_scheduled', 'own ended', 'shown pause_scheduled', 'shown ended']],
    ['PAUSE_SCHEDULE_CHANGED', (s) => s.schedulePause({ at: START + DAY }), ['own pause_scheduled']],
    ['REVOKED', (s) => s.revoke({ at: START + DAY }), ['own refund', 'own ended', 'shown refund', 'shown ended']],
    [
      'EXPIRED',
      (s) => {
        s.cancel({ at: START + DAY })
        return s.expire()
      },
      ['own ended', 'shown renewal_switch', 'shown ended'],
    ],
    ['ITEMS_CHANGED', (s) => s.removeItem('gold', { at: START + DAY }), ['own renewal_switch']],
    ['CANCELLATION_SCHEDULED', (s) => s.scheduleCancellation({ at: START + DAY }), ['own renewal_switch']],
    ['PRICE_CHANGE_UPDATED', (s) => s.increasePrice({ at: START + DAY }), []],
    ['PRICE_STEP_UP_CONSENT_UPDATED', (s) => s.tell(22, { at: START + DAY }), []],
    ['VOIDED_PURCHASE', (s) => s.refund({ at: START + DAY }), ['own refund', 'shown refund']],
    ['a type that Google does not list (14)', (s) => s.tell(14, { at: START + DAY }), []],
    ['a type that is newer than this version (99)', (s) => s.tell(99, { at: START + DAY }), []],
  ]
  it.each(rows)('%s', async (_name, act, expected) => {
    const s = bought()
    const { opening } = s
    expect(await voices([opening], act(s))).toEqual(expected)
  })

  it('PURCHASED: the charge is its own; of a deferred change the choice is', async () => {
    const s = bought()
    const { opening } = s
    expect(await voices([opening], s.change(basic, { deferred: true, at: START + DAY }).opening)).toEqual([
      'own change_requested',
      'shown change_requested',
    ])
  })

  it('a pending purchase that was given up is nothing', async () => {
    const s = play1.subscribe({ ...monthly, pending: true, at: START })
    expect(await voices([], s.giveUp({ at: START + DAY }))).toEqual([])
  })

  it('a state and values that are newer than this version are kept, and change nothing', async () => {
    const s = bought()
    const strange = s.tell(2, { at: START + DAY })
    const resource = {
      ...strange.view.subscriptions.get(s.token),
      subscriptionState: 'SUBSCRIPTION_STATE_DREAMING',
      brandNew: {},
    }
    const view = { ...strange.view, subscriptions: new Map([[s.token, resource]]) }
    const hub = await play([s.opening, { ...strange, view }], [0, 1])
    expect(hub.happenings).toHaveLength(1)
    expect([...hub.purchases.values()][0]?.snapshot).toMatchObject({ status: 'active', autoRenew: true })
  })

  it('what a chargeback asks is an alert, and a kind that is new is kept', () => {
    const store = playStore(googleOf(() => play1.view()))
    expect(store.decode(keptOf(play1.refundReview('GPA.1')), appOf())).toMatchObject({
      kind: 'nothing',
      alert: expect.any(String),
    })
    const kind = play1.tell('x', { brandNewNotification: {} })
    expect(store.decode(keptOf(kind), appOf())).toMatchObject({ kind: 'nothing', unknownType: true })
  })
})

describe('what a charge says', () => {
  it('price, country, offer and period as Google tells them', async () => {
    const s = play1.subscribe({
      ...monthly,
      intro: 0.5,
      currency: 'JPY',
      country: 'JP',
      promotionCode: 'SPRING',
      at: START,
    })
    const hub = await play([s.opening], [0])
    expect(hub.happenings[0]).toMatchObject({
      productId: 'gold:monthly',
      periodType: 'INTRO',
      grossMicros: 500_000,
      currency: 'JPY',
      countryCode: 'JP',
      offerCode: 'SPRING',
      purchasedAt: START,
      expiresAt: s.expiresAt,
      transactionId: s.latestOrder,
      originalTransactionId: s.latestOrder,
      renewalNumber: 1,
    })
  })

  it('a free trial costs nothing, which is an amount, and renewals count', async () => {
    const s = play1.subscribe({ ...monthly, trial: 'P3D', at: START })
    const hub = await play([s.opening, s.renew(), s.renew()], [0, 1, 2])
    expect(hub.happenings.map(({ grossMicros, renewalNumber }) => [grossMicros, renewalNumber])).toEqual([
      [0, 1],
      [9_990_000, 2],
      [9_990_000, 3],
    ])
    expect(hub.happenings[2]?.originalTransactionId).toBe(hub.happenings[0]?.transactionId)
  })

  it('refunds in parts and the rest of it add up to the charge', async () => {
    const s = bought()
    const parts = [
      s.refund({ amount: 3.33, at: START + DAY }),
      s.refund({ amount: 3.33, at: START + 2 * DAY }),
      s.refund({ at: START + 3 * DAY }),
    ]
    const hub = await play([s.opening, ...parts], [0, 1, 2, 3])
    expect(hub.entries.map(({ micros }) => micros)).toEqual([9_990_000, -3_330_000, -3_330_000, -3_330_000])
  })

  it('an order of several products is read line by line, and its refund too', async () => {
    const news = { product: 'news', basePlan: 'monthly', price: 2, period: 'P1M' }
    const s = play1.subscribe({ ...monthly, addOns: [news], at: START })
    const hub = await play([s.opening, s.refund({ at: START + DAY })], [0, 1])
    expect(hub.entries.map(({ productId, micros }) => [productId, micros])).toEqual([
      ['gold:monthly', 9_990_000],
      ['news:monthly', 2_000_000],
      ['gold:monthly', -9_990_000],
      ['news:monthly', -2_000_000],
    ])
    expect([...hub.purchases.values()].map(({ key }) => key.line)).toEqual(['', 'news'])
  })
})
