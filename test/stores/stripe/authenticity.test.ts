import { createHmac } from 'node:crypto'
import Stripe from 'stripe'
import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import {
  appOf,
  inbound,
  monthly,
  NOW,
  noHttp,
  post,
  SECRET,
  START,
  simulated,
  stripeStore,
  withSettings,
} from './setting.ts'

const seconds = Math.floor(NOW / 1000)
const opening = (): SimulatedEvent => simulated().subscribe({ plan: monthly, at: START }).opening[1] as SimulatedEvent
const store = stripeStore()

function header(of: SimulatedEvent, secret = SECRET, time = seconds): string {
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.`).update(of.body).digest('hex')}`
}

function sent(of: SimulatedEvent, value: string): Parameters<typeof post>[1] {
  return { headers: { 'stripe-signature': value }, body: of.body }
}

describe('T1: whose secret', () => {
  it('a signature under an empty secret is refused, whatever the app has', async () => {
    const event = opening()
    for (const webhook_secret of [[], [''], '', undefined]) {
      const app = withSettings(webhook_secret === undefined ? {} : { webhook_secret })
      expect(await post(store, sent(event, header(event, '')), app)).toMatchObject({ kind: 'refused', status: 401 })
    }
    const none = appOf({ settings: {} })
    expect(await post(store, sent(event, header(event, '')), none)).toMatchObject({ kind: 'refused', status: 401 })
    expect(store.refuse(none)).toMatch(/webhook_secret of web is missing/)
  })

  it('the secret of another destination is refused, and each of several is taken', async () => {
    const event = opening()
    const other = `whsec_${'o'.repeat(32)}`
    expect(await post(store, sent(event, header(event, other)))).toMatchObject({ kind: 'refused', status: 401 })
    const both = withSettings({ webhook_secret: [other, SECRET] })
    expect(await post(store, sent(event, header(event, other)), both)).toMatchObject({ kind: 'accepted' })
    expect(await post(store, sent(event, header(event)), both)).toMatchObject({ kind: 'accepted' })
  })
})

describe('T2: the header', () => {
  it('counts v1 alone, of several any one that fits', async () => {
    const event = opening()
    const good = header(event)
    const wrong = '0'.repeat(64)
    expect(await post(store, sent(event, `${good},v1=${wrong},v0=${wrong}`))).toMatchObject({ kind: 'accepted' })
    expect(await post(store, sent(event, good.replace('v1=', `v1=${wrong},v1=`)))).toMatchObject({ kind: 'accepted' })
    expect(await post(store, sent(event, good.replace('v1=', 'v0=')))).toMatchObject({ kind: 'refused' })
  })

  it('an old body under a new time is refused', async () => {
    const event = opening()
    const [, signature = ''] = header(event, SECRET, seconds - 1_000).split(',')
    expect(await post(store, sent(event, `t=${seconds},${signature}`))).toMatchObject({ kind: 'refused', status: 401 })
  })

  it('is good for five minutes, before and after', async () => {
    const event = opening()
    const fates = [-301, -300, 0, 300, 301].map(async (shift) => {
      const answer = await post(store, sent(event, header(event, SECRET, seconds + shift)))
      return answer.kind
    })
    expect(await Promise.all(fates)).toEqual(['refused', 'accepted', 'accepted', 'accepted', 'refused'])
  })

  it('the bytes are kept as they came', async () => {
    const event = opening()
    const answer = await post(store, inbound(event))
    expect(answer).toMatchObject({
      kind: 'accepted',
      message: { sourceKey: event.id, type: 'invoice.paid', sentAt: event.at, environment: 'production' },
    })
    if (answer.kind === 'accepted') expect(answer.message.body.equals(event.body)).toBe(true)
  })
})

describe('T3: replay', () => {
  it('a second copy has the same key, so that it is the same notification', async () => {
    const event = opening()
    const answers = [await post(store, inbound(event)), await post(store, inbound(event, NOW + 60_000))]
    const keys = answers.map((answer) => (answer.kind === 'accepted' ? answer.message.sourceKey : ''))
    expect(keys).toEqual([event.id, event.id])
  })
})

describe('beside Stripe’s own library', () => {
  const stripe = new Stripe('sk_test_x')

  it('it takes what the stand-in signs, and we take what it signs', async () => {
    const event = opening()
    const payload = event.body.toString('utf8')
    expect(stripe.webhooks.constructEvent(payload, event.header(Date.now()), SECRET).id).toBe(event.id)
    const theirs = stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: seconds })
    expect(await post(store, sent(event, theirs))).toMatchObject({ kind: 'accepted' })
  })
})

describe('what is no snapshot event', () => {
  it('a thin event is refused with the way out', async () => {
    const body = Buffer.from(
      JSON.stringify({ id: 'evt_1', object: 'v2.core.event', type: 'v1.invoice.paid', livemode: true }),
    )
    const mac = createHmac('sha256', SECRET).update(`${seconds}.`).update(body).digest('hex')
    const answer = await post(store, { headers: { 'stripe-signature': `t=${seconds},v1=${mac}` }, body })
    expect(answer).toMatchObject({ kind: 'refused', status: 400, reason: expect.stringContaining('Snapshot') })
  })

  it('an event of a mode that the app does not take is refused', async () => {
    const event = simulated({ livemode: false }).subscribe({ plan: monthly, at: START }).opening[0] as SimulatedEvent
    const answer = await post(store, inbound(event), appOf({ environments: ['production'] }))
    expect(answer).toMatchObject({ kind: 'refused', status: 401, reason: expect.stringContaining('sandbox') })
    expect(await post(stripeStore({ http: noHttp }), inbound(event))).toMatchObject({
      kind: 'accepted',
      message: { environment: 'sandbox' },
    })
  })
})
