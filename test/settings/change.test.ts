import { describe, expect, it } from 'vitest'
import { hashSecretKey } from '../../src/secrets/masking.ts'
import type { Changed } from '../../src/settings/change.ts'
import { type Bench, bench, FULL, NOW, PRIVATE_KEY } from './fixture.ts'

const SEGMENT = { id: 'seg', destination: 'segment', settings: { write_key: 'canary-write-key' } }
const IOS = {
  id: 'ios',
  store: 'app_store',
  public_key: 'appl_acme',
  settings: {
    bundle_id: 'com.acme.app',
    app_apple_id: 1,
    api_key: { issuer_id: '57246542-96fe-1a63-e053-0824d011072a', key_id: '2X9R4HXF34', private_key: PRIVATE_KEY },
  },
}

async function empty(): Promise<Bench> {
  const made = await bench()
  expect(await made.service.changes.createProject({ id: 'acme', name: 'Acme' })).toMatchObject({ kind: 'changed' })
  return made
}

function faultsOf(changed: Changed): readonly string[] {
  return changed.kind === 'faults' ? changed.faults.map(({ at, message }) => `${at}: ${message}`) : [changed.kind]
}

describe('what the dashboard makes', () => {
  it('is there at once, managed by the dashboard, and told with its secrets masked', async () => {
    const { service, storage } = await empty()
    const made = await service.changes.create('integration', 'acme', SEGMENT)
    expect(made).toMatchObject({ kind: 'changed', id: 'seg' })
    expect(made.kind === 'changed' && made.changes).toContainEqual({
      path: 'settings.write_key',
      from: null,
      to: '••••-key',
    })
    const view = service.current()
    expect(view.managedBy('integration', 'acme', 'seg')).toBe('dashboard')
    expect(view.integration('acme', 'seg')).toMatchObject({ enabled: true, liveFrom: NOW, settings: { region: 'us' } })
    expect(JSON.stringify([made, storage.rows])).not.toContain('canary')
  })

  it('twice is a conflict and changes nothing', async () => {
    const { service, storage } = await empty()
    await service.changes.create('integration', 'acme', SEGMENT)
    const { rows, writes } = storage
    const again = await service.changes.create('integration', 'acme', { ...SEGMENT, settings: { write_key: 'other' } })
    expect(again).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('already') })
    expect(await service.changes.createProject({ id: 'acme', name: 'Else' })).toMatchObject({ kind: 'conflict' })
    const both = await Promise.all([1, 2].map(() => service.changes.create('app', 'acme', IOS)))
    expect(both.map(({ kind }) => kind).sort()).toEqual(['changed', 'conflict'])
    expect(storage.writes).toBe(writes + 1)
    expect(storage.rows.slice(0, rows.length)).toEqual(rows)
  })

  it('needs a project', async () => {
    const { service } = await bench()
    expect(await service.changes.create('app', 'nobody', IOS)).toEqual({ kind: 'absent' })
    expect(await service.changes.createKey('nobody', 'backend')).toEqual({ kind: 'absent' })
  })

  it('is checked by the rules of the config file, each fault at its field', async () => {
    const { service, storage } = await empty()
    const writes = storage.writes
    const integration = async (given: object) =>
      faultsOf(await service.changes.create('integration', 'acme', { ...SEGMENT, ...given }))
    expect(await integration({ id: 'No Id', live_from: 'soon', settings: { region: 'mars', nope: 1 } })).toEqual([
      expect.stringMatching(/^id: must be lower-case/),
      expect.stringMatching(/^live_from: must be a day/),
      expect.stringMatching(/^settings\.region: must be one of us, eu/),
      expect.stringMatching(/^settings\.write_key: is missing/),
      expect.stringMatching(/^settings\.nope: is not known here/),
    ])
    expect(await integration({ event_names: { renewal: '   ' } })).toEqual([
      expect.stringMatching(/^event_names\.renewal: is made of spaces/),
    ])
    expect(await integration({ destination: 'nobody' })).toEqual([
      expect.stringMatching(/^destination: must be one of/),
    ])
    const app = async (given: object) =>
      faultsOf(await service.changes.create('app', 'acme', { ...IOS, public_key: null, ...given }))
    expect(await app({ settings: { app_apple_id: 0, api_key: { key_id: '2X9R4HXF34' } } })).toEqual([
      expect.stringMatching(/^settings\.bundle_id: is missing/),
      expect.stringMatching(/^settings\.app_apple_id: must be between/),
      expect.stringMatching(/^settings\.api_key\.issuer_id: is missing: it goes with key_id/),
      expect.stringMatching(/^settings\.api_key\.private_key: is missing/),
    ])
    expect(await app({ environments: ['moon'] })).toEqual([expect.stringMatching(/^environments\.0: must be one of/)])
    expect(await app({ settings: { ...IOS.settings, receive: 'pull', nope: 1 } })).toEqual([
      expect.stringMatching(/^settings\.receive: is no setting of the store/),
    ])
    expect(await app({ settings: { bundle_id: 'com.acme.app' } })).toEqual([
      expect.stringMatching(/^: app_apple_id of ios is missing/),
    ])
    expect(await app({ store: 'nobody' })).toEqual([expect.stringMatching(/^store: must be one of/)])
    expect(storage.writes).toBe(writes)
  })

  it('takes what a store words in its own way beside its settings', async () => {
    const { service } = await empty()
    const settings = { webhook_secret: [`whsec_${'x'.repeat(32)}`] }
    const made = await service.changes.create('app', 'acme', { id: 'web', store: 'stripe', commission: 0.05, settings })
    expect(made.kind).toBe('changed')
    expect(service.current().app('acme', 'web')).toMatchObject({ commissionRatePpm: 50_000 })
    await service.changes.change('app', 'acme', 'web', { commission: null })
    expect(service.current().app('acme', 'web')).toMatchObject({ commissionRatePpm: 29_000 })
    const wrong = await service.changes.change('app', 'acme', 'web', { settings: { commission: 0.1 } })
    expect(faultsOf(wrong)).toEqual([expect.stringMatching(/^settings\.commission: /)])
  })

  it('has a public key that no other app of the hub has', async () => {
    const { service } = await empty()
    await service.changes.createProject({ id: 'other', name: 'Other' })
    await service.changes.create('app', 'other', IOS)
    expect(faultsOf(await service.changes.create('app', 'acme', IOS))).toEqual([
      expect.stringMatching(/^public_key: is the public key of another app/),
    ])
    expect((await service.changes.change('app', 'other', 'ios', { receive: 'pull' })).kind).toBe('changed')
  })
})

