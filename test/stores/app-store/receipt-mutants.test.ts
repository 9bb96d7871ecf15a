import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { octets, set, utf8 } from '../../../src/stand-ins/app-store/der.ts'
import { createSigner, type Signer } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { randomOf } from '../../seed.ts'
import { forged } from './forge.ts'
import { APPLE_ID, appStore, BUNDLE, DAY, NOW, signer, simulated } from './setting.ts'
import { show } from './showing.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('app-store receipt mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

/** What devices of a busy week would show. */
interface Held {
  readonly apple: SimulatedAppStore
  readonly chain: string
  readonly transaction: Readonly<Record<string, unknown>>
  readonly jws: string
  readonly receipt: string
}

function heldBy(apple: SimulatedAppStore): readonly Held[] {
  for (let n = 0; n < 8; n += 1) {
    const s = apple.subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: NOW - below(100) * DAY })
    if (random() < 0.5) s.renew()
    apple.buyConsumable({ product: 'coins', price: 1.99, at: NOW - below(DAY) })
  }
  return [...apple.chains].map(([chain, { transactions }]) => {
    const jws = apple.device.transactionJws(transactions.at(-1)?.id ?? chain)
    const transaction = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Held['transaction']
    return { apple, chain, transaction, jws, receipt: apple.device.appReceipt([chain]) }
  })
}

const pool = [...heldBy(simulated('production')), ...heldBy(simulated('sandbox'))]

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

function storeOf(options: { readonly bundleId?: string; readonly using?: Signer }): SimulatedAppStore {
  const { bundleId = BUNDLE, using = signer } = options
  return createSimulatedAppStore({
    bundleId,
    appAppleId: APPLE_ID,
    environment: 'production',
    signer: using,
    now: () => NOW,
  })
}

/** A receipt of one purchase from another store than ours. */
function strange(apple: SimulatedAppStore, at = NOW): string {
  return apple.device.appReceipt([apple.buyConsumable({ product: 'coins', price: 1, at }).id], { at })
}

type Mutation = (of: Held) => string

function flipped(text: string): string {
  const bytes = Buffer.from(text)
  const at = below(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(7))
  return bytes.toString('latin1')
}

const rootBytes = signer.chain.root.certificate

/** Any byte but those of the root that comes along: nobody looks at it, since the root is ours. */
function someByte(der: Buffer): number {
  const from = der.indexOf(rootBytes)
  const at = below(der.length - rootBytes.length)
  return at < from ? at : at + rootBytes.length
}

const SIGNED_TRANSACTION: Readonly<Record<string, Mutation>> = {
  letter: ({ jws }) => flipped(jws),
  cut: ({ jws }) => jws.slice(0, below(jws.length)),
  header: ({ transaction }) =>
    forged(transaction, {
      header: pick([{ alg: 'none' }, { alg: 'HS256' }, { alg: 'ES384' }, { x5c: [] }, { x5c: impostor.chain.x5c }]),
    }),
  'swapped parts': (of) => {
    const [header, payload, signature] = of.jws.split('.')
    const [, otherPayload, otherSignature] = pick(pool.filter((one) => one !== of)).jws.split('.')
    return pick([
      [header, otherPayload, signature],
      [header, payload, otherSignature],
      [payload, header, signature],
    ]).join('.')
  },
  'own chain': ({ transaction }) => impostor.jws(transaction),
  'broken chain': ({ transaction }) => pick(broken).jws(transaction),
  'other app': ({ transaction }) => signer.jws({ ...transaction, bundleId: pick([`${BUNDLE}x`, 'com.other.app', '']) }),
  'other environment': ({ transaction }) =>
    signer.jws({ ...transaction, environment: pick(['Xcode', 'LocalTesting', 'sandbox', '', null]) }),
  dates: ({ transaction }) => signer.jws({ ...transaction, signedDate: NOW + pick([-6_000, 6_000]) * DAY }),
}

