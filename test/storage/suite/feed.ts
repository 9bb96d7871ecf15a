import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import { type DeliveryFilter, type DeliveryQuery, EVERY_DELIVERY } from '../../../src/storage/reads.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import { replayTwice } from '../replay.ts'
import {
  announce,
  changeOf,
  channels,
  claimOne,
  customer,
  delivery,
  EMPTY_SET,
  event,
  NOW,
  SECOND,
  save,
  settlement,
} from '../samples.ts'

/** Ann and bob with three events each: the first failed, the second failed for another reason, the third was skipped. */
async function fill(storage: Storage): Promise<void> {
  await channels(storage, 'segment')
  for (const name of ['ann', 'bob']) {
    await announce(storage, name, [1, 2], name === 'bob' ? { changes: { name: 'trial_started' } } : {})
    for (const reason of ['512: refused', '555: not now']) {
      const lot = await claimOne(storage, { now: NOW + SECOND })
      if (lot === null) throw new Error('nothing to claim')
      await storage.settleLot(settlement(lot, { status: 'failed', reason, advice: 'Mend it.' }))
    }
    const third = event(name, 3, { environment: 'production' })
    await save(storage, {
      attributeSets: [EMPTY_SET],
      events: [{ event: third, notificationId: null }],
      deliveries: [delivery(third, 'segment', { status: 'skipped', reason: 'name_blank', createdAt: NOW + 3 })],
    })
  }
}

