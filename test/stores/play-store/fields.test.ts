import { describe, expect, it } from 'vitest'
import { PLAY_STORE_FIELDS, refuseApp, serviceAccountOf } from '../../../src/stores/play-store/fields.ts'
import { account, appOf, PULL, SETTINGS } from './setting.ts'

describe('the settings of a Google Play app', () => {
  it('are those of the config file', () => {
    expect(PLAY_STORE_FIELDS.map(({ key, required }) => [key, required === true])).toEqual([
      ['package_name', true],
      ['service_account', true],
      ['push', false],
      ['pull', false],
      ['over_first_million', false],
      ['new_installs', false],
      ['quality_program', false],
    ])
    const keys = PLAY_STORE_FIELDS.filter(({ key }) => key === 'push' || key === 'pull').flatMap((field) =>
      field.type === 'object' ? field.fields.map(({ key }) => key) : [],
    )
    expect(keys).toEqual(['audience', 'service_account_email', 'subscription', 'subscription'])
  })

  it('take Google’s own forms', () => {
    const fields = PLAY_STORE_FIELDS.flatMap((field) => (field.type === 'object' ? field.fields : [field]))
    const matches = (key: string, value: string): boolean => {
      const field = fields.find((one) => one.key === key)
      return new RegExp(`^(?:${field !== undefined && 'pattern' in field ? field.pattern : ''})$`, 's').test(value)
    }
    expect(matches('package_name', 'com.acme.app_2')).toBe(true)
    for (const odd of ['acme', 'com.acme-app', '1com.acme', 'com..acme'])
      expect(matches('package_name', odd)).toBe(false)
    expect(matches('subscription', 'projects/acme-1/subscriptions/rtdn')).toBe(true)
    expect(matches('subscription', 'rtdn')).toBe(false)
    expect(matches('service_account_email', 'push@acme.iam.gserviceaccount.com')).toBe(true)
    expect(matches('service_account_email', 'push')).toBe(false)
    expect(matches('service_account', account.json)).toBe(true)
    expect(matches('service_account', 'play.json')).toBe(false)
  })

  it('are refused together where they cannot work', () => {
    expect(refuseApp(appOf())).toBeNull()
    const pull = { ...SETTINGS, pull: { subscription: PULL } }
    expect(refuseApp(appOf({ receive: 'pull', settings: pull }))).toBeNull()
    expect(refuseApp(appOf({ receive: 'pull' }))).toContain('receive: pull of android needs pull')
    expect(refuseApp(appOf({ settings: { ...SETTINGS, push: {} } }))).toContain('receive: push of android needs push')
    const broken = JSON.stringify({ ...JSON.parse(account.json), private_key: 'x' })
    expect(refuseApp(appOf({ settings: { ...SETTINGS, service_account: broken } }))).toContain('private_key')
    for (const json of ['', '{', '[]', '{"type":"authorized_user"}']) {
      const app = appOf({ settings: { ...SETTINGS, service_account: json } })
      expect(serviceAccountOf(app)).toBeNull()
      expect(refuseApp(app)).toContain('service_account of android')
    }
  })
})