const APP_RECEIPT: Readonly<Record<string, Mutation>> = {
  bit: ({ receipt }) => {
    const der = Buffer.from(receipt, 'base64')
    const at = someByte(der)
    der[at] = (der[at] ?? 0) ^ (1 << below(8))
    return der.toString('base64')
  },
  letter: ({ receipt }) => {
    const from = Math.floor((Buffer.from(receipt, 'base64').indexOf(rootBytes) * 4) / 3)
    return flipped(receipt.slice(0, from - 8)) + receipt.slice(from - 8)
  },
  cut: ({ receipt }) => receipt.slice(0, below(receipt.length)),
  longer: ({ receipt }) => {
    const der = Buffer.from(receipt, 'base64')
    const more = Buffer.alloc(1 + below(20), below(256))
    return pick([Buffer.concat([der, more]), Buffer.concat([more, der])]).toString('base64')
  },
  'another content': (of) => {
    const [der, other] = [of, pick(pool.filter((one) => one !== of))].map(({ receipt }) =>
      Buffer.from(receipt, 'base64'),
    )
    const [mine, theirs] = [der, other].map((bytes) => (bytes as Buffer).subarray(0, 400))
    return Buffer.concat([theirs as Buffer, (der as Buffer).subarray((mine as Buffer).length)]).toString('base64')
  },
  'content alone': ({ chain }) => set(utf8(chain), octets(Buffer.from(chain))).toString('base64'),
  'own chain': () => strange(storeOf({ using: impostor })),
  'broken chain': () => strange(storeOf({ using: pick(broken) })),
  'other app': () => strange(storeOf({ bundleId: pick([`${BUNDLE}x`, 'com.other.app']) })),
  dates: () => strange(storeOf({}), NOW + pick([-6_000, 6_000]) * DAY),
}

describe.each([
  ['signed transactions', SIGNED_TRANSACTION, (of: Held) => of.jws, 'fetched'],
  // Authentic is what gets as far as the question that needs a key.
  ['app receipts', APP_RECEIPT, (of: Held) => of.receipt, 'credentials'],
] as const)('mutated %s', (_name, mutations, whole, accepted) => {
  it(`${COUNT} are refused, and the ${AUTHENTIC} authentic ones among them accepted`, {
    timeout: 300_000,
  }, async () => {
    const shop = { store: appStore() }
    const names = Object.keys(mutations)
    const seen = new Map<string, number>()
    let taken = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect((await show(shop, whole(pick(pool)))).kind).toBe(accepted)
        taken += 1
      }
      const name = names[n % names.length] as string
      const token = (mutations[name] as Mutation)(pick(pool))
      const answer = await show(shop, token)
      if (answer.kind !== 'invalid') throw new Error(`${name} was taken (${answer.kind}): ${token}`)
      expect(answer.reason).toMatch(/^[A-Z][^\n]{20,300}\.$/)
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(taken).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })
})

describe('hostile DER', () => {
  it('of every length and depth is refused at once, and costs no memory', { timeout: 60_000 }, async () => {
    const shop = { store: appStore() }
    const before = process.memoryUsage().heapUsed
    const deep = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x30, 0x83, 0x30, 0xd4, 0x00])))
    const wide = Buffer.alloc(4_000_000)
    wide.set([0x30, 0x83, 0x3d, 0x08, 0xfb])
    const hostile = [
      deep,
      wide,
      Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x30, 0x83, 0xff, 0xff, 0xff]),
      Buffer.from([0x30, 0x81, 0x01, 0x00]),
      Buffer.from([0x1f]),
      Buffer.from([0x30]),
      ...Array.from({ length: 2_000 }, () => Buffer.from(Array.from({ length: 1 + below(60) }, () => below(256)))),
    ]
    for (const bytes of hostile) {
      const answer = await show(shop, bytes.toString('base64'))
      expect(answer.kind).toBe('invalid')
    }
    expect(hostile).toHaveLength(2_007)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000)
  })
})
