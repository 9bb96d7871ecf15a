import { describe, expect, it } from 'vitest'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { createHttpClient } from '../../../src/net/http.ts'
import type { SimulatedPlay } from '../../../src/stand-ins/play-store/simulator.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { startStandIn } from '../../../src/stand-ins/server.ts'
import { createHub, type Hub, keptOf, play, told } from './played.ts'
import { basic, monthly, prepaid, yearly } from './scenarios.ts'
import { account, appOf, DAY, googleOf, HOUR, playStore, running, SETTINGS, START, simulated } from './setting.ts'

const inOrder = (messages: readonly SimulatedNotification[]): readonly number[] => messages.map((_, index) => index)

async function hubAfter(...messages: readonly SimulatedNotification[]): Promise<Hub> {
  return play(messages, inOrder(messages))
}

function only(hub: Hub): Purchase {
  expect(hub.purchases.size).toBe(1)
  return [...hub.purchases.values()][0] as Purchase
}

const google: SimulatedPlay = simulated(() => START)

describe('traps', () => {
  it('an upgrade is not churn: the token that was replaced is cancelled and expired, and says so first', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const { opening, farewell } = s.change(yearly, { at: START + 10 * DAY })
    const hub = await hubAfter(s.opening, ...farewell, opening)
    expect(told(hub)).toEqual([
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE gold:monthly→platinum:yearly',
      'INITIAL_PURCHASE 99 USD',
    ])
    expect(statusAt(only(hub), START + 40 * DAY)).toBe('active')
  })

  it('nor is the echo of an old change, when another one followed', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const first = s.change(basic, { at: START + 2 * DAY })
    const second = s.change(yearly, { at: START + 4 * DAY })
    const messages = [s.opening, first.opening, ...first.farewell, second.opening, ...second.farewell]
    const hub = await play(messages, [4, 2, 5, 3, 0, 1, 6])
    expect(told(hub).filter((event) => /CANCELLATION|EXPIRATION/.test(event))).toEqual([])
  })

  it('an upgrade whose new token nobody told of is no churn either, however often it is asked about', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const { farewell } = s.change(yearly, { at: START + 10 * DAY })
    const hub = await hubAfter(s.opening, ...farewell)
    for (let day = 11; day < 60; day += 10) await hub.poll(START + day * DAY)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD'])
  })

  it('a failed fetch never changes state: every fault of every call gives no observation at all', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const renewed = s.renew()
    const faults = ['credentials', 'retry', 'retry', 'retry', 'retry'] as const
    const statuses = [403, 429, 500, 503, 302]
    let seen = 0
    for (const [index, status] of statuses.entries()) {
      for (const broken of ['subscriptionsv2', 'orders']) {
        const whole = googleOf(() => renewed.view)
        const http = {
          ...whole,
          send: (request: Parameters<typeof whole.send>[0]) =>
            request.url.includes(broken)
              ? Promise.resolve({
                  kind: 'answer',
                  status,
                  headers: {},
                  body: '',
                  truncated: false,
                  durationMs: 0,
                } as const)
              : whole.send(request),
        }
        const clock = running(START)
        const answer = await playStore(http, clock.now).resolve?.(
          {
            subject: s.token,
            environment: 'production',
            messages: [keptOf(renewed)],
            at: START,
            linked: () => Promise.resolve(null),
          },
          appOf(),
        )
        expect(answer?.kind, `${broken} ${status}`).toBe(faults[index])
        seen += 1
      }
    }
    expect(seen).toBe(10)
  })

  it('a server that is gone is a fault of the fetch, not an end', async () => {
    const gone = await startStandIn({ handle: () => ({ status: 200, body: '' }) })
    await gone.close()
    const http = createHttpClient()
    const store = playStore({ ...http, send: (request) => http.send({ ...request, url: `${gone.url}/x` }) })
    const s = google.subscribe({ ...monthly, at: START })
    const purchase = only(await hubAfter(s.opening))
    expect(await store.poll?.({ purchase, at: START + 40 * DAY }, appOf())).toMatchObject({ kind: 'retry' })
    await http.close()
  })

  it('two fetches that race: the one that began later stands, whichever ends last', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const cancelled = s.cancel({ at: START + DAY })
    let view = s.opening.view
    const hub = createHub(() => view)
    const early = await hub.resolve(s.token, [keptOf(s.opening)], START + 2 * DAY)
    view = cancelled.view
    const late = await hub.resolve(s.token, [keptOf(cancelled)], START + 2 * DAY + 1)
    if (early.kind !== 'fetched' || late.kind !== 'fetched') throw new Error('Both were fetched.')
    hub.take(late.value)
    hub.take(early.value)
    expect(only(hub).snapshot).toMatchObject({ autoRenew: false, version: START + 2 * DAY + 1 })
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE'])
  })

  it('a clock that stands still or goes back never makes a newer state older', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const cancelled = s.cancel({ at: START + DAY })
    let view = s.opening.view
    const hub = createHub(() => view)
    for (const [message, at] of [
      [s.opening, START + 5 * DAY],
      [cancelled, START + 5 * DAY - HOUR],
    ] as const) {
      view = message.view
      const resolved = await hub.resolve(s.token, [keptOf(message)], at)
      if (resolved.kind === 'fetched') hub.take(resolved.value)
    }
    expect(only(hub).snapshot).toMatchObject({ autoRenew: false, version: START + 5 * DAY + 1 })
  })

  it('a grace message that comes after the end of access tells its failure, and ends nothing twice', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const [grace, hold] = [s.grace({ days: 3 }), s.hold()]
    const hub = await play([s.opening, grace, hold], [0, 2, 1])
    expect(told(hub)).toEqual([
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
    ])
  })

  it('a renewal message that comes after the end of access is a renewal', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const [hold, recovered] = [s.hold(), s.recover()]
    const hub = await play([s.opening, hold, recovered], [0, 1, 2])
    expect(told(hub).at(-1)).toBe('RENEWAL 9.99 USD')
    expect(statusAt(only(hub), recovered.at + DAY)).toBe('active')
  })

  it('silent grace: an active subscription past its end is asked about and never ended', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const hub = await hubAfter(s.opening)
    for (let hour = 1; hour <= 30; hour += 1) await hub.poll(s.expiresAt + hour * HOUR)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD'])
    expect(only(hub).snapshot?.status).toBe('active')
  })

  it('grace that Google extends day by day is no renewal', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const due = s.expiresAt
    const days = [1, 2, 3].map((n) => s.grace({ days: n === 1 ? 1 : 1, at: due + n * HOUR }))
    const hub = await hubAfter(s.opening, ...days)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR'])
    expect(only(hub).snapshot).toMatchObject({ status: 'grace', graceEndsAt: s.expiresAt })
  })

  it('`testPurchase` decides the sandbox, and no test notification does', async () => {
    const s = google.subscribe({ ...monthly, test: true, period: 'PT5M', at: START })
    const p = google.buy({ product: 'coins', price: 1, test: true, at: START })
    const hub = await hubAfter(s.opening, s.renew(), p.opening)
    expect([...hub.purchases.values()].map(({ key }) => key.environment)).toEqual(['sandbox', 'sandbox'])
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD', 'NON_RENEWING_PURCHASE 1 USD'])
    const store = playStore(googleOf(() => google.view()))
    expect(store.decode(keptOf(google.test()), appOf())).toMatchObject({ kind: 'nothing', unknownType: false })
  })

  it('an environment that the app does not take gives nothing, and a note that says so', async () => {
    const s = google.subscribe({ ...monthly, test: true, at: START })
    const hub = createHub(() => google.view(), appOf({ environments: ['production'] }))
    const resolved = await hub.resolve(s.token, [keptOf(s.opening)], START + DAY)
    expect(resolved).toMatchObject({
      kind: 'fetched',
      value: { observations: [], links: [], note: expect.stringContaining('sandbox') },
    })
  })

  it('renewals of a test purchase that carry no number are renewals', async () => {
    const s = google.subscribe({ ...monthly, test: true, period: 'PT5M', at: START })
    const renewed = s.renew()
    const plain = (text: string): string => text.replaceAll(s.latestOrder, 'GPA.9999-0000-0000-00001')
    const view = {
      ...renewed.view,
      subscriptions: new Map(
        [...renewed.view.subscriptions].map(([name, one]) => [name, JSON.parse(plain(JSON.stringify(one)))]),
      ),
      orders: new Map(
        [...renewed.view.orders].map(([name, one]) => [plain(name), JSON.parse(plain(JSON.stringify(one)))]),
      ),
    }
    const hub = await hubAfter(s.opening, { ...renewed, view })
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'RENEWAL 9.99 USD'])
  })

  it('ONE_TIME_PRODUCT_CANCELED is no refund: the payment was never made', async () => {
    const p = google.buy({ product: 'coins', price: 1.99, pending: true, at: START })
    const hub = await hubAfter(p.opening, p.giveUp({ at: START + DAY }))
    expect(told(hub)).toEqual([])
    expect(hub.notes).toHaveLength(2)
    const bought = google.buy({ product: 'coins', price: 1.99, at: START })
    const odd = google.tell('ONE_TIME_PRODUCT_CANCELED', {
      oneTimeProductNotification: { version: '1.0', notificationType: 2, purchaseToken: bought.token, sku: 'coins' },
    })
    expect(told(await hubAfter(bought.opening, { ...odd, token: bought.token }))).toEqual([
      'NON_RENEWING_PURCHASE 1.99 USD',
    ])
  })

  it('PAUSE_SCHEDULE_CHANGED is no pause: access goes on, and the second notice of a period is none', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const hub = await hubAfter(
      s.opening,
      s.schedulePause({ at: START + DAY }),
      s.schedulePause({ at: START + 2 * DAY }),
    )
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'SUBSCRIPTION_PAUSED'])
    expect(statusAt(only(hub), START + 3 * DAY)).toBe('active')
  })

  it('RENEWED without a new order id is nothing', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const hub = await hubAfter(s.opening, s.tell(2, { at: START + DAY }), s.tell(2, { at: START + 20 * DAY }))
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD'])
    expect(hub.entries).toHaveLength(1)
  })

  it('SUBSCRIPTION_DEFERRED is no product change and no renewal: the end moves', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const end = s.expiresAt
    const hub = await hubAfter(s.opening, s.defer(10, { at: START + DAY }))
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'SUBSCRIPTION_EXTENDED'])
    expect(hub.happenings[1]).toMatchObject({ expiresAt: end + 10 * DAY, grossMicros: 0 })
  })

  it('the token in force is asked about, not the first one, even before it has a charge of its own', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const { opening } = s.change(basic, { deferred: true, at: START + 10 * DAY })
    const renewed = s.renew()
    let view = opening.view
    const hub = createHub(() => view)
    const resolved = await hub.resolve(opening.token, [keptOf(opening)], opening.at)
    if (resolved.kind === 'fetched') hub.take(resolved.value)
    view = renewed.view
    await hub.poll(renewed.at + HOUR)
    expect(told(hub).at(-1)).toBe('RENEWAL 4.99 USD')
    expect(only(hub).snapshot?.askWith).toBe(opening.token)
  })

  it('a chain of several tokens whose middle was never seen is one chain, by the name of the first', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const first = s.token
    s.change(basic, { at: START + 5 * DAY })
    const { opening } = s.change(yearly, { at: START + 10 * DAY })
    const hub = await hubAfter(opening)
    expect(only(hub).key).toMatchObject({ chain: first, line: '' })
    expect(told(hub)).toEqual([
      'INITIAL_PURCHASE 9.99 USD',
      'PRODUCT_CHANGE gold:monthly→silver:monthly',
      'INITIAL_PURCHASE 4.99 USD',
      'PRODUCT_CHANGE silver:monthly→platinum:yearly',
      'INITIAL_PURCHASE 99 USD',
    ])
    expect(only(hub).historyUpTo).not.toBeNull()
  })

  it('a first token that Google has forgotten still names the chain', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const first = s.token
    s.forget()
    const before = google.view()
    const { opening } = s.change(yearly, { at: START + 90 * DAY })
    const view = {
      ...opening.view,
      subscriptions: new Map([...opening.view.subscriptions, [first, before.subscriptions.get(first) ?? {}]]),
    }
    const hub = await hubAfter({ ...opening, view })
    expect(only(hub)).toMatchObject({ key: { chain: first }, historyUpTo: null })
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 99 USD'])
  })

  it('what was missed is asked for by the numbers of the orders, once', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    for (let n = 0; n < 5; n += 1) s.renew()
    const last = s.renew()
    const view = last.view
    const clock = running(START)
    const asked = googleOf(() => view, clock.now)
    const store = playStore(asked, clock.now)
    const linked = () => Promise.resolve(null)
    const answer = await store.resolve?.(
      { subject: s.token, environment: 'production', messages: [keptOf(last)], at: last.at, linked },
      appOf(),
    )
    if (answer?.kind !== 'fetched') throw new Error('It was fetched.')
    const [one] = answer.value.observations
    const charges = one?.observation.facts.filter(({ kind }) => kind === 'period') ?? []
    expect(new Set(charges.map(({ period }) => period)).size).toBe(7)
    expect(one?.observation.history).toBe('complete')
    expect(asked.asked.filter((path) => path.includes('orders'))).toEqual([
      '/androidpublisher/v3/applications/com.acme.app/orders:batchGet',
    ])
  })

  it('an item that names no order is found by the deprecated field of its purchase', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const resource = s.opening.view.subscriptions.get(s.token) ?? {}
    const plain = JSON.parse(JSON.stringify(resource).replace(/"latestSuccessfulOrderId":"[^"]+",/, ''))
    const view = { ...s.opening.view, subscriptions: new Map([[s.token, plain]]) }
    expect(told(await hubAfter({ ...s.opening, view }))).toEqual(['INITIAL_PURCHASE 9.99 USD'])
  })

  it('an order that Google does not show leaves the price unknown, and the rest told', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const view = { ...s.opening.view, orders: new Map() }
    const hub = await hubAfter({ ...s.opening, view })
    expect(hub.happenings).toMatchObject([{ type: 'INITIAL_PURCHASE', grossMicros: null, currency: null }])
  })
})

