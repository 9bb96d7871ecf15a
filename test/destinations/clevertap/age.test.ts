import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import { sampleEvent } from '../../fixtures/event.ts'
import { withDefaults } from '../conformance.ts'

const HOUR = 3_600_000

function notesAt(ageMs: number, settings: Record<string, string> = {}): readonly string[] {
  const event = sampleEvent()
  const rendered = clevertap.records({
    event,
    integrationId: 'ct',
    settings: withDefaults(clevertap.fields, { account_id: 'A', passcode: 'P', ...settings }),
    eventName: 'rc_renewal_event',
    identity: { identity: event.appUserId },
    resend: 0,
    mends: [],
    nowMs: event.occurredAt + ageMs,
    lastStatus: null,
  })
  return rendered.kind === 'records' ? rendered.notes : [rendered.reason]
}

describe('the age of an event', () => {
  it('is noted when live campaigns no longer see it', () => {
    expect(notesAt(2 * HOUR)).toEqual([])
    expect(notesAt(2 * HOUR + 1_000)).toEqual([
      'Too old for live campaigns: CleverTap triggers them only on events of the last two hours.',
    ])
  })

  it('does not matter when the time of sending is sent', () => {
    expect(notesAt(50 * HOUR, { event_time: 'sent' })).toEqual([])
  })
})
