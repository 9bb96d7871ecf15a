import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { App } from '../../src/domain/project.ts'
import type { HttpClient } from '../../src/net/http.ts'
import { createAmazon } from '../../src/stores/amazon/index.ts'
import { createAppStore } from '../../src/stores/app-store/index.ts'
import { createPlayStore } from '../../src/stores/play-store/index.ts'
import { createRevenuecat } from '../../src/stores/revenuecat/index.ts'
import type { InboundMessage, Store } from '../../src/stores/store.ts'
import { createStripe } from '../../src/stores/stripe/index.ts'
import * as amazon from './amazon/setting.ts'
import * as appStore from './app-store/setting.ts'
import * as play from './play-store/setting.ts'
import * as feed from './revenuecat/setting.ts'
import * as stripe from './stripe/setting.ts'

/** What strangers send: each message of its own, so that whatever is remembered of one is remembered of all. */
const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 50_000 : 5_000
/** Even an id that is remembered takes more than this of each; a clean run grows by 25 KB at most. */
const MOST_GROWTH = 40 * COUNT

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Nobody is there to be asked: what a message makes the connector ask is counted. */
function nobody(): { readonly http: HttpClient; readonly asked: () => number } {
  let asked = 0
  return {
    asked: () => asked,
    http: {
      send: async () => {
        asked += 1
        return {
          kind: 'answer',
          status: 404,
          headers: {},
          body: Buffer.from('{}'),
          durationMs: 1,
          truncated: false,
        } as never
      },
      close: async () => {},
    },
  }
}

const now = Date.now
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (n: number): string => `stranger-${n}-${randomBytes(24).toString('hex')}`

interface Case {
  readonly app: App
  store(http: HttpClient): Store
  message(n: number): InboundMessage
}

const json = { 'content-type': 'application/json' }
const CASES: Readonly<Record<string, Case>> = {
  app_store: {
    app: appStore.appOf(),
    store: (http) => createAppStore({ http, now, roots: [appStore.signer.chain.rootPem], apiUrl: null, cores: 1 }),
    message: (n) => {
      const x5c = [0, 1, 2].map(() => randomBytes(600).toString('base64'))
      const jws = [base64({ alg: 'ES256', x5c }), base64({ notificationUUID: token(n), data: {} }), base64({ n })].join(
        '.',
      )
      return { headers: json, body: Buffer.from(JSON.stringify({ signedPayload: jws })) }
    },
  },
  play_store: {
    app: play.appOf(),
    store: (http) => createPlayStore({ http, now, apiUrl: null, pubsubUrl: null, tokenUrl: null, jwksUrl: null }),
    message: (n) => ({
      headers: {
        ...json,
        authorization: `Bearer ${base64({ alg: 'RS256', kid: token(n) })}.${base64({ n })}.${base64({ n })}`,
      },
      body: Buffer.from(
        JSON.stringify({ message: { data: base64({ n }), messageId: token(n) }, subscription: token(n) }),
      ),
    }),
  },
  amazon: {
    app: amazon.appOf(),
    store: (http) => createAmazon({ http, now, rvsUrl: null, snsOrigin: null }),
    message: (n) => ({
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from(
        JSON.stringify({
          Type: 'Notification',
          MessageId: token(n),
          TopicArn: amazon.SETTINGS.topic_arn,
          Message: JSON.stringify({ n: token(n) }),
          Timestamp: new Date().toISOString(),
          SignatureVersion: '1',
          Signature: randomBytes(256).toString('base64'),
          SigningCertURL: `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${randomBytes(16).toString('hex')}.pem`,
        }),
      ),
    }),
  },
  stripe: {
    app: stripe.appOf(),
    store: (http) => createStripe({ http, now, apiUrl: null }),
    message: (n) => ({
      headers: { ...json, 'stripe-signature': `t=${Math.floor(now() / 1000)},v1=${randomBytes(32).toString('hex')}` },
      body: Buffer.from(JSON.stringify({ id: token(n), object: 'event' })),
    }),
  },
  revenuecat: {
    app: feed.feedApp(),
    store: () => createRevenuecat({ now }),
    message: (n) => ({
      headers: { ...json, authorization: token(n) },
      body: Buffer.from(JSON.stringify({ event: { id: token(n) } })),
    }),
  },
}

describe('messages of strangers', () => {
  it.each(Object.entries(CASES))(`%s: ${COUNT} leave nothing behind`, async (_name, { app, store: make, message }) => {
    const outside = nobody()
    const store = make(outside.http)
    let taken = 0
    const send = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) if ((await store.accept(message(n), app)).kind === 'accepted') taken += 1
    }
    // What is cached is cached by now: bounded caches are full.
    await send(0, 1_000)
    collect()
    const before = process.memoryUsage().heapUsed
    await send(1_000, 1_000 + COUNT)
    collect()
    expect(taken).toBe(0)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(MOST_GROWTH)
  })
})
