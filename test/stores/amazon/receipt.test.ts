import { describe, expect, it } from 'vitest'
import { isCharge } from '../../../src/domain/merge.ts'
import type { Money } from '../../../src/domain/money.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import { postedFromAmazon } from '../../../src/stand-ins/posted-receipts.ts'
import type { ReceiptRead, ReceiptRequest } from '../../../src/stores/store.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { randomOf } from '../../seed.ts'
import { hostileTexts, requestOf } from '../posted.ts'
import { createHub, type Hub } from './hub.ts'
import { compared, ordersOf, play, record, type Shown, told } from './play.ts'
import { SCENARIOS } from './scenarios.ts'
import { amazonStore, answered, appOf, DAY, HOUR, hosts, MINUTE, SECRET, START, simulated } from './setting.ts'

describe.each(SCENARIOS)('a receipt beside the messages of: $name', (scenario) => {
  const recorded = record(scenario)
  const inOrder = recorded.messages.map((_, index) => index)
  const views: readonly Shown[] =
    scenario.unshown === 'in any other order' ? [] : scenario.unshown === undefined ? ['arrived', 'end'] : ['arrived']
  const random = randomOf(`amazon receipts of ${scenario.name}`)

  it('tells the same wherever it comes, once or twice', async () => {
    const expected = compared(await play(recorded, inOrder))
    let seen = 0
    for (let place = 0; place <= inOrder.length; place += 1) {
      expect(compared(await play(recorded, inOrder, 'arrived', [{ place }])), `at ${place}`).toEqual(expected)
      const twice = [{ place }, { place }, { place: inOrder.length }]
      expect(compared(await play(recorded, inOrder, 'arrived', twice)), `at ${place}, twice`).toEqual(expected)
      seen += 1
    }
    expect(seen).toBe(inOrder.length + 1)
  })

  it('tells the same in every order', async () => {
    const expected = compared(await play(recorded, inOrder))
    let seen = 0
    for (const shown of views) {
      for (const order of ordersOf(scenario.name, inOrder.length)) {
        const place = Math.floor(random() * (inOrder.length + 1))
        const names = order.map((index) => (recorded.messages[index] as SimulatedNotification).name)
        const found = compared(await play(recorded, order, shown, [{ place }]))
        expect(found, `${shown}, receipt at ${place}: ${names.join(', ')}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBeGreaterThanOrEqual(views.length * 2)
  })
})

const monthly = { product: 'com.acme.premium', termSku: 'com.acme.premium.month', term: '1 Month', at: START }
const FIVE: Money = { micros: 4_990_000, currency: 'USD' }
const SIX: Money = { micros: 5_990_000, currency: 'EUR' }

/** The prices of the charges of a hub, oldest first. */
function pricesOf(hub: Hub): readonly (string | null)[] {
  return [...hub.purchases.values()]
    .flatMap(({ facts }) => facts.filter(isCharge))
    .map(({ price }) => (price === null ? null : `${price.micros / 1e6} ${price.currency}`))
}

describe('what a device was asked to pay at Amazon', () => {
  it('is the price of the charge in force and of the renewals after it, whatever comes first', async () => {
    const recorded = record({
      write: (amazon, keep) => {
        const s = amazon.subscribe(monthly)
        keep(s.opening)
        keep(s.renew())
        keep(s.renew())
      },
    })
    let seen = 0
    for (const order of permutations(3)) {
      const found = pricesOf(await play(recorded, order, 'arrived', [{ place: 0, price: FIVE }]))
      // A receipt that is shown in the second or third month tells of that month and those after it.
      const from = order[0] as number
      expect(found, order.join(', ')).toEqual([0, 1, 2].map((month) => (month < from ? null : '4.99 USD')))
      seen += 1
    }
    expect(seen).toBe(6)
    const late = await play(recorded, [0, 1, 2], 'arrived', [{ place: 1, price: FIVE }])
    expect(pricesOf(late)).toEqual(['4.99 USD', '4.99 USD', '4.99 USD'])
    expect(told(late)).toEqual(['INITIAL_PURCHASE unknown', 'RENEWAL 4990000', 'RENEWAL 4990000'])
    const first = await play(recorded, [0, 1, 2], 'arrived', [{ place: 0, price: FIVE }])
    expect(told(first)).toEqual(['INITIAL_PURCHASE 4990000', 'RENEWAL 4990000', 'RENEWAL 4990000'])
    expect(first.entries.map(({ micros, currency }) => [micros, currency])).toEqual([
      [4_990_000, 'USD'],
      [4_990_000, 'USD'],
      [4_990_000, 'USD'],
    ])
  })

  it('stays what it was when another one is shown later, and a second one in one month changes the next alone', async () => {
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    const [world, user] = [new Map(amazon.world), s.user]
    const renewal = s.renew()
    const post = (hub: Hub, price: Money, at: number): Promise<unknown> =>
      hub.receive({ shown: { kind: 'token', token: s.id }, storeUserId: user, price }, world, at)
    const acts: readonly ((hub: Hub) => Promise<unknown>)[] = [
      (hub) => post(hub, FIVE, START + MINUTE),
      (hub) => post(hub, SIX, START + 20 * DAY),
      (hub) => hub.hear([renewal], renewal.world, renewal.at + MINUTE),
    ]
    let seen = 0
    for (const order of permutations(acts.length)) {
      const hub = createHub()
      for (const index of order) await acts[index]?.(hub)
      expect(pricesOf(hub), order.join(', ')).toEqual(['4.99 USD', '5.99 EUR'])
      seen += 1
    }
    expect(seen).toBe(6)
  })

  it('is kept through a trial, which costs nothing, and is refunded as it was paid', async () => {
    const recorded = record({
      write: (amazon, keep) => {
        const s = amazon.subscribe({ ...monthly, trial: 'P1W' })
        keep(s.opening)
        const renewal = s.renew()
        keep(renewal)
        keep(s.cancel({ at: renewal.at + 5 * DAY + HOUR }))
      },
    })
    const hub = await play(recorded, [0, 1, 2], 'arrived', [{ place: 1, price: FIVE }])
    expect(told(hub)).toEqual([
      'TRIAL',
      'CONVERSION 4990000',
      'CANCELLATION CUSTOMER_SUPPORT -4990000',
      'EXPIRATION CUSTOMER_SUPPORT',
    ])
    expect(pricesOf(hub)).toEqual(['0 USD', '4.99 USD'])
  })

  it('of another product, of nothing, or of a promotion is no price of it', async () => {
    const amazon = simulated()
    const plain = amazon.subscribe(monthly)
    const promoted = amazon.subscribe({ ...monthly, promotion: 'Promotional' })
    const shown: readonly (readonly [string, string, Partial<ReceiptRequest>, string | null])[] = [
      [plain.id, plain.user, { price: FIVE, productIds: ['com.acme.other'] }, null],
      [plain.id, plain.user, { price: { ...FIVE, micros: 0 } }, null],
      [promoted.id, promoted.user, { price: FIVE }, null],
      [plain.id, plain.user, { price: FIVE, productIds: ['com.acme.premium'] }, '4.99 USD'],
      [plain.id, plain.user, { price: FIVE, productIds: ['com.acme.premium.month'] }, '4.99 USD'],
    ]
    for (const [token, storeUserId, said, price] of shown) {
      const hub = createHub()
      await hub.receive({ shown: { kind: 'token', token }, storeUserId, ...said }, amazon.world, START + HOUR)
      expect(pricesOf(hub), JSON.stringify(said)).toEqual([price])
    }
    expect(shown).toHaveLength(5)
  })

  it('is the price of what is bought once, and its country where Amazon names none', async () => {
    const amazon = simulated()
    const coins = amazon.buyConsumable({ product: 'com.acme.coins', at: START, country: '' })
    const body = postedFromAmazon(
      { receiptId: coins.id, user: amazon.world.get(coins.id)?.user ?? '', sku: 'com.acme.coins' },
      { appUserId: 'u1', price: 0.99, currency: 'EUR' },
    )
    const hub = createHub()
    await hub.receive({ ...requestOf(body), countryCode: 'DE' }, amazon.world, START + HOUR)
    await hub.hear([coins.opening], amazon.world, START + 2 * HOUR)
    const [purchase] = hub.purchases.values()
    expect(purchase?.facts).toMatchObject([
      { kind: 'one_time', countryCode: 'DE', price: { micros: 990_000, currency: 'EUR' } },
    ])
    expect(told(hub)).toEqual(['NON_RENEWING_PURCHASE 990000'])
  })
})

describe('what an app shows of Amazon', () => {
  const amazon = simulated()
  const s = amazon.subscribe({ ...monthly, at: START })
  const shown = { kind: 'token', token: s.id } as const
  const receive = (said: Partial<ReceiptRequest> = {}, at = START + HOUR): Promise<ReceiptRead> =>
    createHub().receive({ shown, storeUserId: s.user, ...said }, amazon.world, at)

  it('a receipt, its subscription and the name of a period are one purchase, whose facts are nobody’s own', async () => {
    const ways = [shown, { kind: 'subscription', id: s.id }, { kind: 'transaction', id: `${s.id}#${START}` }] as const
    for (const way of ways) {
      const read = await receive({ shown: way })
      if (read.kind !== 'fetched') throw new Error(JSON.stringify(read))
      const [only] = read.value.observations
      expect(read.value.observations).toHaveLength(1)
      expect(only).toMatchObject({ message: null, observation: { owner: null, key: { chain: s.id } } })
      expect(only?.observation.snapshot).toMatchObject({ status: 'active', autoRenew: true, askWith: s.user })
      expect(only?.observation.facts.some(({ own }) => own)).toBe(false)
      expect(read.value.links).toEqual([{ name: `receipt:${s.id}`, key: only?.observation.key }])
    }
    expect(ways).toHaveLength(3)
  })

  it('needs the user who bought it, unless that is known', async () => {
    expect(await receive({ storeUserId: null })).toMatchObject({
      kind: 'invalid',
      fault: 'not_authentic',
      reason: expect.stringContaining('store_user_id'),
    })
    const hub = createHub()
    await hub.hear([s.opening], amazon.world, START + MINUTE)
    expect(await hub.receive({ shown }, amazon.world, START + HOUR)).toMatchObject({ kind: 'fetched' })
    expect(await receive({ storeUserId: amazon.subscribe(monthly).user })).toMatchObject({ kind: 'absent' })
  })

  it('of a test that the app does not take is refused', async () => {
    const other = simulated({ seed: 'tests' })
    const test = other.subscribe({ ...monthly, beta: true })
    const hub = createHub(appOf({ environments: ['production'] }))
    const said = { shown: { kind: 'token', token: test.id }, storeUserId: test.user } as const
    expect(await hub.receive(said, other.world, START + HOUR)).toMatchObject({
      kind: 'invalid',
      fault: 'wrong_environment',
      reason: expect.stringMatching(/sandbox.*environments of the app\.$/),
    })
    expect(await createHub().receive(said, other.world, START + HOUR)).toMatchObject({ kind: 'fetched' })
  })

  it.each([
    [400, 'absent'],
    [429, 'retry'],
    [496, 'credentials'],
    [497, 'absent'],
    [500, 'retry'],
    [503, 'retry'],
  ] as const)('an answer of %i is %s, and names no secret', async (status, kind) => {
    const hub = createHub()
    hub.hosts.answers = [answered(status), answered(status)]
    const read = await hub.receive({ shown, storeUserId: s.user }, amazon.world, START + HOUR)
    expect(read.kind).toBe(kind)
    expect(JSON.stringify(read)).not.toContain(SECRET)
    expect(JSON.stringify(read)).not.toContain(s.id)
  })

  it.each([
    ['lacks what it documents', '{"receiptId":"ID"}'],
    ['is of another receipt', '{"receiptId":"x","productId":"p","purchaseDate":1}'],
    [
      'has dates that make no period',
      '{"receiptId":"ID","productType":"SUBSCRIPTION","productId":"p","purchaseDate":9e15,"renewalDate":1}',
    ],
    ['is no JSON', '<html>'],
  ])('an answer that %s throws nothing', async (_name, body) => {
    const hub = createHub()
    hub.hosts.answers = [answered(200, body.replace('ID', s.id))]
    expect(await hub.receive({ shown, storeUserId: s.user }, amazon.world, START + HOUR)).toMatchObject({
      kind: 'retry',
    })
  })

  it('that is not valid any more ends what is known of it, and tells nothing else', async () => {
    const other = simulated({ seed: 'gone' })
    const gone = other.subscribe(monthly)
    gone.vanish()
    const said = { shown: { kind: 'token', token: gone.id }, storeUserId: gone.user } as const
    expect(await createHub().receive(said, other.world, START + DAY)).toEqual({
      kind: 'fetched',
      value: { observations: [], links: [], note: expect.stringContaining('not valid') },
    })
    const hub = createHub()
    await hub.hear([gone.opening], gone.opening.world, START + MINUTE)
    await hub.receive(said, other.world, START + DAY)
    expect(told(hub)).toEqual([
      'INITIAL_PURCHASE unknown',
      'CANCELLATION CUSTOMER_SUPPORT unknown',
      'EXPIRATION CUSTOMER_SUPPORT',
    ])
  })

  it('whatever else is shown is refused or unknown, and leads to no other address', async () => {
    const hub = createHub()
    const texts = hostileTexts(300)
    let seen = 0
    for (const [index, text] of texts.entries()) {
      const at = START + HOUR + index * MINUTE
      const said = [
        { shown: { kind: 'token', token: text }, storeUserId: s.user },
        { shown: { kind: 'transaction', id: text }, storeUserId: s.user },
        { shown, storeUserId: text },
      ] as const
      for (const one of said) {
        hub.hosts.answers = [answered(400), answered(400)]
        const read = await hub.receive(one, amazon.world, at)
        expect(['invalid', 'absent', 'retry'], JSON.stringify(text)).toContain(read.kind)
        seen += 1
      }
    }
    expect(seen).toBe(900)
    expect(hub.purchases.size).toBe(0)
    const place = /^(\/sandbox)?\/version\/1\.0\/verifyReceiptId\/developer\/[^/]+\/user\/[^/]+\/receiptId\/[^/]+$/
    const urls = hub.hosts.asked.map(({ url }) => new URL(url))
    expect(urls.length).toBeGreaterThan(10)
    for (const { pathname, search } of urls) expect(place.test(pathname) && search === '', pathname).toBe(true)
  })
})

describe('what the Amazon SDK must know before it posts', () => {
  it('is the SKU of the term; of what is bought once its own; and nothing of what is not there', async () => {
    const amazon = simulated()
    const s = amazon.subscribe(monthly)
    const coins = amazon.buyConsumable({ product: 'com.acme.coins', at: START })
    const user = (id: string): string => amazon.world.get(id)?.user ?? ''
    const made = hosts()
    made.show(amazon.world, START + HOUR)
    const { term } = amazonStore(made.http)
    expect(await term?.(s.user, s.id, appOf())).toEqual({
      kind: 'fetched',
      value: {
        receiptId: s.id,
        productId: 'com.acme.premium',
        productType: 'SUBSCRIPTION',
        term: '1 Month',
        termSku: 'com.acme.premium.month',
      },
    })
    expect(await term?.(user(coins.id), coins.id, appOf())).toMatchObject({
      kind: 'fetched',
      value: { termSku: 'com.acme.coins', productType: 'CONSUMABLE' },
    })
    expect(await term?.(user(coins.id), s.id, appOf())).toMatchObject({ kind: 'absent' })
    expect(await term?.('..', s.id, appOf())).toMatchObject({ kind: 'absent' })
    s.vanish()
    made.show(amazon.world, START + HOUR)
    expect(await term?.(s.user, s.id, appOf())).toMatchObject({ kind: 'absent' })
    made.answers = [answered(496)]
    expect(await term?.(s.user, s.id, appOf())).toMatchObject({ kind: 'credentials' })
  })
})
