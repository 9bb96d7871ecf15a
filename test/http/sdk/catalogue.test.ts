import { beforeEach, describe, expect, it } from 'vitest'
import { offeringsOf } from '../../../src/settings/offerings.ts'
import type { Started } from '../started.ts'
import { ACME_KEY, ask, everywhere, PUBLIC_KEYS, STORES } from './ask.ts'
import { decodedError, decodedMapping, decodedOfferings } from './decoders.ts'

let servers: Started
beforeEach(async () => {
  servers = await everywhere()
})

function configure(changes: object): void {
  const [acme] = servers.hub.projects
  if (acme === undefined) throw new Error('no project')
  servers.hub.projects[0] = { ...acme, ...changes }
}

const OFFERINGS = offeringsOf({
  default: {
    description: 'Standard',
    current: true,
    packages: {
      $rc_monthly: 'com.acme.monthly',
      $rc_annual: 'gold:yearly',
      $rc_lifetime: { app_store: 'com.acme.forever', play_store: { product: 'forever', plan: null } },
    },
  },
  sale: { metadata: { theme: 'dark' }, packages: { only: { product: 'a:b', plan: 'c' } } },
})

describe('offerings', () => {
  it('are what the settings say, for the store of the app, in answers that the SDKs decode', async () => {
    configure({ offerings: OFFERINGS })
    const seen = await Promise.all(
      STORES.map(async (store) =>
        decodedOfferings((await ask(servers, '/v1/offerings', { key: PUBLIC_KEYS[store] })).json()),
      ),
    )
    const [ios, android, amazon] = seen
    const common = [
      ['$rc_monthly', 'com.acme.monthly', null],
      ['$rc_annual', 'gold', 'yearly'],
    ]
    expect(ios).toEqual({
      current: 'default',
      offerings: [
        { id: 'default', packages: [...common, ['$rc_lifetime', 'com.acme.forever', null]] },
        { id: 'sale', packages: [['only', 'a:b', 'c']] },
      ],
    })
    expect(android?.offerings[0]?.packages[2]).toEqual(['$rc_lifetime', 'forever', null])
    expect(amazon?.offerings[0]?.packages).toEqual(common)
  })

  it('are the same by both addresses, with metadata handed on', async () => {
    configure({ offerings: OFFERINGS })
    const of = await ask(servers, '/v1/subscribers/user-1/offerings')
    expect(of.json()).toEqual((await ask(servers, '/v1/offerings')).json())
    expect(of.json().offerings[1]).toMatchObject({ description: 'sale', metadata: { theme: 'dark' } })
  })

  it('are none where none are set, and the only one is the current one', async () => {
    expect(decodedOfferings((await ask(servers, '/v1/offerings')).json())).toEqual({ current: null, offerings: [] })
    configure({ offerings: offeringsOf({ one: { packages: { p: 'x' } } }) })
    expect(decodedOfferings((await ask(servers, '/v1/offerings')).json()).current).toBe('one')
  })

  it('are those of the platform that a secret key names, or of no store in particular', async () => {
    configure({ offerings: OFFERINGS })
    const forBackend = async (headers: Readonly<Record<string, string>>) =>
      decodedOfferings((await ask(servers, '/v1/offerings', { key: ACME_KEY, headers })).json()).offerings[0]
        ?.packages[2]
    expect(await forBackend({ 'x-platform': 'android' })).toEqual(['$rc_lifetime', 'forever', null])
    expect(await forBackend({})).toEqual(['$rc_lifetime', 'com.acme.forever', null])
  })
})

describe('the mapping of products', () => {
  it('turns entitlements round, base plans apart', async () => {
    configure({ entitlements: { premium: ['com.acme.monthly', 'gold:monthly'], pro: ['com.acme.monthly'] } })
    const answer = await ask(servers, '/v1/product_entitlement_mapping')
    expect(Object.keys(answer.json().product_entitlement_mapping)).toEqual(['com.acme.monthly', 'gold:monthly'])
    expect(decodedMapping(answer.json())).toEqual([
      { product: 'com.acme.monthly', plan: null, entitlements: ['premium', 'pro'] },
      { product: 'gold', plan: 'monthly', entitlements: ['premium'] },
    ])
  })
})

describe('the web', () => {
  it('hears of the branding and of no products', async () => {
    const branding = await ask(servers, '/rcbilling/v1/branding', { key: PUBLIC_KEYS.stripe })
    expect(branding.json()).toEqual({
      id: 'web',
      app_name: 'acme',
      app_icon: null,
      app_icon_webp: null,
      app_wordmark: null,
      app_wordmark_webp: null,
      appearance: null,
      gateway_tax_collection_enabled: false,
      brand_font_config: null,
    })
    const products = await ask(servers, '/rcbilling/v1/subscribers/user-1/products?id=a&id=b&currency=EUR')
    expect(products.json()).toEqual({ product_details: [] })
    expect((await ask(servers, '/v1/subscribers/user-1/virtual_currencies')).json()).toEqual({ virtual_currencies: {} })
  })
})

describe('eligibility', () => {
  it('for an introduction: false for what the customer has had, null where nobody knows', async () => {
    const asked = { product_identifiers: ['com.acme.monthly', 'com.acme.other', 5, ''], fetch_token: '' }
    const had = await ask(servers, '/v1/subscribers/user-1/intro_eligibility', { body: asked })
    expect(had.json()).toEqual({ 'com.acme.monthly': false, 'com.acme.other': null })
    const unknown = await ask(servers, '/v1/subscribers/user-2/intro_eligibility', { body: asked })
    expect(unknown.json()).toEqual({ 'com.acme.monthly': null, 'com.acme.other': null })
    expect(servers.hub.rows.customers.some(({ aliases }) => aliases.includes('user-2'))).toBe(false)
    for (const body of ['[]', '{}', '{"product_identifiers":"x"}']) {
      const bad = await ask(servers, '/v1/subscribers/user-1/intro_eligibility', { body })
      expect([bad.statusCode, decodedError(bad.json())]).toEqual([400, 7226])
    }
  })

  it('to restore is what the transfer behavior says', async () => {
    for (const allowed of [true, false]) {
      servers.hub.mayRestore = allowed
      const answer = await ask(servers, '/v1/subscribers/user-1/restore/eligibility', {
        body: { fetch_token: 'a.b.c' },
      })
      expect([answer.statusCode, answer.json()]).toEqual([200, { is_purchase_allowed_by_restore_behavior: allowed }])
    }
    expect(servers.hub.acts).toEqual(Array(2).fill('may restore acme ios user-1 a.b.c'))
    const bad = await ask(servers, '/v1/subscribers/user-1/restore/eligibility', { body: {} })
    expect([bad.statusCode, decodedError(bad.json())]).toEqual([400, 7226])
  })

  it('for a signed offer: each with its reason', async () => {
    const generate_offers = [
      { offer_id: 'spring', product_id: 'com.acme.monthly', subscription_group: 'g' },
      { offer_id: 5 },
      'x',
    ]
    const answer = await ask(servers, '/v1/offers', {
      body: { app_user_id: 'user-1', fetch_token: 'x', generate_offers },
    })
    expect([answer.statusCode, answer.json().offers]).toEqual([
      200,
      [
        {
          offer_id: 'spring',
          product_id: 'com.acme.monthly',
          key_id: '',
          signature_error: { code: 7231, message: expect.any(String) },
        },
        { offer_id: '', product_id: '', key_id: '', signature_error: { code: 7231, message: expect.any(String) } },
      ],
    ])
    expect((await ask(servers, '/v1/offers', { body: '[]' })).json()).toEqual({ offers: [] })
  })
})