describe('voided purchases', () => {
  const old = START - 20 * DAY
  it('that were listed and are older than `events_from` change the ledger, and are no news', async () => {
    const s = google.subscribe({ ...monthly, at: old })
    s.refund({ at: old + DAY })
    const p = google.buy({ product: 'coins', price: 1.99, at: old })
    p.refund({ at: old + DAY })
    const hub = createHub(() => google.view())
    await hub.sweep(START)
    expect(told(hub)).toEqual([])
    const own = new Set([s.latestOrder, p.orderId])
    const entries = hub.entries.filter(({ transactionId }) => own.has(transactionId))
    expect(entries.map(({ micros }) => micros).sort()).toEqual([-1_990_000, -9_990_000, 1_990_000, 9_990_000].sort())
  })

  it('that were listed say what their notification says, once, whichever comes first', async () => {
    const other = simulated(() => START)
    const s = other.subscribe({ ...monthly, at: START })
    const p = other.buy({ product: 'coins', price: 1.99, at: START })
    const messages = [s.opening, p.opening, s.refund({ at: START + DAY }), p.refund({ at: START + DAY })]
    const listedFirst = await play(messages.slice(0, 2), [0, 1])
    const hub = createHub(() => other.view())
    for (const one of listedFirst.happenings) hub.happenings.push(one)
    for (const [id, purchase] of listedFirst.purchases) hub.purchases.set(id, purchase)
    for (const [name, id] of listedFirst.links) hub.links.set(name, id)
    await hub.sweep(START + 2 * DAY)
    const before = told(hub)
    for (const one of messages.slice(2)) {
      const resolved = await hub.resolve(one.token, [keptOf(one)], START + 3 * DAY)
      if (resolved.kind === 'fetched') hub.take(resolved.value)
    }
    expect(before).toEqual([
      'INITIAL_PURCHASE 9.99 USD',
      'NON_RENEWING_PURCHASE 1.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'CANCELLATION CUSTOMER_SUPPORT -1.99 USD',
    ])
    expect(told(hub)).toEqual(before)
  })

  it('whose order shows no refund yet are told by the price, and once the order shows it nothing is added', async () => {
    const s = google.subscribe({ ...monthly, at: START })
    const message = s.refund({ at: START + DAY })
    const early = { ...message, view: { ...message.view, orders: s.opening.view.orders } }
    const hub = await hubAfter(s.opening, early, message)
    expect(told(hub)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -9.99 USD'])
    expect(hub.entries.map(({ micros }) => micros)).toEqual([9_990_000, -9_990_000])
  })
})

describe('who owns it', () => {
  it('the obfuscated account id, its twin of a purchase outside the app, and that of a one-time purchase', async () => {
    const one = google.subscribe({ ...monthly, owner: 'u1', at: START })
    const outside = google.subscribe({ ...monthly, expiredOwner: 'u2', at: START })
    const coins = google.buy({ product: 'coins', price: 1, owner: 'u3', at: START })
    const nobody = google.subscribe({ ...prepaid, at: START })
    const hub = await hubAfter(one.opening, outside.opening, coins.opening, nobody.opening)
    expect([...hub.purchases.values()].map(({ owner }) => owner)).toEqual(['u1', 'u2', 'u3', null])
  })
})

describe('settings', () => {
  it('without credentials nothing can be asked, and the clock may not conclude either', () => {
    const store = playStore(googleOf(() => google.view()))
    expect(store.canPoll?.(appOf())).toBe(true)
    const without = appOf({ settings: { ...SETTINGS, service_account: '{}' } })
    expect(store.canPoll?.(without)).toBe(false)
    expect(store.lists?.(without)).toEqual([])
    expect(account.json).toContain('service_account')
  })
})
