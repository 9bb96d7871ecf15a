import { describe, expect, it } from 'vitest'
import { mintApiKey } from '../../../src/stand-ins/app-store/api-key.ts'
import { APP_STORE_FIELDS, apiKeyOf, refuseApp } from '../../../src/stores/app-store/fields.ts'
import { createStores, storeDeclarations } from '../../../src/stores/registry.ts'
import { APPLE_ID, appOf, BUNDLE, NOW, noHttp, signer } from './setting.ts'

const minted = mintApiKey()
const api_key = { issuer_id: minted.issuerId, key_id: minted.keyId, private_key: minted.privateKey }
const settings = { bundle_id: BUNDLE, app_apple_id: APPLE_ID, api_key }

describe('the settings of an App Store app', () => {
  it('are those of the config file', () => {
    expect(APP_STORE_FIELDS.map(({ key, required, later }) => [key, required === true, later === true])).toEqual([
      ['bundle_id', true, false],
      ['app_apple_id', false, false],
      ['api_key', false, false],
      ['forward_to', false, true],
      ['ocsp', false, false],
      ['small_business_program', false, false],
      ['mini_apps_partner_program', false, false],
      ['eu_alternative_terms', false, false],
      ['japan_alternative_terms', false, false],
    ])
  })

  it('take Apple’s own forms', () => {
    const patterns = new Map(
      APP_STORE_FIELDS.flatMap((field) => (field.type === 'object' ? field.fields : [field])).map((field) => [
        field.key,
        'pattern' in field ? field.pattern : undefined,
      ]),
    )
    const matches = (key: string, value: string): boolean => new RegExp(`^(?:${patterns.get(key)})$`).test(value)
    expect(matches('bundle_id', 'com.acme.app-2')).toBe(true)
    expect(matches('bundle_id', 'com.acme app')).toBe(false)
    expect(matches('issuer_id', minted.issuerId)).toBe(true)
    expect(matches('issuer_id', 'acme')).toBe(false)
    expect(matches('key_id', '2X9R4HXF34')).toBe(true)
    expect(matches('key_id', '2x9r4hxf34')).toBe(false)
    expect(matches('private_key', minted.privateKey)).toBe(true)
    expect(matches('private_key', `\n${minted.privateKey}\n`)).toBe(true)
    expect(matches('private_key', 'AuthKey.p8')).toBe(false)
  })

  it('are refused together where they cannot work', () => {
    expect(refuseApp(appOf({ settings }))).toBeNull()
    expect(refuseApp(appOf({ settings, receive: 'pull' }))).toBeNull()
    expect(refuseApp(appOf({ settings: { bundle_id: BUNDLE }, environments: ['sandbox'] }))).toBeNull()
    expect(refuseApp(appOf({ settings: { bundle_id: BUNDLE } }))).toContain('app_apple_id')
    expect(refuseApp(appOf({ receive: 'pull' }))).toContain('api_key')
    expect(refuseApp(appOf({ settings: { ...settings, api_key: { ...api_key, private_key: 'x' } } }))).toContain('.p8')
  })

  it('make a key only when all three parts are there', () => {
    expect(apiKeyOf(appOf({ settings }))).toEqual(minted)
    for (const part of ['issuer_id', 'key_id', 'private_key']) {
      expect(apiKeyOf(appOf({ settings: { ...settings, api_key: { ...api_key, [part]: '' } } }))).toBeNull()
    }
    for (const value of [null, 'text', [], {}])
      expect(apiKeyOf(appOf({ settings: { ...settings, api_key: value } }))).toBeNull()
  })
})

const google = { api: null, pubsub: null, token: null, jwks: null }

describe('the stores at work', () => {
  it('are those of the registry', () => {
    const stores = createStores({
      http: noHttp,
      now: () => NOW,
      appleRoots: [signer.chain.rootPem],
      appleApiUrl: null,
      stripeApiUrl: null,
      google,
    })
    // Grants have no declaration: nobody sets an app of theirs up.
    expect([...stores.keys()].sort()).toEqual([...storeDeclarations.map(({ name }) => name), 'promotional'].sort())
  })

  it('do not start with roots that are none', () => {
    expect(() =>
      createStores({
        http: noHttp,
        now: () => NOW,
        appleRoots: ['nothing'],
        appleApiUrl: null,
        stripeApiUrl: null,
        google,
      }),
    ).toThrow(/TRIBUTARY_APPLE_ROOT_CERTS/)
  })
})
