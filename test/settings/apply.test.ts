import { describe, expect, it } from 'vitest'
import { generateKey, keyRing } from '../../src/secrets/key-ring.ts'
import { hashSecretKey } from '../../src/secrets/masking.ts'
import { KeyRefused } from '../../src/secrets/open-keys.ts'
import { applyText, documentText } from '../../src/settings/apply-text.ts'
import type { Plan } from '../../src/settings/plan.ts'
import { planText } from '../../src/settings/plan-text.ts'
import { type ApplyResult, createSettingsService } from '../../src/settings/service.ts'
import {
  bench,
  CANARIES,
  CATALOGUE,
  changed,
  documentOf,
  FULL,
  KEY,
  memoryStorage,
  NOW,
  PLAIN,
  PRIVATE_KEY,
} from './fixture.ts'

function planOf(result: ApplyResult): Plan {
  if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems))
  return result.plan
}

function namesOf(items: readonly { readonly kind: string; readonly id: string }[]): readonly string[] {
  return items.map(({ kind, id }) => `${kind} ${id}`)
}

const NO_CLEVERTAP = FULL.slice(0, FULL.indexOf('      - { id: clevertap'))

describe('applying a config file', () => {
  it('makes everything, and nothing the second time', async () => {
    const { apply, storage, service } = await bench()
    const first = await apply(FULL)
    expect(first.kind).toBe('applied')
    expect(namesOf(planOf(first).creates)).toEqual([
      'project acme',
      'app ios',
      'integration segment',
      'integration clevertap',
      'secret key backend',
    ])
    const second = planOf(await apply(FULL))
    expect([second.creates, second.updates, second.removes]).toEqual([[], [], []])
    expect(second.unchanged).toHaveLength(5)
    expect(storage.writes).toBe(1)
    expect(service.current().apps).toHaveLength(1)
  })

  it('takes offerings, in the order of the file, and nothing the second time; left out they are gone', async () => {
    const { apply, service } = await bench()
    const offerings = `    offerings:
      b: { packages: { $rc_monthly: com.acme.monthly, other: { play_store: "gold:monthly", app_store: { product: x } } } }
      a: { description: Second, current: true, metadata: { n: [1] }, packages: { p: { product: "a:b", plan: c } } }
`
    const text = FULL.replace('    secret_keys:', `${offerings}    secret_keys:`)
    await apply(text)
    expect(service.current().project('acme')?.offerings).toEqual([
      {
        id: 'b',
        description: 'b',
        current: false,
        metadata: {},
        packages: [
          { id: '$rc_monthly', product: { product: 'com.acme.monthly', plan: null } },
          {
            id: 'other',
            product: {
              byStore: { play_store: { product: 'gold', plan: 'monthly' }, app_store: { product: 'x', plan: null } },
            },
          },
        ],
      },
      {
        id: 'a',
        description: 'Second',
        current: true,
        metadata: { n: [1] },
        packages: [{ id: 'p', product: { product: 'a:b', plan: 'c' } }],
      },
    ])
    const second = planOf(await apply(text))
    expect([second.creates, second.updates, second.removes]).toEqual([[], [], []])
    await apply(FULL)
    expect(service.current().project('acme')?.offerings).toEqual([])
  })

  it('changes nothing the second time where a store words a common setting in its own way', async () => {
    const { apply, service } = await bench()
    const web = `      - { id: web, store: stripe, webhook_secret: [whsec_${'x'.repeat(32)}], commission: 0.05 }\n`
    const text = FULL.replace('    integrations:\n', `${web}    integrations:\n`)
    await apply(text)
    const second = planOf(await apply(text))
    expect([second.creates, second.updates, second.removes]).toEqual([[], [], []])
    expect(second.unchanged).toHaveLength(6)
    expect(service.current().app('acme', 'web')).toMatchObject({ commissionRatePpm: 50_000 })
    expect(service.current().app('acme', 'web')?.settings).not.toHaveProperty('commission')
  })

  it('gives the view that the rest of the hub works with', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    const view = service.current()
    expect(view.project('acme')).toMatchObject({
      name: 'Acme',
      identityHoldMs: 60_000,
      transferBehavior: 'transfer',
      resubscribeAs: 'initial_purchase',
    })
    expect(view.app('acme', 'ios')).toMatchObject({
      store: 'app_store',
      publicKey: 'appl_acme',
      commissionRatePpm: null,
      createdAt: NOW,
    })
    expect(view.app('acme', 'ios')?.settings.api_key).toMatchObject({ private_key: PRIVATE_KEY.trimEnd() })
    expect(view.integration('acme', 'clevertap')).toMatchObject({
      destination: 'clevertap',
      enabled: true,
      mode: 'live',
      liveFrom: NOW,
      allEvents: false,
    })
    expect(view.integration('acme', 'segment')?.eventNames).toEqual({
      trial_started: 'Trial Started',
      subscription_paused: '',
    })
    expect(view.keyByHash(hashSecretKey('sk_acme_1'))).toMatchObject({ projectId: 'acme', name: 'backend' })
    expect(view.appByPublicKey('appl_acme')?.id).toBe('ios')
    expect(view.managedBy('integration', 'acme', 'segment')).toBe('file')
    expect(view.secretsOf('acme')).toHaveLength(5)
    expect(view.broken).toEqual([])
  })

  it('keeps no secret in the clear', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    const stored = JSON.stringify([storage.rows, storage.keys])
    expect(CANARIES.filter((canary) => stored.includes(canary))).toEqual([])
    expect(stored.match(/sealed:/g)).toHaveLength(5)
  })

  it('names what changes, masked, and keeps the time of creation', async () => {
    const { apply, service, at } = await bench()
    await apply(FULL)
    at(NOW + 86_400_000)
    const result = await apply(
      changed(
        ['canary-write-key', 'canary-fresh-keys'],
        ['identity_hold_seconds: 60', 'identity_hold_seconds: 5'],
        ['live_from: 2026-11-22T00:00:00Z, ', ''],
      ),
    )
    expect(planOf(result).updates.map(({ id, changes }) => ({ id, changes }))).toEqual([
      { id: 'acme', changes: [{ path: 'identity_hold_seconds', from: '60', to: '5' }] },
      {
        id: 'segment',
        changes: [
          { path: 'live_from', from: '2026-11-22T00:00:00.000Z', to: null },
          { path: 'settings.write_key', from: '••••-key', to: '••••keys' },
        ],
      },
    ])
    expect(service.current().integration('acme', 'segment')).toMatchObject({ createdAt: NOW, liveFrom: NOW })
  })

  it('says that a secret changed where both end alike', async () => {
    const { apply } = await bench()
    await apply(FULL)
    const [update] = planOf(await apply(changed(['canary-write-key', 'canary-other-key']))).updates
    expect(update?.changes).toEqual([{ path: 'settings.write_key', from: '••••-key', to: '••••-key (changed)' }])
  })

  it('takes the beginning of the history for a pull app, and the moment of creation for a push app', async () => {
    const { apply, service } = await bench()
    await apply(changed(['events_from: 2026-11-01', 'commission: 0.15']))
    expect(service.current().app('acme', 'ios')?.eventsFrom).toBe(NOW)
    await apply(changed(['receive: push, events_from: 2026-11-01', 'receive: pull']))
    expect(service.current().app('acme', 'ios')?.eventsFrom).toBe(0)
  })

  it('removes nothing unless it is told to', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    const kept = planOf(await apply(NO_CLEVERTAP))
    expect(namesOf(kept.leftovers)).toEqual(['integration clevertap'])
    expect(service.current().integrations).toHaveLength(2)
    const pruned = planOf(await apply(NO_CLEVERTAP, { prune: true }))
    expect(namesOf(pruned.removes)).toEqual(['integration clevertap'])
    expect(service.current().integrations).toHaveLength(1)
  })

  it('removes a project with all of its parts', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    await apply('version: 1\nprojects: []\n', { prune: true })
    expect([storage.rows, storage.keys]).toEqual([[], []])
  })

  it('writes nothing on a dry run', async () => {
    const { apply, storage } = await bench()
    expect((await apply(FULL, { dryRun: true })).kind).toBe('planned')
    expect(storage.writes).toBe(0)
  })

  it('leaves alone what the dashboard manages, unless it adopts it', async () => {
    const { apply, storage, service } = await bench()
    await apply(FULL)
    storage.rows = storage.rows.map((row) => (row.id === 'segment' ? { ...row, managed: 'dashboard' } : row))
    storage.keys = storage.keys.map((key) => ({ ...key, managed: 'dashboard' }))
    const refused = await apply(changed(['name: Acme', 'name: Other']))
    expect(refused.kind).toBe('conflicts')
    expect(namesOf(planOf(refused).conflicts)).toEqual(['integration segment', 'secret key backend'])
    expect(service.current().project('acme')?.name).toBe('Acme')
    expect((await apply('version: 1\nprojects: []\n', { prune: true })).kind).toBe('conflicts')
    const adopted = await apply(FULL, { adopt: true })
    expect(namesOf(planOf(adopted).updates)).toEqual(['integration segment', 'secret key backend'])
    expect(service.current().managedBy('integration', 'acme', 'segment')).toBe('file')
    expect(planOf(await apply(FULL)).unchanged).toHaveLength(5)
  })

  it('refuses a public key or a secret key that another project has', async () => {
    const { apply } = await bench()
    await apply(FULL)
    const other = FULL.replace('id: acme', 'id: other')
    expect(planOf(await apply(other)).conflicts).toMatchObject([
      { kind: 'secret key', id: 'backend' },
      { kind: 'app', id: 'ios' },
    ])
    expect((await apply(other, { prune: true })).kind).toBe('conflicts')
  })

  it('refuses to turn an integration or an app into another kind', async () => {
    const { apply } = await bench()
    await apply(FULL)
    const text = changed(['id: clevertap,', 'id: other,'], ['id: segment,', 'id: clevertap,'])
    expect(planOf(await apply(text)).conflicts).toMatchObject([
      { id: 'clevertap', reason: expect.stringContaining('give the integration for segment an id of its own') },
    ])
  })

  it('replaces a secret key under its name, and renames one', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    await apply(changed(['sk_acme_1', 'sk_acme_2']))
    expect(service.current().keys).toMatchObject([{ name: 'backend', hash: hashSecretKey('sk_acme_2') }])
    await apply(changed(['sk_acme_1', 'sk_acme_2'], ['name: backend', 'name: server']))
    expect(service.current().keys).toMatchObject([{ name: 'server', hash: hashSecretKey('sk_acme_2') }])
  })

  it('warns of a secret key that can be guessed', async () => {
    const { apply } = await bench()
    expect(planOf(await apply(FULL)).warnings).toEqual([expect.stringContaining('short enough to be guessed')])
    const long = changed(['sk_acme_1', `sk_${'a1'.repeat(24)}`])
    expect(planOf(await apply(long)).warnings).toEqual([])
  })

  it('tells its listeners after each change and only then', async () => {
    const { apply, service } = await bench()
    const heard: string[] = []
    const end = service.onChange((view) => heard.push(view.projects.map(({ name }) => name).join()))
    await apply(FULL)
    await apply(FULL)
    await apply(changed(['name: Acme', 'name: Two']))
    end()
    await apply(FULL)
    expect(heard).toEqual(['Acme', 'Two'])
  })

  it('runs one after another: the same file applied twice at once is made once', async () => {
    const { apply, storage } = await bench()
    const results = await Promise.all([apply(FULL), apply(FULL), apply(FULL)])
    expect(results.map((result) => planOf(result).creates.length)).toEqual([5, 0, 0])
    expect(storage.writes).toBe(1)
  })

  it('goes on after an apply that storage refused', async () => {
    const storage = memoryStorage()
    const { apply } = await bench(storage)
    const { saveSettings } = storage
    storage.saveSettings = () => Promise.reject(new Error('The disk is full'))
    await expect(apply(FULL)).rejects.toThrow('The disk is full')
    storage.saveSettings = saveSettings
    expect((await apply(FULL)).kind).toBe('applied')
  })

  it('shows no secret in plans', async () => {
    const { apply } = await bench()
    const plans = [
      planOf(await apply(FULL)),
      planOf(
        await apply(
          changed(
            ['canary-write-key', 'canary-two-key'],
            ['canary-sandbox-passcode', 'canary-2'],
            ['sk_acme_1', 'sk_acme_12'],
          ),
        ),
      ),
    ]
    const shown = plans.map((plan) => planText(plan) + JSON.stringify(plan)).join()
    expect(CANARIES.filter((canary) => shown.includes(canary))).toEqual([])
    expect(shown).toContain('integration acme/segment')
  })
})

