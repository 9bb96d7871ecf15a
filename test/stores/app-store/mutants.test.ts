import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner, type Signer } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedNotification } from '../../../src/stand-ins/app-store/subscription.ts'
import { randomOf } from '../../seed.ts'
import { forged, resigned } from './forge.ts'
import { appOf, appStore, BUNDLE, DAY, envelope, NOW, post, signer, simulated } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('app-store mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

/** Real lives of real-shaped subscriptions: what Apple would send in a busy week. */
function authentic(): readonly SimulatedNotification[] {
  const stores = [simulated('production'), simulated('sandbox')]
  for (let n = 0; n < 20; n += 1) {
    const store = pick(stores)
    const plan = { product: 'monthly', price: 9.99, period: 'P1M' }
    const s = store.subscribe({ ...plan, at: NOW - below(100) * DAY, ...(random() < 0.5 ? { trial: 'P1W' } : {}) })
    s.renew()
    s.cancel({ at: s.latest.purchaseDate + DAY })
    s.uncancel({ at: s.latest.purchaseDate + 2 * DAY })
    s.failToRenew({ grace: 'P16D' })
    s.recover()
    s.refund({ at: s.latest.purchaseDate + DAY })
    store.buyConsumable({ product: 'coins', price: 1.99, at: NOW })
  }
  return stores.flatMap((store) => store.notifications)
}

const pool = authentic()

/** Chains that break one rule each, minted once. */
const broken: readonly Signer[] = (
  [
    { leafMarker: null },
    { intermediateMarker: null },
    { intermediateIsCa: false },
    { leafIssuerName: 'x' },
    { intermediateIssuerName: 'x' },
    { leafSignedBy: signer.chain.root.privateKey },
    { intermediateSignedBy: signer.chain.leaf.privateKey },
    { leafUntil: NOW - 200 * DAY },
    { leafFrom: NOW + 200 * DAY },
    { intermediateUntil: NOW - 200 * DAY },
  ] satisfies ChainOptions[]
).map((options) => createSigner(mintChain({ root: signer.chain.root, ...options }, NOW)))
const impostor = createSigner(mintChain({}, NOW))

type Mutation = (of: SimulatedNotification) => Buffer

/** One bit of the body that is inside the signed text: outside of it are 20 bytes of JSON, whose loss is another case. */
const bit: Mutation = (of) => {
  const body = Buffer.from(of.body)
  const at = 18 + below(body.length - 20)
  body[at] = (body[at] ?? 0) ^ (1 << below(8))
  return body
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  bit,
  bits: (of) => {
    const body = Buffer.from(of.body)
    for (let n = 0; n < 8; n += 1) body[18 + below(body.length - 20)] = below(256)
    return body.equals(of.body) ? bit(of) : body
  },
  cut: (of) => envelope(of.signedPayload.slice(0, below(of.signedPayload.length))),
  header: (of) => {
    const fields = [
      { alg: 'none' },
      { alg: 'HS256' },
      { alg: 'ES384' },
      { alg: 'PS256' },
      { x5c: [] },
      { x5c: null },
      { x5c: impostor.chain.x5c },
    ]
    return envelope(forged(of.decoded.payload, { header: pick(fields) }))
  },
  'swapped parts': (of) => {
    const [header, payload, signature] = of.signedPayload.split('.')
    const [otherHeader, otherPayload, otherSignature] = pick(pool.filter((one) => one !== of)).signedPayload.split('.')
    return envelope(
      pick([
        [header, otherPayload, signature],
        [header, payload, otherSignature],
        [payload, header, signature],
        [otherHeader, payload, otherSignature],
      ]).join('.'),
    )
  },
  'own chain': (of) => resigned(of, {}, impostor),
  'broken chain': (of) => resigned(of, {}, pick(broken)),
  'broken chain inside': (of) =>
    resigned(of, { transaction: pick([impostor, ...broken]).jws(of.decoded.transaction ?? {}) }),
  'other app': (of) =>
    pick([
      resigned(of, { data: { bundleId: `${BUNDLE}x` } }),
      resigned(of, { transaction: { bundleId: 'com.other.app' } }),
    ]),
  'whole other app': () => {
    const other = createSimulatedAppStore({
      bundleId: 'com.other.app',
      appAppleId: 5,
      environment: 'production',
      now: () => NOW,
      signer,
    })
    return other.subscribe({ product: 'm', price: 1, period: 'P1M', at: NOW }).opening.body
  },
  'other environment': (of) => {
    const own = of.decoded.transaction?.environment
    const other = pick(['Xcode', 'LocalTesting', own === 'Sandbox' ? 'Production' : 'Sandbox'])
    return pick([resigned(of, { data: { environment: other } }), resigned(of, { transaction: { environment: other } })])
  },
  dates: (of) =>
    resigned(
      of,
      pick([{ payload: { signedDate: NOW - 6_000 * DAY } }, { transaction: { signedDate: NOW + 6_000 * DAY } }]),
    ),
}

describe('mutated notifications', () => {
  it(`${COUNT} are refused, and the ${AUTHENTIC} authentic ones among them accepted`, {
    timeout: 300_000,
  }, async () => {
    const store = appStore()
    const app = appOf()
    const names = Object.keys(MUTATIONS)
    const seen = new Map<string, number>()
    let accepted = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect(await post(store, pick(pool).body, app)).toMatchObject({ kind: 'accepted' })
        accepted += 1
      }
      const name = names[n % names.length] as string
      const of = pick(pool)
      const body = (MUTATIONS[name] as Mutation)(of)
      const answer = await post(store, body, app)
      if (answer.kind !== 'refused') throw new Error(`${name} of ${of.name} was accepted: ${body.toString('base64')}`)
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(accepted).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })
})
