import { jwt, mintGoogleSigner, pushToken } from '../../../src/stand-ins/play-store/google-keys.ts'
import { pushBody, type SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { describeStore } from '../conformance.ts'
import {
  appOf,
  DAY,
  googleOf,
  NOW,
  PUSH,
  playStore,
  pushed,
  pushedBody,
  SETTINGS,
  signer,
  simulated,
} from './setting.ts'

const play = simulated()

function authentic(): readonly SimulatedNotification[] {
  const plan = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }
  const s = play.subscribe({ ...plan, trial: 'P1W', at: NOW - 90 * DAY })
  s.renew()
  s.cancel({ at: NOW - 70 * DAY })
  s.restart({ at: NOW - 69 * DAY })
  s.grace()
  s.hold()
  s.recover()
  s.schedulePause({ at: NOW - 9 * DAY })
  s.change({ ...plan, product: 'platinum', price: 99 }, { at: NOW - 8 * DAY })
  s.refund({ at: NOW - 7 * DAY })
  s.revoke({ at: NOW - 6 * DAY })
  s.tell(14)
  play.buy({ product: 'coins', price: 1.99, at: NOW - DAY }).refund({ at: NOW })
  play.test()
  play.refundReview('GPA.1')
  return play.notifications
}

const messages = authentic()
const first = messages[0] as SimulatedNotification
const body = pushBody(first, PUSH.subscription)
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, body })
const impostor = mintGoogleSigner()
const iat = Math.floor(NOW / 1_000)
const claims = {
  iss: 'https://accounts.google.com',
  aud: PUSH.audience,
  email: PUSH.email,
  email_verified: true,
  iat,
  exp: iat + 3_600,
}
const head = { alg: 'RS256', kid: signer.kid }
const other = { ...first, data: { ...first.data, packageName: 'com.other.app' } }

describeStore({
  store: playStore(googleOf(() => play.view())),
  app: appOf(),
  authentic: messages.map((one) => ({
    name: one.name,
    message: pushed(one),
    aboutPurchase: one.name !== 'TEST' && one.name !== 'PENDING_REFUND_REVIEW',
    ...(one.name === 'TEST' || one.name === 'PENDING_REFUND_REVIEW' ? {} : { tells: 'unresolved' as const }),
  })),
  forged: [
    { name: 'no token', message: { headers: {}, body }, status: 401 },
    { name: 'another scheme', message: { headers: { authorization: 'Basic eDp5' }, body }, status: 401 },
    { name: 'not a JWT', message: bearer('a.b'), status: 401 },
    { name: 'another key under Google’s id', message: bearer(jwt(head, claims, impostor.privateKey)), status: 401 },
    { name: 'a key that nobody lists', message: bearer(pushToken(impostor, { ...PUSH, at: NOW })), status: 401 },
    {
      name: 'another service account: a stranger’s own subscription',
      message: bearer(pushToken(signer, { ...PUSH, email: 'push@evil.iam.gserviceaccount.com', at: NOW })),
      status: 401,
    },
    {
      name: 'another audience',
      message: bearer(pushToken(signer, { ...PUSH, audience: 'https://x', at: NOW })),
      status: 401,
    },
    { name: 'over', message: bearer(pushToken(signer, { ...PUSH, at: NOW - DAY })), status: 401 },
    { name: 'another subscription', message: pushedBody(pushBody(first, 'projects/x/subscriptions/y')), status: 401 },
    { name: 'another app', message: pushed(other), status: 401 },
  ],
  unknownType: pushed(play.tell('BRAND_NEW', { brandNewNotification: { version: '1.0' } })),
  notUnderstood: pushed({ ...first, data: { packageName: 'com.acme.app' } }),
  refusedApps: [
    appOf({ settings: { ...SETTINGS, service_account: '{}' } }),
    appOf({ settings: { ...SETTINGS, service_account: 'text' } }),
    appOf({ settings: { ...SETTINGS, push: {} } }),
    appOf({ receive: 'pull' }),
  ],
  received: NOW,
})
