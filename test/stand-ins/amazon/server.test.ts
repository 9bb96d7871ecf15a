import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import { createHttpClient } from '../../../src/net/http.ts'
import {
  type AmazonStandIn,
  type AmazonStandInOptions,
  startAmazonStandIn,
} from '../../../src/stand-ins/amazon/server.ts'
import { createSimulatedAmazon, type SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import { createTopic } from '../../../src/stand-ins/amazon/topic.ts'
import { createAmazon } from '../../../src/stores/amazon/index.ts'
import type { Store } from '../../../src/stores/store.ts'

const NOW = Date.now()
const DAY = 86_400_000
const topic = createTopic()
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()))
})

interface Started {
  readonly amazon: SimulatedAmazon
  readonly standIn: AmazonStandIn
  readonly store: Store
  readonly app: App
}

async function started(options: Partial<AmazonStandInOptions> = {}): Promise<Started> {
  const amazon = createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:s', topic, now: () => NOW })
  const standIn = await startAmazonStandIn({ stores: [amazon], now: () => NOW, ...options })
  const http = createHttpClient()
  open.push(
    () => standIn.close(),
    () => http.close(),
  )
  const store = createAmazon({ http, now: () => NOW, rvsUrl: standIn.url, snsOrigin: standIn.url })
  const settings = { package_name: 'com.acme.app', shared_secret: '2:s', topic_arn: topic.arn }
  const app: App = {
    projectId: 'acme',
    id: 'fire',
    store: 'amazon',
    publicKey: null,
    environments: ['production'],
    receive: 'push',
    eventsFrom: 0,
    createdAt: 0,
    commissionRatePpm: 0,
    taxRatePpm: 0,
    settings,
  }
  return { amazon, standIn, store, app }
}

