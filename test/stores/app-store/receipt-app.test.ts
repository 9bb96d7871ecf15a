import { X509Certificate } from 'node:crypto'
import { ReceiptUtility } from '@apple/app-store-server-library'
import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { element, ia5, integer, octets, sequence, set, utf8 } from '../../../src/stand-ins/app-store/der.ts'
import { createSigner, type Signer } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { APPLE_RECEIPT_ROOTS } from '../../../src/stores/app-store/apple-roots.ts'
import { connect } from './connected.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, DAY, NOW, signer, simulated } from './setting.ts'
import { isInvalid, kindsOf, observationOf, observationsOf, show } from './showing.ts'

const plan = { product: 'monthly', price: 9.99, period: 'P1M' }

describe('the pinned root of app receipts', () => {
  it('is Apple Root CA as Apple publishes it, beside the younger one', () => {
    const roots = APPLE_RECEIPT_ROOTS.map((root) => new X509Certificate(root))
    expect(roots.map((root) => root.fingerprint256)).toEqual([
      'B0:B1:73:0E:CB:C7:FF:45:05:14:2C:49:F1:29:5E:6E:DA:6B:CA:ED:7E:2C:68:C5:BE:91:B5:A1:10:01:F0:24',
      '63:34:3A:BF:B8:9A:6A:03:EB:B5:7E:9B:3F:5F:A7:BE:7C:4F:5C:75:6F:30:17:B3:A8:C4:88:C3:65:3E:91:79',
    ])
  })

  it('refuses our own chain', async () => {
    const apple = simulated()
    const s = apple.subscribe({ ...plan, at: NOW })
    const shop = { store: appStore({ roots: null }) }
    await isInvalid(show(shop, apple.device.appReceipt([s.id])), 'not_authentic', /trusted Apple root/)
  })
})

