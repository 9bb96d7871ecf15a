import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { type Connection, connect } from './connected.ts'
import { forged } from './forge.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, DAY, NOW, signer, simulated } from './setting.ts'
import { isInvalid, kindsOf, observationOf, show } from './showing.ts'

const plan = { product: 'monthly', price: 9.99, period: 'P1M' }
const shop = { store: appStore() }

describe('a signed transaction without an API key', () => {
  it('tells the period that Apple signed, and no more', async () => {
    const apple = simulated()
    const s = apple.subscribe({ ...plan, at: NOW - DAY, appAccountToken: 'ANNA-1', storefront: 'DEU', currency: 'EUR' })
    const observation = await observationOf(show(shop, apple.device.transactionJws(s.id)))
    expect(observation).toMatchObject({
      key: { projectId: 'acme', store: 'app_store', environment: 'production', chain: s.id, line: '' },
      appId: 'ios',
      kind: 'subscription',
      snapshot: null,
      owner: 'ANNA-1',
      history: 'partial',
    })
    expect(observation.facts).toMatchObject([
      {
        kind: 'period',
        period: s.id,
        at: NOW - DAY,
        firstOfChain: true,
        productId: 'monthly',
        price: { micros: 9_990_000, currency: 'EUR' },
        countryCode: 'DE',
      },
    ])
  })

  it('tells a renewal as part of its chain, and what went back', async () => {
    const apple = simulated('sandbox')
    const s = apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    s.renew()
    s.refund({ at: NOW - DAY })
    const observation = await observationOf(show(shop, apple.device.transactionJws(s.latest.id)))
    expect(observation.key).toMatchObject({ environment: 'sandbox', chain: s.id })
    expect(kindsOf(observation)).toEqual(['period', 'refund', 'ended'])
    expect(observation.facts[0]).toMatchObject({ period: s.latest.id, firstOfChain: false })
  })

  it('tells what was bought once', async () => {
    const apple = simulated()
    const coins = apple.buyConsumable({ product: 'coins', price: 1.99, quantity: 3, at: NOW - 60_000 })
    const observation = await observationOf(show(shop, apple.device.transactionJws(coins.id)))
    expect(observation).toMatchObject({ kind: 'one_time', key: { chain: coins.id }, owner: null })
    expect(observation.facts).toMatchObject([{ kind: 'one_time', price: { micros: 5_970_000 }, expiresAt: null }])
  })

  it('does not take the device’s word for a price that Apple did not sign', async () => {
    const { transaction } = simulated().subscribe({ ...plan, at: NOW }).opening.decoded
    const jws = signer.jws({ ...transaction, price: undefined, currency: undefined })
    const read = show(shop, jws, { price: { micros: 1_000_000, currency: 'USD' } })
    expect((await observationOf(read)).facts).toMatchObject([{ price: null }])
  })
})

