import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Integration } from '../../src/domain/project.ts'
import { type Disk, HOUR, MINUTE, openDisk, SECOND, START } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
// A sweep goes over all projects of a database, so each test has its own.
beforeEach(async () => {
  disk = await openDisk()
})
afterEach(async () => {
  await world.close()
  await disk.remove()
})

async function open(...changes: readonly Partial<Integration>[]): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) =>
      changes.map((change) =>
        change.destination === 'clevertap'
          ? clevertapIntegration(project, change)
          : segmentIntegration(project, change),
      ),
  })
}
const clevertap = (settings: Integration['settings'] = {}, rest: Partial<Integration> = {}): Partial<Integration> => ({
  destination: 'clevertap',
  settings,
  ...rest,
})
const segment = (settings: Integration['settings'] = {}, rest: Partial<Integration> = {}): Partial<Integration> => ({
  destination: 'segment',
  settings,
  ...rest,
})

const ANONYMOUS = `$RCAnonymousID:${'a'.repeat(32)}`

describe('72 hours on the channel’s running clock', () => {
  it('in an open channel a delivery that is older fails in its turn, and the next of the customer goes', async () => {
    await open(segment())
    await world.delivery.pause(world.project, 'segment', 'test')
    await world.delivery.resume(world.project, 'segment')
    const [old] = await world.emit([{ customer: 'u' }])
    world.advance(72 * HOUR + SECOND)
    const [young] = await world.emit([{ customer: 'u' }])
    await world.quiesce()
    const { delivery } = await world.deliveryOf(old?.id ?? '', 'segment')
    expect(delivery).toMatchObject({ status: 'failed', reason: 'It waited for more than 72 hours', attempts: 0 })
    expect(delivery.advice).not.toBeNull()
    expect((await world.deliveryOf(young?.id ?? '', 'segment')).delivery.status).toBe('delivered')
    expect(world.segment.byEvent(old?.id ?? '')).toHaveLength(0)
  })

  it('the sweep leaves an open channel to its claims', async () => {
    await open(segment())
    await world.emit([{ customer: 'u' }])
    world.advance(73 * HOUR)
    expect(await world.delivery.sweep()).toBe(0)
  })

  it('while the channel is down the sweep fails it, and it says why the channel is down', async () => {
    await open(segment())
    world.segment.always({ kind: 'answer', status: 503, body: 'down for good' })
    const [old] = await world.emit([{ customer: 'u' }])
    await world.quiesce()
    world.advance(71 * HOUR)
    await world.emit([{ customer: 'u' }, { customer: 'v' }])
    expect(await world.delivery.sweep()).toBe(0)
    world.advance(HOUR + SECOND)
    expect(await world.delivery.sweep()).toBe(1)
    const { delivery } = await world.deliveryOf(old?.id ?? '', 'segment')
    expect(delivery).toMatchObject({ status: 'failed', reason: 'It waited for more than 72 hours' })
    expect(delivery.advice).toContain('503')
    world.segment.always(null)
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(2)
  })

  it('no pause counts, and 72 hours of running do, on both sides of it', async () => {
    await open(segment())
    world.segment.always({ kind: 'answer', status: 503 })
    await world.emit([{ customer: 'u' }])
    await world.quiesce()
    world.advance(70 * HOUR)
    await world.delivery.pause(world.project, 'segment', 'test')
    world.advance(1_000 * HOUR)
    expect(await world.delivery.sweep()).toBe(0)
    await world.delivery.resume(world.project, 'segment')
    await world.quiesce()
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(1)
    world.advance(2 * HOUR + SECOND)
    expect(await world.delivery.sweep()).toBe(1)
  })

  it('a pause by refused credentials does not count either', async () => {
    await open(segment())
    world.segment.always({ kind: 'answer', status: 401 })
    await world.emit([{ customer: 'u' }])
    await world.quiesce()
    world.advance(500 * HOUR)
    expect(await world.delivery.sweep()).toBe(0)
    world.segment.always(null)
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })

  it('a retry by a person begins the 72 hours anew', async () => {
    await open(segment())
    world.segment.always({ kind: 'answer', status: 503 })
    const [event] = await world.emit([{ customer: 'u' }])
    await world.quiesce()
    world.advance(73 * HOUR)
    expect(await world.delivery.sweep()).toBe(1)
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'segment')
    expect(await world.delivery.retry(world.project, delivery.id, 'segment:production')).toBe(true)
    expect(await world.delivery.sweep()).toBe(0)
    world.segment.always(null)
    await world.run()
    expect(await world.deliveries('segment', 'delivered')).toHaveLength(1)
  })

  it('what an integration that is switched off left waiting fails in the sweep, visibly', async () => {
    await open(segment())
    world.segment.always({ kind: 'answer', status: 503 })
    await world.emit([{ customer: 'u' }])
    await world.quiesce()
    await world.change('segment', { enabled: false })
    world.segment.always(null)
    await world.run()
    expect(world.segment.accepted()).toHaveLength(0)
    world.advance(72 * HOUR + MINUTE)
    expect(await world.delivery.sweep()).toBe(1)
    expect((await world.deliveries('segment', 'failed'))[0]?.delivery.reason).toContain('72 hours')
  })

  it.each(['open', 'paused by a person'])(
    'what a removed integration (%s) left waiting ends, and says why',
    async (state) => {
      await open(segment(), clevertap())
      world.segment.always({ kind: 'answer', status: 503 })
      world.clevertap.always({ kind: 'answer', status: 503 })
      await world.emit([{ customer: 'u' }, { customer: 'u' }, { customer: 'v' }])
      await world.quiesce()
      if (state !== 'open') await world.delivery.pause(world.project, 'segment', 'ana')
      world.integrations = world.integrations.filter(({ id }) => id !== 'segment')
      await world.delivery.configure()
      // One look may have come before another process told of a new integration.
      expect(await world.delivery.sweep()).toBe(0)
      expect(await world.delivery.sweep()).toBe(3)
      const failed = await world.deliveries('segment', 'failed')
      expect(failed).toHaveLength(3)
      for (const { delivery } of failed) {
        expect(delivery.reason).toBe('Its integration was removed before it was sent')
        expect(delivery.advice).toContain('same id')
      }
      expect(await world.deliveries('clevertap', 'waiting')).toHaveLength(3)
      expect(await world.delivery.sweep()).toBe(0)
    },
  )

  it('the steps of a record that failed do not shorten the waits of the customer’s next', async () => {
    await open(clevertap())
    const [first] = await world.emit([{ customer: 'u' }])
    world.clevertap.answerNext({ match: first?.id ?? '', code: 555, times: 5 })
    await world.run(world.now() + 5 * MINUTE)
    expect((await world.deliveryOf(first?.id ?? '', 'clevertap')).delivery.status).toBe('waiting')
    world.advance(73 * HOUR)
    const [second] = await world.emit([{ customer: 'u' }])
    world.clevertap.answerNext({ match: second?.id ?? '', code: 555 })
    await world.quiesce()
    expect((await world.deliveryOf(first?.id ?? '', 'clevertap')).delivery.status).toBe('failed')
    const waits = await world.deliveryOf(second?.id ?? '', 'clevertap')
    expect((waits.dueAt ?? 0) - world.now()).toBeLessThanOrEqual(1_200)
  })
})

