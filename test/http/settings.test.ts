import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { destinations } from '../../src/destinations/registry.ts'
import { EVENT_NAMES } from '../../src/domain/event.ts'
import { connectorsDoor } from '../../src/http/connectors-door.ts'
import { createHttpClient, type HttpClient } from '../../src/net/http.ts'
import { generateKey, keyRing } from '../../src/secrets/key-ring.ts'
import { hashSecretKey } from '../../src/secrets/masking.ts'
import { catalogueOf } from '../../src/settings/catalogue.ts'
import { createSettingsService, type SettingsService } from '../../src/settings/service.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import { createStores, storeDeclarations } from '../../src/stores/registry.ts'
import { memoryStorage } from '../settings/fixture.ts'
import { ACME_KEY, memoryHub, NOW } from './in-memory-doors.ts'
import { pigeonPost, startPigeonLoft, TOKEN } from './made-up.ts'
import { type Started, started } from './started.ts'

/** The routes of the settings over the real rooms: settings in memory, connectors that speak to stand-ins. */

const PASSCODE = 'canary-passcode-1'
const WRITE_KEY = 'canary-write-key-1'

let servers: Started
let service: SettingsService
let clevertap: ClevertapStandIn
let segment: SegmentStandIn
let loft: Awaited<ReturnType<typeof startPigeonLoft>>
let http: HttpClient
const bodies: string[] = []

beforeEach(async () => {
  bodies.length = 0
  const storage = memoryStorage()
  loft = await startPigeonLoft()
  const pigeon = pigeonPost(loft.url)
  const all = new Map([...destinations, [pigeon.id, pigeon]])
  const catalogue = catalogueOf(storeDeclarations, all.values())
  service = await createSettingsService({ storage, ring: keyRing([generateKey()]), catalogue, now: () => NOW })
  await service.changes.createProject({ id: 'acme', name: 'Acme' })
  const key = { projectId: 'acme', name: 'backend', last4: '0001', managed: 'file', createdAt: NOW } as const
  storage.keys = [{ ...key, hash: hashSecretKey(ACME_KEY) }]
  await service.reload()
  clevertap = await startClevertapStandIn({ accounts: [{ id: 'ACME', passcode: PASSCODE }], region: 'any' })
  segment = await startSegmentStandIn({ writeKeys: [{ key: WRITE_KEY }] })
  http = createHttpClient()
  const urls: Readonly<Record<string, string>> = {
    clevertap: clevertap.url,
    segment: segment.url,
    segment_cdn: segment.url,
  }
  const stores = createStores({ http, now: () => NOW, appleRoots: null, appleApiUrl: loft.url })
  const hub = memoryHub()
  const doors = {
    ...hub.doors,
    settings: {
      current: () => service.current(),
      apply: hub.doors.settings.apply,
      changes: service.changes,
      exported: async (projectId: string) => (await service.exported(projectId)).text,
    },
    connectors: connectorsDoor({
      stores,
      destinations: all,
      http,
      originOf: (remote) => urls[remote] ?? null,
      now: Date.now,
    }),
  }
  servers = await started({ hub: { ...hub, doors } })
})

afterEach(async () => {
  for (const canary of [PASSCODE, WRITE_KEY, TOKEN, ACME_KEY]) {
    for (const body of bodies) expect(body).not.toContain(canary)
    expect(JSON.stringify([servers.lines, servers.hub.audit])).not.toContain(canary)
  }
  await Promise.all([clevertap.close(), segment.close(), loft.close(), http.close()])
})

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  const answer = await servers.public.inject({
    method,
    url: `/api/projects/acme${path}`,
    headers: { authorization: `Bearer ${ACME_KEY}` },
    ...(payload === undefined ? {} : { payload }),
  })
  bodies.push(answer.body)
  return answer
}

const CLEVERTAP = { destination: 'clevertap', settings: { account_id: 'ACME', passcode: PASSCODE } }
const SEGMENT = { destination: 'segment', settings: { write_key: WRITE_KEY } }

