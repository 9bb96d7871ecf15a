import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../seed.ts'
import { CANARIES, changed, declarationOf, FULL, NOW, problemsOf, SMALL, sentencesOf } from './fixture.ts'

describe('checking a config file', () => {
  it('takes the whole promised file', () => {
    const [project] = declarationOf(FULL).projects
    expect(project).toMatchObject({
      id: 'acme',
      body: {
        name: 'Acme',
        identity_hold_seconds: 60,
        entitlements: { premium: ['com.acme.monthly', 'gold:monthly'] },
      },
      keys: [{ name: 'backend', last4: 'me_1' }],
      apps: [
        { id: 'ios', body: { store: 'app_store', public_key: 'appl_acme', events_from: Date.parse('2026-11-01') } },
      ],
    })
    expect(project?.integrations[0]?.body).toMatchObject({
      live_from: Date.parse('2026-11-22'),
      event_names: { trial_started: 'Trial Started', subscription_paused: '' },
      settings: { region: 'us', attributes: { include: [], exclude: ['$ip'] } },
    })
    expect(project?.integrations[1]?.body.settings).toMatchObject({
      passcode: 'canary-passcode',
      wait_for_attribute: { $clevertapId: 0 },
    })
  })

  it('fills in a store’s own default of a common field, and its lists of secrets from a lone one', () => {
    const web = `{ id: web, store: stripe, webhook_secret: whsec_${'s'.repeat(24)} }`
    const [project] = declarationOf(SMALL.replace(/\{ id: ios.*\}/, web)).projects
    expect(project?.apps[0]?.body).toMatchObject({
      store: 'stripe',
      commission_ppm: 29_000,
      tax_ppm: null,
      settings: { webhook_secret: [`whsec_${'s'.repeat(24)}`], app_user_id_from: 'metadata:app_user_id' },
    })
    expect(project?.apps[0]?.body.settings).not.toHaveProperty('commission')
  })

  it('fills in the defaults', () => {
    const [project] = declarationOf(SMALL).projects
    expect(project?.body).toEqual({
      name: 'acme',
      track_unknown_purchases: true,
      identity_hold_seconds: 60,
      transfer_behavior: 'transfer',
      resubscribe_as: 'initial_purchase',
      entitlements: {},
    })
    expect(project?.apps[0]?.body).toMatchObject({
      public_key: null,
      environments: ['production', 'sandbox'],
      receive: 'push',
      events_from: null,
      commission_ppm: null,
      tax_ppm: null,
    })
    expect(project?.integrations[0]?.body).toMatchObject({
      enabled: true,
      mode: 'live',
      live_from: null,
      sandbox: false,
      event_names: {},
      settings: { region: 'us', sales_reporting: 'gross' },
    })
  })

  it('takes what looks like a number as text where text is meant, and the other way round', () => {
    const text = changed(
      ['account_id: ABC-123', 'account_id: 0123'],
      ['canary-sandbox-passcode', '4e10'],
      ['app_apple_id: 123456789', 'app_apple_id: "${NUMBER}"'],
      ['sandbox: false', 'sandbox: "${TRUE}"'],
      ['name: Acme', 'name: 7.10'],
    )
    const [project] = declarationOf(text).projects
    expect(project?.body.name).toBe('7.10')
    expect(project?.apps[0]?.body.settings.app_apple_id).toBe(123456789)
    expect(project?.integrations[0]?.body.sandbox).toBe(true)
    expect(project?.integrations[1]?.body.settings).toMatchObject({ account_id: '0123', sandbox_passcode: '4e10' })
  })

  it('reads decimals exactly', () => {
    const [project] = declarationOf(
      SMALL.replace('app_apple_id: 1', 'app_apple_id: 1, commission: 0.15, tax: 0.077'),
    ).projects
    expect(project?.apps[0]?.body).toMatchObject({ commission_ppm: 150_000, tax_ppm: 77_000 })
  })

  it.each([
    ['version: 1', 'version: 2', ':1: version: must be 1'],
    ['name: Acme', 'nam: Acme', ':4: projects.acme.nam: is not known here; known are id, name,'],
    ['receive: push', 'recieve: push', ':12: projects.acme.apps.ios.recieve: is not known here'],
    [
      'identify: always',
      'identfy: always',
      ':16: projects.acme.integrations.segment.settings.identfy: is not known here',
    ],
    ['bundle_id: com.acme.app, ', '', ':12: projects.acme.apps.ios.bundle_id: is missing: Bundle ID.'],
    ['key_id: 2X9R4HXF34, ', '', ':13: projects.acme.apps.ios.api_key.key_id: is missing: it goes with issuer_id.'],
    ['region: us', 'region: mars', ':16: projects.acme.integrations.segment.settings.region: must be one of us, eu'],
    ['id: acme', 'id: "Acme Inc"', 'id: must be lower-case letters, digits'],
    ['store: app_store', 'store: windows', ':12: projects.acme.apps.ios.store: must be one of app_store'],
    [
      'destination: segment',
      'destination: mixpanel',
      ':15: projects.acme.integrations.segment.destination: must be one of segment, clevertap',
    ],
    ['mode: live', 'mode: shadow', ':15: projects.acme.integrations.segment.mode: not yet:'],
    [
      'transfer_behavior: transfer',
      'transfer_behavior: never',
      ':5: projects.acme.transfer_behavior: must be one of transfer, transfer_if_inactive, keep, share',
    ],
    [
      '    entitlements:',
      '    offerings: { default: { current: true } }\n    entitlements:',
      ':9: projects.acme.offerings.default.packages: must be names of packages with products',
    ],
    [
      '    entitlements:',
      '    offerings: { a: { packages: {} } }\n    entitlements:',
      ':9: projects.acme.offerings.a.packages: must hold at least one package',
    ],
    [
      '    entitlements:',
      '    offerings: { a: { current: true, packages: { p: x } }, b: { current: true, packages: { p: x } } }\n    entitlements:',
      ':9: projects.acme.offerings: has several with current: true',
    ],
    [
      '    entitlements:',
      '    offerings: { a: { packages: { p: { product: x, plan: 7 } } } }\n    entitlements:',
      ':9: projects.acme.offerings.a.packages.p: must be a product id, { product, plan }, or one of either for each of app_store',
    ],
    [
      '    entitlements:',
      '    offerings: { a: { packages: { p: { steam: x } } } }\n    entitlements:',
      ':9: projects.acme.offerings.a.packages.p: must be a product id',
    ],
    [
      '    entitlements:',
      '    offerings: { a: { paywall: x, packages: { p: x } } }\n    entitlements:',
      ':9: projects.acme.offerings.a.paywall: is not known here',
    ],
    ['forward_to: []', 'forward_to: ["https://x"]', ':13: projects.acme.apps.ios.forward_to: not yet:'],
    [
      'forward_to: []',
      'small_business_program: { from: 2024-02-30 }',
      ':13: projects.acme.apps.ios.small_business_program.from: is no day of the calendar',
    ],
    [
      'forward_to: []',
      'small_business_program: { from: 2024-01-01, until: 2023-01-01 }',
      ':13: projects.acme.apps.ios.small_business_program.until: must lie after from; leave it out while it goes on',
    ],
    [
      'forward_to: []',
      'small_business_program: { until: 2023-01-01 }',
      ':13: projects.acme.apps.ios.small_business_program.from: is missing',
    ],
    [
      'events_from: 2026-11-01',
      'events_from: 2026-02-31',
      ':12: projects.acme.apps.ios.events_from: is no day of the calendar',
    ],
    [
      'events_from: 2026-11-01',
      'events_from: 2026-11-01T00:00:00',
      ':12: projects.acme.apps.ios.events_from: must be a day (2026-11-01) or a time with its zone',
    ],
    [
      'environments: [production, sandbox]',
      'environments: []',
      ':12: projects.acme.apps.ios.environments: must name at least one',
    ],
    [
      'environments: [production, sandbox]',
      'environments: [staging]',
      ':12: projects.acme.apps.ios.environments.0: must be one of production, sandbox',
    ],
    [
      'environments: [production, sandbox]',
      'environments: production',
      ':12: projects.acme.apps.ios.environments: must be a list',
    ],
    [
      'receive: push',
      'receive: push, commission: 30',
      ':12: projects.acme.apps.ios.commission: must be between 0 and 1',
    ],
    [
      'receive: push',
      'receive: push, commission: 0.1234567',
      ':12: projects.acme.apps.ios.commission: must have at most six decimals',
    ],
    [
      'identity_hold_seconds: 60',
      'identity_hold_seconds: soon',
      ':7: projects.acme.identity_hold_seconds: must be a whole number',
    ],
    [
      'track_unknown_purchases: true',
      'track_unknown_purchases: maybe',
      ':6: projects.acme.track_unknown_purchases: must be true or false',
    ],
    [
      'public_key: appl_acme',
      'public_key: sk_acme_1',
      ':12: projects.acme.apps.ios.public_key: must be 4 to 100 letters',
    ],
    ['key: sk_acme_1', 'key: acme_1', ':10: projects.acme.secret_keys.backend.key: must be sk_ and at least 6'],
    [
      '{ name: backend, key: sk_acme_1 }',
      '{ name: a, key: sk_acme_1 }, { name: b, key: sk_acme_1 }',
      ':10: projects.acme.secret_keys.b.key: is used on line 10 already',
    ],
    ['id: clevertap,', 'id: segment,', 'is used on line 15 already'],
    [
      'trial_started:',
      'trial_start:',
      ':17: projects.acme.integrations.segment.event_names.trial_start: is not one of initial_purchase,',
    ],
    ['"Trial Started"', '"  "', ':17: projects.acme.integrations.segment.event_names.trial_started: is made of spaces'],
    [
      'enabled: true,\n          settings: { region: eu1',
      'enabled: true, event_names: { renewal: Notification Sent },\n          settings: { region: eu1',
      'event_names.renewal: ',
    ],
    [
      'write_key: canary-write-key',
      'write_key: { canary: 1 }',
      ':16: projects.acme.integrations.segment.settings.write_key: must be text',
    ],
    [
      'write_key: canary-write-key',
      'write_key: "canary\\r\\nX: y"',
      ':16: projects.acme.integrations.segment.settings.write_key: must be one line',
    ],
    [
      'account_id: ABC-123',
      'account_id: "\\ud800"',
      ':19: projects.acme.integrations.clevertap.settings.account_id: has characters that are not text',
    ],
    [
      'private_key: { file: AuthKey.p8 }',
      'private_key: canary',
      ':13: projects.acme.apps.ios.api_key.private_key: Paste the whole .p8 file',
    ],
    ['app_apple_id: 123456789, ', '', ':12: projects.acme.apps.ios: app_apple_id of ios is missing'],
    [
      'wait_for_attribute: { $clevertapId: 0 }',
      'wait_for_attribute: { $clevertapId: -1 }',
      ':20: projects.acme.integrations.clevertap.settings.wait_for_attribute.$clevertapId: must not be negative',
    ],
    [
      'entitlements: { premium: [com.acme.monthly, "gold:monthly"] }',
      'entitlements: { premium: com.acme.monthly }',
      ':9: projects.acme.entitlements.premium: must be a list of product ids',
    ],
  ])('in place of %j, %j is refused by line and path', (from, to, sentence) => {
    const sentences = sentencesOf(changed([from, to]))
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toContain(sentence)
    expect(sentences.filter((one) => CANARIES.some((canary) => one.includes(canary)))).toEqual([])
  })

  it('accepts the settings of later issues where they say what is so anyway', () => {
    const text = changed(
      ['forward_to: []', 'forward_to: [], small_business_program:'],
      ['    entitlements:', '    offerings: {}\n    entitlements:'],
    )
    expect(problemsOf(text)).toEqual([])
  })

  it('says everything that is wrong at once, in the order of the lines', () => {
    const problems = problemsOf(
      changed(
        ['version: 1', 'version: 2'],
        ['name: Acme', 'nam: Acme'],
        ['region: us', 'region: mars'],
        ['region: eu1', 'region: mars'],
      ),
    )
    expect(problems.map(({ line }) => line)).toEqual([1, 4, 16, 19])
  })

  it('keeps public keys and secret keys apart over all projects', () => {
    const other = FULL.slice(FULL.indexOf('  - id: acme')).replace('id: acme', 'id: other')
    const sentences = sentencesOf(FULL + other)
    expect(sentences).toHaveLength(2)
    expect(sentences.join()).toMatch(
      /other\.secret_keys\.backend\.key: is used on line 10 already.*other\.apps\.ios\.public_key: is used on line 12 already/s,
    )
  })

  it('takes any values in place of the right ones without throwing, and repeats none of them', () => {
    const places = [
      'Acme',
      'transfer',
      'true',
      '60',
      'initial_purchase',
      'backend',
      'ios',
      'app_store',
      'com.acme.app',
      '123456789',
      'push',
      'usd',
      '{ exclude: [$ip] }',
      '{}',
      '[production, sandbox]',
      'segment',
      'live',
      '{ $clevertapId: 0 }',
    ]
    const value = fc.json({ maxDepth: 3 }).map((json) => json.replaceAll('"file"', '"phile"'))
    fc.assert(
      fc.property(fc.constantFrom(...places), value, (place, json) => {
        for (const { line } of problemsOf(FULL.replace(`: ${place}`, `: ${json}`))) expect(line).toBeGreaterThan(0)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('refuses a day before it is used', () => {
    expect(NOW).toBeGreaterThan(0)
    expect(sentencesOf(SMALL.replace('destination: segment,', 'destination: segment, live_from: yesterday,'))).toEqual([
      expect.stringContaining('live_from: must be a day'),
    ])
  })
})
