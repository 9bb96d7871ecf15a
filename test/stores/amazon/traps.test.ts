import { describe, expect, it } from 'vitest'
import { statusAt } from '../../../src/domain/status.ts'
import type { SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import type { SimulatedSubscription } from '../../../src/stand-ins/amazon/subscription.ts'
import { createHub, type Hub } from './hub.ts'
import { told } from './play.ts'
import { answered, appOf, DAY, HOUR, MINUTE, START, simulated } from './setting.ts'

const monthly = { product: 'com.acme.premium', termSku: 'com.acme.premium.month', at: START }
const END = Date.UTC(2026, 10, 1, 9)
const SECOND_END = Date.UTC(2026, 11, 1, 9)

interface Life {
  readonly hub: Hub
  readonly amazon: SimulatedAmazon
  readonly s: SimulatedSubscription
}

/** A subscription whose purchase the hub has heard of. */
async function begun(of: object = {}): Promise<Life> {
  const hub = createHub()
  const amazon = simulated()
  const s = amazon.subscribe({ ...monthly, ...of })
  await hub.hear([s.opening], amazon.world, START + MINUTE)
  return { hub, amazon, s }
}

function periodsOf(hub: Hub): readonly (readonly [string, number])[] {
  return [...hub.purchases.values()].flatMap(({ facts }) =>
    facts.filter((fact) => fact.kind === 'period').map((fact) => [fact.period, fact.expiresAt] as const),
  )
}

describe('renewalDate is null once auto-renew is off', () => {
  it('and the end of the period stays known', async () => {
    const { hub, amazon, s } = await begun()
    const off = s.turnOff({ at: START + 5 * DAY })
    await hub.hear([off], amazon.world, START + 5 * DAY + MINUTE)
    expect(periodsOf(hub)).toEqual([[`${s.id}#${START}`, END]])
    const [purchase] = hub.purchases.values()
    expect(purchase?.snapshot).toMatchObject({ status: 'active', autoRenew: false })
  })

  it('and the end is reckoned where the purchase was not known before', async () => {
    const hub = createHub()
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    s.renew()
    await hub.hear([s.turnOff({ at: END + 5 * DAY })], amazon.world, END + 5 * DAY + MINUTE)
    expect(periodsOf(hub)).toEqual([
      [`${s.id}#${START}`, END],
      [`${s.id}#${END}`, SECOND_END],
    ])
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown', 'CANCELLATION UNSUBSCRIBE'])
  })

  it('and a receipt that is a little behind its end is no renewal', async () => {
    const { hub, amazon, s } = await begun()
    await hub.hear([s.turnOff({ at: START + 5 * DAY })], amazon.world, START + 5 * DAY + MINUTE)
    await hub.poll(amazon.world, END)
    await hub.poll(amazon.world, END + HOUR)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE'])
    s.expire()
    await hub.poll(amazon.world, END + 2 * HOUR)
    expect(told(hub).slice(2)).toEqual(['EXPIRATION UNSUBSCRIBE'])
  })

  it('and a renewal before it was switched off is told by its message', async () => {
    const { hub, amazon, s } = await begun()
    const renewed = s.renew()
    const off = s.turnOff({ at: END + HOUR })
    await hub.hear([renewed, off], amazon.world, END + 2 * HOUR)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown', 'CANCELLATION UNSUBSCRIBE'])
  })
})

describe('one receipt id for all renewals', () => {
  it('gives each period a name of its own, the same whenever it is read', async () => {
    const { hub, amazon, s } = await begun({ at: Date.UTC(2026, 0, 31, 9) })
    const starts = [s.opening.at]
    for (let n = 0; n < 5; n += 1) {
      const renewed = s.renew()
      starts.push(renewed.at)
      await hub.hear([renewed], amazon.world, renewed.at + MINUTE)
      await hub.poll(amazon.world, renewed.at + 9 * DAY)
    }
    expect(periodsOf(hub).map(([id]) => id)).toEqual(starts.map((start) => `${s.id}#${start}`))
    expect(starts.map((start) => new Date(start).toISOString().slice(5, 10))).toEqual([
      '01-31',
      '02-28',
      '03-31',
      '04-30',
      '05-31',
      '06-30',
    ])
    const late = createHub()
    await late.hear(
      [s.tell('SUBSCRIPTION_RENEWED', { at: starts.at(-1) ?? 0 })],
      amazon.world,
      (starts.at(-1) ?? 0) + DAY,
    )
    expect(periodsOf(late).at(-1)).toEqual(periodsOf(hub).at(-1))
  })

  it('and a renewal that comes some hours off its date is not two', async () => {
    const { hub, amazon, s } = await begun()
    const renewed = s.renew()
    const [state] = amazon.world.values()
    if (state === undefined) throw new Error('There is no receipt.')
    const shifted = new Map([[state.receiptId, { ...state, end: SECOND_END + 5 * HOUR }]])
    // The message comes while the receipt still shows the old date, and the receipt then shows another hour.
    await hub.hear([renewed], s.opening.world, END + MINUTE)
    await hub.poll(shifted, END + 2 * HOUR)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown'])
    expect(periodsOf(hub).map(([id]) => id)).toEqual([`${s.id}#${START}`, `${s.id}#${END}`])
  })
})

describe('a message is lost: 4xx and an hour without us are never tried again', () => {
  it('RENEWED: the poll at the end of the period tells the same renewal', async () => {
    const { hub, amazon, s } = await begun()
    const renewed = s.renew()
    await hub.poll(amazon.world, END)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown'])
    await hub.hear([renewed], amazon.world, END + DAY)
    expect(told(hub)).toHaveLength(2)
  })

  it('CONVERTED: the poll tells the same conversion', async () => {
    const { hub, amazon, s } = await begun({ trial: 'P1W' })
    s.renew()
    await hub.poll(amazon.world, START + 7 * DAY)
    expect(told(hub)).toEqual(['TRIAL', 'CONVERSION unknown'])
  })

  it('AUTO_RENEWAL_OFF and ON: the daily reading tells both, once', async () => {
    const { hub, amazon, s } = await begun()
    s.turnOff({ at: START + 2 * DAY })
    await hub.poll(amazon.world, START + 3 * DAY)
    await hub.poll(amazon.world, START + 4 * DAY)
    s.turnOn({ at: START + 5 * DAY })
    await hub.poll(amazon.world, START + 6 * DAY)
    await hub.poll(amazon.world, START + 7 * DAY)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION'])
    const [purchase] = hub.purchases.values()
    expect(purchase?.facts.filter((fact) => fact.kind === 'renewal_switch')).toHaveLength(2)
  })

  it('AUTO_RENEWAL_OFF: the reminder before the end tells it', async () => {
    const { hub, amazon, s } = await begun()
    s.turnOff({ at: START + 2 * DAY })
    await hub.hear([s.scheduledToEnd({ at: START + 20 * DAY })], amazon.world, START + 20 * DAY + MINUTE)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE'])
  })

  it('IN_GRACE_PERIOD and what follows: the readings tell all of it', async () => {
    const { hub, amazon, s } = await begun()
    const failed = s.failToRenew({ grace: 'P6D' })
    await hub.poll(amazon.world, END + HOUR)
    expect(told(hub).slice(1)).toEqual(['BILLING_ISSUE', 'CANCELLATION BILLING_ERROR'])
    const [purchase] = hub.purchases.values()
    expect(purchase?.snapshot).toMatchObject({ status: 'grace', graceEndsAt: END + 6 * DAY })
    await hub.hear([failed], amazon.world, END + 2 * HOUR)
    s.graceExpired()
    await hub.poll(amazon.world, END + 6 * DAY + MINUTE)
    expect(told(hub).slice(1)).toEqual(['BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'])
  })

  it('CANCELLED: a reading tells it with Amazon’s reason', async () => {
    const { hub, amazon, s } = await begun()
    s.cancel({ at: START + 10 * DAY, reason: 1 })
    await hub.poll(amazon.world, START + 11 * DAY)
    expect(told(hub).slice(1)).toEqual(['CANCELLATION CUSTOMER_SUPPORT unknown', 'EXPIRATION CUSTOMER_SUPPORT'])
  })

  it('a grace that is not known, and a receipt that Amazon ended in it', async () => {
    const { hub, amazon, s } = await begun()
    s.failToRenew({ grace: 'P6D' })
    const gone = s.graceExpired()
    await hub.hear([gone], amazon.world, gone.at + MINUTE)
    expect(told(hub).slice(1)).toEqual(['BILLING_ISSUE', 'CANCELLATION BILLING_ERROR', 'EXPIRATION BILLING_ERROR'])
  })

  it('everything but the last: renewals that nothing shows are not invented', async () => {
    const { hub, amazon, s } = await begun()
    s.renew()
    s.renew()
    const last = s.renew()
    await hub.hear([last], amazon.world, last.at + MINUTE)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown'])
  })
})

describe('a failed fetch', () => {
  it('never changes state', async () => {
    const { hub, amazon, s } = await begun()
    const before = JSON.stringify([...hub.purchases])
    const renewed = s.renew()
    const answers = [
      answered(500),
      answered(429),
      answered(496),
      answered(400),
      answered(497),
      answered(200, 'no JSON'),
    ]
    for (const answer of answers) {
      hub.hosts.answers = [answer, answer]
      const heard = await hub.hear([renewed], amazon.world, END + HOUR)
      expect(heard.kind).not.toBe('fetched')
      hub.hosts.answers = [answer, answer]
      const [polled] = await hub.poll(amazon.world, END + HOUR)
      expect(polled?.kind).not.toBe('fetched')
    }
    expect(answers).toHaveLength(6)
    hub.hosts.answers = []
    expect(JSON.stringify([...hub.purchases])).toBe(before)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown'])
  })

  it('of the receipt that was replaced is no answer either', async () => {
    const { hub, s } = await begun()
    const next = s.changeNow({ at: START + DAY, termSku: 'gold' })
    hub.hosts.show(next.opening.world, START + DAY + MINUTE)
    const good = await hub.hosts.http.send({ method: 'GET', url: urlOf(next) })
    hub.hosts.answers = [good, answered(500)]
    expect(await hub.hear([next.opening], next.opening.world, START + DAY + MINUTE)).toMatchObject({ kind: 'retry' })
    expect(hub.purchases.size).toBe(1)
  })

  it('about another receipt than was asked for is none', async () => {
    const { hub, amazon, s } = await begun()
    const other = amazon.subscribe({ ...monthly, user: s.user })
    hub.hosts.show(amazon.world, START + DAY)
    hub.hosts.answers = [await hub.hosts.http.send({ method: 'GET', url: urlOf(other) })]
    const off = s.turnOff({ at: START + DAY })
    expect(await hub.hear([off], amazon.world, START + DAY)).toMatchObject({ kind: 'retry' })
  })
})

function urlOf({ id, user }: SimulatedSubscription): string {
  const parts = ['2:smXBjZkWCxDMSBvQ8HBGsUS1=secret', 'user', user, 'receiptId', id].map(encodeURIComponent)
  return `https://appstore-sdk.amazon.com/version/1.0/verifyReceiptId/developer/${parts.join('/')}`
}

describe('notification types', () => {
  it('that are not known ring for the state, and are not parked', async () => {
    const { hub, amazon, s } = await begun()
    s.turnOff({ at: START + DAY })
    const unknown = s.tell('SUBSCRIPTION_SOMETHING_NEW', { at: START + 2 * DAY })
    const heard = await hub.hear([unknown], amazon.world, START + 2 * DAY + MINUTE)
    expect(heard).toMatchObject({ value: { note: expect.stringContaining('does not know') } })
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE'])
  })
})

describe('a receipt that is behind its message', () => {
  it('of a renewal: the message tells it, and the reading later tells no other', async () => {
    const { hub, amazon, s } = await begun()
    const renewed = s.renew()
    await hub.hear([renewed], s.opening.world, END + MINUTE)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL unknown'])
    await hub.poll(amazon.world, END + HOUR)
    expect(told(hub)).toHaveLength(2)
  })

  it('of a switch: it is not undone by what the receipt still shows', async () => {
    const { hub, amazon, s } = await begun()
    const off = s.turnOff({ at: START + DAY })
    await hub.hear([off], s.opening.world, START + DAY + MINUTE)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'CANCELLATION UNSUBSCRIBE'])
    await hub.poll(amazon.world, START + DAY + 2 * HOUR)
    expect(told(hub)).toHaveLength(2)
  })

  it('of an end: it is read again in a minute, and after five it counts as it is', async () => {
    const { hub, s } = await begun()
    const cancelled = s.cancel({ at: START + DAY })
    const { world } = s.opening
    expect(await hub.hear([cancelled], world, START + DAY + MINUTE)).toMatchObject({ kind: 'retry', afterMs: MINUTE })
    expect(await hub.hear([cancelled], world, START + DAY + 6 * MINUTE)).toMatchObject({ kind: 'fetched' })
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown'])
  })

  it('of a purchase: it is asked again for five minutes', async () => {
    const hub = createHub(appOf({ environments: ['production'] }))
    const { opening } = simulated().subscribe(monthly)
    hub.hosts.answers = [answered(400)]
    expect(await hub.hear([opening], new Map(), START + MINUTE)).toMatchObject({ kind: 'retry', afterMs: MINUTE })
    hub.hosts.answers = [answered(400)]
    expect(await hub.hear([opening], new Map(), START + 6 * MINUTE)).toMatchObject({ kind: 'absent' })
  })
})