describe('an app receipt', () => {
  it('is asked about once, whatever it names of a subscription', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const s = apple.subscribe({ ...plan, at: NOW - 200 * DAY, appAccountToken: 'ANNA-1' })
    for (let n = 0; n < 6; n += 1) s.renew()
    const observation = await observationOf(show(connection, apple.device.appReceipt([s.id])))
    expect(observation).toMatchObject({
      history: 'complete',
      kind: 'subscription',
      owner: 'ANNA-1',
      snapshot: { status: 'active' },
      key: { environment: 'production', chain: s.id },
    })
    const periods = new Set(observation.facts.map((fact) => fact.period))
    expect([...periods]).toEqual(s.transactions.map((transaction) => transaction.id))
    expect(standIn.requests).toBe(2)
  })

  it('of several purchases shows each, the newest first', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const old = apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    old.renew()
    const lifetime = apple.buy({ product: 'lifetime', price: 99, kind: 'non_consumable', at: NOW - 20 * DAY })
    const yearly = apple.subscribe({
      product: 'yearly',
      price: 59,
      period: 'P1Y',
      at: NOW - 5 * DAY,
      group: '21000002',
    })
    const receipt = apple.device.appReceipt([old.id, lifetime.id, yearly.id])
    lifetime.refund({ at: NOW - DAY })
    const observations = await observationsOf(show(connection, receipt))
    expect(observations.map(({ key, kind }) => [key.chain, kind])).toEqual([
      [yearly.id, 'subscription'],
      [old.id, 'subscription'],
      [lifetime.id, 'one_time'],
    ])
    expect(observations.find(({ key }) => key.chain === lifetime.id)?.facts).toMatchObject([
      { kind: 'one_time', price: { micros: 99_000_000 } },
      { kind: 'refund' },
    ])
    // Each of these customers is one of its own at the stand-in: a status each, one history, one transaction.
    expect(standIn.requests).toBe(4)
  })

  it('of one customer’s two chains asks for both at once', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const one = apple.subscribe({ ...plan, at: NOW - 100 * DAY, appTransactionId: '7000000001' })
    const two = apple.subscribe({
      ...plan,
      product: 'other',
      at: NOW - 70 * DAY,
      group: '2',
      appTransactionId: '7000000001',
    })
    for (const s of [one, two]) s.renew()
    const observations = await observationsOf(show(connection, apple.device.appReceipt([one.id, two.id])))
    expect(observations.map(({ history }) => history)).toEqual(['complete', 'complete'])
    expect(standIn.requests).toBe(2)
  })

  it('asks for no more than forty, the newest, and says so', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const bought = Array.from({ length: 43 }, (_, n) =>
      apple.buy({ product: `level-${n}`, price: 1, kind: 'non_consumable', at: NOW - (100 - n) * DAY }),
    )
    const read = await show(connection, apple.device.appReceipt(bought.map(({ id }) => id)))
    if (read.kind !== 'fetched') throw new Error(read.kind)
    expect(read.value.note).toBe('The receipt names 43 purchases, of which the newest 40 were read.')
    const chains = read.value.observations.map(({ observation }) => observation.key.chain)
    expect(chains).toEqual(
      bought
        .slice(3)
        .map(({ id }) => id)
        .reverse(),
    )
    expect(standIn.requests).toBe(40)
  })

  it('of which Apple knows a part shows that part, and of nothing nothing', async () => {
    const connection = await connect()
    const known = connection.apple.buy({ product: 'lifetime', price: 99, kind: 'non_consumable', at: NOW })
    const entry = (id: string, ...more: readonly Buffer[]): Buffer =>
      inApp(attribute(1703, utf8(id)), attribute(1705, utf8(id)), ...more)
    const unknown = [entry('98'), entry('99', attribute(1708, ia5(0x16, '2027-01-01T00:00:00Z')))]
    const head = [attribute(0, utf8('Production')), attribute(2, utf8(BUNDLE)), CREATED]
    const part = await observationOf(show(connection, receiptOf([...head, ...unknown, entry(known.id)])))
    expect(part.key.chain).toBe(known.id)
    const nothingKnown = await show(connection, receiptOf([...head, ...unknown]))
    expect(nothingKnown).toMatchObject({ kind: 'absent', reason: expect.stringMatching(/\.$/) })
  })

  it('of what was bought just now is asked about again until Apple’s server knows it', async () => {
    const connection = await connect()
    const { apple } = connection
    const lifetime = apple.buy({ product: 'lifetime', price: 99, kind: 'non_consumable', at: NOW - 40 * DAY })
    const s = apple.subscribe({ ...plan, at: NOW - 31 * DAY })
    const head = [attribute(0, utf8('Production')), attribute(2, utf8(BUNDLE)), CREATED]
    const bought = (id: string, ago: number, ...more: readonly Buffer[]): Buffer => {
      const date = ia5(0x16, `${new Date(NOW - ago).toISOString().slice(0, 19)}Z`)
      return inApp(attribute(1703, utf8(`${id}1`)), attribute(1705, utf8(id)), attribute(1704, date), ...more)
    }
    const renews = attribute(1708, ia5(0x16, '2027-01-01T00:00:00Z'))
    const early = [
      [bought(lifetime.id, 40 * DAY), bought('99', 60_000)],
      [bought(lifetime.id, 40 * DAY), bought('99', 60_000, renews)],
      [bought(s.id, 60_000, renews)],
    ]
    for (const entries of early) {
      const read = await show(connection, receiptOf([...head, ...entries]))
      expect(read).toMatchObject({ kind: 'retry', afterMs: 30_000, reason: expect.stringMatching(/does not know yet/) })
    }
    const late = [[bought(lifetime.id, 40 * DAY), bought('99', 25 * 3_600_000)], [bought(s.id, 25 * 3_600_000, renews)]]
    for (const entries of late)
      expect(await observationsOf(show(connection, receiptOf([...head, ...entries])))).toHaveLength(1)
    expect([early.length, late.length]).toEqual([3, 2])
  })

  it('of a fresh install has nothing: a fault only where something was bought', async () => {
    const connection = await connect()
    const receipt = connection.apple.device.appReceipt([])
    const restored = await show(connection, receipt, { productIds: [] })
    expect(restored).toEqual({
      kind: 'fetched',
      value: { observations: [], links: [], note: 'The receipt has no purchase in it.' },
    })
    await isInvalid(show(connection, receipt), 'product_missing', /no purchase in it/)
    expect(connection.standIn.requests).toBe(0)
  })

  it('without a key says which one is missing, and nothing else', async () => {
    const apple = simulated()
    const s = apple.subscribe({ ...plan, at: NOW })
    expect(await show({ store: appStore() }, apple.device.appReceipt([s.id]))).toEqual({
      kind: 'credentials',
      reason:
        'App receipts are looked up at Apple, and ios has no api_key: set issuer_id, key_id and private_key of an In-App Purchase key.',
    })
  })

  it('goes on where Apple breaks off, as a whole', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const lifetime = apple.buy({ product: 'lifetime', price: 99, kind: 'non_consumable', at: NOW - DAY })
    const coins = apple.buyConsumable({ product: 'coins', price: 1, at: NOW })
    const receipt = apple.device.appReceipt([lifetime.id, coins.id])
    standIn.script([{ kind: 'none' }, { kind: 'answer', status: 503 }])
    expect((await show(connection, receipt)).kind).toBe('retry')
    standIn.script([{ kind: 'none' }, { kind: 'answer', status: 401 }])
    expect((await show(connection, receipt)).kind).toBe('credentials')
    expect(await observationsOf(show(connection, receipt))).toHaveLength(2)
  })

  it('keeps to the budget of the app, however much it names', async () => {
    const connection = await connect()
    const { apple, clock } = connection
    const bought = [1, 2, 3].map((n) => apple.buy({ product: `level-${n}`, price: 1, kind: 'non_consumable', at: NOW }))
    const receipt = apple.device.appReceipt(bought.map(({ id }) => id))
    const kinds: string[] = []
    for (let n = 0; n < 15; n += 1) kinds.push((await show(connection, receipt)).kind)
    expect(kinds).toEqual([...Array.from({ length: 14 }, () => 'fetched'), 'retry'])
    clock.now += 150
    expect((await show(connection, receipt)).kind).toBe('fetched')
  })

  it('signed with SHA-1, as older apps have it, is as good; white space around it does not count', async () => {
    const connection = await connect({ environment: 'sandbox' })
    const s = connection.apple.subscribe({ ...plan, at: NOW })
    const receipt = connection.apple.device.appReceipt([s.id], { digest: 'sha1' })
    const observation = await observationOf(show(connection, `\n${receipt} `))
    expect(observation.key.environment).toBe('sandbox')
    expect(kindsOf(observation)).toContain('period')
  })

  it('is read by Apple’s own library as we read it', () => {
    const apple = simulated()
    const s = apple.subscribe({ ...plan, at: NOW - 40 * DAY })
    s.renew()
    const library = new ReceiptUtility()
    expect(library.extractTransactionIdFromAppReceipt(apple.device.appReceipt([s.id]))).toBe(s.id)
    expect(library.extractTransactionIdFromAppReceipt(apple.device.appReceipt([]))).toBeNull()
  })
})

