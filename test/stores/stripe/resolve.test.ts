import { describe, expect, it } from 'vitest'
import { observe } from '../../../src/domain/observe.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import type { HttpClient, HttpResult } from '../../../src/net/http.ts'
import type { SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import { answerOfStripe } from '../../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe, type SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import type { Fetched, Resolved, Store } from '../../../src/stores/store.ts'
import {
  appOf,
  DAY,
  decoded,
  HOUR,
  KEY,
  kept,
  monthly,
  pro,
  SECRET,
  START,
  stripeStore,
  withSettings,
} from './setting.ts'

const AT = START + 50 * DAY
const terms = () => ({
  commissionPpm: 0,
  taxPpm: 0,
  usdRate: null,
  rateDate: null,
  rateEstimated: false,
  estimated: true,
})

function account(): SimulatedStripe {
  return createSimulatedStripe({ now: () => AT, secret: SECRET })
}

/** A store whose API is the account, or one answer for everything. */
function storeOf(of: SimulatedStripe | HttpResult, asked: string[] = []): Store {
  const http: HttpClient = {
    send: (request) => {
      const url = new URL(request.url)
      asked.push(url.pathname)
      if ('durationMs' in of) return Promise.resolve(of)
      const reply = answerOfStripe(
        {
          method: 'GET',
          path: url.pathname,
          query: url.searchParams,
          headers: { ...request.headers },
          body: Buffer.alloc(0),
        },
        { accounts: [{ account: of, key: KEY }] },
        AT,
      )
      return Promise.resolve({
        kind: 'answer',
        ...reply,
        headers: { ...reply.headers },
        truncated: false,
        durationMs: 0,
      })
    },
    close: () => Promise.resolve(),
  }
  return stripeStore({ http, now: () => AT })
}

function answer(status: number): HttpResult {
  return { kind: 'answer', status, headers: {}, body: '{}', truncated: false, durationMs: 1 }
}

function subjectOf(event: SimulatedEvent | undefined): string {
  const result = event === undefined ? null : decoded(event)
  if (result?.kind !== 'unresolved') throw new Error('The event tells all by itself.')
  return result.subject
}

async function resolve(
  store: Store,
  events: readonly (SimulatedEvent | undefined)[],
  options: {
    readonly known?: ReadonlyMap<string, Purchase>
    readonly app?: ReturnType<typeof appOf>
    readonly receivedAt?: number
  } = {},
): Promise<Fetched<Resolved>> {
  const all = events.filter((event) => event !== undefined)
  const answered = await store.resolve?.(
    {
      subject: subjectOf(all[0]),
      environment: 'production',
      messages: all.map((event) => kept(event, options.receivedAt ?? AT)),
      at: AT,
      linked: (name) => Promise.resolve(options.known?.get(name) ?? null),
    },
    options.app ?? appOf(),
  )
  if (answered === undefined) throw new Error('The store resolves nothing.')
  return answered
}

function resolvedOf(fetched: Fetched<Resolved>): Resolved {
  if (fetched.kind !== 'fetched') throw new Error(`Not fetched: ${fetched.reason}`)
  return fetched.value
}

describe('what Stripe answers while a message is resolved', () => {
  const cancelled = () => {
    const s = account().subscribe({ plan: monthly, at: START })
    return s.cancel('portal', { at: START + DAY })
  }
  const refunded = () =>
    account()
      .subscribe({ plan: monthly, at: START })
      .refund({ at: START + DAY })
  const bought = () => account().checkout({ at: START, lines: [{ price: 'p', product: 'q', amount: 1 }] }).opening

  it.each([
    [401, 'credentials'],
    [403, 'credentials'],
    [429, 'retry'],
    [500, 'retry'],
  ] as const)('%i is %s, and nothing is told', async (status, kind) => {
    for (const events of [cancelled(), refunded(), bought()]) {
      expect((await resolve(storeOf(answer(status)), [events[0]])).kind).toBe(kind)
    }
  })

  it('what it does not know is told as far as the message goes, or noted', async () => {
    const gone = storeOf(account())
    const told = resolvedOf(await resolve(gone, cancelled()))
    expect(told.observations.map(({ observation, message }) => [observation.snapshot?.autoRenew, message])).toEqual([
      [false, 0],
    ])
    expect(resolvedOf(await resolve(gone, refunded()))).toMatchObject({
      observations: [],
      note: expect.stringMatching(/\.$/),
    })
    expect((await resolve(gone, bought())).kind).toBe('absent')
  })
})

describe('what was fetched', () => {
  it('is of all messages of the subject at once, each with its index, and leaves names', async () => {
    const stripe = account()
    const asked: string[] = []
    const s = stripe.subscribe({ plan: monthly, at: START })
    const events = [...s.cancel('portal', { at: START + DAY }), ...s.uncancel({ at: START + 2 * DAY })]
    const { observations, links } = resolvedOf(await resolve(storeOf(stripe, asked), events))
    expect(observations.map(({ message }) => message)).toEqual([null, 0, 1])
    expect(observations[0]?.observation.history).toBe('complete')
    expect(links.map(({ name }) => name)).toEqual(
      expect.arrayContaining([s.id, s.state.items[0]?.id, s.latestInvoice.id]),
    )
    expect(asked).toEqual([`/v1/subscriptions/${s.id}`, '/v1/invoices'])
  })

  it('has Stripe’s clock less a second as its version, and is newer than what is known', async () => {
    const stripe = account()
    const s = stripe.subscribe({ plan: monthly, at: START })
    const [event] = s.cancel('portal', { at: START + DAY })
    const fetched = resolvedOf(await resolve(storeOf(stripe), [event])).observations[0]?.observation
    expect(fetched?.snapshot?.version).toBe(AT - 1_000)
    if (fetched === undefined || fetched.snapshot === null) throw new Error('A state was fetched.')
    const ahead = { ...fetched, snapshot: { ...fetched.snapshot, version: AT + DAY } }
    const { purchase } = observe(null, { ...ahead, facts: [] }, { eventsFrom: 0, terms })
    const known = new Map([[s.state.items[0]?.id ?? '', purchase]])
    const again = resolvedOf(await resolve(storeOf(stripe), [event], { known })).observations[0]?.observation
    expect(again?.snapshot?.version).toBe(AT + DAY + 1)
  })

  it('of a refunded payment is its whole chain, so that the class of the charge is known', async () => {
    const stripe = account()
    const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
    s.renew()
    const [, refund] = s.refund({ at: START + 20 * DAY })
    const asked: string[] = []
    const { observations, links } = resolvedOf(await resolve(storeOf(stripe, asked), [refund]))
    expect(
      observations.map(({ observation, message }) => [observation.facts.map(({ kind }) => kind), message]),
    ).toEqual([
      [['period', 'period'], null],
      [['period', 'refund'], 0],
    ])
    expect(links.map(({ name }) => name)).toContain(s.latestInvoice.paymentIntent)
    expect(asked).toContain('/v1/invoice_payments')
  })

  it('of a planned price is its product, or the price itself where prices are what events name', async () => {
    const stripe = account()
    const s = stripe.subscribe({ plan: monthly, at: START })
    const planned = s.schedule(pro, { at: START + DAY })
    const chosen = async (settings: Parameters<typeof withSettings>[0]) => {
      const { observations } = resolvedOf(
        await resolve(storeOf(stripe), planned, { app: withSettings({ secret_key: KEY, ...settings }) }),
      )
      return observations
        .flatMap(({ observation }) => observation.facts)
        .find(({ kind }) => kind === 'change_requested')
    }
    expect(await chosen({})).toMatchObject({ productId: 'prod_pro' })
    expect(await chosen({ product_id_from: 'price' })).toMatchObject({ productId: 'price_pro' })
  })
})

describe('without a key', () => {
  const app = withSettings({})

  it('is waited for an hour, and then told as far as it goes', async () => {
    const s = account().subscribe({ plan: monthly, at: START })
    const events = s.cancel('portal', { at: START + DAY })
    expect((await resolve(stripeStore(), events, { app })).kind).toBe('retry')
    const late = resolvedOf(await resolve(stripeStore(), events, { app, receivedAt: AT - HOUR }))
    expect(late.observations).toHaveLength(1)
    const refund = s.refund({ at: START + DAY })
    expect((await resolve(stripeStore(), [refund[1]], { app })).kind).toBe('retry')
    const noted = resolvedOf(await resolve(stripeStore(), [refund[1]], { app, receivedAt: AT - HOUR }))
    expect(noted).toMatchObject({ observations: [], note: expect.stringContaining('secret_key') })
  })

  it('what was bought at a checkout is not told, and says what to do', async () => {
    const opening = account().checkout({ at: START, lines: [{ price: 'p', product: 'q', amount: 1 }] }).opening
    expect(await resolve(stripeStore(), opening, { app })).toMatchObject({
      kind: 'absent',
      reason: expect.stringContaining('secret_key of web'),
    })
  })
})

describe('poll, history and check', () => {
  it('give the state and every charge of a line', async () => {
    const stripe = account()
    const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
    s.renew()
    const store = storeOf(stripe)
    const [opening] = s.opening
    const result = opening === undefined ? null : decoded(opening)
    if (result?.kind !== 'observed') throw new Error('A trial tells all by itself.')
    const { purchase } = observe(null, result.observation, { eventsFrom: 0, terms })
    const polled = await store.poll?.({ purchase, at: AT }, appOf())
    expect(polled).toMatchObject({ kind: 'fetched', value: { snapshot: { status: 'active' }, history: 'complete' } })
    const history = await store.history({ key: purchase.key, transactionId: s.latestInvoice.id }, appOf())
    expect(history.kind === 'fetched' && history.value.facts.map(({ kind }) => kind)).toEqual(['period', 'period'])
    expect((await store.check?.('production', appOf()))?.kind).toBe('fetched')
  })

  it('of what was bought once, or is not there, is absent; what fails is tried again', async () => {
    const stripe = account()
    const key = { projectId: 'acme', store: 'stripe', environment: 'production', chain: 'cs_1', line: 'li_1' } as const
    const absent = await storeOf(stripe).history({ key, transactionId: 'pi_1' }, appOf())
    expect(absent.kind).toBe('absent')
    const none = await storeOf(stripe).history(
      { key: { ...key, chain: 'sub_none', line: 'si' }, transactionId: '' },
      appOf(),
    )
    expect(none.kind).toBe('absent')
    const s = stripe.subscribe({ plan: monthly, at: START })
    const other = await storeOf(stripe).history(
      { key: { ...key, chain: s.id, line: 'si_other' }, transactionId: '' },
      appOf(),
    )
    expect(other.kind).toBe('absent')
    const failed = await storeOf(answer(503)).history({ key: { ...key, chain: s.id }, transactionId: '' }, appOf())
    expect(failed.kind).toBe('retry')
    const refused = await storeOf(answer(401)).check?.('production', appOf())
    expect(refused?.kind).toBe('credentials')
  })

  it('can be asked with a key alone', () => {
    const store = stripeStore()
    expect([store.canPoll?.(appOf()), store.canAskHistory(appOf())]).toEqual([true, true])
    expect([store.canPoll?.(withSettings({})), store.canAskHistory(withSettings({}))]).toEqual([false, false])
  })
})