describe('a destination that nobody wrote dashboard code for', () => {
  it('comes with its form, its check and its test event, and is saved', async () => {
    const { destinations: shown } = (await ask('GET', '/connectors')).json()
    const form = shown.find(({ id }: { readonly id: string }) => id === 'pigeon')
    expect(form).toMatchObject({
      title: 'Pigeon Post',
      fields: [
        { key: 'token', type: 'secret', required: true, pattern: 'tok_\\w+' },
        { key: 'loft', type: 'select', default: 'north', options: [{ value: 'north' }, { value: 'south' }] },
      ],
      confirm: null,
    })
    expect(form.event_names).toHaveLength(EVENT_NAMES.length)
    expect(form.event_names).toContainEqual({
      key: 'renewal',
      label: 'Renewal',
      default: 'rc_renewal_event',
      stores: ['app_store', 'play_store', 'amazon', 'stripe'],
    })

    const given = { destination: 'pigeon', settings: { token: TOKEN }, sandbox: true }
    const wrong = (await ask('POST', '/integrations/check', given)).json()
    expect(wrong.results).toEqual(
      ['production', 'sandbox'].map((environment) => ({
        environment,
        ok: false,
        message: 'The loft says: nobody knows [redacted] here',
        suggestion: { loft: 'south' },
      })),
    )
    const right = { ...given, settings: { ...given.settings, ...wrong.results[0].suggestion } }
    expect((await ask('POST', '/integrations/check', right)).json().results).toMatchObject([{ ok: true }, { ok: true }])

    const event = { environment: 'sandbox', event: 'trial_started', event_names: { trial_started: 'Coo' } }
    const tried = (await ask('POST', '/integrations/test-event', { ...right, ...event })).json()
    expect(tried).toMatchObject({
      ok: true,
      message: 'Pigeon Post took the test event.',
      request: { method: 'POST', url: `${loft.url}/south/letters` },
      response: { status: 200, body: '{}' },
    })
    expect(loft.letters).toEqual([
      {
        id: expect.stringMatching(/^evt_test_\d+_trial_started$/),
        name: 'Coo',
        to: 'tributary-test',
        attributes: { is_test: { value: 'true', updatedAt: expect.any(Number) } },
      },
    ])

    const made = await ask('POST', '/integrations', { ...right, event_names: { renewal: 'x'.repeat(21) } })
    expect([made.statusCode, made.json().errors]).toEqual([
      400,
      [{ at: 'event_names.renewal', message: 'A pigeon carries 20 characters; shorten the name.' }],
    ])
    expect((await ask('POST', '/integrations', right)).json()).toMatchObject({
      id: 'pigeon',
      title: 'Pigeon Post',
      managed: 'dashboard',
      confirmed_at: null,
      settings: { token: { set: true, last4: 'e_up' }, loft: 'south' },
    })
    expect((await ask('POST', '/integrations/pigeon/check')).json().results).toMatchObject([{ ok: true }, { ok: true }])
    expect((await ask('GET', '/config.yaml')).body).toContain('token: ${ACME_PIGEON_TOKEN}')
  })
})

describe('the connectors', () => {
  it('say what a form needs of each store: fields, what stands beside them, and steps that name the address', async () => {
    const { stores } = (await ask('GET', '/connectors')).json()
    expect(stores.map(({ id }: { readonly id: string }) => id)).toEqual(storeDeclarations.map(({ name }) => name))
    for (const store of stores) {
      expect(store.steps.join(' '), store.id).toContain('{url}')
      expect(
        store.app_fields.map(({ key }: { readonly key: string }) => key),
        store.id,
      ).toEqual(['id', 'public_key', 'environments', 'receive', 'events_from', 'commission', 'tax'])
    }
    expect(stores[0]).toMatchObject({ id: 'app_store', can_check: true, can_test_notification: true })
    const stripe = stores.find(({ id }: { readonly id: string }) => id === 'stripe')
    expect(stripe).toMatchObject({ can_test_notification: false })
    expect(stripe.app_fields).toContainEqual(expect.objectContaining({ key: 'commission', default: 0.029 }))
    expect(JSON.stringify(stores)).not.toContain('"forward_to"')
  })

  it('shows the sandbox toggle where it changes something', async () => {
    const shown = (await ask('GET', '/connectors')).json().destinations
    const keysOf = (id: string) =>
      shown
        .find((one: { readonly id: string }) => one.id === id)
        .integration_fields.map(({ key }: { readonly key: string }) => key)
    expect(keysOf('segment')).toEqual(['id', 'enabled', 'live_from', 'sandbox'])
    expect(keysOf('clevertap')).toEqual(['id', 'enabled', 'live_from'])
  })
})

