import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../hub/harness.ts'
import { type Ended, machine, type RunningHub } from './running.ts'
import { standInProcesses } from './stand-in-processes.ts'

/** The command itself against a hub and stand-ins that are set up as docs/quickstart.md says. */

const KEY = 'sk_practise_0123456789abcdef0123456789abcdef'
const SECRET = 'whsec_practise_practise_practise'
const NOBODY = 'http://127.0.0.1:9'

const here = machine()
const standIns = standInProcesses()
let hub: RunningHub
let env: Readonly<Record<string, string>> = {}

beforeAll(async () => {
  const { folder } = here
  const [apple, google, amazon, stripe] = await Promise.all([
    standIns.start('app-store/main.ts', [], folder),
    standIns.start('play-store/main.ts', [], folder),
    standIns.start('amazon/main.ts', [], folder),
    standIns.start('stripe/main.ts', ['--webhook-secret', SECRET], folder),
  ])
  const settings: Record<string, unknown> = {
    TRIBUTARY_APPLE_ROOT_CERTS: apple.root,
    TRIBUTARY_APPLE_API_URL: apple.production,
    TRIBUTARY_GOOGLE_API_URL: google.api,
    TRIBUTARY_GOOGLE_PUBSUB_URL: google.pubsub,
    TRIBUTARY_GOOGLE_TOKEN_URL: google.token,
    TRIBUTARY_GOOGLE_JWKS_URL: google.jwks,
    TRIBUTARY_AMAZON_RVS_URL: amazon.url,
    TRIBUTARY_AMAZON_SNS_ORIGIN: amazon.url,
    TRIBUTARY_STRIPE_API_URL: stripe.api,
    TRIBUTARY_CONFIG: 'tributary.yaml',
  }
  env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
  const write = (address: string): void => {
    const push = {
      audience: `${address}/notifications/play-store/acme/android`,
      service_account_email: 'push@acme.iam.gserviceaccount.com',
      subscription: 'projects/acme/subscriptions/rtdn',
    }
    const apps = [
      { id: 'ios', store: 'app_store', bundle_id: 'com.acme.app', app_apple_id: 123_456_789 },
      {
        id: 'android',
        store: 'play_store',
        package_name: 'com.acme.app',
        service_account: { file: google.service_account },
        push,
      },
      {
        id: 'fire',
        store: 'amazon',
        package_name: 'com.acme.app',
        shared_secret: amazon.shared_secret,
        topic_arn: amazon.topic_arn,
      },
      {
        id: 'web',
        store: 'stripe',
        environments: ['production'],
        secret_key: 'sk_live_standin',
        webhook_secret: SECRET,
      },
    ]
    const project = { id: 'acme', secret_keys: [{ name: 'backend', key: KEY }], apps }
    writeFileSync(join(folder, 'tributary.yaml'), JSON.stringify({ version: 1, projects: [project] }))
  }
  write('http://hub.example')
  hub = await here.serve(env)
  // A free port is known only now, and Google signs for the address that it pushes to.
  write(hub.address)
  expect(await here.run(['apply', '-f', 'tributary.yaml'], env)).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  await here.dispose()
  await standIns.dispose()
})

const simulate = (...args: readonly string[]): Promise<Ended> =>
  here.run(['simulate', ...args, '--hub', hub.address, '--pace', '0'], env)

async function eventsOf(store: string): Promise<readonly unknown[]> {
  const answer = await fetch(`${hub.address}/api/projects/acme/events?limit=100`, {
    headers: { authorization: `Bearer ${KEY}` },
  })
  const { items } = (await answer.json()) as { readonly items: readonly Readonly<Record<string, unknown>>[] }
  return items
    .filter((event) => event.store === store)
    .map(({ name }) => name)
    .toReversed()
}

const STORES = [
  ['app_store', 'ios', 'APP_STORE'],
  ['play_store', 'android', 'PLAY_STORE'],
  ['amazon', 'fire', 'AMAZON'],
  ['stripe', 'web', 'STRIPE'],
] as const

