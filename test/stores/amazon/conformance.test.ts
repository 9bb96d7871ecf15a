import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import { describeStore } from '../conformance.ts'
import { impostor, resigned, rtn, sent, strangers } from './forge.ts'
import { amazonStore, appOf, DAY, inbound, MINUTE, NOW, SETTINGS, simulated, topic } from './setting.ts'

/** Lives whose messages are all of the last minutes, since older ones are not taken. */
function authentic(): readonly SimulatedNotification[] {
  const amazon = simulated()
  const at = NOW - 30 * MINUTE
  const s = amazon.subscribe({ product: 'premium', trial: 'P1W', at })
  s.turnOff({ at: at + MINUTE })
  s.turnOn({ at: at + 2 * MINUTE })
  s.changeAtRenewal({ at: at + 3 * MINUTE, termSku: 'basic' })
  s.changeNow({ at: at + 4 * MINUTE, termSku: 'gold' })
  amazon.subscribe({ product: 'premium', beta: true, at })
  const coins = amazon.buyConsumable({ product: 'coins', at })
  coins.cancel({ at: at + MINUTE })
  amazon.buyEntitlement({ product: 'level', at }).cancel({ at: at + MINUTE })
  s.tell('SUBSCRIPTION_RENEWED', { at: at + 5 * MINUTE })
  return amazon.notifications
}

const confirmation = topic.subscriptionConfirmation('token'.repeat(20), { messageId: 'confirm', at: NOW })
const farewell = topic.unsubscribeConfirmation('token'.repeat(20), { messageId: 'farewell', at: NOW })
const good = sent()

describeStore({
  store: amazonStore(),
  app: appOf(),
  authentic: [
    ...authentic().map((one) => ({
      name: one.name,
      message: inbound(one.body),
      aboutPurchase: true,
      tells: 'unresolved' as const,
    })),
    { name: 'SubscriptionConfirmation', message: inbound(confirmation), aboutPurchase: false, tells: 'unresolved' },
    { name: 'UnsubscribeConfirmation', message: inbound(farewell), aboutPurchase: false },
  ],
  forged: [
    { name: 'no JSON', message: inbound(Buffer.from('hello')), status: 400 },
    { name: 'no envelope', message: inbound(rtn()), status: 400 },
    { name: 'no signature', message: inbound({ ...good, Signature: undefined }), status: 400 },
    { name: 'a text that is no notification', message: inbound(sent('hello')), status: 400 },
    {
      name: 'another text',
      message: inbound({ ...good, Message: JSON.stringify(rtn({ receiptId: 'x' })) }),
      status: 401,
    },
    { name: 'nobody’s certificate', message: inbound(sent(rtn(), impostor)), status: 401 },
    { name: 'a stranger’s topic', message: inbound(sent(rtn(), strangers)), status: 403 },
    { name: 'another app', message: inbound(sent(rtn({ appPackageName: 'com.other.app' }))), status: 401 },
    {
      name: 'yesterday’s',
      message: inbound(resigned(good, { Timestamp: new Date(NOW - DAY).toISOString() })),
      status: 401,
    },
  ],
  unknownType: inbound(sent(rtn({ notificationType: 'SOMETHING_NEW', receiptId: undefined }))),
  notUnderstood: inbound(sent(rtn({ receiptId: undefined }))),
  refusedApps: [
    appOf({ receive: 'pull' }),
    appOf({ settings: { ...SETTINGS, shared_secret: '' } }),
    appOf({ settings: { ...SETTINGS, topic_arn: 'arn:aws:s3:::bucket' } }),
  ],
  received: NOW,
})