describe('a check', () => {
  it('says in one sentence that the passcode is wrong, and nothing when it is right', async () => {
    const wrong = { ...CLEVERTAP, settings: { ...CLEVERTAP.settings, passcode: 'canary-passcode-2' } }
    const said = await ask('POST', '/integrations/check', wrong)
    expect(said.json().results).toEqual([
      {
        environment: 'production',
        ok: false,
        message:
          'CleverTap refuses the credentials in every region; copy account id and passcode again from its settings.',
        suggestion: null,
      },
    ])
    expect(said.body).not.toContain('canary-passcode-2')
    const right = (await ask('POST', '/integrations/check', CLEVERTAP)).json()
    expect(right.results).toMatchObject([{ ok: true, message: 'CleverTap accepts the credentials in Europe (eu1).' }])
  })

  it('asks the other regions until one takes the credentials, and names it', async () => {
    clevertap.script([401, 401].map((status) => ({ kind: 'answer', status })))
    const { results } = (await ask('POST', '/integrations/check', CLEVERTAP)).json()
    expect(results).toMatchObject([{ ok: false, suggestion: { region: 'sg1' } }])
    expect(clevertap.requests).toBe(3)
  })

  it('checks the sandbox by its own credentials', async () => {
    const settings = { ...CLEVERTAP.settings, sandbox_account_id: 'TEST', sandbox_passcode: 'canary-passcode-3' }
    const { results } = (await ask('POST', '/integrations/check', { destination: 'clevertap', settings })).json()
    expect(results).toMatchObject([
      { environment: 'production', ok: true },
      { environment: 'sandbox', ok: false },
    ])
  })

  it('takes left-out secrets of the stored integration, and says at which field a form is wrong', async () => {
    await ask('POST', '/integrations', CLEVERTAP)
    const again = { id: 'clevertap', destination: 'clevertap', settings: { passcode: { set: true, last4: 'de-1' } } }
    expect((await ask('POST', '/integrations/check', again)).json().results).toMatchObject([{ ok: true }])
    const { errors } = (await ask('POST', '/integrations/check', { destination: 'clevertap', settings: {} })).json()
    expect(errors.map(({ at }: { readonly at: string }) => at)).toEqual(['settings.account_id', 'settings.passcode'])
    expect((await ask('POST', '/integrations/nobody/check')).statusCode).toBe(404)
  })
})

