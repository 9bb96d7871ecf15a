import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { postedFromPlay } from '../../../src/stand-ins/posted-receipts.ts'
import type { ReceiptRead, ReceiptRequest } from '../../../src/stores/store.ts'
import { randomOf } from '../../seed.ts'
import { hostileTexts, requestOf } from '../posted.ts'
import { type Connection, connect } from './connected.ts'
import { compared, createHub, play, told } from './played.ts'
import { monthly, SCENARIOS, written, yearly } from './scenarios.ts'
import { DAY, NOW, START, simulated } from './setting.ts'

const SAMPLES = process.env.TRIBUTARY_TEST_FULL === '1' ? 60 : 6

/** Why access ended Google may show no more when it is read: then the reason is what it shows by then. */
function withoutReasons({ events, states, ledger }: ReturnType<typeof compared>): ReturnType<typeof compared> {
  return { events: events.map((one) => one.replace(/"expirationReason":"\w+"/, '')), states, ledger }
}

function shuffled(length: number, random: () => number): readonly number[] {
  const keyed = Array.from({ length }, (_, index) => ({ index, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ index }) => index)
}

describe.each(SCENARIOS)('a receipt beside the messages of: $name', (scenario) => {
  const messages = written(scenario)
  const inOrder = messages.map((_, index) => index)
  const end = messages.at(-1) as SimulatedNotification
  const options = { pollAt: end.at + 2 * DAY }
  const random = randomOf(`play receipts of ${scenario.name}`)

  it('tells the same wherever it comes, once or twice', async () => {
    const expected = compared(await play(messages, inOrder, options))
    let seen = 0
    for (let place = 0; place <= messages.length; place += 1) {
      expect(compared(await play(messages, inOrder, { ...options, receipts: [place] })), `at ${place}`).toEqual(
        expected,
      )
      const twice = { ...options, receipts: [place, place, messages.length] }
      expect(compared(await play(messages, inOrder, twice)), `at ${place}, twice`).toEqual(expected)
      seen += 1
    }
    expect(seen).toBe(messages.length + 1)
  })

  it('tells the same in other orders, and invents nothing when all had happened before it came', async () => {
    const expected = compared(await play(messages, inOrder, options))
    const seenAs = scenario.reasonFades === true ? withoutReasons : (of: typeof expected) => of
    let seen = 0
    for (let n = 0; n < SAMPLES; n += 1) {
      const order = n === 0 ? inOrder : shuffled(messages.length, random)
      const place = Math.floor(random() * (messages.length + 1))
      const posted = { ...options, receipts: [place] }
      const name = `${order.join(', ')}; receipt at ${place}`
      if (scenario.blind?.(order) !== true)
        expect(seenAs(compared(await play(messages, order, posted))), name).toEqual(seenAs(expected))
      const late = seenAs(compared(await play(messages, order, { ...posted, shows: 'end' })))
      expect(seenAs(expected).events, name).toEqual(expect.arrayContaining([...late.events]))
      expect(late.ledger, name).toEqual(expected.ledger)
      seen += 1
    }
    expect(seen).toBe(SAMPLES)
  })

  it('tells alone nothing but what the messages tell', async () => {
    const expected = withoutReasons(compared(await play(messages, inOrder, options)))
    const hub = createHub(() => end.view)
    const shown = { kind: 'token', token: end.token } as const
    expect(await hub.receive({ shown }, end.at + DAY)).toMatchObject({ kind: 'fetched' })
    const found = withoutReasons(compared(hub))
    expect(expected.events).toEqual(expect.arrayContaining([...found.events]))
    expect(expected.ledger).toEqual(expect.arrayContaining([...found.ledger]))
  })
})

async function receive(
  { store, app }: Connection,
  request: Pick<ReceiptRequest, 'shown'> & Partial<ReceiptRequest>,
): Promise<ReceiptRead> {
  if (store.receipt === undefined) throw new Error('The store reads no receipts.')
  const said = { productIds: [], storeUserId: null, sandbox: null, price: null, countryCode: null }
  return store.receipt({ ...said, at: NOW, linked: () => Promise.resolve(null), ...request }, app)
}