describe('the reason of a cancellation', () => {
  it('that is to come is waited for, an hour at most', async () => {
    const { hub, amazon, s } = await begun()
    const cancelled = s.cancel({ at: START + DAY, reason: 0 })
    const first = await hub.hear([cancelled], amazon.world, START + DAY + 10 * MINUTE)
    expect(first).toMatchObject({ kind: 'retry', afterMs: 50 * MINUTE })
    s.giveReason(1)
    await hub.hear([cancelled], amazon.world, START + DAY + HOUR)
    expect(told(hub).slice(1)).toEqual(['CANCELLATION CUSTOMER_SUPPORT unknown', 'EXPIRATION CUSTOMER_SUPPORT'])
  })

  it('that never comes leaves the end without one', async () => {
    const { hub, amazon, s } = await begun()
    const cancelled = s.cancel({ at: START + DAY, reason: 0 })
    await hub.hear([cancelled], amazon.world, START + DAY + HOUR)
    expect(told(hub).slice(1)).toEqual(['EXPIRATION UNKNOWN'])
  })
})

describe('410: not valid any more, and no more is said', () => {
  it('of a subscription in its period is a cancellation by customer service, now', async () => {
    const { hub, amazon, s } = await begun()
    const cancelled = s.cancel({ at: START + DAY })
    s.vanish()
    await hub.hear([cancelled], amazon.world, START + 2 * DAY)
    await hub.poll(amazon.world, START + 3 * DAY)
    expect(told(hub).slice(1)).toEqual(['CANCELLATION CUSTOMER_SUPPORT unknown', 'EXPIRATION CUSTOMER_SUPPORT'])
    expect(hub.happenings.at(-1)?.occurredAt).toBe(START + DAY)
  })

  it('of a subscription past its end is that end', async () => {
    const { hub, amazon, s } = await begun()
    await hub.hear([s.turnOff({ at: START + DAY })], amazon.world, START + DAY + MINUTE)
    s.vanish()
    await hub.poll(amazon.world, END + HOUR)
    expect(told(hub).slice(1)).toEqual(['CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'])
    expect(hub.happenings.at(-1)?.occurredAt).toBe(END)
  })

  it('of what nobody knows is a note', async () => {
    const hub = createHub()
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    s.vanish()
    const heard = await hub.hear([s.opening], amazon.world, START + MINUTE)
    expect(heard).toMatchObject({ value: { observations: [], note: expect.stringContaining('not valid any more') } })
  })

  it('of a consumable is its refund', async () => {
    const hub = createHub()
    const amazon = simulated()
    const coins = amazon.buyConsumable({ product: 'coins', at: START })
    await hub.hear([coins.opening], amazon.world, START + MINUTE)
    const cancelled = coins.cancel({ at: START + DAY })
    coins.vanish()
    await hub.hear([cancelled], amazon.world, START + DAY + MINUTE)
    expect(told(hub)).toEqual(['NON_RENEWING_PURCHASE unknown', 'CANCELLATION CUSTOMER_SUPPORT unknown'])
  })
})