describe('tributary simulate', () => {
  it.each(STORES)(
    'has %s live a change of mind and a failed charge, and the hub tells of both',
    { timeout: 60_000 },
    async (store, app, name) => {
      const back = await simulate('cancelled-and-back', '--store', store, '--app', app)
      expect([back.code, back.stderr]).toEqual([0, ''])
      expect(back.stdout).toMatch(/^cancelled-and-back: .+\n( {2}\S+ .+ 200\n){3,}$/)
      await until('the change of mind', async () => (await eventsOf(name)).length === 3)
      const failed = await simulate('billing-recovered', '--store', store, '--app', `acme/${app}`)
      expect([failed.code, failed.stderr]).toEqual([0, ''])
      await until('the charge', async () => (await eventsOf(name)).length === 7)
      // A message may overtake the answer to the one before: the same events, in an order of their own.
      expect((await eventsOf(name)).toSorted()).toEqual([
        'billing_issue',
        'cancellation',
        'cancellation',
        'initial_purchase',
        'initial_purchase',
        'renewal',
        'uncancellation',
      ])
    },
  )

  it('lists the scenarios of all stores, or of one', async () => {
    const all = await here.run(['simulate', '--list'])
    expect([all.code, all.stderr]).toEqual([0, ''])
    expect(all.stdout.match(/^\S+$/gm)).toEqual(STORES.map(([store]) => store))
    const one = await here.run(['simulate', '--list', '--store', 'amazon'])
    expect(one.stdout.split('\n').slice(0, 2)).toEqual(['amazon', expect.stringMatching(/^ {2}bought-now +/)])
  })

  it.each(STORES)('says in one sentence what is wrong at %s', { timeout: 30_000 }, async (store, app) => {
    const of = ['renewed', '--store', store, '--app', `acme/${app}`] as const
    const [unknownApp, hubAway, standInAway] = await Promise.all([
      here.run(['simulate', 'renewed', '--store', store, '--app', 'acme/nope', '--hub', hub.address], env),
      here.run(['simulate', ...of, '--hub', NOBODY], env),
      here.run(['simulate', ...of, '--hub', hub.address, '--stand-in', NOBODY], env),
    ])
    expect(unknownApp).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The hub has no such app: http:\S+\/acme\/nope; correct --app, .+\.\n$/),
    })
    expect(hubAway).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Nobody answered at http:\S+; start the hub, or give its address with --hub\.\n$/),
    })
    expect(standInAway).toMatchObject({
      code: 1,
      stderr: `No stand-in answers at ${NOBODY}; start it, or correct the address.\n`,
    })
  })

  it.each([
    [[], 'Name the store with --store: app_store, play_store, amazon, stripe.'],
    [
      ['renewed', '--store', 'paddle'],
      'There are no scenarios of "paddle"; name the store with --store: app_store, play_store, amazon, stripe.',
    ],
    [
      ['--list', '--store', 'paddle'],
      'There are no scenarios of "paddle"; name the store with --store: app_store, play_store, amazon, stripe.',
    ],
    [['--store', 'amazon'], 'Name a scenario; see tributary simulate --list --store amazon.'],
    [
      ['frob', '--store', 'stripe'],
      'There is no scenario "frob" of stripe; see tributary simulate --list --store stripe.',
    ],
    [
      ['renewed', '--store', 'stripe', '--app', 'acme/web'],
      'No stand-in of stripe is known: give its address with --stand-in, or the setting by which the hub finds it (docs/quickstart.md).',
    ],
    [['renewed', '--store', 'stripe', '--stand-in', NOBODY], 'Name the app with --app, such as --app acme/ios.'],
    [
      ['renewed', '--store', 'stripe', '--stand-in', NOBODY, '--app', 'web'],
      'Name the project too, such as --app my-project/web: the config file names none, or several.',
    ],
    [
      ['renewed', '--store', 'stripe', '--stand-in', NOBODY, '--app', 'acme/web', '--pace', 'fast'],
      '--pace is a number of milliseconds up to 60000, not "fast".',
    ],
  ])('%j is refused in one sentence', async (args, sentence) => {
    expect(await here.run(['simulate', ...args])).toMatchObject({ code: 1, stderr: `${sentence}\n` })
  })

  it('takes neither a hub nor another store for the stand-in', async () => {
    const at = (address: unknown): Promise<Ended> =>
      simulate('renewed', '--store', 'stripe', '--app', 'web', '--stand-in', String(address))
    expect(await at(hub.address)).toMatchObject({
      code: 1,
      stderr: `No stand-in answers at ${hub.address}; start it, or correct the address.\n`,
    })
    expect(await at(env.TRIBUTARY_APPLE_API_URL)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^The stand-in at \S+ refused "subscribe" \(.+\); is it the one of this store\?\n$/,
      ),
    })
  })
})
