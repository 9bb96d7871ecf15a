import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/subscription.ts'
import type { InboundMessage } from '../../../src/stores/store.ts'
import { describeStore } from '../conformance.ts'
import { forged, resigned } from './forge.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, DAY, envelope, NOW, simulated } from './setting.ts'

const inbound = (body: Buffer): InboundMessage => ({ headers: { 'content-type': 'application/json' }, body })

function authentic(): readonly SimulatedNotification[] {
  const production = simulated('production')
  const sandbox = simulated('sandbox')
  const s = production.subscribe({ product: 'monthly', price: 9.99, period: 'P1M', trial: 'P1W', at: NOW - 90 * DAY })
  s.renew()
  s.cancel({ at: NOW - 70 * DAY })
  s.uncancel({ at: NOW - 69 * DAY })
  s.downgrade({ product: 'basic', price: 4.99, period: 'P1M' }, { at: NOW - 60 * DAY })
  s.failToRenew({ grace: 'P16D' })
  s.graceExpired()
  s.recover({ at: NOW - 30 * DAY })
  s.upgrade({ product: 'yearly', price: 99, period: 'P1Y' }, { at: NOW - 20 * DAY })
  s.refund({ at: NOW - 10 * DAY })
  s.reverseRefund({ at: NOW - 9 * DAY })
  sandbox.subscribe({ product: 'monthly', price: 9.99, period: 'PT5M', at: NOW }).expire('voluntary')
  sandbox.buyConsumable({ product: 'coins', price: 1.99, at: NOW })
  production.test()
  production.extensionSummary('monthly', { succeeded: 3, failed: 0 })
  production.rescindConsent()
  sandbox.externalPurchaseToken('UNREPORTED')
  return [...production.notifications, ...sandbox.notifications]
}

const messages = authentic()
const first = messages[0] as SimulatedNotification
const impostor = createSigner(mintChain({}, NOW))
const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID }

describeStore({
  store: appStore(),
  app: appOf(),
  authentic: messages.map((one) => ({
    name: one.name,
    message: inbound(one.body),
    aboutPurchase: one.decoded.transaction !== null,
  })),
  forged: [
    { name: 'no JSON', message: inbound(Buffer.from('hello')), status: 400 },
    { name: 'no signature', message: inbound(envelope('a.b')), status: 400 },
    {
      name: 'a decoded notification',
      message: inbound(Buffer.from(JSON.stringify(first.decoded.payload))),
      status: 400,
    },
    { name: 'our own certificates', message: inbound(resigned(first, {}, impostor)), status: 401 },
    {
      name: 'no algorithm',
      message: inbound(envelope(forged(first.decoded.payload, { header: { alg: 'none' }, signature: 'AA' }))),
      status: 401,
    },
    { name: 'another app', message: inbound(resigned(first, { data: { bundleId: 'com.other.app' } })), status: 401 },
    { name: 'an unsigned part', message: inbound(resigned(first, { transaction: 'text' })), status: 401 },
  ],
  unknownType: inbound(simulated().tell('BRAND_NEW', 'THING').body),
  notUnderstood: inbound(resigned(first, { data: { signedTransactionInfo: undefined } })),
  refusedApps: [
    appOf({ settings: { bundle_id: BUNDLE } }),
    appOf({ receive: 'pull' }),
    appOf({ settings: { ...settings, api_key: { issuer_id: 'i', key_id: 'k', private_key: 'x' } } }),
  ],
  received: NOW,
})