/** An endpoint that takes what is sent to it and answers it with the store's verdict. */
async function endpoint(answer: (body: Buffer, type: string | undefined) => Promise<number>): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.writeHead(await answer(Buffer.concat(chunks), request.headers['content-type'])).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  open.push(() => new Promise((resolve) => server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('the connector and the stand-in, over HTTP', () => {
  it('speak of a message, its certificate and its receipt', async () => {
    const { amazon, standIn, store, app } = await started()
    const { opening, id } = amazon.subscribe({ product: 'premium', at: NOW - 60_000 })
    const accepted = await store.accept({ headers: {}, body: opening.body }, app)
    if (accepted.kind !== 'accepted') throw new Error(accepted.reason)
    const kept = { ...accepted.message, receivedAt: NOW }
    const decoded = store.decode(kept, app)
    if (decoded.kind !== 'unresolved') throw new Error(decoded.kind)
    const request = { subject: decoded.subject, environment: 'production', messages: [kept], at: NOW } as const
    const resolved = await store.resolve?.({ ...request, linked: () => Promise.resolve(null) }, app)
    expect(resolved).toMatchObject({ kind: 'fetched', value: { links: [{ name: `receipt:${id}` }] } })
    expect(standIn.requests).toBe(2)
  })

  it('confirm an address, with the token that was sent and no other', async () => {
    const bodies: Buffer[] = []
    const url = await endpoint((body, type) => {
      expect(type).toContain('text/plain')
      bodies.push(body)
      return Promise.resolve(200)
    })
    const { standIn, store, app } = await started({ notificationUrl: url })
    expect(await standIn.subscribe()).toBe(200)
    const [body = Buffer.alloc(0)] = bodies
    const accepted = await store.accept({ headers: {}, body }, app)
    if (accepted.kind !== 'accepted') throw new Error(accepted.reason)
    const resolveIt = (of: Buffer) => {
      const kept = { body: of, environment: 'production', type: 'x', receivedAt: NOW } as const
      const linked = () => Promise.resolve(null)
      return store.resolve?.({ subject: 's', environment: 'production', messages: [kept], at: NOW, linked }, app)
    }
    expect(standIn.confirmed.size).toBe(0)
    const invented = topic.subscriptionConfirmation('invented', { messageId: 'm', at: NOW })
    expect(await resolveIt(Buffer.from(JSON.stringify(invented)))).toMatchObject({ value: { note: /HTTP 400/ } })
    expect(standIn.confirmed.size).toBe(0)
    await resolveIt(body)
    expect([...standIn.confirmed]).toEqual([topic.arn])
  })

  it('survive each other’s faults', async () => {
    const { amazon, standIn, store, app } = await started()
    const { opening } = amazon.subscribe({ product: 'premium', at: NOW - 60_000 })
    standIn.script([{ kind: 'cut_before' }, { kind: 'answer', status: 503 }, { kind: 'none' }, { kind: 'cut_after' }])
    expect((await store.accept({ headers: {}, body: opening.body }, app)).kind).toBe('unavailable')
    expect((await store.accept({ headers: {}, body: opening.body }, app)).kind).toBe('unavailable')
    expect((await store.accept({ headers: {}, body: opening.body }, app)).kind).toBe('accepted')
    expect((await store.check?.('production', app))?.kind).toBe('retry')
    expect((await store.check?.('production', app))?.kind).toBe('fetched')
  })
})

describe('the stand-in', () => {
  const statusOf = async (standIn: AmazonStandIn, path: string, method = 'GET'): Promise<number> => {
    const answer = await fetch(`${standIn.url}${path}`, { method })
    await answer.arrayBuffer()
    return answer.status
  }
  const path = (secret: string, user: string, receipt: string, root = ''): string =>
    `${root}/version/1.0/verifyReceiptId/developer/${[secret, 'user', user, 'receiptId', receipt].map(encodeURIComponent).join('/')}`

  it('refuses what Amazon refuses, by Amazon’s own codes', async () => {
    const { amazon, standIn } = await started()
    const s = amazon.subscribe({ product: 'premium', at: NOW - DAY })
    const other = amazon.subscribe({ product: 'premium', at: NOW - DAY })
    const future = amazon.subscribe({ product: 'premium', at: NOW + DAY, user: s.user })
    const cases: readonly (readonly [string, number])[] = [
      [path('2:s', s.user, s.id), 200],
      [path('2:other', s.user, s.id), 496],
      [path('', s.user, s.id), 496],
      [path('2:s', 'nobody', s.id), 497],
      [path('2:s', other.user, s.id), 400],
      [path('2:s', s.user, 'none'), 400],
      [path('2:s', s.user, future.id), 400],
      [path('2:s', s.user, s.id, '/sandbox'), 497],
      [path('2:s', s.user, s.id).replace('1.0', '2.0'), 400],
      [`${path('2:s', s.user, s.id)}/more`, 404],
      ['/version/1.0/verifyReceiptId', 404],
      ['/SimpleNotificationService-00000000000000000000000000000000.pem', 404],
      [topic.certificate.path, 200],
      ['/?Action=ConfirmSubscription&TopicArn=a&Token=b', 400],
      ['/?Action=Publish', 400],
    ]
    for (const [address, status] of cases) expect(await statusOf(standIn, address), address).toBe(status)
    expect(cases).toHaveLength(15)
    expect(await statusOf(standIn, path('2:s', s.user, s.id), 'POST')).toBe(405)
    s.vanish()
    expect(await statusOf(standIn, path('2:s', s.user, s.id))).toBe(410)
  })

  it('has a sandbox that takes any secret, and knows what it was given alone', async () => {
    const { standIn } = await started()
    const tester = createSimulatedAmazon({ packageName: 'a.b', sharedSecret: '2:s', environment: 'sandbox', topic })
    const s = tester.subscribe({ product: 'premium', at: NOW - DAY })
    const both = await startAmazonStandIn({ stores: [tester], now: () => NOW })
    open.push(() => both.close())
    expect(await statusOf(both, path('anything', s.user, s.id, '/sandbox'))).toBe(200)
    expect(await statusOf(both, path('2:s', s.user, s.id))).toBe(496)
    expect(await statusOf(standIn, path('anything', s.user, s.id, '/sandbox'))).toBe(497)
  })

  it('throttles by the second of its clock', async () => {
    const { amazon, standIn } = await started({ perSecond: 2 })
    const s = amazon.subscribe({ product: 'premium', at: NOW - DAY })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) statuses.push(await statusOf(standIn, path('2:s', s.user, s.id)))
    expect(statuses).toEqual([200, 200, 429, 429])
  })

  it('shows no more of a receipt than Amazon does', async () => {
    const { amazon, standIn } = await started()
    const s = amazon.subscribe({ product: 'premium', trial: 'P1W', at: NOW - DAY })
    const read = async (): Promise<Readonly<Record<string, unknown>>> =>
      (await (await fetch(`${standIn.url}${path('2:s', s.user, s.id)}`)).json()) as Readonly<Record<string, unknown>>
    const trialEnd = NOW + 6 * DAY
    expect(await read()).toMatchObject({ freeTrialEndDate: trialEnd, renewalDate: trialEnd, autoRenewing: true })
    s.turnOff({ at: NOW - 60_000 })
    const off = await read()
    expect(off).toMatchObject({ freeTrialEndDate: trialEnd, renewalDate: null, cancelDate: null, autoRenewing: false })
    expect(Object.keys(off).filter((name) => /price|currency|transaction$/i.test(name))).toEqual(['testTransaction'])
  })

  it('is driven over HTTP, and sends what it does', async () => {
    const taken: string[] = []
    const url = await endpoint((body) => {
      taken.push((JSON.parse(body.toString()) as { Type: string }).Type)
      return Promise.resolve(200)
    })
    const { standIn } = await started({ notificationUrl: url })
    const post = async (at: string, body: object = {}): Promise<Readonly<Record<string, unknown>>> =>
      (await (await fetch(`${standIn.url}${at}`, { method: 'POST', body: JSON.stringify(body) })).json()) as Readonly<
        Record<string, unknown>
      >
    const begun = await post('/_act', { act: 'subscribe', args: [{ product: 'premium' }] })
    expect(begun).toMatchObject({ sent: [{ name: 'SUBSCRIPTION_PURCHASED', status: 200 }] })
    expect(await post('/_act', { on: begun.id, act: 'turnOff', args: [{ at: NOW }] })).toMatchObject({
      sent: [{ name: 'SUBSCRIPTION_AUTO_RENEWAL_OFF', status: 200 }],
    })
    expect(await post('/_subscribe')).toEqual({ status: 200 })
    expect(await (await fetch(`${standIn.url}/_topic`)).json()).toEqual({ arn: topic.arn })
    for (const wrong of [
      {},
      { act: 'fly' },
      { act: 'renew', on: 'nothing' },
      { act: 'constructor' },
      { on: begun.id, act: 'id' },
    ])
      expect(await post('/_act', wrong)).toMatchObject({ error: expect.stringMatching(/\.$/) })
    expect(taken).toEqual(['Notification', 'Notification', 'SubscriptionConfirmation'])
    expect(standIn.requests).toBe(0)
  })
})
