import { describe, expect, it } from 'vitest'
import { jwt, mintGoogleSigner, pushToken } from '../../../src/stand-ins/play-store/google-keys.ts'
import { pushBody, type SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import type { InboundMessage } from '../../../src/stores/store.ts'
import { randomOf } from '../../seed.ts'
import { appOf, DAY, googleOf, NOW, PUSH, playStore, pushed, signer, simulated } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('play-store mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

const play = simulated()
for (let n = 0; n < 20; n += 1) {
  const plan = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }
  const s = play.subscribe({ ...plan, at: NOW - below(100) * DAY })
  s.renew()
  s.cancel()
  s.restart()
  play.buy({ product: 'coins', price: 1.99 })
}
const pool = play.notifications

const iat = Math.floor(NOW / 1_000)
const CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: PUSH.audience,
  email: PUSH.email,
  email_verified: true,
  iat,
  exp: iat + 3_600,
}
const HEAD = { alg: 'RS256', kid: signer.kid }
const impostor = mintGoogleSigner()

const good = (of: SimulatedNotification): { readonly token: string; readonly body: Buffer } => ({
  token: pushToken(signer, { ...PUSH, at: NOW }),
  body: pushBody(of, PUSH.subscription),
})
const message = (token: string, body: Buffer): InboundMessage => ({
  headers: { authorization: `Bearer ${token}` },
  body,
})

type Mutation = (of: SimulatedNotification) => InboundMessage

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** One character of the token: also the last ones, whose spare bits spell the same bytes twice. */
const character: Mutation = (of) => {
  const { token, body } = good(of)
  const at = pick([below(token.length), token.length - 1, token.indexOf('.') - 1])
  const other = pick([...ALPHABET].filter((one) => one !== token[at]))
  return message(token.slice(0, at) + other + token.slice(at + 1), body)
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  character,
  cut: (of) => {
    const { token, body } = good(of)
    return message(token.slice(0, below(token.length)), body)
  },
  header: (of) => {
    const header = pick([
      { alg: 'none' },
      { ...HEAD, alg: 'HS256' },
      { ...HEAD, alg: 'ES256' },
      { ...HEAD, kid: 'x' },
      { ...HEAD, crit: [] },
      {},
    ])
    return message(jwt(header, CLAIMS, signer.privateKey), good(of).body)
  },
  claims: (of) => {
    const over = pick([
      { iss: 'https://accounts.example' },
      { aud: PUSH.audience.toUpperCase() },
      { aud: undefined },
      { email: `x${PUSH.email}` },
      { email: undefined },
      { email_verified: false },
      { email_verified: 1 },
      { iat: iat - 8_000, exp: iat - 4_000 },
      { iat: iat + 4_000, exp: iat + 8_000 },
      { exp: 'never' },
      { iat: null },
    ])
    return message(jwt(HEAD, { ...CLAIMS, ...over }, signer.privateKey), good(of).body)
  },
  'own key': (of) => message(jwt(HEAD, CLAIMS, impostor.privateKey), good(of).body),
  'swapped parts': (of) => {
    const { token, body } = good(of)
    const [head, claims, signature] = token.split('.')
    const [otherHead, otherClaims] = jwt({ ...HEAD, typ: 'at' }, { ...CLAIMS, sub: '1' }, signer.privateKey).split('.')
    return message(
      pick([
        [otherHead, claims, signature],
        [head, otherClaims, signature],
        [claims, head, signature],
      ]).join('.'),
      body,
    )
  },
  'no token': (of) => ({
    headers: pick([{}, { authorization: '' }, { authorization: ['Bearer x', 'Bearer y'] }]),
    body: good(of).body,
  }),
  'other subscription': (of) => message(good(of).token, pushBody(of, pick(['projects/acme/subscriptions/rtdn2', 'x']))),
  'other app': (of) => {
    const packageName = pick(['com.acme.app2', 'com.acme', 'COM.ACME.APP'])
    return message(good(of).token, pushBody({ ...of, data: { ...of.data, packageName } }, PUSH.subscription))
  },
}

describe('mutated pushes', () => {
  it(`${COUNT} are refused, none throws, and the ${AUTHENTIC} authentic ones among them are accepted`, {
    timeout: 300_000,
  }, async () => {
    const store = playStore(googleOf(() => play.view()))
    const app = appOf()
    const names = Object.keys(MUTATIONS)
    const seen = new Map<string, number>()
    let accepted = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect(await store.accept(pushed(pick(pool)), app)).toMatchObject({ kind: 'accepted' })
        accepted += 1
      }
      const name = names[n % names.length] as string
      const answer = await store.accept((MUTATIONS[name] as Mutation)(pick(pool)), app)
      if (answer.kind !== 'refused') throw new Error(`${name} was ${answer.kind}`)
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(accepted).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })

  it('bodies that were mutated behind a good token never throw: they are kept or refused', async () => {
    const store = playStore(googleOf(() => play.view()))
    const kinds = new Map<string, number>()
    for (let n = 0; n < COUNT; n += 1) {
      const { token, body } = good(pick(pool))
      for (let flips = 1 + below(8); flips > 0; flips -= 1) body[below(body.length)] = below(256)
      const answer = await store.accept(message(token, body), appOf())
      kinds.set(answer.kind, (kinds.get(answer.kind) ?? 0) + 1)
      if (answer.kind !== 'accepted') continue
      try {
        store.decode({ ...answer.message, receivedAt: NOW }, appOf())
      } catch (error) {
        expect(String(error)).toMatch(/^Error: [A-Z][^\n]+\.$/)
      }
    }
    expect([...kinds.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect(kinds.get('accepted')).toBeGreaterThan(0)
    expect(kinds.has('unavailable')).toBe(false)
  })
})
