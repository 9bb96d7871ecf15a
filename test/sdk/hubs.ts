import { mintGoogleSigner, mintServiceAccount } from '../../src/stand-ins/play-store/google-keys.ts'
import { type PlayStandIn, startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay, type SimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import { ALWAYS, afterwards, type RunningHub, startInProcess, startWorld, type World } from '../hub/harness.ts'

export interface Running {
  readonly world: World
  readonly hub: RunningHub
}

export const PRODUCT = 'com.acme.monthly'

/** A project whose only app is of the App Store, with the key `appl_acme`. */
export function appleWorld(env: Readonly<Record<string, string>> = {}): Promise<World> {
  return startWorld({
    app: { public_key: 'appl_acme' },
    project: {
      entitlements: { premium: [PRODUCT] },
      offerings: { default: { description: 'Standard', current: true, packages: { $rc_monthly: PRODUCT } } },
    },
    env,
  })
}

export async function startApple(): Promise<Running> {
  const world = await appleWorld()
  return { world, hub: await startInProcess(world) }
}

export interface RunningGoogle extends Running {
  readonly google: PlayStandIn
  readonly play: SimulatedPlay
}

/** A hub whose only app is of Google Play, with the key `goog_acme` and notifications that are pushed. */
export async function startGoogle(): Promise<RunningGoogle> {
  const play = createSimulatedPlay({ packageName: 'com.acme.app' })
  const account = mintServiceAccount()
  const target = { url: '' }
  const to = {
    audience: 'https://hub.example/notifications/play-store/acme/android',
    email: 'push@acme.iam.gserviceaccount.com',
    subscription: 'projects/acme/subscriptions/rtdn',
  }
  const push = {
    get url() {
      return target.url
    },
    ...to,
  }
  const google = await startPlayStandIn({ play, accounts: [account], signer: mintGoogleSigner(), push })
  afterwards(() => google.close())
  const android = {
    id: 'android',
    store: 'play_store',
    public_key: 'goog_acme',
    package_name: 'com.acme.app',
    service_account: account.json,
    push: { audience: to.audience, service_account_email: to.email, subscription: to.subscription },
    events_from: ALWAYS,
  }
  const world = await startWorld({
    project: {
      apps: [android],
      entitlements: { premium: ['gold:monthly'] },
      offerings: { default: { description: 'Standard', current: true, packages: { $rc_monthly: 'gold:monthly' } } },
    },
    env: {
      TRIBUTARY_GOOGLE_API_URL: google.url,
      TRIBUTARY_GOOGLE_PUBSUB_URL: google.url,
      TRIBUTARY_GOOGLE_TOKEN_URL: `${google.url}/token`,
      TRIBUTARY_GOOGLE_JWKS_URL: `${google.url}/oauth2/v3/certs`,
    },
  })
  const hub = await startInProcess(world)
  target.url = `${hub.address}/notifications/play-store/acme/android`
  return { world, hub, google, play }
}
