import { describe, expect, it } from 'vitest'
import { EVENT_NAMES, type EventName } from '../../src/domain/event.ts'
import type { StoreName } from '../../src/domain/purchase.ts'
import { startAmazonStandIn } from '../../src/stand-ins/amazon/server.ts'
import { createSimulatedAmazon } from '../../src/stand-ins/amazon/store.ts'
import { mintGoogleSigner, mintServiceAccount } from '../../src/stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import { play } from '../../src/stand-ins/playbooks/play.ts'
import { PLAYBOOKS } from '../../src/stand-ins/playbooks/playbooks.ts'
import { startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'
import { declarationOf } from '../../src/stores/registry.ts'
import {
  afterwards,
  api,
  type EventJson,
  eventsOf,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
} from './harness.ts'

/**
 * The tables of the two set-up pages: which event of which store each destination carries. Written by hand, so that it
 * does not ask the code what is right.
 */
const EVERYTHING: readonly EventName[] = [
  'initial_purchase',
  'trial_started',
  'trial_converted',
  'trial_cancelled',
  'renewal',
  'cancellation',
  'uncancellation',
  'non_subscription_purchase',
  'subscription_paused',
  'expiration',
  'billing_issue',
  'product_change',
]
const ABSENT: Readonly<Record<StoreName, readonly EventName[]>> = {
  app_store: ['subscription_paused'],
  play_store: [],
  amazon: ['subscription_paused', 'product_change'],
  stripe: ['subscription_paused', 'uncancellation'],
  promotional: EVERYTHING.filter((name) => !['cancellation', 'non_subscription_purchase', 'expiration'].includes(name)),
}
const DESTINATIONS = { segment: [], clevertap: ['subscription_paused'] } as const satisfies Record<
  string,
  readonly EventName[]
>

function ticked(destination: keyof typeof DESTINATIONS, store: StoreName, name: EventName): boolean {
  return !ABSENT[store].includes(name) && !(DESTINATIONS[destination] as readonly EventName[]).includes(name)
}

interface DeliveryJson {
  readonly event_id: string
  readonly status: string
  readonly reason: string | null
}

async function deliveriesOf(address: string, integration: string): Promise<readonly DeliveryJson[]> {
  const all: DeliveryJson[] = []
  for (let before = ''; ; ) {
    const path = `/api/projects/acme/integrations/${integration}/deliveries?limit=200${before}`
    const page = await api<{ readonly items: readonly DeliveryJson[]; readonly next: string | null }>(address, path)
    all.push(...page.items)
    if (page.next === null) return all
    before = `&before=${encodeURIComponent(page.next)}`
  }
}

interface Told {
  readonly world: World
  readonly hub: RunningHub
  readonly events: readonly EventJson[]
  readonly deliveries: Readonly<Record<keyof typeof DESTINATIONS, readonly DeliveryJson[]>>
}

/** A hub of one app, to which the stand-in of its store has told every life that it knows. */
async function lived(store: StoreName): Promise<Told> {
  let offset = 0
  const now = (): number => Date.now() + offset
  const { standIn, world } = await begin(store, now)
  const hub = await startInProcess(world, { now })
  const notify = `${hub.address}/notifications/${declarationOf(store)?.slug ?? ''}/acme/app`
  const wait = async (ms: number): Promise<void> => {
    // Time moves only while nothing is in flight: a lease would end with it.
    await hub.idle()
    offset += ms
  }
  const scripts = PLAYBOOKS.find((book) => book.store === store)?.scripts ?? []
  for (const script of scripts) {
    let messages = 0
    for await (const sent of play(script, { standIn, notify, now: now(), wait })) {
      expect([script.name, sent.name, sent.status]).toEqual([script.name, sent.name, 200])
      messages += 1
    }
    expect(messages, script.name).toBeGreaterThan(0)
    await hub.idle()
  }
  expect(scripts.length, store).toBeGreaterThan(6)
  return toldBy(world, hub)
}

async function toldBy(world: World, hub: RunningHub): Promise<Told> {
  // A question to a store that failed is asked again in five seconds: that is not the end.
  await until('all is understood', async () => (await hub.storage.inboxDepths()).waiting === 0, 45_000)
  await hub.idle()
  const deliveries = {
    segment: await deliveriesOf(hub.address, 'segment'),
    clevertap: await deliveriesOf(hub.address, 'clevertap'),
  }
  return { world, hub, events: await eventsOf(hub.address), deliveries }
}

const PUSH = {
  url: 'http://127.0.0.1:1/nobody',
  audience: 'https://hub.example/notifications/play-store/acme/app',
  email: 'push@acme.iam.gserviceaccount.com',
  subscription: 'projects/acme/subscriptions/rtdn',
}
const EMPTY = { bundle_id: undefined, app_apple_id: undefined, id: 'app' }
type Begin = (now: () => number) => Promise<{ readonly standIn: string; readonly world: World }>

const SETS: Readonly<Partial<Record<StoreName, Begin>>> = {
  app_store: async (now) => {
    const world = await startWorld({ now, app: { id: 'app' } })
    return { standIn: world.apple.url, world }
  },
  amazon: async (now) => {
    const store = createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:secret', now })
    const standIn = await startAmazonStandIn({ stores: [store], now })
    afterwards(() => standIn.close())
    const own = { store: 'amazon', package_name: 'com.acme.app', shared_secret: '2:secret', topic_arn: store.topic.arn }
    const env = { TRIBUTARY_AMAZON_RVS_URL: standIn.url, TRIBUTARY_AMAZON_SNS_ORIGIN: standIn.url }
    return {
      standIn: standIn.url,
      world: await startWorld({ now, withoutApiKey: true, app: { ...EMPTY, ...own }, env }),
    }
  },
  stripe: async (now) => {
    const account = createSimulatedStripe({ now })
    const standIn = await startStripeStandIn({ accounts: [{ account, key: 'sk_live_hub' }], now })
    afterwards(() => standIn.close())
    const own = {
      store: 'stripe',
      secret_key: 'sk_live_hub',
      webhook_secret: [account.secret],
      environments: ['production'],
    }
    const env = { TRIBUTARY_STRIPE_API_URL: standIn.url }
    return {
      standIn: standIn.url,
      world: await startWorld({ now, withoutApiKey: true, app: { ...EMPTY, ...own }, env }),
    }
  },
  play_store: async (now) => {
    const account = mintServiceAccount()
    const standIn = await startPlayStandIn({
      play: createSimulatedPlay({ packageName: 'com.acme.app', now }),
      accounts: [account],
      signer: mintGoogleSigner(),
      push: PUSH,
      now,
    })
    afterwards(() => standIn.close())
    const push = { audience: PUSH.audience, service_account_email: PUSH.email, subscription: PUSH.subscription }
    const own = { store: 'play_store', package_name: 'com.acme.app', service_account: account.json, push }
    const env = {
      TRIBUTARY_GOOGLE_API_URL: standIn.url,
      TRIBUTARY_GOOGLE_PUBSUB_URL: standIn.url,
      TRIBUTARY_GOOGLE_TOKEN_URL: `${standIn.url}/token`,
      TRIBUTARY_GOOGLE_JWKS_URL: `${standIn.url}/oauth2/v3/certs`,
    }
    return {
      standIn: standIn.url,
      world: await startWorld({ now, withoutApiKey: true, app: { ...EMPTY, ...own }, env }),
    }
  },
  promotional: async (now) => ({
    standIn: '',
    world: await startWorld({ now, project: { entitlements: { premium: ['x'] } } }),
  }),
}

function begin(store: StoreName, now: () => number): ReturnType<Begin> {
  const set = SETS[store]
  if (set === undefined) throw new Error(`Nothing sets up ${store} here.`)
  return set(now)
}

async function granted(): Promise<Told> {
  const offset = 0
  const now = (): number => Date.now() + offset
  const { world } = await begin('promotional', now)
  const hub = await startInProcess(world, { now })
  const ask = (path: string, body: object): Promise<unknown> =>
    api(hub.address, `/v1/subscribers/ann/entitlements/premium/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await ask('promotional', { duration: 'monthly' })
  await ask('revoke_promotionals', {})
  return toldBy(world, hub)
}

describe.each(PLAYBOOKS.map(({ store }) => store).concat('promotional'))('%s', (store) => {
  it('produces each event that the tables tick, and it arrives; what they do not is skipped with its reason', async () => {
    const { world, events, deliveries } = store === 'promotional' ? await granted() : await lived(store)
    const of = new Map(events.map((event) => [event.id, event]))
    const arrived = {
      segment: new Set(world.segment.accepted().map(({ event }) => event)),
      clevertap: new Set(world.clevertap.accepted().map(({ event }) => event)),
    }
    let cells = 0
    for (const destination of ['segment', 'clevertap'] as const) {
      for (const name of EVERYTHING) {
        const cell = `${destination} × ${store} × ${name}`
        const those = deliveries[destination].filter(({ event_id }) => of.get(event_id)?.name === name)
        const outcomes = new Set(those.map(({ status, reason }) => (reason === null ? status : `${status} ${reason}`)))
        if (ticked(destination, store, name)) {
          expect(outcomes, cell).toEqual(new Set(['delivered']))
          expect(arrived[destination], cell).toContain(`rc_${name}_event`)
        } else {
          expect(those.length === 0 || [...outcomes].join() === 'skipped not_in_table', cell).toBe(true)
          expect(arrived[destination], cell).not.toContain(`rc_${name}_event`)
        }
        cells += 1
      }
    }
    expect(cells).toBe(24)
    expect(new Set(events.map((event) => event.store))).toEqual(new Set([store.toUpperCase()]))
  }, 60_000)
})

it('knows twelve events', () => {
  expect([...EVENT_NAMES].sort()).toEqual([...EVERYTHING].sort())
})