describe('stored settings', () => {
  it('that were moved to another row are named and left out, the rest goes on', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    const clevertap = storage.rows.find(({ id }) => id === 'clevertap')
    storage.rows = [...storage.rows, { ...storage.rows[0], ...clevertap, id: 'copy' } as (typeof storage.rows)[number]]
    const { service } = await bench(storage)
    expect(service.current().integrations.map(({ id }) => id)).toEqual(['segment', 'clevertap'])
    expect(service.current().broken).toMatchObject([
      { kind: 'integration', id: 'copy', reason: 'its passcode cannot be decrypted; enter it again' },
    ])
  })

  it('that are damaged are named, and a config file puts them right', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    storage.rows = storage.rows.map((row) => ({
      ...row,
      body:
        row.id === 'segment'
          ? row.body.replace(/sealed:.{10}/, 'sealed:AAAAAAAAAA')
          : row.id === 'ios'
            ? '{'
            : row.body,
    }))
    const second = await bench(storage)
    expect(
      second.service
        .current()
        .broken.map(({ id }) => id)
        .sort(),
    ).toEqual(['ios', 'segment'])
    expect(namesOf(planOf(await second.apply(FULL)).updates)).toEqual(['app ios', 'integration segment'])
    expect(second.service.current().broken).toEqual([])
  })

  it('are opened under a key that stands behind the new one, and refused without it', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    const fresh = generateKey()
    const input = { storage, catalogue: CATALOGUE, now: () => NOW }
    const rotated = await createSettingsService({ ...input, ring: keyRing([fresh, KEY]) })
    expect(rotated.current().integrations).toHaveLength(2)
    await expect(createSettingsService({ ...input, ring: keyRing([fresh]) })).rejects.toThrow(KeyRefused)
  })

  it('get the defaults of fields that a later version added, and that is no change', async () => {
    const { apply, storage } = await bench()
    await apply(FULL)
    storage.rows = storage.rows.map((row) => ({
      ...row,
      body: row.body.replace('"max_in_flight":4,', '').replace(',"max_in_flight":4', ''),
    }))
    const second = await bench(storage)
    expect(second.service.current().integration('acme', 'segment')?.settings.max_in_flight).toBe(4)
    expect(planOf(await second.apply(FULL)).unchanged).toHaveLength(5)
  })
})

