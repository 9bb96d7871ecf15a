import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createSenderActs } from '../../../src/stand-ins/revenuecat/acts.ts'
import { headersOf, RETRY_MINUTES, send } from '../../../src/stand-ins/revenuecat/send.ts'
import { createSimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import { type StandIn, type StandInRequest, startStandIn } from '../../../src/stand-ins/server.ts'

const START = Date.UTC(2026, 9, 1, 9)
const DAY = 86_400_000
const monthly = { product: 'monthly', price: 9.99, period: 'P1M', at: START }

const open: StandIn[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A receiver that keeps what came and answers with a status. */
async function receiver(status = 200): Promise<StandIn & { readonly came: StandInRequest[] }> {
  const came: StandInRequest[] = []
  const standIn = await startStandIn({
    handle: (request) => {
      came.push(request)
      return { status, body: '' }
    },
  })
  open.push(standIn)
  return Object.assign(standIn, { came })
}

describe('the events of the simulated sender', () => {
  /** event-types-and-fields of the sender's documentation: what a purchase carries. */
  const KEYS = [
    'aliases',
    'app_id',
    'app_user_id',
    'commission_percentage',
    'country_code',
    'currency',
    'entitlement_id',
    'entitlement_ids',
    'environment',
    'event_timestamp_ms',
    'expiration_at_ms',
    'id',
    'is_family_share',
    'offer_code',
    'original_app_user_id',
    'original_transaction_id',
    'period_type',
    'presented_offering_id',
    'price',
    'price_in_purchased_currency',
    'product_id',
    'purchased_at_ms',
    'renewal_number',
    'store',
    'subscriber_attributes',
    'takehome_percentage',
    'tax_percentage',
    'transaction_id',
    'type',
  ]

  it('have the documented keys, and those of one type where they belong', () => {
    const sender = createSimulatedSender({ customer: { appUserId: 'anna', attributes: { $email: 'a@acme.test' } } })
    const s = sender.subscribe({ ...monthly, trial: 'P1W' })
    expect(Object.keys(s.opening.event).sort()).toEqual(KEYS)
    expect(s.opening.event.subscriber_attributes).toEqual({ $email: { value: 'a@acme.test', updated_at_ms: START } })
    expect(Object.keys(s.renew().event).sort()).toEqual([...KEYS, 'is_trial_conversion'].sort())
    expect(Object.keys(s.cancel({ at: START + 9 * DAY }).event).sort()).toEqual([...KEYS, 'cancel_reason'].sort())
    expect(s.pause({ at: START, resumesAt: START + DAY }).event).toMatchObject({ auto_resume_at_ms: START + DAY })
  })

  it('of a grant carry no app, and of a transfer no customer', () => {
    const sender = createSimulatedSender()
    const { opening } = sender.grant({ entitlement: 'premium', at: START, until: START + DAY })
    expect(opening.event).toMatchObject({ store: 'PROMOTIONAL', period_type: 'PROMOTIONAL', price: 0 })
    expect(opening.event).not.toHaveProperty('app_id')
    const moved: unknown = JSON.parse(sender.transfer({ at: START, from: ['a'], to: ['b'] }).body.toString())
    expect(moved).toEqual({
      api_version: '1.0',
      event: {
        app_id: 'app0123456789',
        environment: 'PRODUCTION',
        event_timestamp_ms: START,
        id: expect.any(String),
        store: 'APP_STORE',
        transferred_from: ['a'],
        transferred_to: ['b'],
        type: 'TRANSFER',
      },
    })
  })

  it('move money in the currency of the purchase and in dollars: forth, back, or not at all', () => {
    const sender = createSimulatedSender({ usdRate: (currency) => (currency === 'EUR' ? 1.25 : 1) })
    const s = sender.subscribe({ ...monthly, currency: 'EUR', price: 8 })
    const [back, end] = s.refund({ at: START + DAY })
    const prices = [s.opening, back, end, s.reverseRefund({ at: START + 2 * DAY })].map((one) => [
      one?.event.price,
      one?.event.price_in_purchased_currency,
    ])
    expect(prices).toEqual([
      [10, 8],
      [-10, -8],
      [0, 0],
      [10, 8],
    ])
    expect(back?.event.expiration_at_ms).toBe(START + DAY)
  })

  it('of a failed charge are of one instant', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const events = s.failToRenew()
    expect(events.map(({ name }) => name)).toEqual([
      'BILLING_ISSUE',
      'CANCELLATION/BILLING_ERROR',
      'EXPIRATION/BILLING_ERROR',
    ])
    expect(new Set(events.map(({ at }) => at)).size).toBe(1)
  })

  it('have ids of their own, the same in every run', () => {
    const ids = (seed?: string): readonly string[] => {
      const sender = createSimulatedSender(seed === undefined ? {} : { seed })
      sender.subscribe(monthly).renew()
      return sender.events.map(({ id }) => id)
    }
    expect(ids()).toEqual(ids())
    expect(new Set([...ids(), ...ids('another')]).size).toBe(4)
  })

  it('name the charges as their stores do', () => {
    const sender = createSimulatedSender()
    const names = ['PLAY_STORE', 'STRIPE', 'AMAZON', 'APP_STORE'].map((store) => {
      const s = sender.subscribe({ ...monthly, store })
      s.renew()
      return [s.id, s.latest.transactionId]
    })
    expect(names).toEqual([
      ['GPA.3300-0000-0000-0001', 'GPA.3300-0000-0000-0001..0'],
      ['sub_0002', 'in_0002_1'],
      ['amzn-receipt-0003', 'amzn-receipt-0003'],
      ['200000000000004', '2000000000000041'],
    ])
  })
})

describe('sending', () => {
  const { opening } = createSimulatedSender().subscribe(monthly)
  const credentials = { authorization: 'Bearer x', signingSecrets: ['old', 'new'] }

  it('signs each attempt as of its own moment, with every secret', () => {
    const at = START + 999
    const seconds = START / 1_000
    const by = (secret: string): string =>
      createHmac('sha256', secret).update(`${seconds}.${opening.body.toString()}`).digest('hex')
    expect(headersOf(opening.body, credentials, at)).toEqual({
      'content-type': 'application/json',
      authorization: 'Bearer x',
      'x-revenuecat-webhook-signature': `t=${seconds},v1=${by('old')},v1=${by('new')}`,
    })
    expect(headersOf(opening.body, {}, at)).toEqual({ 'content-type': 'application/json' })
  })

  it('takes 200 for success and nothing else', async () => {
    const [taken, created] = [await receiver(200), await receiver(201)]
    expect(await send(`${taken.url}/hook`, opening, credentials)).toEqual({ status: 200, delivered: true })
    expect(await send(`${created.url}/hook`, opening, credentials)).toEqual({ status: 201, delivered: false })
    expect(taken.came[0]?.body.equals(opening.body)).toBe(true)
    created.script([{ kind: 'cut_before' }])
    expect(await send(created.url, opening, credentials)).toEqual({ status: null, delivered: false })
    expect(RETRY_MINUTES.reduce((sum, minutes) => sum + minutes, 0)).toBe(155)
  })
})

describe('the acts of the process', () => {
  const ask = async (acts: ReturnType<typeof createSenderActs>, body: unknown) => {
    const sent = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const request = { method: 'POST', path: '/_act', query: new URLSearchParams(), headers: {}, body: sent }
    const { status, body: text } = await acts(request)
    return { status, json: JSON.parse(text) as Record<string, unknown> }
  }

  it('drive a life from outside and send what it tells', async () => {
    const hook = await receiver()
    const sender = createSimulatedSender()
    const acts = createSenderActs({ sender, url: hook.url, credentials: { authorization: 'Bearer x' } })
    const begun = await ask(acts, { act: 'subscribe', args: [monthly] })
    expect(begun).toMatchObject({
      status: 200,
      json: { id: '200000000000001', sent: [{ name: 'INITIAL_PURCHASE', status: 200, id: sender.events[0]?.id }] },
    })
    expect(await ask(acts, { on: begun.json.id, act: 'failToRenew' })).toMatchObject({
      json: { sent: [{ status: 200 }, { status: 200 }, { status: 200 }] },
    })
    expect(hook.came.map(({ headers }) => headers.authorization)).toEqual(Array(4).fill('Bearer x'))
    expect(hook.came.map(({ body }) => body.toString())).toEqual(sender.events.map(({ body }) => body.toString()))
  })

  it('begin one-time purchases and grants too, and tell tests', async () => {
    const acts = createSenderActs({ sender: createSimulatedSender(), url: null, credentials: {} })
    const bought = await ask(acts, { act: 'buy', args: [{ product: 'coins', price: 1.99, at: START }] })
    expect(await ask(acts, { on: bought.json.id, act: 'refund', args: [{ at: START + DAY }] })).toMatchObject({
      json: { sent: [{ name: 'CANCELLATION/CUSTOMER_SUPPORT', status: null }] },
    })
    const granted = await ask(acts, { act: 'grant', args: [{ entitlement: 'premium', at: START, until: START + DAY }] })
    expect(await ask(acts, { on: granted.json.id, act: 'expire' })).toMatchObject({
      json: { sent: [{ name: 'EXPIRATION/UNKNOWN' }] },
    })
    expect(await ask(acts, { act: 'test', args: [{ at: START }] })).toMatchObject({
      json: { sent: [{ name: 'TEST' }] },
    })
  })

  it('refuse what there is not', async () => {
    const acts = createSenderActs({ sender: createSimulatedSender(), url: null, credentials: {} })
    const refused = [
      '{',
      {},
      { act: 'constructor' },
      { act: 'events' },
      { on: '1', act: 'renew' },
      { act: 'subscribe', args: [{ ...monthly, period: 'x' }] },
    ]
    for (const body of refused) expect((await ask(acts, body)).status).toBe(400)
    expect(refused).toHaveLength(6)
  })
})