export function feedSuite(here: Here): void {
  const list = async (filter: Partial<DeliveryFilter>, query: Partial<DeliveryQuery> = {}) => {
    const { items, next } = await here().storage.listDeliveries({
      projectId: 'acme',
      integrationId: 'segment',
      status: null,
      before: null,
      limit: 50,
      ...query,
      filter: { ...EVERY_DELIVERY, ...filter },
    })
    expect(next).toBeNull()
    return items
  }

  describe('the feed of deliveries', () => {
    it('filters by reason, event, customer, environment and time, all of it together, each with its event', async () => {
      const { storage, numbered } = here()
      await fill(storage)
      await numbered?.()
      expect(await list({})).toHaveLength(6)
      const refused = await list({ reason: '512: refused' })
      expect(refused.map(({ delivery: { reason } }) => reason)).toEqual(['512: refused', '512: refused'])
      expect(refused[0]?.event).toMatchObject({ appUserId: 'bob', name: 'trial_started', store: 'app_store' })
      expect(await list({ types: ['trial_started'] })).toHaveLength(2)
      expect(await list({ types: ['trial_started'], reason: '555: not now' })).toHaveLength(1)
      expect(await list({ customer: 'ann' })).toHaveLength(3)
      expect(await list({ customer: 'ann' }, { status: 'failed' })).toHaveLength(2)
      expect(await list({ customer: 'ann', reason: 'name_blank' })).toHaveLength(1)
      expect(await list({ customer: 'nobody' })).toEqual([])
      expect(await list({ environment: 'sandbox' })).toEqual([])
      expect(await list({ madeFrom: NOW + 2, madeTo: NOW + 3 })).toHaveLength(2)
      const oldest = await list({ retryable: true }, { status: 'failed', order: 'oldest' })
      expect(oldest.map(({ event: of }) => of?.appUserId)).toEqual(['ann', 'ann', 'bob', 'bob'])
    })

    it('goes on where a page ended, in either order', async () => {
      const { storage, numbered } = here()
      await fill(storage)
      await numbered?.()
      for (const query of [{}, { order: 'oldest' as const }, { filter: { ...EVERY_DELIVERY, customer: 'ann' } }]) {
        const seen: string[] = []
        for (let before: string | null = null; ; ) {
          const page = await storage.listDeliveries({
            projectId: 'acme',
            integrationId: 'segment',
            status: 'failed',
            limit: 1,
            ...query,
            before,
          })
          seen.push(...page.items.map((one) => one.delivery.id))
          before = page.next
          if (before === null) break
        }
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen).toHaveLength('filter' in query ? 2 : 4)
      }
    })

    it('counts what matches', async () => {
      const { storage, numbered } = here()
      await fill(storage)
      await numbered?.()
      const count = async (status: 'failed' | 'skipped', filter: Partial<DeliveryFilter>) => {
        const asked = { projectId: 'acme', integrationId: 'segment', status }
        const all = { ...EVERY_DELIVERY, retryable: true, ...filter }
        return storage.matchDeliveries({ ...asked, filter: all })
      }
      expect(await count('failed', {})).toEqual({ count: 4, more: false })
      expect(await count('failed', { reason: '512: refused' })).toEqual({ count: 2, more: false })
      expect(await count('failed', { types: ['trial_started'] })).toEqual({ count: 2, more: false })
      expect(await count('failed', { customer: 'bob', reason: '512: refused' })).toEqual({ count: 1, more: false })
      expect(await count('skipped', {})).toEqual({ count: 2, more: false })
      expect(await count('skipped', { customer: 'nobody' })).toEqual({ count: 0, more: false })
    })

    it('groups what went wrong by reason, what failed first', async () => {
      const { storage } = here()
      await fill(storage)
      const groups = await storage.deliveryReasons({ projectId: 'acme', integrationId: 'segment', since: NOW })
      expect(groups.map(({ status, reason, count, more }) => [status, reason, count, more])).toEqual([
        ['failed', expect.stringMatching(/^5/), 2, false],
        ['failed', expect.stringMatching(/^5/), 2, false],
        ['skipped', 'name_blank', 2, false],
      ])
      expect(groups[0]).toMatchObject({ advice: 'Mend it.', lastAt: NOW + SECOND })
      const example = await storage.getDelivery('acme', groups[2]?.exampleId ?? '')
      expect(example?.delivery.reason).toBe('name_blank')
      const ids = [2, 0].map((index) => groups[index]?.exampleId ?? '')
      const several = await storage.getDeliveries('acme', [ids[0] ?? '', 'dlv_of_nobody', ids[1] ?? ''])
      expect(several.map(({ delivery }) => delivery.id)).toEqual(ids)
      expect(await storage.getDeliveries('acme', [])).toEqual([])
      const later = { projectId: 'acme', integrationId: 'segment', since: NOW + 60 * SECOND }
      expect(await storage.deliveryReasons(later)).toEqual([])
    })
  })

  describe('sending many again', () => {
    it('each once, in order for each customer, behind what waits, with queues that are due and counts that are right', async () => {
      const { storage } = here()
      await fill(storage)
      // Something live of ann that came after all of it.
      await announce(storage, 'ann', [9])
      const all = await list({}, { order: 'oldest' })
      const deliveries = all.map(({ delivery: { id } }) => ({ id, mayGoAt: 5, dueAt: NOW + SECOND }))
      const both = await Promise.all([
        storage.retryDeliveries({ projectId: 'acme', deliveries }),
        storage.retryDeliveries({ projectId: 'acme', deliveries: [...deliveries].reverse() }),
      ])
      expect(both.reduce((sum, one) => sum + one)).toBe(6)
      expect(await storage.retryDeliveries({ projectId: 'acme', deliveries })).toBe(0)
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 7, failed: 0, skipped: 0 })
      const lot = await claimOne(storage, { now: NOW + SECOND, perQueue: 10 })
      const sequences = (lot?.queues ?? []).map(({ queue, deliveries: own }) => [
        queue.customerId,
        own.map((one) => one.delivery.seq - NOW * 1000),
      ])
      expect(Object.fromEntries(sequences)).toEqual({
        [customerId('acme', 'ann')]: [9, 1, 2, 3],
        [customerId('acme', 'bob')]: [1, 2, 3],
      })
      if (lot === null) throw new Error('nothing to claim')
      await storage.settleLot({
        ...settlement(lot),
        queues: lot.queues.map((one) => ({
          customerId: one.queue.customerId,
          fence: one.queue.fence,
          deliveries: one.deliveries.map((d) => changeOf(d.delivery.id)),
          dueAt: NOW,
          step: 0,
          alone: false,
          lastStatus: null,
        })),
      })
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, delivered: 7 })
    })

    it('3,000 of them that two calls replay at once wait again once each, in order, and add up', async () => {
      const { storage } = here()
      await replayTwice(storage, storage)
    }, 60_000)

    it('leaves out what is of another project, what is not there and what was erased', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const gone = event('ann', 1)
      await save(storage, {
        customers: [customer('ann')],
        attributeSets: [EMPTY_SET],
        events: [{ event: gone, notificationId: null }],
        deliveries: [delivery(gone, 'segment', { status: 'skipped', reason: 'erased' })],
      })
      const [one] = await list({})
      const wish = { id: one?.delivery.id ?? '', mayGoAt: 0, dueAt: NOW }
      const deliveries = [wish, { ...wish, id: 'dlv_nobody' }]
      expect(await storage.retryDeliveries({ projectId: 'acme', deliveries })).toBe(0)
      expect(await storage.retryDeliveries({ projectId: 'other', deliveries })).toBe(0)
      expect(await list({ retryable: true })).toEqual([])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, skipped: 1 })
    })
  })
}
