import { describe, expect, it } from 'vitest'
import { credentialsOf, REVENUECAT_FIELDS, refuseApp } from '../../../src/stores/revenuecat/fields.ts'
import { AUTHORIZATION, feedApp, SECRET } from './setting.ts'

describe('the settings of a feed', () => {
  it('are those of the config file', () => {
    expect(REVENUECAT_FIELDS.map(({ key, type }) => [key, type])).toEqual([
      ['authorization', 'secret'],
      ['signing_secret', 'secret'],
      ['authority', 'select'],
    ])
  })

  it('leave the store to announce unless the feed is told to', () => {
    const authority = REVENUECAT_FIELDS.find(({ key }) => key === 'authority')
    expect(authority).toMatchObject({ default: 'store', options: [{ value: 'store' }, { value: 'revenuecat' }] })
  })

  it('take header values and secrets as a sender writes them', () => {
    const patterns = new Map(
      REVENUECAT_FIELDS.map((field) => [field.key, 'pattern' in field ? field.pattern : undefined]),
    )
    const matches = (key: string, value: string): boolean => new RegExp(`^(?:${patterns.get(key)})$`, 'v').test(value)
    for (const value of ['Bearer abc', 'x', 'a"b\\c', AUTHORIZATION]) expect(matches('authorization', value)).toBe(true)
    for (const value of [' x', 'x ', 'a\nb', 'é', '']) expect(matches('authorization', value)).toBe(false)
    expect(matches('signing_secret', SECRET)).toBe(true)
    expect(matches('signing_secret', 'two words')).toBe(false)
  })

  it('need at least one of the two secrets, and say how to get it', () => {
    expect(refuseApp(feedApp())).toBeNull()
    expect(refuseApp(feedApp({ settings: { authorization: AUTHORIZATION } }))).toBeNull()
    expect(refuseApp(feedApp({ settings: { signing_secret: SECRET } }))).toBeNull()
    expect(refuseApp(feedApp({ settings: { authority: 'store' } }))).toMatch(/^rc has neither .* set at least one/)
    expect(refuseApp(feedApp({ receive: 'pull' }))).toMatch(/receive: pull of rc/)
  })

  it('count an empty value as none', () => {
    expect(credentialsOf(feedApp({ settings: { authorization: '', signing_secret: 7 } }))).toEqual({
      authorization: null,
      signingSecret: null,
    })
  })
})