describe('wait_for_attribute', () => {
  const waiting = (): Partial<Integration> => clevertap({ wait_for_attribute: { $clevertapId: 60 } })

  it('a new customer’s events wait that long', async () => {
    await open(waiting())
    await world.emit([{ customer: 'u' }, { customer: 'u' }])
    await world.run(START + 59 * SECOND)
    expect(world.sendings).toHaveLength(0)
    await world.run()
    expect(world.sendings[0]?.at).toBe(START + 60 * SECOND)
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(2)
  })

  it('or go at once when the attribute arrives, under the new identity', async () => {
    await open(waiting())
    const [event] = await world.emit([{ customer: 'u' }])
    world.advance(10 * SECOND)
    await world.setAttributes('u', { colour: 'green' })
    await world.quiesce()
    expect(world.sendings).toHaveLength(0)
    await world.setAttributes('u', { $clevertapId: 'CT-1' })
    await world.quiesce()
    expect(world.clevertap.byEvent(event?.id ?? '')).toMatchObject([{ identifiedBy: 'objectId', customerId: 'CT-1' }])
    expect(world.sendings[0]?.at).toBe(START + 10 * SECOND)
  })

  it('do not wait when the customer has it, or is not new any more', async () => {
    await open(waiting())
    await world.emit([{ customer: 'u', attributes: { $clevertapId: 'CT-1' } }])
    await world.setAttributes('old', { colour: 'green' })
    await world.quiesce()
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(1)
    world.advance(61 * SECOND)
    await world.emit([{ customer: 'old' }])
    await world.quiesce()
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(2)
  })

  it('an attribute that arrives cuts no other wait short', async () => {
    await open(waiting())
    const [event] = await world.emit([{ customer: 'u', attributes: { $clevertapId: 'CT-1' } }])
    world.clevertap.answerNext({ match: event?.id ?? '', code: 555, times: 4 })
    await world.run(world.now() + 40 * SECOND)
    const attempts = world.sendings.length
    for (let n = 0; n < 5; n += 1) {
      await world.setAttributes('u', { [`colour${n}`]: 'green', $clevertapId: 'CT-1' })
      await world.quiesce()
    }
    expect(world.sendings).toHaveLength(attempts)
    await world.run()
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(1)
  })

  it('the hold counts into when a delivery may first go', async () => {
    await open(waiting())
    const [event] = await world.emit([{ customer: 'u' }])
    expect((await world.deliveryOf(event?.id ?? '', 'clevertap')).delivery.mayGoAt).toBe(60 * SECOND)
  })
})