describe('a test event', () => {
  it.each(EVENT_NAMES)('%s goes out as a delivery of it would, once, and is kept nowhere', async (event) => {
    const before = servers.hub.rows.deliveries.length
    const tried = { ...CLEVERTAP, environment: 'production', event, app_user_id: 'somebody' }
    const answer = (await ask('POST', '/integrations/test-event', tried)).json()
    expect(answer).toMatchObject({ ok: true, request: { method: 'POST' } })
    const { d } = JSON.parse(answer.request.body)
    expect(d[0]).toMatchObject({ evtName: `rc_${event}_event`, identity: 'somebody' })
    expect(JSON.stringify(d)).toContain('is_test')
    expect(clevertap.requests).toBe(1)
    expect(clevertap.accepted()).toHaveLength(1)
    expect(servers.hub.rows.deliveries).toHaveLength(before)
  })

  it('is only known to have been sent where the destination takes anything, until somebody looked', async () => {
    await ask('POST', '/integrations', SEGMENT)
    const wish = { environment: 'production', event: 'renewal' }
    const answer = (await ask('POST', '/integrations/segment/test-event', wish)).json()
    expect(answer).toMatchObject({ ok: null, message: expect.stringContaining('debugger') })
    expect(segment.accepted().length).toBeGreaterThan(0)
    const confirmed = await ask('POST', '/integrations/segment/confirm')
    expect(confirmed.json().confirmed_at).toBe(new Date(NOW).toISOString())
    const changed = await ask('PATCH', '/integrations/segment', { settings: { region: 'eu' } })
    expect(changed.json().confirmed_at).toBeNull()
    expect((await ask('POST', '/integrations', CLEVERTAP)).statusCode).toBe(200)
    expect((await ask('POST', '/integrations/clevertap/confirm')).statusCode).toBe(409)
  })

  it('is not sent where there is nowhere to send it, under no name, or for nobody', async () => {
    const errorsOf = async (given: object) => {
      const answer = await ask('POST', '/integrations/test-event', {
        ...CLEVERTAP,
        environment: 'production',
        event: 'renewal',
        ...given,
      })
      return [answer.statusCode, answer.json().errors?.[0]?.at]
    }
    expect(await errorsOf({ environment: 'sandbox' })).toEqual([400, 'environment'])
    expect(await errorsOf({ event_names: { renewal: '' } })).toEqual([400, 'event'])
    const anonymous = { app_user_id: `$RCAnonymousID:${'a'.repeat(32)}` }
    const settings = { ...CLEVERTAP.settings, anonymous: 'skip' }
    expect(await errorsOf({ ...anonymous, settings })).toEqual([400, 'app_user_id'])
    expect(await errorsOf({ event: 'transfer' })).toEqual([400, 'event'])
    expect(clevertap.requests).toBe(0)
  })

  it('says plainly what the destination refused or that it did not answer', async () => {
    const tried = { ...CLEVERTAP, environment: 'production', event: 'renewal' }
    clevertap.script([{ kind: 'answer', status: 401 }, { kind: 'cut_before' }])
    expect((await ask('POST', '/integrations/test-event', tried)).json()).toMatchObject({
      ok: false,
      message: expect.stringContaining('redentials'),
    })
    expect((await ask('POST', '/integrations/test-event', tried)).json()).toMatchObject({
      ok: null,
      message: expect.stringMatching(/did not answer .*try again/),
      response: null,
    })
  })
})

