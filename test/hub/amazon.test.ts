import { describe, expect, it } from 'vitest'
import { type AmazonStandIn, startAmazonStandIn } from '../../src/stand-ins/amazon/server.ts'
import type { SimulatedNotification } from '../../src/stand-ins/amazon/simulator.ts'
import { createSimulatedAmazon, type SimulatedAmazon } from '../../src/stand-ins/amazon/store.ts'
import {
  afterwards,
  api,
  DAY,
  type EventJson,
  eventsOf,
  HOUR,
  MINUTE,
  notificationsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
} from './harness.ts'

/** The whole hub with an Amazon app: what SNS posts as text on one side, events and destinations on the other. */

interface Setting {
  readonly amazon: SimulatedAmazon
  readonly standIn: AmazonStandIn
  readonly world: World
  readonly hub: RunningHub
  forward(ms: number): void
  post(body: Buffer | object): Promise<number>
}

async function set(settings: object = {}): Promise<Setting> {
  let offset = 0
  const now = (): number => Date.now() + offset
  const amazon = createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:secret', now })
  const standIn = await startAmazonStandIn({ stores: [amazon], now })
  afterwards(() => standIn.close())
  const world = await startWorld({
    now,
    withoutApiKey: true,
    app: {
      id: 'fire',
      store: 'amazon',
      bundle_id: undefined,
      app_apple_id: undefined,
      package_name: 'com.acme.app',
      shared_secret: '2:secret',
      topic_arn: amazon.topic.arn,
      ...settings,
    },
    env: { TRIBUTARY_AMAZON_RVS_URL: standIn.url, TRIBUTARY_AMAZON_SNS_ORIGIN: standIn.url },
  })
  const hub = await startInProcess(world, { now })
  const post = async (body: Buffer | object): Promise<number> => {
    const answer = await fetch(`${hub.address}/notifications/amazon/acme/fire`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' },
      body: Buffer.isBuffer(body) ? body : JSON.stringify(body),
    })
    await answer.arrayBuffer()
    return answer.status
  }
  const forward = (ms: number): void => {
    offset += ms
  }
  return { amazon, standIn, world, hub, forward, post }
}

/** What each destination got, as text. */
function received({ segment, clevertap }: World): readonly [string, string] {
  return [JSON.stringify([...segment.ledger.entries()]), JSON.stringify([...clevertap.ledger.entries()])]
}

async function untilTold(hub: RunningHub, events: readonly string[]): Promise<readonly EventJson[]> {
  let found: readonly EventJson[] = []
  await until(events.join(', '), async () => {
    found = await eventsOf(hub.address)
    expect(found.map(({ name }) => name)).toEqual(events)
    return true
  })
  return found
}

describe('an Amazon app', () => {
  it('is set up: its topic is refused and shown, then confirmed with its token', async () => {
    const { amazon, standIn, hub, post } = await set({ topic_arn: undefined })
    const token = standIn.mintToken(amazon.topic.arn)
    const ask = amazon.topic.subscriptionConfirmation(token, { messageId: 'ask-1', at: Date.now() })
    expect(await post(ask)).toBe(403)
    await until('the topic on the app’s page', async () => {
      const app = await api<{ readonly refused: { readonly last_claimed: string } }>(
        hub.address,
        '/api/projects/acme/apps/fire',
      )
      return app.refused.last_claimed === amazon.topic.arn
    })
    const known = await set()
    const second = known.standIn.mintToken(known.amazon.topic.arn)
    const asked = { messageId: 'ask-2', at: Date.now() }
    expect(await known.post(known.amazon.topic.subscriptionConfirmation(second, asked))).toBe(200)
    await until('the confirmation', () => known.standIn.confirmed.has(known.amazon.topic.arn))
    await until('the token on its message', async () => {
      const [message] = await notificationsOf(known.hub.address)
      return message?.note?.includes(second) === true
    })
  })

  it('tells a life, one message of which is lost, and delivers what Amazon’s events may', async () => {
    const { amazon, world, hub, forward, post } = await set()
    const at = Date.now() - 7 * DAY + HOUR
    const s = amazon.subscribe({ product: 'premium', term: '1 Week', at })
    const now = (of: SimulatedNotification): Buffer => of.bodyAt(Date.now())
    expect(await post(now(s.opening))).toBe(200)
    expect(await post(now(s.opening))).toBe(200)
    await untilTold(hub, ['initial_purchase'])
    expect(await post(now(s.changeAtRenewal({ at: at + DAY, termSku: 'basic' })))).toBe(200)
    await untilTold(hub, ['initial_purchase', 'product_change'])
    // RENEWED is lost: the clock asks at the end of access.
    s.renew()
    forward(HOUR + MINUTE)
    const events = await untilTold(hub, ['initial_purchase', 'product_change', 'renewal'])
    expect(events.map(({ transaction_id }) => transaction_id)).toEqual([
      `${s.id}#${at}`,
      `${s.id}#${at}`,
      `${s.id}#${at + 7 * DAY}`,
    ])
    expect(events[0]?.money).toMatchObject({ currency: null, gross_micros: null })
    await until('both at Segment and CleverTap', () => {
      const sent = received(world)
      return sent.filter((text) => text.includes('rc_renewal_event')).length === 2
    })
    expect(received(world).join()).not.toContain('rc_product_change_event')
    expect(JSON.stringify(hub.lines)).not.toContain('2:secret')
    expect(JSON.stringify(hub.lines)).not.toContain(encodeURIComponent('2:secret'))
  })

  it('answers 503 while the certificate cannot be fetched, and takes the message when it can', async () => {
    const { amazon, standIn, hub, post } = await set()
    const s = amazon.subscribe({ product: 'premium', at: Date.now() - MINUTE })
    standIn.script([{ kind: 'answer', status: 503 }])
    expect(await post(s.opening.body)).toBe(503)
    expect(await post(s.opening.body)).toBe(200)
    await untilTold(hub, ['initial_purchase'])
  })

  it('alone may call its JSON text', async () => {
    const { hub } = await set()
    const other = await fetch(`${hub.address}/notifications/app-store/acme/fire`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    })
    expect(other.status).toBe(404)
    const ios = await startInProcess(await startWorld())
    const plain = await fetch(`${ios.address}/notifications/app-store/acme/ios`, {
      method: 'POST',
      headers: { 'content-type': 'Text/Plain' },
      body: '{}',
    })
    expect(plain.status).toBe(415)
  })
})
