import { createPrivateKey } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { jwt, mintGoogleSigner, mintServiceAccount } from '../../../src/stand-ins/play-store/google-keys.ts'
import { type PlayStandIn, startPlayStandIn } from '../../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay, type SimulatedPlay } from '../../../src/stand-ins/play-store/simulator.ts'
import { startStandIn } from '../../../src/stand-ins/server.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const DAY = 86_400_000
const PULL = 'projects/acme/subscriptions/rtdn-pull'
const account = mintServiceAccount()
const signer = mintGoogleSigner()
const key = createPrivateKey((JSON.parse(account.json) as { readonly private_key: string }).private_key)
const iat = Math.floor(NOW / 1_000)
const CLAIMS = {
  iss: account.email,
  scope: 'https://www.googleapis.com/auth/androidpublisher https://www.googleapis.com/auth/pubsub',
  aud: 'https://oauth2.googleapis.com/token',
  iat,
  exp: iat + 3_600,
}
const PLAN = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }

const open: PlayStandIn[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function started(
  over: Partial<Parameters<typeof startPlayStandIn>[0]> = {},
): Promise<{ readonly google: PlayStandIn; readonly play: SimulatedPlay }> {
  const play = createSimulatedPlay({ packageName: 'com.acme.app', now: () => NOW })
  const google = await startPlayStandIn({
    play,
    accounts: [account],
    signer,
    now: () => NOW,
    pullSubscription: PULL,
    ...over,
  })
  open.push(google)
  return { google, play }
}

async function token(google: PlayStandIn, claims: object = CLAIMS, using = key): Promise<Response> {
  const assertion = jwt({ alg: 'RS256', typ: 'JWT' }, claims, using)
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  return fetch(`${google.url}/token`, { method: 'POST', body })
}

async function bearer(google: PlayStandIn): Promise<Readonly<Record<string, string>>> {
  const { access_token: text } = (await (await token(google)).json()) as { readonly access_token: string }
  return { authorization: `Bearer ${text}` }
}

const api = (google: PlayStandIn, path: string): string =>
  `${google.url}/androidpublisher/v3/applications/com.acme.app/${path}`

describe('the stand-in of Google Play', () => {
  it.each([
    [
      'another key',
      CLAIMS,
      createPrivateKey((JSON.parse(mintServiceAccount().json) as { private_key: string }).private_key),
    ],
    ['an account that nobody knows', { ...CLAIMS, iss: 'x@acme.iam.gserviceaccount.com' }, key],
    ['another audience', { ...CLAIMS, aud: 'https://example.com/token' }, key],
    ['another scope', { ...CLAIMS, scope: 'https://www.googleapis.com/auth/drive' }, key],
    ['over', { ...CLAIMS, iat: iat - 8_000, exp: iat - 4_000 }, key],
    ['good for two hours', { ...CLAIMS, exp: iat + 7_200 }, key],
  ])('gives no bearer for an assertion of %s, and says why to whoever runs it', async (_name, claims, using) => {
    const { google } = await started()
    const answer = await token(google, claims, using)
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
    expect(google.refusals).toHaveLength(1)
  })

  it('answers nobody without a bearer in force', async () => {
    const { google } = await started()
    for (const headers of [{}, { authorization: 'Bearer x' }])
      expect((await fetch(api(google, 'orders/GPA.1'), { headers })).status).toBe(401)
    const headers = await bearer(google)
    google.withdrawBearers()
    expect((await fetch(api(google, 'orders/GPA.1'), { headers })).status).toBe(401)
  })

  it('refuses what Google refuses, with its reasons', async () => {
    const { google, play } = await started()
    const s = play.subscribe({ ...PLAN, at: NOW })
    const gone = play.subscribe({ ...PLAN, at: NOW })
    gone.forget()
    const headers = await bearer(google)
    const ask = async (path: string): Promise<readonly unknown[]> => {
      const answer = await fetch(api(google, path), { headers })
      const body = (await answer.json()) as {
        readonly error?: { readonly errors: readonly { readonly reason: string }[] }
      }
      return [answer.status, body.error?.errors[0]?.reason]
    }
    expect(await ask(`purchases/subscriptionsv2/tokens/${s.token}`)).toEqual([200, undefined])
    expect(await ask('purchases/subscriptionsv2/tokens/x')).toEqual([404, 'purchaseTokenNotFound'])
    expect(await ask(`purchases/productsv2/tokens/${s.token}`)).toEqual([404, 'purchaseTokenNotFound'])
    expect(await ask(`purchases/subscriptionsv2/tokens/${gone.token}`)).toEqual([410, 'purchaseTokenNoLongerValid'])
    expect(await ask(`orders:batchGet?orderIds=${s.latestOrder}&orderIds=GPA.0`)).toEqual([404, 'orderNotFound'])
    expect(await ask('orders:batchGet')).toEqual([400, 'invalid'])
    expect(await ask(`purchases/voidedpurchases?startTime=${NOW - 31 * DAY}`)).toEqual([400, 'invalid'])
    expect(await ask(`purchases/voidedpurchases?endTime=${NOW + DAY}`)).toEqual([400, 'invalid'])
    expect(await ask('purchases/voidedpurchases?maxResults=1001')).toEqual([400, 'invalid'])
    expect(await ask('nothing')).toEqual([404, 'notFound'])
  })

  it('shows the money of an order, whose revenue shrinks with what goes back and is not there while it is processed', async () => {
    const { google, play } = await started()
    const s = play.subscribe({ ...PLAN, price: 12, addOns: [{ ...PLAN, product: 'maps', price: 6 }], at: NOW })
    const slow = play.subscribe({ ...PLAN, settlesLater: true, at: NOW })
    const headers = await bearer(google)
    const order = async (id: string): Promise<object> =>
      (await (await fetch(api(google, `orders/${id}`), { headers })).json()) as object
    const usd = (units: string, nanos?: number): object => ({
      currencyCode: 'USD',
      units,
      ...(nanos === undefined ? {} : { nanos }),
    })
    expect(await order(s.latestOrder)).toMatchObject({
      total: usd('18'),
      tax: usd('3'),
      developerRevenueInBuyerCurrency: usd('12', 750_000_000),
      lineItems: [
        { total: usd('12'), tax: usd('2') },
        { total: usd('6'), tax: usd('1') },
      ],
    })
    expect(await order(slow.latestOrder)).not.toHaveProperty('developerRevenueInBuyerCurrency')
    s.refund({ amount: 6 })
    s.refund({ amount: 6 })
    expect(await order(s.latestOrder)).toMatchObject({
      total: usd('18'),
      developerRevenueInBuyerCurrency: usd('4', 250_000_000),
    })
    s.refund()
    expect(await order(s.latestOrder)).toMatchObject({ developerRevenueInBuyerCurrency: { currencyCode: 'USD' } })
  })

  it('shows the expired purchase on one that was bought again in the Play Store, until it is acknowledged', async () => {
    const { google, play } = await started()
    const s = play.subscribe({ ...PLAN, owner: 'anna', at: NOW - 60 * DAY })
    s.expire()
    const again = s.resubscribe()
    const headers = await bearer(google)
    const shown = async (): Promise<object> =>
      (await (
        await fetch(api(google, `purchases/subscriptionsv2/tokens/${again.token}`), { headers })
      ).json()) as object
    expect(again.token).not.toBe(s.token)
    expect(await shown()).toMatchObject({
      acknowledgementState: 'ACKNOWLEDGEMENT_STATE_PENDING',
      outOfAppPurchaseContext: {
        expiredPurchaseToken: s.token,
        expiredExternalAccountIdentifiers: { obfuscatedExternalAccountId: 'anna' },
      },
    })
    expect(await shown()).not.toHaveProperty('linkedPurchaseToken')
    again.acknowledge()
    expect(await shown()).toMatchObject({ acknowledgementState: 'ACKNOWLEDGEMENT_STATE_ACKNOWLEDGED' })
    expect(await shown()).not.toHaveProperty('outOfAppPurchaseContext')
  })

  it('pages the voided purchases, and lists subscriptions only when asked', async () => {
    const { google, play } = await started()
    const s = play.subscribe({ ...PLAN, at: NOW - 5 * DAY })
    s.refund({ at: NOW - DAY })
    play.buy({ product: 'coins', price: 1, at: NOW - DAY }).refund({ at: NOW - DAY })
    const headers = await bearer(google)
    type Page = {
      readonly voidedPurchases?: readonly unknown[]
      readonly tokenPagination?: { readonly nextPageToken: string }
    }
    const page = async (query: string): Promise<Page> =>
      (await fetch(api(google, `purchases/voidedpurchases?${query}`), { headers })).json() as Promise<Page>
    expect((await page('')).voidedPurchases).toHaveLength(1)
    const first = await page('type=1&maxResults=1')
    expect(first.voidedPurchases).toHaveLength(1)
    const second = await page(`type=1&maxResults=1&token=${first.tokenPagination?.nextPageToken}`)
    expect(second.voidedPurchases).toHaveLength(1)
    expect(second.tokenPagination).toBeUndefined()
  })

  it('keeps in Pub/Sub what is not acknowledged, of its subscription alone', async () => {
    const { google, play } = await started()
    await google.send(play.test())
    const headers = { ...(await bearer(google)), 'content-type': 'application/json' }
    const ask = async (path: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
      const answer = await fetch(`${google.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, body: await answer.json() }
    }
    expect((await ask('projects/x/subscriptions/y:pull', { maxMessages: 1 })).status).toBe(404)
    expect((await ask(`${PULL}:pull`, {})).status).toBe(400)
    const pulled = (await ask(`${PULL}:pull`, { maxMessages: 9 })).body as {
      readonly receivedMessages: readonly { readonly ackId: string }[]
    }
    expect(await ask(`${PULL}:pull`, { maxMessages: 9 })).toMatchObject({ body: pulled })
    await ask(`${PULL}:acknowledge`, { ackIds: pulled.receivedMessages.map(({ ackId }) => ackId) })
    expect((await ask(`${PULL}:pull`, { maxMessages: 9 })).body).toEqual({})
  })

  it('is driven over HTTP, and pushes what its acts tell', async () => {
    const arrived: string[] = []
    const hub = await startStandIn({
      handle: ({ headers, body }) => {
        arrived.push(`${headers.authorization?.slice(0, 7)}${JSON.parse(body.toString('utf8')).subscription}`)
        return { status: 200, body: '' }
      },
    })
    const push = { url: hub.url, subscription: 'projects/acme/subscriptions/rtdn', audience: 'a', email: 'push@acme' }
    const { google } = await started({ push })
    const act = async (
      body: object,
    ): Promise<{ readonly id: string; readonly sent: readonly { readonly name: string; readonly status: number }[] }> =>
      (await fetch(`${google.url}/_act`, { method: 'POST', body: JSON.stringify(body) })).json() as never
    const begun = await act({ act: 'subscribe', args: [PLAN] })
    expect(begun.sent).toMatchObject([{ name: 'SUBSCRIPTION_PURCHASED', status: 200 }])
    const changed = await act({ on: begun.id, act: 'change', args: [{ ...PLAN, product: 'plus' }] })
    expect(changed.sent.map(({ name }) => name)).toEqual([
      'SUBSCRIPTION_PURCHASED',
      'SUBSCRIPTION_CANCELED',
      'SUBSCRIPTION_EXPIRED',
    ])
    expect(arrived).toEqual(Array.from({ length: 4 }, () => 'Bearer projects/acme/subscriptions/rtdn'))
    for (const odd of [{ act: 'fly' }, { act: 'renew', on: 'nobody' }, {}])
      expect(await act(odd)).toHaveProperty('error')
    await hub.close()
  })
})
