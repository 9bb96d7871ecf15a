import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { HttpClient } from '../../../src/net/http.ts'
import { jwt, mintGoogleSigner, pushToken } from '../../../src/stand-ins/play-store/google-keys.ts'
import { messageOf, pushBody, type SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import type { Accepted, Store } from '../../../src/stores/store.ts'
import {
  appOf,
  DAY,
  googleOf,
  HOUR,
  NOW,
  PUSH,
  playStore,
  pushed,
  pushedBody,
  SETTINGS,
  signer,
  simulated,
} from './setting.ts'

const play = simulated()
const sample = play.subscribe({ product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M', at: NOW }).opening
const body = pushBody(sample, PUSH.subscription)
const google = () => googleOf(() => play.view())
const MINUTE = 60_000

const iat = Math.floor(NOW / 1_000)
const CLAIMS = {
  iss: 'https://accounts.google.com',
  aud: PUSH.audience,
  email: PUSH.email,
  email_verified: true,
  iat,
  exp: iat + 3_600,
}
const HEAD = { alg: 'RS256', kid: signer.kid, typ: 'JWT' }

function send(token: string, store: Store = playStore(google())): Promise<Accepted> {
  return store.accept({ headers: { authorization: `Bearer ${token}` }, body }, appOf())
}

/** Keys that Google lists, as they are changed; `down`: it answers nothing. */
function keyServer(jwks: () => readonly object[] | 'down'): HttpClient & { readonly asked: number } {
  let asked = 0
  return {
    get asked() {
      return asked
    },
    close: () => Promise.resolve(),
    send: () => {
      asked += 1
      const keys = jwks()
      if (keys === 'down')
        return Promise.resolve({ kind: 'fault', sent: false, reason: 'Could not connect', durationMs: 0 })
      const headers = { 'cache-control': 'public, max-age=22000' }
      return Promise.resolve({
        kind: 'answer',
        status: 200,
        headers,
        body: JSON.stringify({ keys }),
        truncated: false,
        durationMs: 0,
      })
    },
  }
}

describe('G1: a push without Google’s token for this hub', () => {
  const refused: Readonly<Record<string, string>> = {
    'alg none': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')}.AA`,
    'alg RS384': jwt({ ...HEAD, alg: 'RS384' }, CLAIMS, signer.privateKey),
    'no key id': jwt({ alg: 'RS256' }, CLAIMS, signer.privateKey),
    'a critical extension': jwt({ ...HEAD, crit: ['x'] }, CLAIMS, signer.privateKey),
    'another key': jwt(HEAD, CLAIMS, mintGoogleSigner().privateKey),
    'another issuer': jwt(HEAD, { ...CLAIMS, iss: 'https://accounts.google.com.evil.tld' }, signer.privateKey),
    'no issuer': jwt(HEAD, { ...CLAIMS, iss: undefined }, signer.privateKey),
    'another audience': jwt(HEAD, { ...CLAIMS, aud: `${PUSH.audience}/x` }, signer.privateKey),
    'a list of audiences': jwt(HEAD, { ...CLAIMS, aud: [PUSH.audience] }, signer.privateKey),
    'no expiry': jwt(HEAD, { ...CLAIMS, exp: undefined }, signer.privateKey),
    'no time of issue': jwt(HEAD, { ...CLAIMS, iat: undefined }, signer.privateKey),
    'over by more than 300 s': jwt(HEAD, { ...CLAIMS, iat: iat - 3_901, exp: iat - 301 }, signer.privateKey),
    'issued in more than 300 s': jwt(HEAD, { ...CLAIMS, iat: iat + 301, exp: iat + 3_901 }, signer.privateKey),
    'good for more than a day': jwt(HEAD, { ...CLAIMS, exp: iat + 86_401 }, signer.privateKey),
  }
  it('the public key as an HMAC secret is refused too', async () => {
    const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${segment({ ...HEAD, alg: 'HS256' })}.${segment(CLAIMS)}`
    const mac = createHmac('sha256', JSON.stringify(signer.jwk)).update(signed).digest('base64url')
    expect(await send(`${signed}.${mac}`)).toMatchObject({ kind: 'refused', status: 401 })
  })

  it.each(Object.entries(refused))('%s is refused with 401', async (_name, token) => {
    expect(await send(token)).toMatchObject({ kind: 'refused', status: 401, reason: expect.stringMatching(/\.$/) })
  })

  it.each([
    ['issued 299 s ahead', { iat: iat + 299, exp: iat + 3_899 }],
    ['over for 299 s', { iat: iat - 3_899, exp: iat - 299 }],
    ['the other spelling of the issuer', { iss: 'accounts.google.com' }],
  ])('%s is accepted', async (_name, over) => {
    expect(await send(jwt(HEAD, { ...CLAIMS, ...over }, signer.privateKey))).toMatchObject({ kind: 'accepted' })
  })

  it('an app without push settings takes nothing that is pushed', async () => {
    const app = appOf({ receive: 'pull', settings: { ...SETTINGS, push: {} } })
    expect(await playStore(google()).accept(pushed(sample), app)).toMatchObject({ kind: 'refused', status: 401 })
  })
})

describe('G2: a stranger’s own Pub/Sub subscription that pushes to our address', () => {
  it.each([
    ['another account', { email: 'push@evil.iam.gserviceaccount.com' }],
    ['no account', { email: undefined }],
    ['an account that is not verified', { email_verified: false }],
    ['"true" as text', { email_verified: 'true' }],
  ])('%s is refused with 401, though Google signed it', async (_name, over) => {
    expect(await send(jwt(HEAD, { ...CLAIMS, ...over }, signer.privateKey))).toMatchObject({
      kind: 'refused',
      status: 401,
    })
  })

  it('another subscription in the body is refused, and named for the app’s page', async () => {
    const message = pushedBody(pushBody(sample, 'projects/evil/subscriptions/x'))
    expect(await playStore(google()).accept(message, appOf())).toMatchObject({
      kind: 'refused',
      status: 401,
      claimed: 'projects/evil/subscriptions/x',
    })
  })
})

describe('G3: a notification of another package, or about a token that nobody bought', () => {
  it('another package is refused, and named', async () => {
    const foreign: SimulatedNotification = { ...sample, data: { ...sample.data, packageName: 'com.other.app' } }
    expect(await playStore(google()).accept(pushed(foreign), appOf())).toMatchObject({
      kind: 'refused',
      status: 401,
      claimed: 'com.other.app',
    })
  })

  it('an invented token gives nothing: the state comes from the API alone', async () => {
    const store = playStore(google())
    const invented = {
      ...sample,
      data: { ...sample.data, subscriptionNotification: { notificationType: 4, purchaseToken: 'mine' } },
    }
    const kept = {
      body: pushBody(invented, PUSH.subscription),
      environment: 'production',
      type: '',
      receivedAt: NOW,
    } as const
    const linked = () => Promise.resolve(null)
    const resolved = await store.resolve?.(
      { subject: 'mine', environment: 'production', messages: [kept], at: NOW, linked },
      appOf(),
    )
    expect(resolved).toMatchObject({
      kind: 'fetched',
      value: { observations: [], links: [], note: expect.any(String) },
    })
  })
})

describe('what is authentic', () => {
  it('is taken in both spellings of the envelope', async () => {
    const { messageId, publishTime, data } = messageOf(sample)
    const camel = { message: { data, messageId, publishTime }, subscription: PUSH.subscription }
    const snake = {
      message: { data, message_id: messageId, publish_time: publishTime },
      subscription: PUSH.subscription,
    }
    for (const one of [camel, snake]) {
      const accepted = await playStore(google()).accept(pushedBody(Buffer.from(JSON.stringify(one))), appOf())
      expect(accepted).toMatchObject({
        kind: 'accepted',
        message: { sourceKey: messageId, type: 'SUBSCRIPTION_PURCHASED', sentAt: sample.at, environment: 'production' },
      })
    }
  })

  it.each([
    ['no JSON', Buffer.from('hello')],
    ['no envelope', Buffer.from('{}')],
    ['bytes', Buffer.from([0, 255, 254])],
    ['no notification inside', Buffer.from(JSON.stringify({ message: { data: 'eA==', messageId: '1' } }))],
  ])(
    'and cannot be read (%s) is kept, since Google would send it for days; decode says why',
    async (_name, unreadable) => {
      const store = playStore(google())
      const accepted = await store.accept(pushedBody(unreadable), appOf())
      expect(accepted).toMatchObject({ kind: 'accepted', message: { type: 'UNREADABLE', body: unreadable } })
      if (accepted.kind !== 'accepted') return
      expect(accepted.message.sourceKey).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(() => store.decode({ ...accepted.message, receivedAt: NOW }, appOf())).toThrow(/^[A-Z][^\n]+\.$/)
    },
  )
})

describe('Google’s keys', () => {
  it('that cannot be fetched are nobody’s forgery: 503, and the message is taken when it comes again', async () => {
    let up = false
    let now = NOW
    const store = playStore(
      keyServer(() => (up ? [signer.jwk] : 'down')),
      () => now,
    )
    const message = pushed(sample)
    expect(await store.accept(message, appOf())).toMatchObject({ kind: 'unavailable' })
    up = true
    now += 10_000
    expect(await store.accept(message, appOf())).toMatchObject({ kind: 'accepted' })
  })

  it('are fetched once for many pushes, and again when they are old', async () => {
    let now = NOW
    const server = keyServer(() => [signer.jwk])
    const store = playStore(server, () => now)
    for (let n = 0; n < 50; n += 1) await store.accept(pushed(sample, now), appOf())
    expect(server.asked).toBe(1)
    now += 7 * HOUR
    await store.accept(pushed(sample, now), appOf())
    expect(server.asked).toBe(2)
  })

  it('that are known stay good while Google is down, and its rotation is found by the unknown id', async () => {
    let now = NOW
    const next = mintGoogleSigner()
    let keys: readonly object[] | 'down' = [signer.jwk]
    const store = playStore(
      keyServer(() => keys),
      () => now,
    )
    expect(await store.accept(pushed(sample, now), appOf())).toMatchObject({ kind: 'accepted' })
    keys = 'down'
    now += DAY
    expect(await store.accept(pushed(sample, now), appOf())).toMatchObject({ kind: 'accepted' })
    const rotated = { headers: { authorization: `Bearer ${pushToken(next, { ...PUSH, at: now })}` }, body }
    expect(await store.accept(rotated, appOf())).toMatchObject({ kind: 'unavailable' })
    keys = [next.jwk]
    now += 2 * MINUTE
    expect(await store.accept(rotated, appOf())).toMatchObject({ kind: 'accepted' })
  })

  it('are not asked for at a stranger’s will: once a minute for unknown ids, never for wrong claims', async () => {
    let now = NOW
    const server = keyServer(() => [signer.jwk])
    const store = playStore(server, () => now)
    for (let n = 0; n < 120; n += 1) {
      const unknown = jwt({ ...HEAD, kid: `k${n}` }, CLAIMS, signer.privateKey)
      expect(await send(unknown, store)).toMatchObject({ kind: 'refused', status: 401 })
      now += 1_000
    }
    expect(server.asked).toBeLessThanOrEqual(3)
    const before = server.asked
    now += HOUR
    await send(jwt({ ...HEAD, kid: 'z' }, { ...CLAIMS, email: 'x@y' }, signer.privateKey), store)
    expect(server.asked).toBe(before)
  })

  it('that are weak, of another kind or for another use are no keys', async () => {
    const odd = [
      { ...signer.jwk, use: 'enc' },
      { ...signer.jwk, alg: 'RS512' },
      { kty: 'EC', kid: signer.kid },
      { kid: 1 },
      null,
    ]
    const store = playStore(keyServer(() => odd as readonly object[]))
    expect(await send(jwt(HEAD, CLAIMS, signer.privateKey), store)).toMatchObject({ kind: 'unavailable' })
  })
})