describe('what the dashboard changes', () => {
  it('merges settings by key: left out stays, null clears, given replaces; names are replaced as a whole', async () => {
    const { service } = await empty()
    await service.changes.create('integration', 'acme', {
      ...SEGMENT,
      event_names: { renewal: 'Renewed', expiration: '' },
      settings: {
        write_key: 'canary-write-key',
        sandbox_write_key: 'canary-sandbox-key',
        sales_reporting: 'after_commission',
        attributes: { include: ['$email'], exclude: ['$ip'] },
      },
    })
    const done = await service.changes.change('integration', 'acme', 'seg', {
      event_names: { renewal: 'Again' },
      settings: { sales_reporting: null, sandbox_write_key: null, region: 'eu', attributes: { include: null } },
    })
    expect(service.current().integration('acme', 'seg')).toMatchObject({
      eventNames: { renewal: 'Again' },
      settings: {
        write_key: 'canary-write-key',
        sales_reporting: 'gross',
        region: 'eu',
        attributes: { include: [], exclude: ['$ip'] },
      },
    })
    expect(service.current().integration('acme', 'seg')?.settings).not.toHaveProperty('sandbox_write_key')
    const paths = done.kind === 'changed' ? done.changes.map(({ path }) => path) : []
    expect(paths.sort()).toEqual([
      'event_names.expiration',
      'event_names.renewal',
      'settings.attributes.include',
      'settings.region',
      'settings.sales_reporting',
      'settings.sandbox_write_key',
    ])
    expect(JSON.stringify(done)).not.toContain('canary')
  })

  it('keeps a secret that is empty or comes back as its mask, deep inside too', async () => {
    const { service, storage } = await empty()
    await service.changes.create('app', 'acme', IOS)
    const writes = storage.writes
    const before = service.current().app('acme', 'ios')
    for (const kept of [{ set: true }, { set: true, last4: 'abcd' }, ''])
      expect(
        await service.changes.change('app', 'acme', 'ios', { settings: { api_key: { private_key: kept } } }),
      ).toEqual({ kind: 'changed', id: 'ios', changes: [] })
    expect(service.current().app('acme', 'ios')).toEqual(before)
    expect(storage.writes).toBe(writes)
  })

  it('keeps secrets of a list by their masks, in whatever order', async () => {
    const { service } = await empty()
    const [old, fresh] = [`whsec_${'x'.repeat(28)}1111`, `whsec_${'y'.repeat(28)}2222`]
    await service.changes.create('app', 'acme', { id: 'web', store: 'stripe', settings: { webhook_secret: [old] } })
    const list = (items: readonly unknown[]) =>
      service.changes.change('app', 'acme', 'web', { settings: { webhook_secret: items } })
    await list([fresh, { set: true, last4: '1111' }])
    expect(service.current().app('acme', 'web')?.settings.webhook_secret).toEqual([fresh, old])
    await list([{ set: true, last4: '2222' }])
    expect(service.current().app('acme', 'web')?.settings.webhook_secret).toEqual([fresh])
    expect(faultsOf(await list([{ set: true, last4: '1111' }]))).toEqual([
      expect.stringMatching(/^settings\.webhook_secret\.0: is none of the stored secrets/),
    ])
  })

  it('changes the project in part, by the rules of the file', async () => {
    const { service } = await empty()
    const change = (given: object) => service.changes.changeProject('acme', { ...given })
    await change({
      entitlements: { premium: ['a', 'b'] },
      exchange_rates: [{ currency: 'EUR', date: '2026-11-01', usd: '1.1' }],
    })
    await change({ commission_rules: [{ rate: 0.15, store: 'app_store', tenure: '>=1y' }], resubscribe_as: 'renewal' })
    expect(service.current().project('acme')).toMatchObject({
      name: 'Acme',
      resubscribeAs: 'renewal',
      entitlements: { premium: ['a', 'b'] },
      commissionRules: [{ ratePpm: 150_000, store: 'app_store', tenure: '>=1y' }],
      exchangeRates: [{ currency: 'EUR', date: '2026-11-01', rate: 1_100_000_000_000n }],
    })
    expect(faultsOf(await change({ tax_rules: [{ rate: 0.1 }, { rate: 2, from: '2026-02-30' }] }))).toEqual([
      expect.stringMatching(/^tax_rules\.1\.rate: must be between 0 and 1/),
    ])
    expect(faultsOf(await change({ identity_hold_seconds: -1 }))).toEqual([
      expect.stringMatching(/^identity_hold_seconds: must be between/),
    ])
    await change({ commission_rules: [], name: null })
    expect(service.current().project('acme')).toMatchObject({ name: 'acme', commissionRules: [] })
  })

  it('makes keys that open the API until they are revoked, each under a name of its own', async () => {
    const { service, storage } = await empty()
    const made = await service.changes.createKey('acme', 'backend')
    if (made.kind !== 'made') throw new Error(made.kind)
    expect(made.key).toMatch(/^sk_[0-9a-f]{48}$/)
    expect(service.current().keyByHash(hashSecretKey(made.key))).toMatchObject({
      name: 'backend',
      managed: 'dashboard',
    })
    expect(JSON.stringify(storage.keys)).not.toContain(made.key)
    expect(await service.changes.createKey('acme', 'backend')).toMatchObject({ kind: 'conflict' })
    expect(await service.changes.createKey('acme', 'No')).toMatchObject({ kind: 'faults', faults: [{ at: 'name' }] })
    expect(storage.keys).toHaveLength(1)
    expect(await service.changes.removeKey('acme', 'backend')).toMatchObject({ kind: 'revoked' })
    expect(service.current().keyByHash(hashSecretKey(made.key))).toBeUndefined()
    expect(await service.changes.removeKey('acme', 'backend')).toEqual({ kind: 'absent' })
  })
})