describe('the environment', () => {
  const beta = async (app = appOf()) => {
    const hub = createHub(app)
    const amazon = simulated()
    const s = amazon.subscribe({ ...monthly, beta: true, accelerated: 'PT5M' })
    return { hub, amazon, s, heard: await hub.hear([s.opening], amazon.world, START + MINUTE) }
  }

  it('is the receipt’s, whatever the message was taken for', async () => {
    const { hub } = await beta()
    expect([...hub.purchases.values()].map(({ key }) => key.environment)).toEqual(['sandbox'])
  })

  it('that the app does not take gives nothing and says so', async () => {
    const { hub, heard } = await beta(appOf({ environments: ['production'] }))
    expect(heard).toMatchObject({ value: { observations: [], links: [], note: expect.stringContaining('sandbox') } })
    expect(hub.purchases.size).toBe(0)
  })

  it('of accelerated tests renews in minutes, whatever term the receipt names', async () => {
    const { hub, amazon, s } = await beta()
    for (let n = 0; n < 3; n += 1) {
      const renewed = s.renew()
      await hub.hear([renewed], amazon.world, renewed.at + 10_000)
      await hub.poll(amazon.world, renewed.at + MINUTE)
    }
    s.expire()
    await hub.poll(amazon.world, START + 21 * MINUTE)
    expect(periodsOf(hub).map(([id]) => id)).toEqual([0, 5, 10, 15].map((after) => `${s.id}#${START + after * MINUTE}`))
    expect(told(hub)).toEqual([
      'INITIAL_PURCHASE unknown',
      'RENEWAL unknown',
      'RENEWAL unknown',
      'RENEWAL unknown',
      'CANCELLATION UNSUBSCRIBE',
      'EXPIRATION UNSUBSCRIBE',
    ])
  })

  it('of App Tester is asked when production does not know the receipt', async () => {
    const hub = createHub()
    const { opening } = simulated().subscribe(monthly)
    hub.hosts.answers = [answered(400), answered(400)]
    await hub.hear([opening], new Map(), START + DAY)
    expect(hub.hosts.asked.map(({ url }) => new URL(url).pathname.split('/')[1])).toEqual(['version', 'sandbox'])
  })
})