describe('an apply request', () => {
  it('takes the document that the command sends, with its files filled in', async () => {
    const { service } = await bench()
    const text = documentText(documentOf(FULL))
    const dry = await applyText(service, text, { ...PLAIN, dryRun: true })
    expect(dry).toMatchObject({ kind: 'planned', applied: false })
    const outcome = await applyText(service, text, PLAIN)
    expect(outcome.kind === 'planned' && outcome.changes).toHaveLength(5)
    expect(CANARIES.filter((canary) => JSON.stringify(outcome).includes(canary))).toEqual([])
    expect(await applyText(service, text, PLAIN)).toMatchObject({ kind: 'planned', applied: true, changes: [] })
    expect(service.current().integration('acme', 'clevertap')?.settings.passcode).toBe('canary-passcode')
  })

  it('never fills in files or variables of the hub for a plain file', async () => {
    const { service } = await bench()
    const outcome = await applyText(service, FULL, PLAIN)
    expect(outcome).toMatchObject({
      kind: 'refused',
      faults: [expect.stringContaining('AuthKey.p8'), expect.stringContaining('PASSCODE')],
    })
  })

  it('names lines and things in its refusals', async () => {
    const { service, storage } = await bench()
    const wrong = documentText(documentOf(changed(['region: us', 'region: mars'])))
    expect(await applyText(service, wrong, PLAIN)).toEqual({
      kind: 'refused',
      faults: ['tributary.yaml:16: projects.acme.integrations.segment.settings.region: must be one of us, eu'],
    })
    await applyText(service, documentText(documentOf(FULL)), PLAIN)
    storage.rows = storage.rows.map((row) => ({ ...row, managed: 'dashboard' }))
    const refused = await applyText(service, documentText(documentOf(FULL)), PLAIN)
    expect(refused.kind === 'refused' && refused.faults[0]).toBe(
      'project acme is managed in the dashboard; run with --adopt to let the file take it over.',
    )
    expect(await applyText(service, '{"tributary_document": 1}', PLAIN)).toMatchObject({ kind: 'refused' })
  })
})
