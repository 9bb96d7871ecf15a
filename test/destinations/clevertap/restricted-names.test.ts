import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'

describe('event names', () => {
  it.each([
    'Stayed',
    'Notification Clicked',
    'Notification Viewed',
    'Notification Sent',
    'Notification Bounced',
    'UTM Visited',
    'App Launched',
    'App Uninstalled',
    'wzrk_d',
    'wzrk_fetch',
    'Geocluster Entered',
    'Geocluster Exited',
    'SCOutgoing',
    'SCIncoming',
    'SCEnd',
    'SCCampaignOptOut',
  ])('that CleverTap keeps for itself are refused however they are written: %s', (name) => {
    for (const written of [name, name.toUpperCase(), name.toLowerCase(), ` ${name} `, name.replaceAll(' ', '')]) {
      expect(clevertap.refuseEventName(written)).toContain(name)
    }
    expect(clevertap.refuseEventName(`My ${name}`)).toBeNull()
  })

  it('hold at most 512 bytes', () => {
    expect(clevertap.refuseEventName('x'.repeat(512))).toBeNull()
    expect(clevertap.refuseEventName('x'.repeat(513))).toMatch(/512 bytes/)
    expect(clevertap.refuseEventName('é'.repeat(257))).toMatch(/512 bytes/)
  })
})