describe('what is no transaction of this app and environment', () => {
  const { transaction } = simulated().subscribe({ ...plan, at: NOW }).opening.decoded
  const signed = (change: object): string => signer.jws({ ...transaction, ...change })

  it('of another app', async () => {
    await isInvalid(
      show(shop, signed({ bundleId: 'com.other.app' })),
      'not_authentic',
      /com\.other\.app, but ios is com\./,
    )
    await isInvalid(show(shop, signed({ bundleId: undefined })), 'not_authentic', /of no app/)
    await isInvalid(show(shop, signed({ bundleId: [BUNDLE] })), 'not_authentic', /of no app/)
  })

  it('of an environment that the app does not take, or that is none', async () => {
    const app = appOf({ environments: ['sandbox'] })
    await isInvalid(
      show({ ...shop, app }, signed({})),
      'wrong_environment',
      /environment Production, but ios takes sandbox/,
    )
    for (const environment of ['Xcode', 'LocalTesting']) {
      await isInvalid(show(shop, signed({ environment })), 'wrong_environment', /Xcode’s local testing/)
      const unsigned = forged({ ...transaction, environment }, { header: { alg: 'ES256', x5c: ['AA=='] } })
      await isInvalid(show(shop, unsigned), 'wrong_environment', /Xcode’s local testing/)
    }
    for (const environment of ['production', 'constructor', undefined, 7])
      await isInvalid(show(shop, signed({ environment })), 'wrong_environment', /environment/)
  })

  it('signed by Apple, and something else', async () => {
    const { renewal, payload } = simulated().subscribe({ ...plan, at: NOW }).opening.decoded
    const others = [
      signer.jws({ ...renewal, bundleId: BUNDLE }),
      signer.jws({ ...payload, bundleId: BUNDLE, environment: 'Production' }),
      signed({ transactionId: undefined }),
      signed({ originalTransactionId: '' }),
      signed({ productId: 7 }),
      signed({ purchaseDate: 'yesterday' }),
      signed({ expiresDate: undefined }),
      signed({ expiresDate: 1.5 }),
    ]
    for (const token of others) await isInvalid(show(shop, token), 'not_authentic', /is no transaction/)
    expect(others).toHaveLength(8)
  })

  it('malformed in any way', async () => {
    const tokens = [
      '',
      ' ',
      '.',
      '..',
      'a.b',
      'a.b.c',
      'a.b.c.d',
      '{}',
      '[]',
      'null',
      '\u0000',
      '😀'.repeat(9),
      'A'.repeat(7_000_000),
    ]
    for (const token of tokens) await isInvalid(show(shop, token), 'not_authentic', /receipt/)
    await isInvalid(show(shop, `${'A'.repeat(200_000)}.B.C`), 'not_authentic', /neither/)
    expect(tokens).toHaveLength(13)
  })

  it('of Xcode’s tests as the SDK posts it: JSON in base64', async () => {
    const json = JSON.stringify({ environment: 'xcode', subscription_status: {}, transactions: [], bundle_id: BUNDLE })
    await isInvalid(show(shop, Buffer.from(json).toString('base64')), 'wrong_environment', /Xcode/)
  })

  it('of a single transaction as it was before iOS 7', async () => {
    const list = '{\n\t"signature" = "AnTJ";\n\t"purchase-info" = "ewoJ";\n\t"environment" = "Sandbox";\n}'
    await isInvalid(show(shop, Buffer.from(list).toString('base64')), 'not_authentic', /before iOS 7/)
  })
})

describe('the certificates of a transaction are judged as those of a notification', () => {
  const { transaction } = simulated().subscribe({ ...plan, at: NOW }).opening.decoded
  const { root } = signer.chain
  it.each<[string, ChainOptions, RegExp]>([
    ['another root', {}, /trusted Apple root/],
    ['a leaf that is not for App Store data', { root, leafMarker: null }, /not one for App Store data/],
    ['an intermediate of another kind', { root, intermediateMarker: null }, /not Apple’s/],
    ['an intermediate that may not issue', { root, intermediateIsCa: false }, /may not issue/],
    ['a leaf that expired before', { root, leafUntil: NOW - 2 * 60_000 }, /not valid when it was signed/],
    ['a leaf of the future', { root, leafFrom: NOW + 2 * 60_000 }, /not valid when it was signed/],
    ['a key of another curve', { root, leafCurve: 'P-384' }, /P-256/],
  ])('%s', async (_name, options, reason) => {
    const using = createSigner(mintChain(options, NOW))
    await isInvalid(show(shop, using.jws(transaction ?? {})), 'not_authentic', reason)
  })

  it('a chain that has expired since counts for what it signed in its time', async () => {
    const using = createSigner(mintChain({ root, leafUntil: NOW - DAY }, NOW))
    const token = using.jws({ ...transaction, signedDate: NOW - 2 * DAY })
    expect((await show(shop, token)).kind).toBe('fetched')
  })
})

