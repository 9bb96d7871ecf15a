import {
  APIException,
  AppStoreServerAPIClient,
  Environment,
  Order,
  ReceiptUtility,
} from '@apple/app-store-server-library'
import { afterEach, describe, expect, it } from 'vitest'
import { mintApiKey } from '../../../src/stand-ins/app-store/api-key.ts'
import {
  type AppStoreStandIn,
  type AppStoreStandInOptions,
  startAppStoreStandIn,
} from '../../../src/stand-ins/app-store/server.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore, type SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { startStandIn } from '../../../src/stand-ins/server.ts'

const DAY = 86_400_000
const NOW = Date.now()
const signer = createSigner()
const key = mintApiKey()
const plan = { product: 'monthly', price: 9.99, period: 'P1M' }

/** Apple's own client, pointed at the stand-in: what it can work with is what Apple would answer. */
class Client extends AppStoreServerAPIClient {
  constructor(url: string, using = key, bundleId = 'com.acme.app') {
    super(using.privateKey, using.keyId, using.issuerId, bundleId, Environment.PRODUCTION)
    Object.assign(this, { urlBase: url })
  }
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

async function started(
  options: Partial<AppStoreStandInOptions> = {},
): Promise<{ readonly apple: SimulatedAppStore; readonly standIn: AppStoreStandIn; readonly client: Client }> {
  const apple = createSimulatedAppStore({
    bundleId: 'com.acme.app',
    appAppleId: 5,
    environment: 'production',
    signer,
    now: () => NOW,
  })
  const standIn = await startAppStoreStandIn({ stores: [apple], keys: [key], now: () => NOW, ...options })
  open.push(() => standIn.close())
  return { apple, standIn, client: new Client(standIn.url) }
}

function payloadOf(jws: string | undefined): unknown {
  return JSON.parse(Buffer.from(jws?.split('.')[1] ?? '', 'base64url').toString())
}

async function codeOf(call: Promise<unknown>): Promise<readonly [number, number | null]> {
  try {
    await call
  } catch (error) {
    if (error instanceof APIException) return [error.httpStatusCode, error.apiError as number | null]
    throw error
  }
  throw new Error('The call was answered.')
}

describe('Apple’s client and the stand-in', () => {
  it('speak of subscriptions and transactions', async () => {
    const { apple, client } = await started()
    const s = apple.subscribe({ ...plan, at: NOW - 700 * DAY })
    for (let n = 0; n < 21; n += 1) s.renew()
    const statuses = await client.getAllSubscriptionStatuses(s.latest.id)
    expect(statuses.data?.[0]?.lastTransactions?.[0]).toMatchObject({ status: 1, originalTransactionId: s.id })
    expect((await client.getAllSubscriptionStatuses(s.id, [2])).data).toEqual([])
    const { signedTransactionInfo } = await client.getTransactionInfo(s.latest.id)
    expect(payloadOf(signedTransactionInfo)).toMatchObject({ transactionId: s.latest.id, originalTransactionId: s.id })
    const coins = apple.buyConsumable({ product: 'coins', price: 1, at: NOW })
    expect(payloadOf((await client.getTransactionInfo(coins.id)).signedTransactionInfo)).toMatchObject({
      type: 'Consumable',
    })
    const first = await client.getTransactionHistory(s.id, null, { sort: Order.ASCENDING }, 'v2' as never)
    expect([first.signedTransactions?.length, first.hasMore]).toEqual([20, true])
    const second = await client.getTransactionHistory(
      s.id,
      first.revision ?? null,
      { sort: Order.ASCENDING },
      'v2' as never,
    )
    expect([second.signedTransactions?.length, second.hasMore]).toEqual([2, false])
  })

  it('speak of notifications, with every filter', async () => {
    const { apple, client } = await started()
    const s = apple.subscribe({ ...plan, at: NOW - 90 * DAY })
    for (let n = 0; n < 21; n += 1) s.priceIncrease('accepted', { at: NOW - 60 * DAY + n })
    apple.subscribe({ ...plan, at: NOW - DAY })
    const span = { startDate: NOW - 100 * DAY, endDate: NOW }
    const first = await client.getNotificationHistory(null, span)
    expect([first.notificationHistory?.length, first.hasMore]).toEqual([20, true])
    const second = await client.getNotificationHistory(first.paginationToken ?? null, span)
    expect([second.notificationHistory?.length, second.hasMore, second.paginationToken]).toEqual([3, false, undefined])
    const count = async (filter: object): Promise<number | undefined> =>
      (await client.getNotificationHistory(null, { ...span, ...filter })).notificationHistory?.length
    expect(await count({ notificationType: 'SUBSCRIBED' })).toBe(2)
    expect(await count({ notificationType: 'SUBSCRIBED', notificationSubtype: 'RESUBSCRIBE' })).toBe(0)
    expect(await count({ transactionId: apple.notifications.at(-1)?.transactionIds[0] })).toBe(1)
    expect(await count({ startDate: NOW - 2 * DAY })).toBe(1)
    expect(await count({ onlyFailures: true })).toBe(0)
  })

  it('disagree about what Apple refuses, by its own codes', async () => {
    const { client } = await started({ notificationUrl: null })
    const span = { startDate: NOW - DAY, endDate: NOW }
    const cases: readonly (readonly [Promise<unknown>, number, number])[] = [
      [client.getAllSubscriptionStatuses('abc'), 400, 4000006],
      [client.getAllSubscriptionStatuses('12'), 404, 4040010],
      [client.getAllSubscriptionStatuses('12', [9 as never]), 400, 4000031],
      [client.getTransactionInfo('abc'), 400, 4000006],
      [client.getTransactionInfo('12'), 404, 4040010],
      [client.getTransactionHistory('12', null, { sort: 'UP' as never }, 'v2' as never), 400, 4000021],
      [client.getTransactionHistory('12', null, { productTypes: ['X' as never] }, 'v2' as never), 400, 4000022],
      [client.getNotificationHistory(null, {}), 400, 4000015],
      [client.getNotificationHistory(null, { startDate: NOW }), 400, 4000016],
      [client.getNotificationHistory(null, { startDate: NOW, endDate: NOW }), 400, 4000013],
      [client.getNotificationHistory(null, { ...span, startDate: NOW - 181 * DAY }), 400, 4000012],
      [client.getNotificationHistory('nonsense', span), 400, 4000014],
      [
        client.getNotificationHistory(null, { ...span, transactionId: '1', notificationType: 'TEST' as never }),
        400,
        4000019,
      ],
      [client.getNotificationHistory(null, { ...span, notificationSubtype: 'UPGRADE' as never }), 400, 4000018],
      [client.requestTestNotification(), 404, 4040007],
      [client.getTestNotificationStatus('nonsense'), 400, 4000020],
      [client.getTestNotificationStatus('12345678-1234-1234-1234-123456789012_1'), 404, 4040008],
    ]
    for (const [call, status, code] of cases) expect(await codeOf(call)).toEqual([status, code])
    expect(cases).toHaveLength(17)
  })

  it('agree on who may ask', async () => {
    const { standIn } = await started()
    const other = mintApiKey()
    const strangers = [
      new Client(standIn.url, other),
      new Client(standIn.url, { ...key, issuerId: other.issuerId }),
      new Client(standIn.url, { ...key, privateKey: other.privateKey }),
      new Client(standIn.url, key, 'com.other.app'),
    ]
    for (const stranger of strangers)
      expect(await codeOf(stranger.getAllSubscriptionStatuses('1'))).toEqual([401, null])
    expect(standIn.refusals).toHaveLength(4)
    const unsigned = await fetch(`${standIn.url}/inApps/v1/subscriptions/1`)
    expect(unsigned.status).toBe(401)
  })

  it('a limit is a 429 with the time to come back', async () => {
    const { standIn, client } = await started({ perSecond: 2 })
    const codes = []
    for (let n = 0; n < 3; n += 1) codes.push(await codeOf(client.getAllSubscriptionStatuses('1')))
    expect(codes.at(-1)).toEqual([429, 4290000])
    expect(standIn.requests).toBe(3)
  })

  it('an expired page token is told as such', async () => {
    const { apple, standIn, client } = await started()
    for (let n = 0; n < 21; n += 1) apple.subscribe({ ...plan, at: NOW - DAY })
    const span = { startDate: NOW - 2 * DAY, endDate: NOW }
    const first = await client.getNotificationHistory(null, span)
    standIn.expireTokens()
    expect(await codeOf(client.getNotificationHistory(first.paginationToken ?? '', span))).toEqual([400, 4000017])
    const again = await client.getNotificationHistory(null, span)
    expect((await client.getNotificationHistory(again.paginationToken ?? '', span)).hasMore).toBe(false)
  })
})

describe('sending', () => {
  it('posts as Apple does and keeps how it went', async () => {
    const bodies: string[] = []
    const statuses = [200, 500, 206]
    const hub = await startStandIn({
      handle: (request) => {
        bodies.push(request.body.toString())
        return { status: statuses[bodies.length - 1] ?? 200, body: '' }
      },
    })
    open.push(() => hub.close())
    const { apple, standIn, client } = await started({ notificationUrl: `${hub.url}/notifications` })
    const s = apple.subscribe({ ...plan, at: NOW - DAY })
    expect(await standIn.send(s.opening)).toBe(200)
    const cancel = s.cancel({ at: NOW - 3_000 })
    expect(await standIn.send(cancel)).toBe(500)
    const unsent = s.uncancel({ at: NOW - 2_000 })
    expect(bodies).toEqual([s.opening.body.toString(), cancel.body.toString()])
    const span = { startDate: NOW - 2 * DAY, endDate: NOW }
    const listed = await client.getNotificationHistory(null, span)
    expect(listed.notificationHistory?.map((one) => one.signedPayload)).toEqual([
      s.opening.signedPayload,
      cancel.signedPayload,
    ])
    expect(listed.notificationHistory).not.toContain(unsent.signedPayload)
    const failed = await client.getNotificationHistory(null, { ...span, onlyFailures: true })
    expect(failed.notificationHistory?.map((one) => one.sendAttempts?.[0]?.sendAttemptResult)).toEqual([
      'UNSUCCESSFUL_HTTP_RESPONSE_CODE',
    ])
    const { testNotificationToken } = await client.requestTestNotification()
    expect((await client.getTestNotificationStatus(testNotificationToken ?? '')).signedPayload).toContain('.')
  })
})

describe('the pages for other processes', () => {
  const act = async (url: string, body: object) => {
    const answer = await fetch(`${url}/_act`, { method: 'POST', body: JSON.stringify(body) })
    return { status: answer.status, json: await answer.json() }
  }

  it('drive a life from outside', async () => {
    const { apple, standIn } = await started()
    expect(await (await fetch(`${standIn.url}/_root`)).text()).toBe(signer.chain.rootPem)
    const begun = await act(standIn.url, { act: 'subscribe', args: [{ ...plan, trial: 'P1W' }] })
    expect(begun).toMatchObject({ status: 200, json: { sent: [{ name: 'SUBSCRIBED/INITIAL_BUY', status: null }] } })
    const { id } = begun.json as { id: string }
    expect(await act(standIn.url, { on: id, act: 'renew' })).toMatchObject({
      json: { id, sent: [{ name: 'DID_RENEW' }] },
    })
    expect(await act(standIn.url, { on: id, act: 'expire', args: ['voluntary'] })).toMatchObject({
      json: { sent: [{ name: 'EXPIRED/VOLUNTARY' }] },
    })
    expect(apple.notifications).toHaveLength(3)
    const onDevice = await (await fetch(`${standIn.url}/_device/${id}`)).json()
    const { transaction, appReceipt, appTransaction } = onDevice as Record<string, string>
    expect(payloadOf(transaction)).toMatchObject({ transactionId: id, originalTransactionId: id })
    expect(payloadOf(appTransaction)).toMatchObject({ receiptType: 'Production', bundleId: 'com.acme.app' })
    expect(new ReceiptUtility().extractTransactionIdFromAppReceipt(appReceipt ?? '')).toBe(id)
    expect((await fetch(`${standIn.url}/_device/1`)).status).toBe(404)
    expect(standIn.requests).toBe(0)
  })

  it('refuse what there is not', async () => {
    const { standIn } = await started()
    const refused = [
      { act: 'constructor' },
      { act: 'id' },
      { on: '1', act: 'renew' },
      { act: 'subscribe', environment: 'sandbox' },
      { act: 'subscribe', args: [{ ...plan, period: 'x' }] },
      {},
    ]
    for (const body of refused) expect((await act(standIn.url, body)).status).toBe(400)
    expect(refused).toHaveLength(6)
    expect((await fetch(`${standIn.url}/_nothing`)).status).toBe(404)
  })
})