describe('the immediate change of plan', () => {
  it('supersedes the old receipt, even one that Amazon still shows as active', async () => {
    const { hub, s } = await begun()
    const before = s.opening.world
    const next = s.changeNow({ at: START + DAY, termSku: 'com.acme.gold', term: '1 Year' })
    const old = before.get(s.id)
    if (old === undefined) throw new Error('There is no old receipt.')
    const behind = new Map([...next.opening.world, [s.id, old]])
    await hub.hear([next.opening], behind, START + DAY + MINUTE)
    const [first, second] = [...hub.purchases.values()]
    expect(first?.snapshot).toMatchObject({ status: 'expired', autoRenew: false })
    expect(second?.snapshot).toMatchObject({ status: 'active', autoRenew: true })
    expect(first === undefined ? null : statusAt(first, START + 2 * DAY)).toBe('expired')
    expect(told(hub)).toEqual(['INITIAL_PURCHASE unknown', 'INITIAL_PURCHASE unknown'])
  })
})

describe('what waits together', () => {
  it('is told by one reading, each event by its own message', async () => {
    const hub = createHub()
    const amazon = simulated()
    const s = amazon.subscribe({ ...monthly, trial: 'P1W' })
    const all = [s.opening, s.turnOff({ at: START + DAY }), s.turnOn({ at: START + 2 * DAY }), s.renew()]
    const shuffled = [all[2], all[0], all[3], all[1]].filter((one) => one !== undefined)
    const heard = await hub.hear(shuffled, amazon.world, START + 8 * DAY)
    expect(hub.hosts.asked).toHaveLength(1)
    expect(told(hub)).toEqual(['TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE', 'UNCANCELLATION', 'CONVERSION unknown'])
    const byMessage = heard.kind === 'fetched' ? heard.value.observations.map(({ message }) => message) : []
    expect(byMessage).toEqual([1, 3, 0, 2, 2])
  })
})