describe('who manages what', () => {
  it('what a file declares is left to the file, whatever the dashboard asks', async () => {
    const { apply, service, storage } = await bench()
    await apply(FULL)
    const { writes } = storage
    const { changes } = service
    const asked: readonly Promise<{ readonly kind: string }>[] = [
      changes.changeProject('acme', { name: 'Mine' }),
      changes.change('integration', 'acme', 'segment', { enabled: false }),
      changes.change('app', 'acme', 'ios', { receive: 'pull' }),
      changes.remove('integration', 'acme', 'segment'),
      changes.remove('app', 'acme', 'ios'),
      changes.removeKey('acme', 'backend'),
    ]
    for (const answer of await Promise.all(asked))
      expect(answer).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('managed by the config file') })
    expect(storage.writes).toBe(writes)
  })

  it('a file leaves to the dashboard what was made there, unless it adopts it', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    expect((await service.changes.create('integration', 'acme', SEGMENT)).kind).toBe('changed')
    await apply(FULL, { prune: true })
    expect(service.current().integration('acme', 'seg')).toBeDefined()
    const claiming = FULL.replace('- { id: segment,', '- { id: seg,')
    expect(await apply(claiming)).toMatchObject({ kind: 'conflicts', plan: { conflicts: [{ id: 'seg' }] } })
    expect(await apply(claiming, { adopt: true })).toMatchObject({ kind: 'applied' })
    expect(await service.changes.remove('integration', 'acme', 'seg')).toMatchObject({ kind: 'conflict' })
  })

  it('a project of a file can be handed over to the dashboard as it is, and the file can take it back', async () => {
    const { apply, service, storage } = await bench()
    await apply(FULL)
    const before = service.current()
    const handed = await service.changes.handOver('acme')
    expect(handed.kind === 'changed' && handed.changes.map(({ path }) => path)).toEqual([
      'project acme: managed by',
      'app ios: managed by',
      'integration segment: managed by',
      'integration clevertap: managed by',
      'secret key backend: managed by',
    ])
    expect(JSON.stringify(storage.rows)).not.toContain('canary')
    const { integrations, apps, projects } = service.current()
    expect({ integrations, apps, projects }).toEqual({
      integrations: before.integrations,
      apps: before.apps,
      projects: before.projects,
    })
    expect(await service.changes.change('integration', 'acme', 'segment', { enabled: false })).toMatchObject({
      kind: 'changed',
    })
    expect(await service.changes.handOver('acme')).toEqual({ kind: 'changed', id: 'acme', changes: [] })
    expect(await service.changes.handOver('nobody')).toEqual({ kind: 'absent' })
    expect((await apply(FULL)).kind).toBe('conflicts')
    expect((await apply(FULL, { adopt: true })).kind).toBe('applied')
    expect(service.current().integration('acme', 'segment')?.enabled).toBe(true)
  })

  it('what the dashboard made it can remove', async () => {
    const { service } = await empty()
    await service.changes.create('integration', 'acme', SEGMENT)
    await service.changes.create('app', 'acme', IOS)
    expect(await service.changes.remove('integration', 'acme', 'seg')).toMatchObject({ kind: 'changed' })
    expect(await service.changes.remove('app', 'acme', 'ios')).toMatchObject({ kind: 'changed' })
    expect(service.current().integrations).toEqual([])
    expect(service.current().apps).toEqual([])
    expect(await service.changes.remove('app', 'acme', 'ios')).toEqual({ kind: 'absent' })
  })
})

