import { describe, expect, it } from 'vitest'
import { AMAZON_FIELDS, placeOf, refuseApp, settingsOf } from '../../../src/stores/amazon/fields.ts'
import { createStores } from '../../../src/stores/registry.ts'
import { appOf, hosts, MINUTE, NOW, PACKAGE, SECRET, SETTINGS, simulated, topic } from './setting.ts'

describe('the settings of an Amazon app', () => {
  it('are those of the config file', () => {
    expect(AMAZON_FIELDS.map(({ key, type, required }) => [key, type, required === true])).toEqual([
      ['package_name', 'text', true],
      ['shared_secret', 'secret', true],
      ['topic_arn', 'text', false],
      ['require_signature_v2', 'toggle', false],
      ['small_business_accelerator', 'object', false],
    ])
  })

  it('take Amazon’s own forms', () => {
    const matches = (key: string, value: string): boolean => {
      const field = AMAZON_FIELDS.find((one) => one.key === key)
      const pattern = field !== undefined && 'pattern' in field ? (field.pattern ?? '') : ''
      return new RegExp(`^(?:${pattern})$`, 'v').test(value)
    }
    expect(matches('package_name', PACKAGE)).toBe(true)
    expect(matches('package_name', 'acme')).toBe(false)
    expect(matches('package_name', 'com.acme app')).toBe(false)
    expect(matches('shared_secret', SECRET)).toBe(true)
    expect(matches('shared_secret', 'two words')).toBe(false)
    for (const arn of [topic.arn, 'arn:aws:sns:us-east-1:1:T', 'arn:aws-cn:sns:cn-north-1:033616359524:LT0XA'])
      expect(matches('topic_arn', arn), arn).toBe(true)
    for (const arn of ['LT0XA', 'arn:aws:sqs:us-east-1:1:T', 'arn:aws:sns:evil.tld/:1:T', `${topic.arn}:sub`])
      expect(matches('topic_arn', arn), arn).toBe(false)
  })

  it('are refused where they cannot work', () => {
    expect(refuseApp(appOf())).toBeNull()
    expect(refuseApp(appOf({ settings: { package_name: PACKAGE, shared_secret: SECRET } }))).toBeNull()
    expect(refuseApp(appOf({ receive: 'pull' }))).toContain('push')
    expect(refuseApp(appOf({ settings: { ...SETTINGS, shared_secret: '' } }))).toContain('shared_secret')
    expect(refuseApp(appOf({ settings: { ...SETTINGS, topic_arn: 'LT0XA' } }))).toContain('topic_arn')
  })

  it('have a topic, or none yet', () => {
    expect(settingsOf(appOf()).topicArn).toBe(topic.arn)
    expect(settingsOf(appOf({ settings: { ...SETTINGS, topic_arn: '' } })).topicArn).toBeNull()
    expect(settingsOf(appOf({ settings: {} }))).toEqual({
      packageName: '',
      sharedSecret: '',
      topicArn: null,
      requireSignatureV2: false,
    })
    expect(placeOf('arn:aws:sns:us-east-1@evil.tld:1:T')).toBeNull()
  })
})

describe('the operator’s addresses', () => {
  it('take the place of Amazon’s', async () => {
    const amazon = hosts()
    amazon.show(simulated().world, NOW)
    const stores = createStores({
      http: amazon.http,
      now: () => NOW,
      appleRoots: null,
      appleApiUrl: null,
      amazonRvsUrl: 'http://127.0.0.1:9',
      amazonSnsOrigin: 'http://127.0.0.1:8',
    })
    const store = stores.get('amazon')
    const message = topic.notification('{}', { messageId: 'm', at: NOW - MINUTE })
    await store?.accept({ headers: {}, body: Buffer.from(JSON.stringify(message)) }, appOf())
    await store?.check?.('sandbox', appOf())
    expect(amazon.asked.map(({ url }) => url.slice(0, 30))).toEqual([
      'http://127.0.0.1:8/SimpleNotif',
      'http://127.0.0.1:9/sandbox/ver',
    ])
  })
})