describe('a signed transaction with an API key', () => {
  it('of a new subscription is one question, and whole', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const s = apple.subscribe({ ...plan, at: NOW - DAY, trial: 'P1W', appAccountToken: 'ANNA-1' })
    const token = apple.device.transactionJws(s.id, { at: NOW - DAY })
    s.cancel({ at: NOW - 3_600_000 })
    const observation = await observationOf(show(connection, token))
    expect(observation).toMatchObject({
      history: 'complete',
      owner: 'ANNA-1',
      snapshot: { status: 'active', autoRenew: false, version: NOW },
    })
    expect(observation.facts).toContainEqual(
      expect.objectContaining({ kind: 'period', periodType: 'TRIAL', firstOfChain: true }),
    )
    expect(standIn.requests).toBe(1)
  })

  it('of an older one has its whole chain, and how it stands', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const s = apple.subscribe({ ...plan, at: NOW - 100 * DAY })
    const old = apple.device.transactionJws(s.id)
    s.renew()
    s.renew()
    s.expire('voluntary')
    apple.subscribe({ ...plan, product: 'other', at: NOW - 5 * DAY })
    const observation = await observationOf(show(connection, old))
    expect(observation).toMatchObject({ history: 'complete', snapshot: { status: 'expired' }, key: { chain: s.id } })
    const periods = observation.facts.filter((fact) => fact.kind === 'period').map((fact) => fact.period)
    expect([...new Set(periods)]).toEqual(s.transactions.map((transaction) => transaction.id))
    expect(observation.facts).toContainEqual(expect.objectContaining({ kind: 'ended', reason: 'UNSUBSCRIBE' }))
    expect(standIn.requests).toBe(2)
  })

  it('of something bought once shows what became of it', async () => {
    const connection = await connect()
    const { apple } = connection
    const coins = apple.buyConsumable({ product: 'coins', price: 1.99, at: NOW - 60_000 })
    const token = apple.device.transactionJws(coins.id)
    expect(kindsOf(await observationOf(show(connection, token)))).toEqual(['one_time'])
    coins.refund({ at: NOW - 30_000 })
    expect(kindsOf(await observationOf(show(connection, token)))).toEqual(['one_time', 'refund'])
  })

  it('counts by itself where Apple’s server does not know it yet, or knows only what was before', async () => {
    const connection = await connect()
    const { apple } = connection
    const s = apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    const unknown = { ...s.opening.decoded.transaction, transactionId: '77', originalTransactionId: '77' }
    expect(await observationOf(show(connection, signer.jws(unknown)))).toMatchObject({
      key: { chain: '77' },
      history: 'partial',
      snapshot: null,
      facts: [{ kind: 'period', period: '77', firstOfChain: true }],
    })
    const next = {
      ...s.opening.decoded.transaction,
      transactionId: '78',
      purchaseDate: NOW - DAY,
      expiresDate: NOW + 29 * DAY,
    }
    const observation = await observationOf(show(connection, signer.jws(next)))
    expect(observation).toMatchObject({ key: { chain: s.id }, snapshot: null })
    expect(observation.facts.map((fact) => fact.period)).toEqual([s.id, '78'])
    const coins = { ...apple.buyConsumable({ product: 'coins', price: 1, at: NOW }).opening.decoded.transaction }
    const later = signer.jws({ ...coins, transactionId: '79', originalTransactionId: '79' })
    expect(await observationOf(show(connection, later))).toMatchObject({ kind: 'one_time', key: { chain: '79' } })
  })
})

describe('an id alone', () => {
  it('of a transaction or a subscription finds the purchase in the environment that has it', async () => {
    const connection = await connect({ environment: 'sandbox' })
    const { apple } = connection
    const s = apple.subscribe({ ...plan, at: NOW - 40 * DAY, appAccountToken: 'ANNA-1' })
    s.renew()
    const coins = apple.buyConsumable({ product: 'coins', price: 1.99, at: NOW })
    for (const shown of [
      { kind: 'transaction', id: s.latest.id },
      { kind: 'subscription', id: s.id },
    ] as const) {
      const observation = await observationOf(show(connection, shown, { sandbox: true }))
      expect(observation).toMatchObject({
        owner: 'ANNA-1',
        history: 'complete',
        key: { chain: s.id, environment: 'sandbox' },
      })
    }
    const bought = await observationOf(show(connection, { kind: 'transaction', id: coins.id }, { sandbox: true }))
    expect(bought).toMatchObject({ kind: 'one_time', key: { chain: coins.id } })
  })

  it('is asked of production first, then of the sandbox, the other way round for a device in the sandbox', async () => {
    const connection = await connect()
    const { sent } = connection
    const missing = await show(connection, { kind: 'transaction', id: '99' })
    expect(missing).toMatchObject({
      kind: 'absent',
      reason: expect.stringMatching(/no such transaction of this app: .+\.$/),
    })
    expect(sent).toHaveLength(2)
    const only = { ...connection, app: { ...connection.app, environments: ['production'] as const } }
    expect((await show(only, { kind: 'transaction', id: '99' }, { sandbox: true })).kind).toBe('absent')
    expect(sent).toHaveLength(3)
  })

  it('that no transaction can have is refused, and needs a key', async () => {
    const connection = await connect()
    for (const id of ['', 'x'.repeat(101)])
      await isInvalid(show(connection, { kind: 'transaction', id }), 'not_authentic', /send a transactionId/)
    expect(await show(connection, { kind: 'transaction', id: '../../v1/x?y' })).toMatchObject({ kind: 'absent' })
    expect(await show(shop, { kind: 'subscription', id: '1' })).toMatchObject({
      kind: 'credentials',
      reason: expect.stringMatching(/ios has no api_key: set issuer_id/),
    })
  })
})

