import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import type { Settings } from '../../../src/domain/field.ts'
import { eventNamed } from '../events.ts'
import { rendered, settingsWith } from './render.ts'

describe('the channels', () => {
  it('has one for the sandbox when both of its credentials are set, whatever the toggle says', () => {
    const has = (settings: Settings) =>
      [true, false].map((toggle) => clevertap.hasChannel(settingsWith(settings), 'sandbox', toggle))
    expect(has({})).toEqual([false, false])
    expect(has({ sandbox_account_id: 'S' })).toEqual([false, false])
    expect(has({ sandbox_account_id: 'S', sandbox_passcode: 'p' })).toEqual([true, true])
  })

  it('never sends the sandbox to the production account', () => {
    const request = clevertap.request([], { settings: settingsWith(), environment: 'sandbox', nowMs: 0 })
    expect(JSON.stringify(request)).not.toMatch(/ACC-1|pass-1/)
  })
})

describe('a request', () => {
  it.each([
    ['eu1', 'https://api.clevertap.com'],
    ['in1', 'https://in1.api.clevertap.com'],
    ['sg1', 'https://sg1.api.clevertap.com'],
    ['us1', 'https://us1.api.clevertap.com'],
    ['aps3', 'https://aps3.api.clevertap.com'],
    ['mec1', 'https://mec1.api.clevertap.com'],
  ])('goes to the host of its region, %s', (region, origin) => {
    const request = clevertap.request([], { settings: settingsWith({ region }), environment: 'production', nowMs: 0 })
    expect(request).toMatchObject({ origin, method: 'POST', path: '/1/upload', remote: 'clevertap' })
  })

  it("carries the records' own text, written once", () => {
    const records = rendered(eventNamed('renewal'), { charged: true, profile: true })
    const context = { settings: settingsWith(), environment: 'production' as const, nowMs: 0 }
    const { body } = clevertap.request(records, context)
    expect(body).toBe(`{"d":[${records.map(({ json }) => json).join(',')}]}`)
    expect(JSON.parse(body)).toEqual({ d: records.map((record) => record.body) })
  })

  it('holds less than CleverTap takes, at most and with everything on', () => {
    const perDelivery = rendered(eventNamed('renewal'), { charged: true, profile: true }).length
    expect(perDelivery * clevertap.limits.deliveriesPerRequest).toBeLessThanOrEqual(1000)
    expect(clevertap.limits.maxSlots).toBeLessThanOrEqual(15)
  })
})