describe('what an app shows of Google Play', () => {
  const plan = { ...monthly, at: NOW - DAY, owner: 'u1' } as const

  it('a token as the SDK posts it, its order and a renewal’s order give one purchase with its owner', async () => {
    const connection = await connect()
    const s = connection.play.subscribe(plan)
    s.renew({ at: NOW })
    const body = postedFromPlay({ token: s.token, product: 'gold', basePlan: 'monthly' }, { appUserId: 'u1' })
    const reads = [
      await receive(connection, requestOf(body)),
      await receive(connection, { shown: { kind: 'subscription', id: s.token } }),
      await receive(connection, { shown: { kind: 'transaction', id: s.latestOrder } }),
    ]
    for (const read of reads) {
      if (read.kind !== 'fetched') throw new Error(JSON.stringify(read))
      const [told] = read.value.observations
      expect(read.value.observations).toHaveLength(1)
      expect(told?.message).toBeNull()
      expect(told?.observation).toMatchObject({ owner: 'u1', kind: 'subscription', key: { chain: s.token, line: '' } })
      expect(told?.observation.snapshot).toMatchObject({ status: 'active', autoRenew: true })
      expect(told?.observation.facts.filter(({ own }) => own)).toEqual([])
      expect(told?.observation.facts.filter(({ kind }) => kind === 'period')).toHaveLength(2)
      expect(read.value.links).toContainEqual({ name: s.token, key: told?.observation.key })
    }
    expect(reads).toHaveLength(3)
  })

  it('a one-time product needs no product id, and none misleads', async () => {
    const connection = await connect()
    const bought = connection.play.buy({ product: 'coins', price: 4.99, at: NOW })
    const said = [[], ['coins'], ['something else']]
    for (const productIds of said) {
      const read = await receive(connection, { shown: { kind: 'token', token: bought.token }, productIds })
      expect(read).toMatchObject({
        kind: 'fetched',
        value: { observations: [{ message: null, observation: { kind: 'one_time', key: { chain: bought.token } } }] },
      })
    }
    const byOrder = await receive(connection, { shown: { kind: 'transaction', id: bought.orderId } })
    expect(byOrder).toMatchObject({ kind: 'fetched', value: { links: [{ name: bought.token }] } })
    const asked = connection.sent.filter(({ url }) => url.includes('/subscriptionsv2/'))
    // By its order it is known to be none, so nobody asks for a subscription.
    expect(asked).toHaveLength(said.length)
  })

  it('a base plan says that it is a subscription: nothing else is asked for', async () => {
    const connection = await connect()
    const read = await receive(connection, {
      shown: { kind: 'token', token: 'tok.unknown' },
      productIds: ['gold:monthly'],
    })
    expect(read).toMatchObject({ kind: 'absent' })
    expect(connection.sent.filter(({ url }) => url.includes('/productsv2/'))).toEqual([])
  })

  it('a refunded one-time product shows its refund, and a trial its price of nothing', async () => {
    const play = simulated()
    const bought = play.buy({ product: 'coins', price: 4.99, at: START })
    bought.refund({ at: START + DAY })
    const trial = play.subscribe({ ...monthly, trial: 'P1W', at: START })
    const hub = createHub(() => play.view())
    for (const { token } of [bought, trial])
      expect(await hub.receive({ shown: { kind: 'token', token } }, START + 2 * DAY)).toMatchObject({ kind: 'fetched' })
    expect(told(hub).toSorted()).toEqual([
      'CANCELLATION CUSTOMER_SUPPORT -4.99 USD',
      'NON_RENEWING_PURCHASE 4.99 USD',
      'TRIAL',
    ])
  })

  it('a token that another one has replaced is of the same chain', async () => {
    const play = simulated()
    const s = play.subscribe({ ...monthly, at: START })
    const first = s.token
    s.change(yearly, { at: START + DAY })
    const hub = createHub(() => play.view())
    await hub.receive({ shown: { kind: 'token', token: s.token } }, START + 2 * DAY)
    const before = compared(hub)
    expect(await hub.receive({ shown: { kind: 'token', token: first } }, START + 2 * DAY + 1)).toMatchObject({
      kind: 'fetched',
    })
    expect(hub.purchases.size).toBe(1)
    expect(compared(hub)).toEqual(before)
    expect(s.token).not.toBe(first)
  })

  it('a payment that is pending is no purchase yet, and no fault', async () => {
    const connection = await connect()
    const pending = [
      connection.play.subscribe({ ...plan, pending: true }),
      connection.play.buy({ product: 'coins', price: 1, at: NOW, pending: true }),
    ]
    for (const { token } of pending) {
      expect(await receive(connection, { shown: { kind: 'token', token } })).toEqual({
        kind: 'fetched',
        value: { observations: [], links: [], note: expect.stringContaining('pending') },
      })
    }
    expect(pending).toHaveLength(2)
  })

  it('of an environment that the app does not take is refused', async () => {
    const connection = await connect({ app: { environments: ['production'] } })
    const tests = [
      connection.play.subscribe({ ...plan, test: true }).token,
      connection.play.buy({ product: 'coins', price: 1, at: NOW, test: true }).token,
    ]
    for (const token of tests) {
      expect(await receive(connection, { shown: { kind: 'token', token }, sandbox: false })).toMatchObject({
        kind: 'invalid',
        fault: 'wrong_environment',
        reason: expect.stringMatching(/sandbox.*environments of the app\.$/),
      })
    }
    expect(tests).toHaveLength(2)
  })

  it('a token that is forgotten, of another app, or nobody’s is absent, in a sentence without it', async () => {
    const connection = await connect()
    const forgotten = connection.play.subscribe(plan)
    forgotten.forget()
    const other = simulated().subscribe(plan)
    const absent = [forgotten.token, other.token, 'nobody']
    for (const token of absent) {
      const read = await receive(connection, { shown: { kind: 'token', token } })
      expect(read).toMatchObject({ kind: 'absent', reason: expect.stringContaining('60 days') })
      expect(JSON.stringify(read)).not.toContain(token)
    }
    const order = await receive(connection, { shown: { kind: 'transaction', id: 'GPA.0000-0000-0000-00000' } })
    expect(order).toMatchObject({ kind: 'absent', reason: expect.stringContaining('order') })
  })

  it.each([
    [401, 'authError', 'credentials'],
    [403, 'permissionDenied', 'credentials'],
    [403, 'rateLimitExceeded', 'retry'],
    [404, 'notFound', 'absent'],
    [410, 'gone', 'absent'],
    [429, 'quotaExceeded', 'retry'],
    [500, 'backendError', 'retry'],
    [503, 'backendError', 'retry'],
  ] as const)('an answer of %i (%s) is %s', async (status, reason, kind) => {
    const connection = await connect()
    const { token, latestOrder } = connection.play.subscribe(plan)
    await receive(connection, { shown: { kind: 'token', token } })
    const body = JSON.stringify({ error: { code: status, errors: [{ reason }] } })
    connection.standIn.always({ kind: 'answer', status, body })
    for (const shown of [
      { kind: 'token', token },
      { kind: 'transaction', id: latestOrder },
    ] as const) {
      const read = await receive(connection, { shown })
      expect(read.kind).toBe(kind)
      expect(JSON.stringify(read)).not.toMatch(/tok\d|GPA/)
    }
  })

  it('whatever else is shown is refused or unknown, and leads to no other address', async () => {
    const connection = await connect()
    const { token } = connection.play.subscribe(plan)
    const texts = hostileTexts(300)
    let seen = 0
    for (const text of texts) {
      connection.clock.now += 1_000
      for (const shown of [
        { kind: 'token', token: text },
        { kind: 'transaction', id: text },
      ] as const) {
        const read = await receive(connection, { shown })
        expect(['invalid', 'absent'], JSON.stringify(text)).toContain(read.kind)
        seen += 1
      }
    }
    expect(seen).toBe(600)
    const root = '/androidpublisher/v3/applications/com.acme.app/'
    const places = /^(purchases\/(subscriptionsv2|productsv2)\/tokens|orders)\/[^/?#]+$/
    const paths = connection.sent.map(({ url }) => new URL(url)).filter(({ pathname }) => pathname !== '/token')
    expect(paths.length).toBeGreaterThan(30)
    for (const { pathname, search } of paths) {
      expect(pathname.startsWith(root) && places.test(pathname.slice(root.length)), pathname).toBe(true)
      expect(search).toBe('')
    }
    expect(await receive(connection, { shown: { kind: 'token', token } })).toMatchObject({ kind: 'fetched' })
  })
})