// ── receipts that are made up ───────────────────────────────────────────────────────────────────────────────────────

const whole = (value: number): Buffer => integer(Buffer.from([0, value >> 8, value & 0xff]))
const attribute = (number: number, value: Buffer): Buffer => sequence(whole(number), whole(1), octets(value))
const inApp = (...attributes: readonly Buffer[]): Buffer => attribute(17, set(...attributes))
const CREATED = attribute(12, ia5(0x16, new Date(NOW).toISOString()))

/** Signed content: what Apple would have to write to be misunderstood. */
function receiptOf(attributes: readonly Buffer[], using: Signer = signer): string {
  return using.signedData(set(...attributes)).toString('base64')
}

describe('what an app receipt is of', () => {
  const shop = { store: appStore() }
  const kind = attribute(0, utf8('Production'))
  const bundle = attribute(2, utf8(BUNDLE))
  const named = inApp(attribute(1703, utf8('7')), attribute(1705, utf8('7')))

  it('another app is refused by its name', async () => {
    const other = createSimulatedAppStore({
      bundleId: 'com.other.app',
      appAppleId: APPLE_ID,
      environment: 'production',
      now: () => NOW,
      signer,
    })
    const s = other.subscribe({ ...plan, at: NOW })
    await isInvalid(show(shop, other.device.appReceipt([s.id])), 'not_authentic', /com\.other\.app, but ios/)
    await isInvalid(show(shop, receiptOf([kind, CREATED, named])), 'not_authentic', /of no app/)
    await isInvalid(
      show(shop, receiptOf([kind, CREATED, attribute(2, octets(Buffer.from(BUNDLE)))])),
      'not_authentic',
      /no app/,
    )
  })

  it('the environment is the receipt’s own', async () => {
    const sandbox = simulated('sandbox')
    const receipt = sandbox.device.appReceipt([sandbox.subscribe({ ...plan, at: NOW }).id])
    const app = appOf({ environments: ['production'] })
    await isInvalid(show({ ...shop, app }, receipt), 'wrong_environment', /ProductionSandbox, but ios takes production/)
    const kinds = ['Sandbox', 'constructor', 'production', 'LocalTesting', 'Xcode']
    for (const one of kinds)
      await isInvalid(
        show(shop, receiptOf([attribute(0, utf8(one)), bundle, CREATED])),
        'wrong_environment',
        /test|environment/,
      )
    await isInvalid(show(shop, receiptOf([bundle, CREATED])), 'wrong_environment', /no environment/)
    for (const one of ['Production', 'ProductionVPP', 'ProductionSandbox', 'ProductionVPPSandbox'])
      expect(await show(shop, receiptOf([attribute(0, utf8(one)), bundle, CREATED, named]))).toMatchObject({
        kind: 'credentials',
      })
    expect(kinds).toHaveLength(5)
  })

  it('a receipt of Xcode, whose lengths are open, is one of local testing', async () => {
    await isInvalid(show(shop, Buffer.from('3080060900', 'hex').toString('base64')), 'wrong_environment', /Xcode/)
  })

  it('entries without an id, and attributes of another form, are left out', async () => {
    const connection = await connect()
    const entries = [
      inApp(),
      inApp(attribute(1703, utf8(''))),
      inApp(attribute(1705, utf8('8'))),
      attribute(17, utf8('x')),
      attribute(99, nothing()),
    ]
    const read = show(connection, receiptOf([kind, bundle, CREATED, ...entries]), { productIds: [] })
    expect(await read).toMatchObject({ kind: 'fetched', value: { observations: [] } })
    expect(connection.standIn.requests).toBe(0)
  })

  it('content that is no set of attributes is no receipt', async () => {
    const contents = [
      Buffer.alloc(0),
      utf8('hello'),
      sequence(kind, bundle),
      set(utf8('x')),
      set(sequence(whole(1))),
      set(sequence(utf8('1'), whole(1), octets(Buffer.alloc(0)))),
      set(sequence(integer(Buffer.from([1, 0, 0, 0, 0])), whole(1), octets(Buffer.alloc(0)))),
      Buffer.concat([set(kind, bundle), Buffer.from([0])]),
    ]
    for (const content of contents)
      await isInvalid(show(shop, signer.signedData(content).toString('base64')), 'not_authentic', /neither/)
    expect(contents).toHaveLength(8)
  })

  it.each<[string, ChainOptions, RegExp]>([
    ['another root', {}, /trusted Apple root/],
    [
      'a leaf that is not for App Store data',
      { root: signer.chain.root, leafMarker: null },
      /not one for App Store data/,
    ],
    ['an intermediate of another kind', { root: signer.chain.root, intermediateMarker: null }, /not Apple’s/],
    ['an intermediate that may not issue', { root: signer.chain.root, intermediateIsCa: false }, /may not issue/],
    [
      'a leaf that somebody else signed',
      { root: signer.chain.root, leafSignedBy: signer.chain.root.privateKey },
      /not signed by the intermediate/,
    ],
    ['a leaf that names another issuer', { root: signer.chain.root, leafIssuerName: 'x' }, /issuer/],
    [
      'a leaf that expired before',
      { root: signer.chain.root, leafUntil: NOW - 2 * 60_000 },
      /not valid when it was made/,
    ],
    ['a leaf of the future', { root: signer.chain.root, leafFrom: NOW + 2 * 60_000 }, /not valid when it was made/],
  ])('its certificates are judged like a notification’s: %s', async (_name, options, reason) => {
    const using = createSigner(mintChain(options, NOW))
    await isInvalid(show(shop, receiptOf([kind, bundle, CREATED, named], using)), 'not_authentic', reason)
  })

  it('a chain that has expired since counts for what it signed in its time; without a date the present counts', async () => {
    const using = createSigner(mintChain({ root: signer.chain.root, leafUntil: NOW - DAY }, NOW))
    const earlier = attribute(12, ia5(0x16, new Date(NOW - 2 * DAY).toISOString()))
    expect((await show(shop, receiptOf([kind, bundle, earlier, named], using))).kind).toBe('credentials')
    for (const undated of [[], [attribute(12, ia5(0x16, ''))], [attribute(12, ia5(0x16, 'soon'))]])
      await isInvalid(show(shop, receiptOf([kind, bundle, named, ...undated], using)), 'not_authentic', /not valid/)
  })
})

function nothing(): Buffer {
  return element(0x05)
}
