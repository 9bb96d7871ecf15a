import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import { InvalidCursor } from '../../../src/storage/errors.ts'
import type { EventQuery } from '../../../src/storage/reads.ts'
import type { Here } from '../conformance.ts'
import { announce, customer, EMPTY_SET, event, NOW, save } from '../samples.ts'

export function eventsSuite(here: Here): void {
  const ask = async (changes: Partial<EventQuery> = {}) => {
    await here().numbered?.()
    return here().storage.listEvents({
      projectId: 'acme',
      after: null,
      before: null,
      types: [],
      customer: null,
      environment: null,
      limit: 10,
      ...changes,
    })
  }

  describe('cursor positions', () => {
    it('a follower misses no event and sees none twice, whatever is saved meanwhile', async () => {
      const { storage } = here()
      const writers = Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          for (let n = 0; n < 25; n += 1) await announce(storage, `w${writer}`, [n], { integrations: [] })
        }),
      )
      let finished = false
      const ended = writers.then(() => {
        finished = true
      })
      const seen: string[] = []
      const positions: number[] = []
      let after = ''
      for (let last = false; !last; ) {
        last = finished
        const page = await ask({ after, limit: 7 })
        for (const { event: one, position } of page.items) {
          seen.push(one.id)
          positions.push(position ?? Number.NaN)
        }
        if (page.items.length > 0) last = false
        after = page.next ?? 'a follower must always get its place'
      }
      await ended
      expect(seen).toHaveLength(200)
      expect(new Set(seen).size).toBe(200)
      expect(positions).toEqual([...positions].sort((a, b) => a - b))
      expect(new Set(positions).size).toBe(200)
    })

    it('a step that fails takes no position, one that repeats an event neither', async () => {
      const { storage } = here()
      await announce(storage, 'ann', [1, 2], { integrations: [] })
      const events = [{ event: event('bob', 1), notificationId: null }]
      const clash = [customer('ann', { version: 9 })]
      await Promise.allSettled([
        save(storage, { attributeSets: [EMPTY_SET], events, customers: clash }),
        announce(storage, 'ann', [2, 3], { integrations: [] }),
      ])
      const { items } = await ask({ after: '' })
      expect(items.map(({ event: one, position }) => [one.purchase.chain, position])).toEqual([
        ['ann', 1],
        ['ann', 2],
        ['ann', 3],
      ])
    })

    it('go on after the last one when the storage is opened again', async () => {
      const { storage, reopen } = here()
      await announce(storage, 'ann', [1, 2], { integrations: [] })
      const { next } = await ask({ after: '' })
      const later = await reopen()
      await announce(later, 'ann', [3], { integrations: [] })
      await here().numbered?.()
      const page = await later.listEvents({
        projectId: 'acme',
        after: next,
        before: null,
        types: [],
        customer: null,
        environment: null,
        limit: 10,
      })
      expect(page.items.map(({ event: one }) => one.id)).toEqual([event('ann', 3).id])
    })

    it('the place of a follower stays the same while there is nothing new', async () => {
      const { storage } = here()
      expect(await ask({ after: '' })).toEqual({ items: [], next: '0' })
      await announce(storage, 'ann', [1], { integrations: [] })
      const first = await ask({ after: '0' })
      expect(first.items).toHaveLength(1)
      expect(await ask({ after: first.next })).toEqual({ items: [], next: first.next })
    })

    it('a text that was never a place is refused', async () => {
      await expect(ask({ after: 'x' })).rejects.toThrow(InvalidCursor)
      await expect(ask({ before: "1' OR 1=1" })).rejects.toThrow(InvalidCursor)
    })
  })

  describe('lists of events', () => {
    it('newest first, each once, to the end', async () => {
      const { storage } = here()
      await announce(
        storage,
        'ann',
        Array.from({ length: 23 }, (_, n) => n),
        { integrations: [] },
      )
      const seen: number[] = []
      let pages = 0
      for (let before: string | null = null; ; ) {
        const page = await ask({ before, limit: 5 })
        pages += 1
        seen.push(...page.items.map(({ event: one }) => one.seq - NOW * 1000))
        if (page.next === null) break
        before = page.next
      }
      expect(pages).toBe(5)
      expect(seen).toEqual(Array.from({ length: 23 }, (_, n) => 22 - n))
    })

    it('a page that ends the list says so', async () => {
      const { storage } = here()
      await announce(storage, 'ann', [1, 2], { integrations: [] })
      expect(await ask({ limit: 2 })).toMatchObject({ next: null, items: [{}, {}] })
      expect(await ask({ projectId: 'zeta' })).toEqual({ items: [], next: null })
    })

    it('filters by type or name, customer under any alias, and environment, forwards and backwards', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann', { aliases: ['ann', 'anna'] }), customer('bob')] })
      const rows = [
        event('ann', 1, { type: 'INITIAL_PURCHASE', name: 'trial_started' }),
        event('ann', 2),
        event('ann', 3, { environment: 'sandbox' }),
        event('bob', 1, { type: 'TRANSFER', name: null }),
      ]
      await save(storage, {
        attributeSets: [EMPTY_SET],
        events: rows.map((one) => ({ event: one, notificationId: 'ntf_1' })),
      })
      const count = async (changes: Partial<EventQuery>) => {
        const [onwards, backwards] = [await ask({ ...changes, after: '' }), await ask(changes)]
        expect([...backwards.items].reverse()).toEqual(onwards.items)
        return onwards.items.map(({ event: one }) => rows.findIndex(({ id }) => id === one.id))
      }
      expect(await count({})).toEqual([0, 1, 2, 3])
      expect(await count({ types: ['RENEWAL', 'TRANSFER'] })).toEqual([1, 2, 3])
      expect(await count({ types: ['trial_started'] })).toEqual([0])
      expect(await count({ customer: 'anna' })).toEqual([0, 1, 2])
      expect(await count({ customer: 'nobody' })).toEqual([])
      expect(await count({ environment: 'sandbox' })).toEqual([2])
      expect(await count({ customer: 'ann', environment: 'production', types: ['RENEWAL'] })).toEqual([1])
    })

    it('carry the attributes that the event froze', async () => {
      const { storage } = here()
      const attributes = { $email: { value: 'ann@example.com', updatedAt: NOW } }
      await save(storage, {
        customers: [customer('ann')],
        attributeSets: [{ projectId: 'acme', hash: 'one', attributes }],
        events: [{ event: event('ann', 1, { attributeSet: 'one' }), notificationId: 'ntf_1' }],
      })
      await save(storage, { customers: [customer('ann', { version: 1, attributes: {} })] })
      const expected = {
        event: { ...event('ann', 1, { attributeSet: 'one' }), attributes },
        position: 1,
        notificationId: 'ntf_1',
      }
      await here().numbered?.()
      expect(await storage.getEvent('acme', event('ann', 1).id)).toEqual(expected)
      expect((await ask()).items).toEqual([expected])
      expect(await storage.getEvent('zeta', event('ann', 1).id)).toBeNull()
    })

    it('several are read at once, in the order in which they are asked for', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann')], attributeSets: [EMPTY_SET] })
      const [one, two] = [event('ann', 1), event('ann', 2)]
      await save(storage, { events: [one, two].map((each) => ({ event: each, notificationId: null })) })
      const found = await storage.getEvents('acme', [two.id, 'evt_of_nobody', one.id])
      expect(found.map((each) => each.event.id)).toEqual([two.id, one.id])
      expect(await storage.getEvents('acme', [])).toEqual([])
      expect(await storage.getEvents('zeta', [one.id])).toEqual([])
    })

    it('a rare type among many events is found, page after page, in bounded reads', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann')], attributeSets: [EMPTY_SET] })
      const rare = event('ann', 0, { type: 'TRANSFER', name: null })
      await save(storage, { events: [{ event: rare, notificationId: null }] })
      const many = Array.from({ length: 5_500 }, (_, n) => ({ event: event('ann', n + 1), notificationId: null }))
      await save(storage, { events: many })
      const found: string[] = []
      let pages = 0
      for (let before: string | null = null; ; ) {
        const page = await ask({ types: ['TRANSFER'], before, limit: 3 })
        pages += 1
        found.push(...page.items.map(({ event: one }) => one.id))
        if (page.next === null || pages > 20) break
        before = page.next
      }
      expect(found).toEqual([rare.id])
      expect(await ask({ customer: 'ann', types: ['TRANSFER'], after: '', limit: 3 })).toMatchObject({ items: [{}] })
    })

    it('keep customers of other projects apart', async () => {
      const { storage } = here()
      await announce(storage, 'ann', [1], { integrations: [] })
      await save(storage, { customers: [customer('ann', { projectId: 'zeta' })] })
      expect((await ask({ projectId: 'zeta', customer: 'ann' })).items).toEqual([])
      expect((await ask({ customer: 'ann' })).items.map(({ event: one }) => one.customerId)).toEqual([
        customerId('acme', 'ann'),
      ])
    })
  })
}
