import { describe, expect, it } from 'vitest'
import { mintGoogleSigner, mintServiceAccount } from '../../src/stand-ins/play-store/google-keys.ts'
import { type PlayStandIn, startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay, type SimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import {
  ALWAYS,
  afterwards,
  DAY,
  eventsOf,
  notificationsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
} from './harness.ts'

const PUSH = {
  audience: 'https://hub.example/notifications/play-store/acme/android',
  email: 'push@acme.iam.gserviceaccount.com',
  subscription: 'projects/acme/subscriptions/rtdn',
}
const PULL = 'projects/acme/subscriptions/rtdn-pull'
const MONTHLY = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M' }

interface Google {
  readonly google: PlayStandIn
  readonly play: SimulatedPlay
  readonly hub: RunningHub
}

/** A hub whose only app is of Google Play, with all of Google at one stand-in. */
async function connected(receive: 'push' | 'pull'): Promise<Google> {
  const play = createSimulatedPlay({ packageName: 'com.acme.app' })
  const account = mintServiceAccount()
  const target = { url: '' }
  const push = {
    get url() {
      return target.url
    },
    ...PUSH,
  }
  const google = await startPlayStandIn({
    play,
    accounts: [account],
    signer: mintGoogleSigner(),
    pullSubscription: PULL,
    ...(receive === 'push' ? { push } : {}),
  })
  afterwards(() => google.close())
  const android = {
    id: 'android',
    store: 'play_store',
    package_name: 'com.acme.app',
    service_account: account.json,
    receive,
    push: { audience: PUSH.audience, service_account_email: PUSH.email, subscription: PUSH.subscription },
    pull: { subscription: PULL },
    events_from: ALWAYS,
  }
  const world = await startWorld({
    project: { apps: [android] },
    env: {
      TRIBUTARY_GOOGLE_API_URL: google.url,
      TRIBUTARY_GOOGLE_PUBSUB_URL: google.url,
      TRIBUTARY_GOOGLE_TOKEN_URL: `${google.url}/token`,
      TRIBUTARY_GOOGLE_JWKS_URL: `${google.url}/oauth2/v3/certs`,
    },
  })
  const hub = await startInProcess(world)
  target.url = `${hub.address}/notifications/play-store/acme/android`
  return { google, play, hub }
}

const names = async (hub: RunningHub): Promise<readonly unknown[]> =>
  (await eventsOf(hub.address)).map((event) => event.name)

const LIFE = [
  'trial_started',
  'trial_converted',
  'product_change',
  'initial_purchase',
  'cancellation',
  'non_subscription_purchase',
]

/** A trial that converts, an upgrade and its cancellation, and a purchase of coins. */
function live(play: SimulatedPlay): void {
  const now = Date.now()
  const s = play.subscribe({ ...MONTHLY, trial: 'P1W', owner: 'anna', at: now - 30 * DAY })
  s.renew()
  s.change({ ...MONTHLY, product: 'platinum', price: 19.99 }, { at: now - 3 * DAY })
  s.cancel({ at: now - 2 * DAY })
  play.buy({ product: 'coins', price: 1.99, owner: 'anna', at: now - DAY })
}

describe('Google Play', () => {
  it('pushes, each message twice: the events are told once, of their owner, and the trial’s token is walked to', async () => {
    const { google, play, hub } = await connected('push')
    live(play)
    for (const one of play.notifications) {
      expect(await google.send(one)).toBe(200)
      expect(await google.send(one)).toBe(200)
    }
    await hub.idle()
    await until('all are told', async () => (await names(hub)).length === LIFE.length)
    expect(await names(hub)).toEqual(LIFE)
    const told = await eventsOf(hub.address)
    expect(told.map(({ app_user_id }) => app_user_id)).toEqual(LIFE.map(() => 'anna'))
    const kept = await notificationsOf(hub.address)
    expect(kept.map(({ status }) => status)).toEqual(play.notifications.map(() => 'understood'))
  })

  it('is pulled, acknowledged after the commit, and asked about what was voided', async () => {
    const { google, play, hub } = await connected('pull')
    live(play)
    for (const one of play.notifications) expect(await google.send(one)).toBeNull()
    await until('all are told', async () => (await names(hub)).length === LIFE.length)
    await until('all are acknowledged', () => google.topic.waiting === 0)
    expect((await names(hub)).toSorted()).toEqual(LIFE.toSorted())
  })

  it('that cannot be asked is asked again: nothing is told, and nothing is lost', async () => {
    const { google, play, hub } = await connected('push')
    // The keys are known from here on, so that what is pushed can be judged.
    expect(await google.send(play.test())).toBe(200)
    google.always({ kind: 'answer', status: 503 })
    const s = play.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    expect(await google.send(s.opening)).toBe(200)
    const before = google.requests
    await until('Google was asked', () => google.requests > before)
    expect(await names(hub)).toEqual([])
    google.always(null)
    await until('it is told', async () => (await names(hub)).length === 1)
  })
})