describe('integrations and apps', () => {
  it('are added once: the same POST again is 409 and changes nothing', async () => {
    const given = { id: 'ct', ...CLEVERTAP }
    expect((await ask('POST', '/integrations', given)).statusCode).toBe(200)
    const again = await ask('POST', '/integrations', { ...given, enabled: false })
    expect([again.statusCode, again.json().detail]).toEqual([409, expect.stringContaining('already')])
    expect((await ask('GET', '/integrations/ct')).json()).toMatchObject({ enabled: true })
    // Without an id each is one of its own.
    expect((await ask('POST', '/integrations', CLEVERTAP)).json().id).toBe('clevertap')
    expect((await ask('POST', '/integrations', CLEVERTAP)).json().id).toBe('clevertap-2')
  })

  it('are changed and removed, and each act is in the audit log with what it changed', async () => {
    await ask('POST', '/integrations', CLEVERTAP)
    await ask('PATCH', '/integrations/clevertap', { event_names: { renewal: 'Renewed' }, settings: { region: 'in1' } })
    await ask('PATCH', '/integrations/clevertap', {})
    const removed = await ask('DELETE', '/integrations/clevertap')
    expect(removed.json()).toEqual({ removed: true, waiting: 1 })
    expect((await ask('GET', '/integrations/clevertap')).statusCode).toBe(404)
    expect((await ask('DELETE', '/integrations/clevertap')).statusCode).toBe(404)
    expect(servers.hub.audit.map(({ act, kind, id }) => `${act} ${kind} ${id}`)).toEqual([
      'create integration clevertap',
      'update integration clevertap',
      'remove integration clevertap',
    ])
    expect(servers.hub.audit[1]?.changes).toEqual([
      { path: 'settings.region', from: 'eu1', to: 'in1' },
      { path: 'event_names.renewal', from: null, to: 'Renewed' },
    ])
  })

  it('of a config file are left alone: 409', async () => {
    const declared = { version: 1, projects: [{ id: 'acme', integrations: [{ id: 'seg', ...SEGMENT }] }] }
    const document = { name: 'tributary.yaml', value: declared, lines: {}, texts: {} }
    await service.apply(document, { prune: false, adopt: true, dryRun: false })
    for (const answer of [
      await ask('PATCH', '/integrations/seg', { enabled: false }),
      await ask('DELETE', '/integrations/seg'),
      await ask('PATCH', '', { name: 'Mine' }),
    ])
      expect([answer.statusCode, answer.json().detail]).toEqual([
        409,
        expect.stringContaining('managed by the config file'),
      ])
    expect((await ask('GET', '/integrations/seg')).json()).toMatchObject({ enabled: true, managed: 'file' })
  })

  it('show an app that was added by form, and change it', async () => {
    const settings = { bundle_id: 'com.acme.app', app_apple_id: 1 }
    const added = await ask('POST', '/apps', { id: 'ios', store: 'app_store', settings })
    expect(added.json()).toMatchObject({
      title: 'App Store',
      managed: 'dashboard',
      commission: null,
      notification_url: 'https://hub.example/notifications/app-store/acme/ios',
      events_from: new Date(NOW).toISOString(),
    })
    const changed = await ask('PATCH', '/apps/ios', { commission: 0.15, environments: ['sandbox'] })
    expect(changed.json()).toMatchObject({ commission: 0.15, environments: ['sandbox'] })
    const wrong = await ask('PATCH', '/apps/ios', { environments: [], settings: { bundle_id: 'no bundle' } })
    expect(wrong.json().errors).toMatchObject([{ at: 'settings.bundle_id' }])
    expect((await ask('POST', '/apps/ios/check')).json().results).toMatchObject([
      { environment: 'sandbox', ok: null, message: expect.stringContaining('No API key') },
    ])
    expect((await ask('POST', '/apps/ios/test-notification?environment=sandbox')).statusCode).toBe(409)
    expect((await ask('DELETE', '/apps/ios')).json()).toEqual({ removed: true, waiting: 0 })
  })
})

describe('the project', () => {
  it('shows its settings with the fields of its forms, and takes them in part', async () => {
    const shown = (await ask('GET', '')).json()
    expect(shown).toMatchObject({ id: 'acme', name: 'Acme', managed: 'dashboard', tax_rules: [], offerings: {} })
    expect(shown.fields.map(({ key }: { readonly key: string }) => key)).toContain('transfer_behavior')
    const rules = [{ rate: 0.12, store: 'stripe', countries: ['DE'], from: '2026-11-01' }]
    const rates = [{ currency: 'IRR', date: '2026-11-01', usd: '0.0000238095' }]
    const changed = await ask('PATCH', '', {
      commission_rules: rules,
      exchange_rates: rates,
      entitlements: { premium: ['a'] },
    })
    expect(changed.json()).toMatchObject({
      commission_rules: rules,
      exchange_rates: rates,
      entitlements: { premium: ['a'] },
    })
    // What was shown can be given back.
    const again = await ask('PATCH', '', { commission_rules: changed.json().commission_rules })
    expect(again.json().commission_rules).toEqual(rules)
    const wrong = await ask('PATCH', '', { tax_rules: [{ rate: 0.1, countries: ['Germany'] }] })
    expect([wrong.statusCode, wrong.json().errors[0].at]).toEqual([400, 'tax_rules.0.countries'])
    expect(servers.hub.audit.map(({ act, kind }) => `${act} ${kind}`)).toEqual(['update project'])
  })
})