describe('what a person confirmed', () => {
  const confirmedAt = ({ service }: Bench, id = 'segment') => service.current().integration('acme', id)?.confirmedAt

  it('holds until the write key or the region changes', async () => {
    const made = await empty()
    const { service } = made
    await service.changes.create('integration', 'acme', { ...SEGMENT, id: 'segment' })
    expect(confirmedAt(made)).toBeUndefined()
    const done = await service.changes.confirm('acme', 'segment')
    expect(done).toMatchObject({
      changes: [{ path: 'confirmed_at', from: null, to: '2026-11-25T12:00:00.000Z' }],
    })
    await service.changes.change('integration', 'acme', 'segment', { sandbox: true, settings: { identify: 'never' } })
    expect(confirmedAt(made)).toBe(NOW)
    await service.changes.change('integration', 'acme', 'segment', { settings: { write_key: 'canary-other-key' } })
    expect(confirmedAt(made)).toBeUndefined()
    await service.changes.confirm('acme', 'segment')
    await service.changes.change('integration', 'acme', 'segment', { settings: { region: 'eu' } })
    expect(confirmedAt(made)).toBeUndefined()
  })

  it('of an integration of a file is no change of the file', async () => {
    const made = await bench()
    await made.apply(FULL)
    await made.service.changes.confirm('acme', 'segment')
    expect(made.service.current().managedBy('integration', 'acme', 'segment')).toBe('file')
    expect(await made.apply(FULL)).toMatchObject({ plan: { updates: [], creates: [] } })
    expect(confirmedAt(made)).toBe(NOW)
    await made.apply(FULL.replace('identify: always', 'identify: never'))
    expect(confirmedAt(made)).toBe(NOW)
    await made.apply(FULL.replace('write_key: canary-write-key', 'write_key: canary-another'))
    expect(confirmedAt(made)).toBeUndefined()
  })

  it('is asked where no answer tells alone', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    expect(await service.changes.confirm('acme', 'clevertap')).toMatchObject({ kind: 'conflict' })
    expect(await service.changes.confirm('acme', 'nobody')).toEqual({ kind: 'absent' })
  })
})

describe('what is tried before it is saved', () => {
  it('takes the stored secrets under its id, and nothing is written', async () => {
    const { service, storage } = await empty()
    await service.changes.create('integration', 'acme', SEGMENT)
    const { writes } = storage
    const draft = (given: object) =>
      service.changes.draftIntegration('acme', { destination: 'segment', settings: {}, ...given })
    expect(await draft({ id: 'seg', settings: { region: 'eu' } })).toMatchObject({
      kind: 'draft',
      draft: { id: 'seg', settings: { region: 'eu', write_key: 'canary-write-key' } },
    })
    expect(await draft({})).toMatchObject({ kind: 'faults', faults: [{ at: 'settings.write_key' }] })
    // The secrets of one kind are not those of another.
    expect(await draft({ id: 'seg', destination: 'clevertap' })).toMatchObject({
      faults: [{ at: 'settings.account_id' }, { at: 'settings.passcode' }],
    })
    await service.changes.create('app', 'acme', IOS)
    const app = await service.changes.draftApp('acme', { id: 'ios', store: 'app_store', settings: {} })
    expect(app).toMatchObject({ kind: 'draft', draft: { settings: { bundle_id: 'com.acme.app' } } })
    expect(storage.writes).toBe(writes + 1)
  })
})
