import { describe, expect, it } from 'vitest'
import type { SimulatedNotification, World } from '../../../src/stand-ins/amazon/simulator.ts'
import type { SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import { knownType } from '../../../src/stores/amazon/notification.ts'
import { rtn, sent } from './forge.ts'
import { createHub } from './hub.ts'
import { amazonStore, appOf, DAY, HOUR, inbound, MINUTE, NOW, START, simulated } from './setting.ts'

const monthly = { product: 'com.acme.premium', termSku: 'com.acme.premium.month', at: START }
const END = Date.UTC(2026, 10, 1, 9)

/** What a notification of each type tells to a hub that knows nothing else: "own period", "refund", "inferred ended". */
const TABLE: Readonly<
  Record<string, readonly [(amazon: SimulatedAmazon) => SimulatedNotification, readonly string[]]>
> = {
  SUBSCRIPTION_PURCHASED: [(amazon) => amazon.subscribe(monthly).opening, ['own period']],
  SUBSCRIPTION_CONVERTED_FREE_TRIAL_TO_PAID: [
    (amazon) => amazon.subscribe({ ...monthly, trial: 'P1W' }).renew(),
    ['period', 'own period'],
  ],
  SUBSCRIPTION_RENEWED: [(amazon) => amazon.subscribe(monthly).renew(), ['period', 'own period']],
  SUBSCRIPTION_AUTO_RENEWAL_OFF: [
    (amazon) => amazon.subscribe(monthly).turnOff({ at: START + DAY }),
    ['period', 'own renewal_switch'],
  ],
  SUBSCRIPTION_AUTO_RENEWAL_ON: [
    (amazon) => {
      const s = amazon.subscribe(monthly)
      s.turnOff({ at: START + DAY })
      return s.turnOn({ at: START + 2 * DAY })
    },
    ['period', 'own renewal_switch'],
  ],
  SUBSCRIPTION_SCHEDULED_TO_END: [
    (amazon) => {
      const s = amazon.subscribe(monthly)
      s.turnOff({ at: START + DAY })
      return s.scheduledToEnd({ at: START + 20 * DAY })
    },
    ['period', 'inferred renewal_switch'],
  ],
  SUBSCRIPTION_IN_GRACE_PERIOD: [
    (amazon) => amazon.subscribe(monthly).failToRenew({ grace: 'P6D' }),
    ['period', 'own billing_failed'],
  ],
  SUBSCRIPTION_OUT_OF_GRACE_PERIOD: [
    (amazon) => {
      const s = amazon.subscribe(monthly)
      s.failToRenew({ grace: 'P6D' })
      return s.recover({ at: END + 2 * DAY })
    },
    ['period', 'own period'],
  ],
  SUBSCRIPTION_CANCELLED: [
    (amazon) => amazon.subscribe(monthly).cancel({ at: START + DAY }),
    ['period', 'own ended', 'own refund'],
  ],
  SUBSCRIPTION_EXPIRED: [(amazon) => amazon.subscribe(monthly).expire(), ['period', 'own ended']],
  SUBSCRIPTION_MODIFIED_DEFERRED: [
    (amazon) => amazon.subscribe(monthly).changeAtRenewal({ at: START + DAY, termSku: 'basic' }),
    ['period', 'own change_requested'],
  ],
  SUBSCRIPTION_MODIFIED_IMMEDIATE: [
    (amazon) => amazon.subscribe(monthly).changeNow({ at: START + DAY, termSku: 'gold' }).opening,
    ['period replaced', 'own period'],
  ],
  CONSUMABLE_PURCHASED: [(amazon) => amazon.buyConsumable({ product: 'coins', at: START }).opening, ['own one_time']],
  ENTITLEMENT_PURCHASED: [(amazon) => amazon.buyEntitlement({ product: 'level', at: START }).opening, ['own one_time']],
  CONSUMABLE_CANCELLED: [
    (amazon) => amazon.buyConsumable({ product: 'coins', at: START }).cancel({ at: START + DAY }),
    ['one_time', 'own refund'],
  ],
  ENTITLEMENT_CANCELLED: [
    (amazon) => amazon.buyEntitlement({ product: 'level', at: START }).cancel({ at: START + DAY }),
    ['one_time', 'own refund'],
  ],
}

async function factsOf(notification: SimulatedNotification, world: World): Promise<readonly string[]> {
  const hub = createHub()
  const heard = await hub.hear([notification], world, notification.at + 10 * MINUTE)
  if (heard.kind !== 'fetched') throw new Error(heard.reason)
  const facts = [...hub.purchases.values()].flatMap((purchase) => purchase.facts)
  return facts.map((fact) => {
    const mark = fact.own ? 'own ' : fact.inferred ? 'inferred ' : ''
    return `${mark}${fact.kind}${fact.kind === 'period' && fact.replaced ? ' replaced' : ''}`
  })
}

describe('each type', () => {
  it('is in this table, and known', () => {
    expect(Object.keys(TABLE)).toHaveLength(16)
    for (const type of Object.keys(TABLE)) expect(knownType(type)).toBe(type)
  })

  it.each(Object.entries(TABLE))(
    '%s tells what it is sent for, and what its receipt shows',
    async (type, [write, facts]) => {
      const amazon = simulated()
      const notification = write(amazon)
      expect(notification.name).toBe(type)
      expect(await factsOf(notification, amazon.world)).toEqual(facts)
    },
  )
})

describe('OUT_OF_GRACE_PERIOD, which two public pages read in two ways', () => {
  it('is an end when the receipt shows one', async () => {
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    s.failToRenew({ grace: 'P6D' })
    const ended = s.graceExpired()
    const out = s.tell('SUBSCRIPTION_OUT_OF_GRACE_PERIOD', { at: ended.at })
    const hub = createHub()
    await hub.hear([out], amazon.world, ended.at + HOUR)
    expect(hub.happenings.map(({ type }) => type)).toEqual([
      'INITIAL_PURCHASE',
      'BILLING_ISSUE',
      'CANCELLATION',
      'EXPIRATION',
    ])
  })
})

describe('what a receipt says of a purchase', () => {
  it('is its product by the term, its country, a promotion, a price that nobody knows, and nobody of ours', async () => {
    const amazon = simulated()
    const s = amazon.subscribe({ ...monthly, country: 'DE', promotion: 'Introductory Price - All Customers' })
    const hub = createHub()
    const heard = await hub.hear([s.opening], amazon.world, START + MINUTE)
    const [period] = [...hub.purchases.values()].flatMap(({ facts }) => facts)
    expect(period).toMatchObject({
      kind: 'period',
      period: `${s.id}#${START}`,
      originalTransactionId: s.id,
      productId: 'com.acme.premium.month',
      periodType: 'INTRO',
      countryCode: 'DE',
      price: null,
      firstOfChain: true,
      isFamilyShare: false,
      expiresAt: END,
    })
    expect([...hub.purchases.values()][0]).toMatchObject({ owner: null, snapshot: { askWith: s.user } })
    const links = heard.kind === 'fetched' ? heard.value.links : []
    expect(links).toEqual([{ name: `receipt:${s.id}`, key: expect.objectContaining({ chain: s.id, line: '' }) }])
  })

  it('is free in a trial', async () => {
    const amazon = simulated()
    const hub = createHub()
    await hub.hear([amazon.subscribe({ ...monthly, trial: 'P1W' }).opening], amazon.world, START + MINUTE)
    const [period] = [...hub.purchases.values()].flatMap(({ facts }) => facts)
    expect(period).toMatchObject({ periodType: 'TRIAL', price: { micros: 0, currency: 'USD' } })
  })

  it('counts as it is where a value is new: a term, a reason, a kind of promotion', async () => {
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    const odd = { ...s.state, term: '1 Fortnight', promotions: [{ promotionType: 'New', promotionStatus: 'Odd' }] }
    const hub = createHub()
    await hub.hear([s.opening], new Map([[s.id, odd]]), START + MINUTE)
    const over = { ...odd, cancel: { at: START + DAY, reason: 9 } }
    await hub.poll(new Map([[s.id, over]]), START + 2 * DAY)
    expect(hub.happenings.map(({ type, cancelReason }) => [type, cancelReason])).toEqual([
      ['INITIAL_PURCHASE', null],
      ['CANCELLATION', 'CUSTOMER_SUPPORT'],
      ['EXPIRATION', null],
    ])
  })

  it('is refused in a sentence where it lacks what no rule can do without', async () => {
    const amazon = simulated()
    const { opening } = amazon.subscribe(monthly)
    const cases = [{}, { receiptId: 'a' }, { receiptId: 'a', productId: 'p' }, { receiptId: 7 }]
    for (const json of cases) {
      const hub = createHub()
      hub.hosts.answers = [
        { kind: 'answer', status: 200, headers: {}, body: JSON.stringify(json), truncated: false, durationMs: 1 },
      ]
      await expect(hub.hear([opening], amazon.world, START + MINUTE)).rejects.toThrow(
        /^Amazon’s receipt .*carries no \w+\.$/,
      )
    }
    expect(cases).toHaveLength(4)
  })
})

describe('a message that names too little', () => {
  it('is not understood, and says what is missing', () => {
    const store = amazonStore()
    const missing = ['receiptId', 'appUserId', 'timestamp']
    for (const field of missing) {
      const { body } = inbound(sent(rtn({ [field]: undefined })))
      const kept = { body, environment: 'production', type: 'x', receivedAt: NOW } as const
      expect(() => store.decode(kept, appOf())).toThrow(new RegExp(`carries no ${field}`))
    }
    expect(missing).toHaveLength(3)
  })
})