describe('what Apple answers', () => {
  const bought = async (): Promise<Connection & { readonly token: string; readonly s: { readonly id: string } }> => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    s.renew()
    return { ...connection, s, token: connection.apple.device.transactionJws(s.latest.id) }
  }

  it.each([
    ['nothing', { kind: 'cut_before' }],
    ['500', { kind: 'answer', status: 500, body: '{"errorCode":5000001,"errorMessage":"An unknown error occurred."}' }],
    ['no JSON', { kind: 'answer', status: 200, body: 'hello' }],
    [
      'no status at all',
      { kind: 'answer', status: 200, body: '{"data":[{"lastTransactions":[{"originalTransactionId":"CHAIN"}]}]}' },
    ],
  ] as const)('%s: the sender comes again', async (_name, fault) => {
    const shown = await bought()
    const scripted = fault.kind === 'answer' ? { ...fault, body: fault.body.replace('CHAIN', shown.s.id) } : fault
    shown.standIn.script([scripted])
    expect(await show(shown, shown.token)).toMatchObject({ kind: 'retry', reason: expect.stringMatching(/\.$/) })
    expect((await observationOf(show(shown, shown.token))).history).toBe('complete')
  })

  it('a history that breaks off: again, and nothing of it', async () => {
    const shown = await bought()
    shown.standIn.script([{ kind: 'none' }, { kind: 'answer', status: 503 }])
    expect((await show(shown, shown.token)).kind).toBe('retry')
  })

  it('a history that Apple does not have: how it stands, as a part', async () => {
    const shown = await bought()
    shown.standIn.script([{ kind: 'none' }, { kind: 'answer', status: 404, body: '{"errorCode":4040010}' }])
    expect(await observationOf(show(shown, shown.token))).toMatchObject({
      history: 'partial',
      snapshot: { status: 'active' },
    })
  })

  it('429 tells when to come again, and so does our own budget', async () => {
    const shown = await bought()
    shown.standIn.script([{ kind: 'answer', status: 429, headers: { 'retry-after': '7' }, body: '' }])
    expect(await show(shown, shown.token)).toMatchObject({ kind: 'retry', afterMs: 7_000 })
    const kinds = new Set<string>()
    for (let n = 0; n < 45; n += 1) kinds.add((await show(shown, shown.token)).kind)
    expect([...kinds]).toEqual(['fetched', 'retry'])
  })

  it('401: an operator must act', async () => {
    const shown = await bought()
    shown.standIn.script([{ kind: 'answer', status: 401 }])
    expect(await show(shown, shown.token)).toMatchObject({
      kind: 'credentials',
      reason: expect.stringContaining('check issuer_id'),
    })
  })

  it('what somebody else signed is not believed', async () => {
    const liar = createSimulatedAppStore({
      bundleId: BUNDLE,
      appAppleId: APPLE_ID,
      environment: 'production',
      signer: createSigner(mintChain({}, NOW)),
      now: () => NOW,
    })
    const s = liar.subscribe({ ...plan, at: NOW - DAY })
    const coins = liar.buyConsumable({ product: 'coins', price: 1, at: NOW })
    const connection = await connect({ stores: [liar] })
    for (const { opening } of [s, coins]) {
      const token = signer.jws(opening.decoded.transaction ?? {})
      expect(await show(connection, token)).toMatchObject({
        kind: 'retry',
        reason: expect.stringContaining('trusted Apple root'),
      })
    }
  })
})
