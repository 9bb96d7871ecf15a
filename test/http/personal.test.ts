import { describe, expect, it } from 'vitest'
import { toApiEvent } from '../../src/http/event-json.ts'
import {
  blottedAttempts,
  blotter,
  MASKED,
  maskedChange,
  maskedIdentity,
  quotingNobody,
  quotingNobodyOf,
  seesPersonal,
} from '../../src/http/personal.ts'
import { toApiChange } from '../../src/http/routes/timeline.ts'
import { permissionsOf } from '../../src/members/roles.ts'
import { sampleEvent } from '../fixtures/event.ts'
import { deliveryOf, memoryHub } from './in-memory-doors.ts'

const ATTRIBUTES = {
  $email: { value: 'someone@example.com', updatedAt: 1 },
  plan: { value: 'gold', updatedAt: 1 },
  $clevertapId: { value: '__device_1', updatedAt: 1 },
}

describe('whoever may not see what is known of people', () => {
  it('is every role but those that configure', () => {
    const seeing = (['owner', 'admin', 'developer', 'marketer', 'viewer'] as const).filter((role) =>
      seesPersonal({ permissions: permissionsOf(role) }),
    )
    expect(seeing).toEqual(['owner', 'admin', 'developer'])
  })

  it('sees the keys of attributes and no value, in events and in changes', () => {
    const event = sampleEvent({ attributes: ATTRIBUTES })
    expect(JSON.stringify(toApiEvent(event, false).subscriber_attributes)).not.toMatch(/someone|gold|device/)
    expect(Object.keys(toApiEvent(event, false).subscriber_attributes)).toEqual(Object.keys(ATTRIBUTES))
    expect(toApiEvent(event, true).subscriber_attributes.plan).toEqual({ value: 'gold', updated_at_ms: 1 })
    const row = { at: 0, kind: 'attribute', body: '{"key":"plan","value":"gold","updatedAt":1}', place: '1-1' }
    expect(toApiChange(row, false).change).toEqual({ key: 'plan', value: MASKED, updated_at_ms: 1 })
    expect(maskedChange('attribution', { network: 'x' })).toBe(MASKED)
    expect(maskedChange('alias', { ids: ['a'] })).toEqual({ ids: ['a'] })
    expect(maskedIdentity({ userId: 'ana', objectId: '__device_1' }, 'ana')).toEqual({
      userId: 'ana',
      objectId: MASKED,
    })
  })

  it('finds values blotted out of requests and answers, whoever else rides in them', async () => {
    const { doors, rows } = memoryHub()
    rows.events.splice(0)
    rows.deliveries.splice(0)
    for (const n of [1, 2]) {
      const value = (text: string) => ({ value: text, updatedAt: 1 })
      const attributes = { $email: value(`person-${n}@example.com`), tier: value(`t${n}`) }
      const event = sampleEvent({ id: `evt_${n}`, projectId: 'acme', attributes })
      rows.events.push({ event, position: n, notificationId: null })
      rows.deliveries.push(deliveryOf('acme', { id: `dlv_${n}`, eventId: `evt_${n}` }))
    }
    const records = [1, 2].map((n) => ({ email: `person-${n}@example.com`, tier: `t${n}`, event: 'renewal' }))
    const attempt = {
      id: 'att_1',
      projectId: 'acme',
      channelId: 'segment:production',
      at: 0,
      durationMs: 1,
      status: 200,
      request: JSON.stringify({ method: 'POST', body: JSON.stringify({ batch: records }) }),
      response: JSON.stringify({ status: 200, body: 'person-2@example.com is not right' }),
      outcomes: JSON.stringify([1, 2].map((n) => ({ delivery: `dlv_${n}`, outcome: 'delivered' }))),
    }
    const [shown] = await blottedAttempts([attempt], 'acme', doors.reads)
    const text = JSON.stringify(shown)
    expect(text).not.toMatch(/person-|t1|t2/)
    expect(text).toContain('renewal')
    expect(text).toContain('dlv_2')
  })

  it('reads why a delivery failed without the value that the destination quotes', async () => {
    const { doors, rows } = memoryHub()
    const event = sampleEvent({ id: 'evt_1', projectId: 'acme', attributes: ATTRIBUTES })
    rows.events.splice(0, rows.events.length, { event, position: 1, notificationId: null })
    const words = {
      reason: '515: "someone@example.com" is no address of the plan gold, goldfish',
      advice: 'Ask someone@example.com.',
      notes: ['__device_1 was cut'],
      identity: '{"objectId":"__device_1"}',
    }
    const failed = deliveryOf('acme', words)
    rows.deliveries.splice(0, rows.deliveries.length, failed)
    const marketer = { projectId: 'acme', permissions: permissionsOf('marketer') }
    const [shown] = await quotingNobody([failed], marketer, doors.reads)
    expect(shown?.delivery).toMatchObject({
      reason: `515: "${MASKED}" is no address of the plan ${MASKED}, goldfish`,
      advice: `Ask ${MASKED}.`,
      notes: [`${MASKED} was cut`],
    })
    expect(await quotingNobodyOf('dlv_1', [words.advice], marketer, doors.reads)).toEqual([`Ask ${MASKED}.`])
    const owner = { projectId: 'acme', permissions: permissionsOf('owner') }
    expect(await quotingNobody([failed], owner, doors.reads)).toEqual([failed])
    expect(await quotingNobodyOf('dlv_1', [words.advice], owner, doors.reads)).toEqual([words.advice])
    const blank = deliveryOf('acme', { status: 'skipped', reason: 'name_blank', advice: null, notes: [] })
    expect(await quotingNobody([blank], marketer, doors.reads)).toEqual([blank])
  })

  it('sees nothing of a text in which a short value cannot be told from others', () => {
    expect(blotter(['gold'])('the plan gold is not right')).toBe(MASKED)
    expect(blotter(['golden-plan'])('the plan golden-plan is not right')).not.toContain('golden-plan')
    expect(blotter([])('left alone')).toBe('left alone')
  })
})
