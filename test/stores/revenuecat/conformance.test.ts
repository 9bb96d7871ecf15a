import { createSimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import { describeStore } from '../conformance.ts'
import { AUTHORIZATION, BOTH, DAY, feed, feedApp, inbound, NOW, SECRET, START } from './setting.ts'

const monthly = { product: 'monthly', price: 9.99, period: 'P1M', at: START }

function authentic() {
  const sender = createSimulatedSender()
  const apple = sender.subscribe({ ...monthly, trial: 'P1W' })
  apple.renew()
  apple.cancel({ at: START + 10 * DAY })
  apple.uncancel({ at: START + 11 * DAY })
  apple.choose({ ...monthly, product: 'basic' }, { at: START + 12 * DAY })
  apple.extend({ at: START + 13 * DAY, until: START + 60 * DAY })
  apple.failToRenew({ grace: 'P16D' })
  apple.expire({ at: START + 80 * DAY, reason: 'BILLING_ERROR' })
  apple.renew({ at: START + 90 * DAY })
  apple.refund({ at: START + 91 * DAY })
  apple.reverseRefund({ at: START + 92 * DAY })
  sender.subscribe({ ...monthly, store: 'MAC_APP_STORE', environment: 'SANDBOX' })
  sender.subscribe({ ...monthly, store: 'PLAY_STORE' }).pause({ at: START + DAY, resumesAt: START + 50 * DAY })
  sender.subscribe({ ...monthly, store: 'AMAZON' }).renew()
  sender.subscribe({ ...monthly, store: 'STRIPE' }).failToRenew()
  sender.buy({ product: 'coins', price: 1.99, at: START }).refund({ at: START + DAY })
  sender.grant({ entitlement: 'premium', at: START, until: START + 7 * DAY }).revoke({ at: START + DAY })
  const purchases = sender.events.length
  sender.test({ at: START })
  sender.transfer({ at: START, from: ['anna'], to: ['bea'] })
  sender.subscribe({ ...monthly, store: 'ROKU' })
  return sender.events.map((one, index) => ({
    name: `${one.name} of ${String(one.event.store)} (${one.id})`,
    message: inbound(one.body),
    aboutPurchase: index < purchases,
  }))
}

const sender = createSimulatedSender({ seed: 'others' })
const some = sender.subscribe(monthly).opening
const altered = Buffer.from(some.body.toString('utf8').replace('monthly', 'yearly!'))
const { id: _, ...nameless } = some.event

describeStore({
  store: feed,
  app: feedApp(),
  authentic: authentic(),
  tellsOf: ['app_store', 'play_store', 'amazon', 'stripe', 'promotional'],
  forged: [
    { name: 'no header at all', message: { headers: {}, body: some.body }, status: 401 },
    { name: 'no signature', message: inbound(some.body, { authorization: AUTHORIZATION }), status: 401 },
    { name: 'no authorization', message: inbound(some.body, { signingSecrets: [SECRET] }), status: 401 },
    {
      name: 'another authorization',
      message: inbound(some.body, { ...BOTH, authorization: `${AUTHORIZATION}x` }),
      status: 401,
    },
    { name: 'another secret', message: inbound(some.body, { ...BOTH, signingSecrets: ['rcwh_other'] }), status: 401 },
    { name: 'another body', message: { ...inbound(some.body), body: altered }, status: 401 },
    { name: 'an old signature', message: inbound(some.body, BOTH, NOW - 6 * 60_000), status: 401 },
    { name: 'signed, and no JSON', message: inbound(Buffer.from('hello')), status: 400 },
    { name: 'signed, and no event', message: inbound(Buffer.from('{"api_version":"1.0"}')), status: 400 },
    { name: 'signed, and no type', message: inbound(Buffer.from('{"event":{"id":"1"}}')), status: 400 },
  ],
  unknownType: inbound(sender.tell({ type: 'BRAND_NEW', at: START, charge: null }).body),
  notUnderstood: inbound(
    Buffer.from(JSON.stringify({ event: { ...nameless, transaction_id: null, environment: 'PRODUCTION' } })),
  ),
  refusedApps: [
    feedApp({ settings: {} }),
    feedApp({ settings: { authorization: '', signing_secret: '' } }),
    feedApp({ receive: 'pull' }),
  ],
  received: NOW,
})
