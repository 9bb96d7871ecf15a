import { describe, expect, it } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import type { HttpClient, HttpResult } from '../../../src/net/http.ts'
import { postedFromStripe } from '../../../src/stand-ins/posted-receipts.ts'
import { answerOfStripe } from '../../../src/stand-ins/stripe/server.ts'
import type { SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import type { ReceiptRead, ReceiptRequest } from '../../../src/stores/store.ts'
import { randomOf } from '../../seed.ts'
import { hostileTexts, requestOf } from '../posted.ts'
import { SCENARIOS } from './scenarios.ts'
import { appOf, DAY, KEY, monthly, START, simulated, stripeStore, withSettings } from './setting.ts'
import { compared, play, record, told } from './world.ts'

const SAMPLES = process.env.TRIBUTARY_TEST_FULL === '1' ? 60 : 6

function shuffled(length: number, random: () => number): readonly number[] {
  const keyed = Array.from({ length }, (_, index) => ({ index, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ index }) => index)
}

describe.each(SCENARIOS)('a receipt beside the messages of: $name', (scenario) => {
  const messages = record(scenario.write)
  const inOrder = messages.map((_, index) => index)
  const random = randomOf(`stripe receipts of ${scenario.name}`)

  it('tells the same wherever it comes, once or twice', async () => {
    const expected = compared(await play(messages, inOrder))
    let seen = 0
    for (let place = 0; place <= messages.length; place += 1) {
      const names = `at ${place}: ${messages.map(({ event }) => event.type).join(', ')}`
      expect(compared(await play(messages, inOrder, { receipts: [place] })), names).toEqual(expected)
      const twice = [place, place, messages.length]
      expect(compared(await play(messages, inOrder, { receipts: twice })), `twice ${names}`).toEqual(expected)
      seen += 1
    }
    expect(seen).toBe(messages.length + 1)
  })

  it('tells the same in other orders, whatever the API shows by then', async () => {
    const expected = compared(await play(messages, inOrder))
    let seen = 0
    for (let n = 0; n < SAMPLES; n += 1) {
      const order = n === 0 ? inOrder : shuffled(messages.length, random)
      const place = Math.floor(random() * (messages.length + 1))
      const names = order.map((index) => messages[index]?.event.type).join(', ')
      for (const api of ['arrived', 'end'] as const) {
        const played = await play(messages, order, { api, receipts: [place] })
        expect(compared(played), `${api}, receipt at ${place}: ${names}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBe(SAMPLES * 2)
  })

  it('tells alone nothing but what the messages tell', async () => {
    const heard = told(await play(messages, [], { receipts: [0], api: 'end' }))
    expect(scenario.events).toEqual(expect.arrayContaining([...heard]))
    if (scenario.events.length > 0) expect(heard.length).toBeGreaterThan(0)
  })
})

const AT = START + 3 * DAY
const TEST_KEY = 'sk_test_standin'

interface Asked {
  readonly accounts: readonly { readonly account: SimulatedStripe; readonly key: string }[]
  readonly app?: App
  /** In place of every answer, or of those at some paths. */
  readonly instead?: HttpResult | ((path: string) => HttpResult | null)
  readonly asked?: { readonly path: string; readonly key: string }[]
}

function receive(
  { accounts, app = appOf(), instead, asked = [] }: Asked,
  request: Pick<ReceiptRequest, 'shown'> & Partial<ReceiptRequest>,
): Promise<ReceiptRead> {
  const http: HttpClient = {
    send: (sent) => {
      const url = new URL(sent.url)
      asked.push({ path: url.pathname, key: String(sent.headers?.authorization).slice('Bearer '.length) })
      const other = typeof instead === 'function' ? instead(url.pathname) : instead
      if (other != null) return Promise.resolve(other)
      const of = { method: sent.method, path: url.pathname, query: url.searchParams, headers: { ...sent.headers } }
      const reply = answerOfStripe({ ...of, body: Buffer.alloc(0) }, { accounts }, AT)
      const headers = { ...reply.headers }
      return Promise.resolve({ kind: 'answer', ...reply, headers, truncated: false, durationMs: 0 })
    },
    close: () => Promise.resolve(),
  }
  const { receipt } = stripeStore({ http, now: () => AT })
  if (receipt === undefined) throw new Error('The store reads no receipts.')
  const said = { productIds: [], storeUserId: null, sandbox: null, price: null, countryCode: null }
  return receipt({ ...said, at: AT, linked: () => Promise.resolve(null), ...request }, app)
}

function observationsOf(read: ReceiptRead) {
  if (read.kind !== 'fetched') throw new Error(JSON.stringify(read))
  return read.value.observations.map(({ observation }) => observation)
}

describe('what an app shows of Stripe', () => {
  const live = simulated()
  const accounts = [{ account: live, key: KEY }]
  const s = live.subscribe({ plan: monthly, at: START, metadata: { app_user_id: 'u1' } })
  const [session] = s.checkedOut({ clientReferenceId: 'u2' }).map(({ json }) => json.data as { object: { id: string } })
  const invoice = s.latestInvoice

  it('a subscription, its checkout, its invoice, payment and charge are one purchase with its owner', async () => {
    const names = [s.id, session?.object.id ?? '', invoice.id, invoice.paymentIntent ?? '', invoice.charge ?? '']
    const kinds = new Set(names.map((name) => name.split('_')[0]))
    expect([...kinds]).toEqual(['sub', 'cs', 'in', 'pi', 'ch'])
    for (const token of names) {
      const [only, ...others] = observationsOf(
        await receive({ accounts }, requestOf(postedFromStripe({ id: token }, { appUserId: 'u1' }))),
      )
      expect(others).toEqual([])
      expect(only).toMatchObject({
        owner: 'u1',
        history: 'complete',
        key: { chain: s.id, environment: 'production' },
        snapshot: { status: 'active', autoRenew: true },
      })
      expect(only?.facts).toMatchObject([{ kind: 'period', own: false, price: { micros: 9_990_000, currency: 'USD' } }])
    }
    const byReference = withSettings({ secret_key: KEY, app_user_id_from: 'client_reference_id' })
    const shown = { kind: 'token', token: session?.object.id ?? '' } as const
    expect(observationsOf(await receive({ accounts, app: byReference }, { shown }))).toMatchObject([{ owner: 'u2' }])
  })

  it('what was bought once shows its lines and what went back of them', async () => {
    const lines = [
      { price: 'price_a', product: 'prod_a', amount: 300 },
      { price: 'price_b', product: 'prod_b', amount: 700 },
    ]
    const checkout = live.checkout({ lines, at: START })
    for (const token of [checkout.id, checkout.paymentIntent]) {
      const found = observationsOf(await receive({ accounts }, { shown: { kind: 'token', token } }))
      expect(found).toMatchObject([
        { kind: 'one_time', facts: [{ productId: 'prod_a', price: { micros: 3_000_000 } }] },
        { kind: 'one_time', facts: [{ productId: 'prod_b', price: { micros: 7_000_000 } }] },
      ])
    }
    checkout.refund({ at: START + DAY })
    const shown = { kind: 'token', token: checkout.id } as const
    const refunds = observationsOf(await receive({ accounts }, { shown })).map(({ facts }) => facts.at(-1))
    expect(refunds).toMatchObject([
      { kind: 'refund', own: false, keepsAccess: false, amount: { micros: 3_000_000 } },
      { kind: 'refund', own: false, keepsAccess: false, amount: { micros: 7_000_000 } },
    ])
    checkout.failRefund({ at: START + 2 * DAY })
    const after = observationsOf(await receive({ accounts }, { shown })).flatMap(({ facts }) => facts)
    expect(after.map(({ kind }) => kind)).toEqual(['one_time', 'one_time'])
  })

  it('the newest charge of a subscription shows what went back of it', async () => {
    const refunded = live.subscribe({ plan: monthly, at: START })
    refunded.refund({ at: START + DAY, amount: 400 })
    const [only] = observationsOf(await receive({ accounts }, { shown: { kind: 'subscription', id: refunded.id } }))
    expect(only?.facts.filter(({ kind }) => kind === 'refund')).toMatchObject([
      { amount: { micros: 4_000_000, currency: 'USD' }, keepsAccess: true, own: false },
    ])
  })

  it('what nobody has paid for is no purchase yet, and no fault', async () => {
    const unpaid = [
      live.subscribe({ plan: monthly, at: START, incomplete: true }).id,
      live.checkout({ lines: [{ price: 'p', product: 'q', amount: 5 }], async: true, at: START }).id,
    ]
    for (const token of unpaid) {
      expect(await receive({ accounts }, { shown: { kind: 'token', token } })).toMatchObject({
        kind: 'fetched',
        value: { observations: [], note: expect.stringContaining('nothing was bought yet') },
      })
    }
    expect(unpaid).toHaveLength(2)
  })

  const test = simulated({ livemode: false })
  const tested = test.subscribe({ plan: monthly, at: START })
  const both = [...accounts, { account: test, key: TEST_KEY }]
  const keys = { secret_key: KEY, sandbox_secret_key: TEST_KEY }

  it('is of the mode that the answer tells: the device names which key is tried first, no more', async () => {
    const app = withSettings(keys)
    for (const sandbox of [true, false, null]) {
      const asked: { path: string; key: string }[] = []
      const [first] = observationsOf(
        await receive({ accounts: both, app, asked }, { shown: { kind: 'token', token: s.id }, sandbox }),
      )
      expect(first?.key.environment).toBe('production')
      expect(asked[0]?.key).toBe(sandbox === true ? TEST_KEY : KEY)
      const [second] = observationsOf(
        await receive({ accounts: both, app }, { shown: { kind: 'token', token: tested.id }, sandbox }),
      )
      expect(second?.key.environment).toBe('sandbox')
    }
    const oneKey = withSettings({ secret_key: TEST_KEY })
    const [only] = observationsOf(
      await receive({ accounts: both, app: oneKey }, { shown: { kind: 'token', token: tested.id } }),
    )
    expect(only?.key.environment).toBe('sandbox')
  })

  it('of a mode that the app does not take is refused', async () => {
    const app = withSettings(keys, { environments: ['production'] })
    expect(await receive({ accounts: both, app }, { shown: { kind: 'token', token: tested.id } })).toMatchObject({
      kind: 'invalid',
      fault: 'wrong_environment',
      reason: expect.stringMatching(/sandbox.*environments of the app\.$/),
    })
  })

  it('needs a key', async () => {
    expect(await receive({ accounts, app: withSettings({}) }, { shown: { kind: 'token', token: s.id } })).toMatchObject(
      {
        kind: 'credentials',
        reason: expect.stringMatching(/secret_key of web/),
      },
    )
  })

  it('of another account is absent, in a sentence without it; with one key refused, that is said', async () => {
    const other = simulated({ seed: 'other' }).subscribe({ plan: monthly, at: START })
    const ids = [`sub_Other${other.id.slice(4)}`, 'cs_live_nobody', 'in_nobody', 'pi_nobody', 'ch_nobody']
    for (const token of ids) {
      const read = await receive({ accounts: both, app: withSettings(keys) }, { shown: { kind: 'token', token } })
      expect(read).toMatchObject({ kind: 'absent', reason: expect.stringContaining('account') })
      expect(JSON.stringify(read)).not.toContain(token)
      const half = withSettings({ ...keys, sandbox_secret_key: 'sk_test_wrong' })
      expect(await receive({ accounts: both, app: half }, { shown: { kind: 'token', token } })).toMatchObject({
        kind: 'credentials',
      })
    }
    expect(ids).toHaveLength(5)
  })

  const answer = (status: number, body = '{}'): HttpResult => ({
    kind: 'answer',
    status,
    headers: {},
    body,
    truncated: false,
    durationMs: 1,
  })
  it.each([
    ['400', answer(400), 'absent'],
    ['401', answer(401), 'credentials'],
    ['403', answer(403), 'credentials'],
    ['404', answer(404), 'absent'],
    ['409', answer(409), 'retry'],
    ['429', answer(429), 'retry'],
    ['500', answer(500), 'retry'],
    ['no JSON', answer(200, '<html>'), 'retry'],
    ['an object without anything', answer(200, '{}'), 'retry'],
    ['nobody there', { kind: 'fault', sent: false, reason: 'Could not connect (ENOTFOUND)', durationMs: 1 }, 'retry'],
  ] as const)('an answer of every kind: %s', async (_name, instead, kind) => {
    const read = await receive({ accounts, instead }, { shown: { kind: 'token', token: s.id } })
    expect(read.kind).toBe(kind)
    expect(JSON.stringify(read)).not.toContain(KEY)
    expect(JSON.stringify(read)).not.toContain(s.id)
  })

  it('an invoice that a checkout made for what is bought once leads to the checkout', async () => {
    const checkout = live.checkout({ lines: [{ price: 'price_a', product: 'prod_a', amount: 300 }], at: START })
    const instead = (path: string): HttpResult | null => {
      if (path === '/v1/invoice_payments') return answer(200, '{"object":"list","data":[{"invoice":"in_once"}]}')
      return path === '/v1/invoices/in_once' ? answer(200, '{"id":"in_once","object":"invoice","livemode":true}') : null
    }
    const shown = { kind: 'transaction', id: checkout.paymentIntent } as const
    expect(observationsOf(await receive({ accounts, instead }, { shown }))).toMatchObject([
      { kind: 'one_time', key: { chain: checkout.id } },
    ])
    const alone = await receive({ accounts, instead }, { shown: { kind: 'transaction', id: 'in_once' } })
    expect(alone).toMatchObject({
      kind: 'fetched',
      value: { observations: [], note: expect.stringContaining('paid for no') },
    })
  })

  it('storage that cannot be read is no fault of Stripe’s', async () => {
    const linked = (): Promise<never> => Promise.reject(new Error('The database is away.'))
    await expect(receive({ accounts }, { shown: { kind: 'token', token: s.id }, linked })).rejects.toThrow('away')
  })

  it('whatever else is shown is refused or unknown, and leads to no other address', async () => {
    const asked: { path: string; key: string }[] = []
    const texts = hostileTexts(300)
    let seen = 0
    for (const text of texts) {
      for (const shown of [
        { kind: 'token', token: text },
        { kind: 'transaction', id: text },
      ] as const) {
        expect(['invalid', 'absent'], JSON.stringify(text)).toContain(
          (await receive({ accounts, asked }, { shown })).kind,
        )
        seen += 1
      }
    }
    expect(seen).toBe(600)
    const place =
      /^\/v1\/(subscriptions\/sub_|checkout\/sessions\/cs_|invoices\/in_|charges\/(ch|py)_|invoice_payments$|checkout\/sessions$)[A-Za-z0-9_]*$/
    for (const { path } of asked) expect(place.test(path), path).toBe(true)
  })
})
