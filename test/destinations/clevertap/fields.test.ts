import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import { withDefaults } from '../conformance.ts'

describe('the declared fields', () => {
  it('default to what the reference does', () => {
    expect(withDefaults(clevertap.fields, { account_id: 'a', passcode: 'p' })).toMatchObject({
      region: 'eu1',
      sales_reporting: 'gross',
      currency: 'purchased',
      charged: false,
      profile: false,
      refunds: 'zero',
      attribute_keys: 'with_dollar',
      attributes: { include: [], exclude: [] },
      anonymous: 'send',
      wait_for_attribute: {},
      event_time: 'happened',
      when_unknown: 'retry',
      all_events: false,
      max_in_flight: 4,
      max_properties: 100,
    })
  })

  it('stand in the order of the set-up page', () => {
    expect(clevertap.fields.slice(0, 6).map(({ key }) => key)).toEqual([
      'account_id',
      'passcode',
      'sandbox_account_id',
      'sandbox_passcode',
      'sales_reporting',
      'region',
    ])
  })

  it('refuse in account ids too what could start a header of its own', () => {
    for (const key of ['account_id', 'sandbox_account_id']) {
      const field = clevertap.fields.find((one) => one.key === key)
      if (field?.type !== 'text') throw new Error(`${key} is no text`)
      const pattern = new RegExp(`^(?:${field.pattern})$`)
      expect(pattern.test('ZWW-WWW-WWRZ')).toBe(true)
      for (const bad of ['a\r\nX-Other: b', 'a\n', 'a b', '', 'é']) expect(pattern.test(bad)).toBe(false)
    }
  })

  it('ask for both sandbox credentials or none', () => {
    const grouped = clevertap.fields.filter(({ group }) => group === 'sandbox').map(({ key }) => key)
    expect(grouped).toEqual(['sandbox_account_id', 'sandbox_passcode'])
  })
})