describe('customers without an identified id', () => {
  it.each([segment, clevertap])(
    'hold_until_known: waits, without growing old, until the customer is known',
    async (make) => {
      await open(make({ anonymous: 'hold_until_known' }))
      const id = make().destination ?? ''
      await world.emit([{ customer: ANONYMOUS }, { customer: 'known' }])
      await world.run()
      world.advance(100 * HOUR)
      await world.delivery.sweep()
      await world.run()
      expect(await world.deliveries(id, 'delivered')).toHaveLength(1)
      expect(await world.deliveries(id, 'waiting')).toHaveLength(1)
      // The purchase finds its owner: the customer has a known id from now on.
      await world.knownAs(ANONYMOUS, 'ada')
      await world.run()
      expect(await world.deliveries(id, 'delivered')).toHaveLength(2)
      const standIn = id === 'segment' ? world.segment : world.clevertap
      expect(standIn.byCustomer('ada').length).toBeGreaterThan(0)
    },
  )

  it('hold_until_known that comes while an event waits holds it in its turn', async () => {
    await open(segment())
    await world.delivery.pause(world.project, 'segment', 'test')
    await world.emit([{ customer: ANONYMOUS }])
    const { settings } = segmentIntegration(world.project, { settings: { anonymous: 'hold_until_known' } })
    await world.change('segment', { settings })
    await world.delivery.resume(world.project, 'segment')
    await world.run()
    expect(world.sendings).toHaveLength(0)
    expect(await world.deliveries('segment', 'waiting')).toHaveLength(1)
  })

  it('CleverTap, hold_until_known: a $clevertapId makes an anonymous customer known', async () => {
    await open(clevertap({ anonymous: 'hold_until_known' }))
    await world.emit([{ customer: ANONYMOUS }])
    await world.run()
    expect(world.sendings).toHaveLength(0)
    await world.setAttributes(ANONYMOUS, { $clevertapId: 'CT-1' })
    await world.run()
    expect(world.clevertap.accepted()).toMatchObject([{ identifiedBy: 'objectId' }])
    // And from then on nothing of this customer waits.
    await world.emit([{ customer: ANONYMOUS }])
    await world.run()
    expect(world.clevertap.accepted()).toHaveLength(2)
  })

  it.each([segment, clevertap])(
    'skip: settled as skipped with the reason `anonymous`, and never sent',
    async (make) => {
      await open(make({ anonymous: 'skip' }))
      await world.emit([{ customer: ANONYMOUS }, { customer: 'known' }])
      await world.run()
      const id = make().destination ?? ''
      expect((await world.deliveries(id, 'skipped')).map(({ delivery }) => delivery.reason)).toEqual(['anonymous'])
      expect(await world.deliveries(id, 'delivered')).toHaveLength(1)
    },
  )

  it('Segment, as_anonymous_id: goes as anonymousId', async () => {
    await open(segment({ anonymous: 'as_anonymous_id' }))
    await world.emit([{ customer: ANONYMOUS }])
    await world.run()
    expect(world.segment.accepted().map(({ body }) => Object.keys(body as object).includes('anonymousId'))).toEqual([
      true,
      true,
    ])
  })
})

describe('when_unknown: hold', () => {
  it.each([segment, clevertap])('waits for a person, and the customer’s next event goes', async (make) => {
    await open(make({ when_unknown: 'hold' }))
    const id = make().destination ?? ''
    const standIn = id === 'segment' ? world.segment : world.clevertap
    const [first] = await world.emit([{ customer: 'u' }])
    standIn.script([{ kind: 'cut_after' }])
    await world.quiesce()
    const held = (await world.deliveryOf(first?.id ?? '', id)).delivery
    expect(held).toMatchObject({ status: 'failed', reason: 'outcome_unknown', mayBeDoubled: true })
    expect(held.advice).toContain('it arrived')
    const [second] = await world.emit([{ customer: 'u' }])
    await world.run()
    expect((await world.deliveryOf(second?.id ?? '', id)).delivery.status).toBe('delivered')
    expect(standIn.duplicates()).toHaveLength(0)

    expect(await world.delivery.arrived(world.project, held.id)).toBe(true)
    expect(await world.delivery.arrived(world.project, held.id)).toBe(false)
    expect((await world.deliveryOf(first?.id ?? '', id)).delivery).toMatchObject({ status: 'delivered', reason: null })
  })

  it('"send again" sends the same record', async () => {
    await open(clevertap({ when_unknown: 'hold' }))
    const [event] = await world.emit([{ customer: 'u' }])
    world.clevertap.script([{ kind: 'cut_after' }])
    await world.quiesce()
    const { delivery } = await world.deliveryOf(event?.id ?? '', 'clevertap')
    expect(await world.delivery.retry(world.project, delivery.id, 'clevertap:production')).toBe(true)
    await world.run()
    const bodies = world.clevertap.byEvent(event?.id ?? '').map(({ body }) => JSON.stringify(body))
    expect(bodies).toHaveLength(2)
    expect(new Set(bodies).size).toBe(1)
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(1)
  })

  it('what surely did not arrive is sent again by itself', async () => {
    await open(clevertap({ when_unknown: 'hold' }))
    await world.emit([{ customer: 'u' }])
    world.clevertap.script([{ kind: 'answer', status: 503 }])
    await world.run()
    expect(await world.deliveries('clevertap', 'delivered')).toHaveLength(1)
  })
})
