import { type SimulatedEvent, signatureHeader } from '../../../src/stand-ins/stripe/event.ts'
import { describeStore } from '../conformance.ts'
import {
  appOf,
  DAY,
  decoded,
  HOUR,
  inbound,
  monthly,
  NOW,
  pro,
  SECRET,
  START,
  simulated,
  stripeStore,
  withSettings,
} from './setting.ts'

function authentic(): readonly SimulatedEvent[] {
  const [live, sandbox] = [simulated({ livemode: true }), simulated({ livemode: false, seed: 'sandbox' })]
  const s = live.subscribe({ plan: monthly, trial: 'P7D', at: START, metadata: { app_user_id: 'ada' } })
  s.renew()
  s.cancel('portal', { at: START + 10 * DAY })
  s.uncancel({ at: START + 11 * DAY })
  s.schedule(pro, { at: START + 12 * DAY })
  s.renew()
  s.failToRenew()
  s.recover()
  s.refund({ at: START + 80 * DAY })
  s.failRefund({ at: START + 81 * DAY })
  s.dispute({ at: START + 82 * DAY })
  s.closeDispute('won', { at: START + 83 * DAY })
  s.creditNote(s.latestInvoice.id, 100, { at: START + 84 * DAY })
  s.checkedOut({ metadata: { app_user_id: 'ada' } })
  live.subscribe({ plan: monthly, at: START, addOns: [pro] })
  live.subscribe({ plan: monthly, at: START, incomplete: true }).expireIncomplete()
  sandbox.subscribe({ plan: monthly, at: START }).cancelNow('cancellation_requested', { at: START + HOUR })
  sandbox.checkout({ at: START, lines: [{ price: 'price_hat', product: 'prod_hat', amount: 500 }] })
  live.tell('invoice.payment_succeeded', { id: 'in_1', object: 'invoice' }, { at: START })
  live.tell('customer.subscription.trial_will_end', { id: 'sub_1', object: 'subscription' }, { at: START })
  return [...live.events, ...sandbox.events]
}

const [first] = simulated().subscribe({ plan: monthly, at: START }).opening
if (first === undefined) throw new Error('A subscription begins with an event.')
const message = inbound(first)
const header = String(message.headers['stripe-signature'])
const headed = (value: string) => ({ headers: { 'stripe-signature': value }, body: first.body })
const other = simulated({ secret: `whsec_${'x'.repeat(32)}` }).subscribe({ plan: monthly, at: START }).opening[0]

describeStore({
  store: stripeStore(),
  app: appOf(),
  authentic: authentic().map((event) => ({
    name: `${event.type} ${event.id}`,
    message: inbound(event),
    aboutPurchase: decoded(event).kind !== 'nothing',
    ...(decoded(event).kind === 'unresolved' ? { tells: 'unresolved' as const } : {}),
  })),
  forged: [
    { name: 'no header', message: { headers: {}, body: first.body }, status: 401 },
    { name: 'an empty header', message: headed(''), status: 401 },
    { name: 'no signature', message: headed(header.replace(/,v1=.*/, '')), status: 401 },
    { name: 'v0', message: headed(header.replace('v1=', 'v0=')), status: 401 },
    { name: 'another body', message: { headers: message.headers, body: Buffer.from('{}') }, status: 401 },
    { name: 'another time', message: headed(header.replace(/t=\d+/, 't=1')), status: 401 },
    { name: 'the secret of another account', message: inbound(other ?? first), status: 401 },
    { name: 'signed, and no event', message: signedBody('hello'), status: 400 },
    {
      name: 'signed, and an event without an object',
      message: signedBody('{"object":"event","id":"evt_1"}'),
      status: 400,
    },
  ],
  unknownType: inbound(simulated().tell('brand.new_thing', { id: 'x', object: 'thing' }, { at: START })),
  notUnderstood: inbound(simulated().tell('customer.subscription.updated', { object: 'subscription' }, { at: START })),
  refusedApps: [
    appOf({ settings: {} }),
    withSettings({ webhook_secret: [] }),
    appOf({ receive: 'pull', settings: {} }),
    withSettings({}, { receive: 'pull' }),
  ],
  received: NOW,
})

function signedBody(text: string): ReturnType<typeof inbound> {
  const body = Buffer.from(text)
  return { headers: { 'stripe-signature': signatureHeader(body, SECRET, NOW) }, body }
}
