import { describe, expect, it } from 'vitest'
import type { PurchaseKey } from '../../../src/domain/purchase.ts'
import type { DeliveryQuery, NotificationQuery, Page } from '../../../src/storage/reads.ts'
import type { LedgerRow } from '../../../src/storage/rows.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
  attempt,
  changeOf,
  channels,
  claimOne,
  customer,
  delivery,
  EMPTY_SET,
  event,
  ledgerEntry,
  NOW,
  notification,
  purchase,
  purchaseKey,
  SECOND,
  save,
  settlement,
} from '../samples.ts'

/** All pages of a list, and how many there were. */
async function all<T>(read: (before: string | null) => Promise<Page<T>>): Promise<{ items: T[]; pages: number }> {
  const items: T[] = []
  let pages = 0
  for (let before: string | null = null; ; ) {
    const page: Page<T> = await read(before)
    items.push(...page.items)
    pages += 1
    if (page.next === null || pages > 100) return { items, pages }
    before = page.next
  }
}

export function listsSuite(here: Here): void {
  const deliveries = (changes: Partial<DeliveryQuery>) => (before: string | null) =>
    here().storage.listDeliveries({
      projectId: 'acme',
      integrationId: 'segment',
      status: null,
      limit: 4,
      ...changes,
      before,
    })
  const notifications = (changes: Partial<NotificationQuery>) => (before: string | null) =>
    here().storage.listNotifications({ projectId: 'acme', appId: null, status: null, limit: 4, ...changes, before })

  describe('lists of deliveries', () => {
    it('give each row once, newest first, by status', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (let n = 0; n < 11; n += 1) await announce(storage, `c${n}`, [1], { dueAt: NOW + n })
      const lot = await claimOne(storage, { deliveries: 6, now: NOW + 60 })
      if (lot === null) throw new Error('no lot')
      const input = settlement(lot)
      await storage.settleLot({
        ...input,
        queues: input.queues.map((queue, index) => ({
          ...queue,
          deliveries: queue.deliveries.map(({ id }) =>
            changeOf(id, { status: index % 2 === 0 ? 'delivered' : 'failed' }),
          ),
        })),
      })
      const skipped = event('skip', 1)
      await save(storage, {
        customers: [customer('skip')],
        events: [{ event: skipped, notificationId: null }],
        deliveries: [delivery(skipped, 'segment', { status: 'skipped', reason: 'name_blank' })],
      })
      const everything = await all(deliveries({}))
      expect(everything.pages).toBe(3)
      expect(everything.items).toHaveLength(12)
      expect(new Set(everything.items.map((row) => row.delivery.id)).size).toBe(12)
      expect(everything.items[0]?.delivery).toMatchObject({ status: 'skipped', reason: 'name_blank' })
      for (const [status, count] of Object.entries({ waiting: 5, delivered: 3, failed: 3, skipped: 1 })) {
        const { items } = await all(deliveries({ status: status as DeliveryQuery['status'] }))
        expect(items.map((row) => row.delivery.status)).toEqual(Array.from({ length: count }, () => status))
      }
      expect((await all(deliveries({ integrationId: 'clevertap' }))).items).toEqual([])
    })

    it('tell what is in flight, what is next and what stands behind another', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const [first, second, third] = await announce(storage, 'ann', [1, 2, 3], { dueAt: NOW - 5 })
      await announce(storage, 'bob', [1], { dueAt: NOW + SECOND })
      const state = async (id: string | undefined) => {
        const [row] = await storage.deliveriesOfEvent('acme', id ?? '')
        return [row?.sending, row?.dueAt]
      }
      expect(await state(first?.id)).toEqual([false, NOW - 5])
      expect(await state(second?.id)).toEqual([false, null])
      const lot = await claimOne(storage, { perQueue: 2 })
      expect(await state(first?.id)).toEqual([true, NOW - 5])
      expect(await state(second?.id)).toEqual([true, null])
      expect(await state(third?.id)).toEqual([false, null])
      const seqs = async (status: DeliveryQuery['status']) =>
        (await all(deliveries({ status }))).items.map((row) => row.delivery.eventId)
      expect(await seqs('sending')).toEqual([second?.id, first?.id])
      expect(await seqs('waiting')).toEqual([event('bob', 1).id, third?.id])
      if (lot === null) throw new Error('no lot')
      await storage.settleLot(settlement(lot))
      expect(await seqs('sending')).toEqual([])
    })

    it('both environments of an integration are in its lists and counts', async () => {
      const { storage } = here()
      await announce(storage, 'ann', [1], { environment: 'production' })
      await announce(storage, 'ann', [2], { environment: 'sandbox' })
      const { items } = await all(deliveries({}))
      expect(items.map((row) => row.delivery.environment)).toEqual(['sandbox', 'production'])
      expect((await storage.countDeliveries('acme', 'segment')).waiting).toBe(2)
    })

    it('depths: what waits, and the age of the oldest due queue, per channel', async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      await announce(storage, 'ann', [1, 2], { dueAt: NOW - 5 * SECOND })
      await announce(storage, 'bob', [1], { dueAt: NOW + SECOND })
      expect(await storage.queueDepths(NOW)).toEqual([
        { projectId: 'acme', channelId: 'clevertap:production', waiting: 0, oldestDueMs: null },
        { projectId: 'acme', channelId: 'segment:production', waiting: 3, oldestDueMs: 5 * SECOND },
      ])
    })
  })

  describe('lists of notifications', () => {
    it('give each row once, newest first, by app and status', async () => {
      const { storage } = here()
      for (let n = 0; n < 9; n += 1) await storage.keepNotifications([notification(`i${n}`)])
      for (let n = 0; n < 3; n += 1) await storage.keepNotifications([notification(`m${n}`, { appId: 'mac' })])
      await storage.keepNotifications([notification('z', { projectId: 'zeta' })])
      const change = { projectId: 'acme', dueAt: NOW, tries: 0, note: 'why', events: 0 }
      await storage.changeNotifications([
        { ...change, id: notification('i0').id, status: 'parked' },
        { ...change, id: notification('i4').id, status: 'parked' },
        { ...change, id: notification('i1').id, status: 'understood' },
        { ...change, id: notification('m1', { appId: 'mac' }).id, status: 'ignored' },
      ])
      const keys = async (changes: Partial<NotificationQuery>) =>
        (await all(notifications(changes))).items.map(({ sourceKey }) => sourceKey)
      expect(await keys({})).toEqual(['m2', 'm1', 'm0', ...Array.from({ length: 9 }, (_, n) => `i${8 - n}`)])
      expect(await keys({ appId: 'mac' })).toEqual(['m2', 'm1', 'm0'])
      expect(await keys({ status: 'parked' })).toEqual(['i4', 'i0'])
      expect(await keys({ status: 'parked', appId: 'mac' })).toEqual([])
      expect(await keys({ status: 'ignored' })).toEqual(['m1'])
      expect(await keys({ status: 'understood' })).toEqual(['i1'])
      expect(await keys({ status: 'waiting', appId: 'ios' })).toEqual(['i8', 'i7', 'i6', 'i5', 'i3', 'i2'])
      const [first] = (
        await storage.listNotifications({ projectId: 'acme', appId: null, status: 'parked', before: null, limit: 1 })
      ).items
      expect(first).toMatchObject({ note: 'why', status: 'parked' })
      expect(first).not.toHaveProperty('body')
    })
  })

  describe('customers, purchases, ledger', () => {
    it("list a customer's purchases and a purchase's entries", async () => {
      const { storage } = here()
      const ann = customer('ann')
      await save(storage, {
        customers: [ann],
        purchases: [purchase('a', { customerId: ann.id }), purchase('b', { customerId: ann.id }), purchase('c')],
        ledger: [
          ledgerEntry(purchaseKey('a'), 'refund:1:1', {
            at: NOW + 1,
            reason: 'refund',
            micros: -7_990_000,
            eventId: 'evt_1',
          }),
          ledgerEntry(purchaseKey('a'), 'charge:1', { micros: null, currency: null, usdRate: null, rateDate: null }),
          ledgerEntry(purchaseKey('b'), 'charge:1'),
        ],
      })
      const chains = (await storage.listPurchases('acme', ann.id)).map(({ key }) => key.chain)
      expect(chains).toEqual(['a', 'b'])
      expect(await storage.listLedger('acme', purchaseKey('a'))).toEqual([
        ledgerEntry(purchaseKey('a'), 'charge:1', { micros: null, currency: null, usdRate: null, rateDate: null }),
        ledgerEntry(purchaseKey('a'), 'refund:1:1', {
          at: NOW + 1,
          reason: 'refund',
          micros: -7_990_000,
          eventId: 'evt_1',
        }),
      ])
      await save(storage, { purchases: [purchase('a', { version: 1, customerId: customer('bob').id })] })
      expect((await storage.listPurchases('acme', ann.id)).map(({ key }) => key.chain)).toEqual(['b'])
      expect(await storage.getPurchase(purchaseKey('nothing'))).toBeNull()
      expect(await storage.getCustomer('acme', 'nobody')).toBeNull()
    })

    it('give the ledger of a span of time, of one project and environment, page by page', async () => {
      const { storage } = here()
      const entry = (chain: string, name: string, at: number, key: Partial<PurchaseKey> = {}): LedgerRow =>
        ledgerEntry({ ...purchaseKey(chain), ...key }, name, { at })
      const wanted = ['a', 'b', 'c'].flatMap((chain) => [0, 1, 2].map((n) => entry(chain, `charge:${n}`, NOW + 10 * n)))
      await save(storage, {
        ledger: [
          ...wanted.toReversed(),
          entry('a', 'charge:early', NOW - 1),
          entry('a', 'charge:late', NOW + 21),
          entry('a', 'charge:0', NOW, { projectId: 'other' }),
          entry('a', 'charge:0', NOW, { environment: 'sandbox' }),
        ],
      })
      const of = { projectId: 'acme', environment: 'production', from: NOW, to: NOW + 21 } as const
      for (const limit of [2, 9, 100]) {
        const { items, pages } = await all((after) => storage.pageLedger({ ...of, after, limit }))
        const byTime = wanted.toSorted((a, b) => a.at - b.at || (a.key.chain < b.key.chain ? -1 : 1))
        expect(items).toEqual(byTime)
        expect(pages).toBe(limit === 100 ? 1 : limit === 9 ? 2 : 5)
      }
      expect(await storage.pageLedger({ ...of, projectId: 'nobody', after: null, limit: 5 })).toEqual({
        items: [],
        next: null,
      })
    })
  })

  describe('tidying', () => {
    it('removes old bodies of what is done, old attempts and old skipped deliveries, and nothing else', async () => {
      const { storage, reopen } = here()
      await channels(storage, 'segment')
      await storage.keepNotifications([
        notification('done', { receivedAt: NOW - 10 }),
        notification('parked', { receivedAt: NOW - 10 }),
        notification('waiting', { receivedAt: NOW - 10 }),
        notification('young', { receivedAt: NOW }),
      ])
      const change = { projectId: 'acme', dueAt: NOW, tries: 0, note: null, events: 0 }
      await storage.changeNotifications([
        { ...change, id: notification('done').id, status: 'understood' },
        { ...change, id: notification('parked').id, status: 'parked' },
        { ...change, id: notification('young').id, status: 'understood' },
      ])
      const [old, young] = [event('ann', 1), event('ann', 2)]
      await save(storage, {
        customers: [customer('ann')],
        attributeSets: [EMPTY_SET],
        events: [old, young].map((one) => ({ event: one, notificationId: null })),
        deliveries: [
          delivery(old, 'segment', { status: 'skipped', reason: 'name_blank', createdAt: NOW - 10 }),
          delivery(young, 'segment', { status: 'skipped', reason: 'name_blank', createdAt: NOW }),
        ],
      })
      await announce(storage, 'bob', [1])
      const lot = await claimOne(storage)
      if (lot === null) throw new Error('no lot')
      await storage.settleLot({
        ...settlement(lot, { attemptIds: ['att_old'] }),
        attempts: [{ ...attempt('att_old'), at: NOW - 10 }, attempt('att_young')],
      })
      const tidied = await storage.tidy({
        now: NOW,
        notificationsBefore: NOW - 5,
        attemptsBefore: NOW - 5,
        limit: 1_000,
      })
      expect(tidied).toEqual({ notifications: 1, attempts: 1, skipped: 1 })
      const later = await reopen()
      const body = async (key: string) => (await later.getNotification('acme', notification(key).id))?.body.length
      expect(
        [await body('done'), await body('parked'), await body('waiting'), await body('young')].map(Boolean),
      ).toEqual([false, true, true, true])
      expect(await later.keepNotifications([notification('done')])).toMatchObject([{ duplicate: true }])
      expect((await later.getAttempts('acme', ['att_old', 'att_young'])).map(({ id }) => id)).toEqual(['att_young'])
      expect(await later.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 1,
        failed: 0,
        skipped: 1,
      })
      expect(await later.deliveriesOfEvent('acme', event('bob', 1).id)).toMatchObject([
        { delivery: { status: 'delivered', attemptIds: ['att_old'] } },
      ])
    })

    it('keeps every byte of the bodies that stay, however old they grow', async () => {
      const { storage } = here()
      const bodies = Array.from({ length: 5 }, (_, n) => Buffer.from(`${'certificate '.repeat(500)}${n}`))
      await storage.keepNotifications(bodies.map((body, n) => notification(`b${n}`, { body })))
      const change = { projectId: 'acme', dueAt: NOW, tries: 0, note: null, events: 0 }
      await storage.changeNotifications(
        bodies.slice(1).map((_, n) => ({ ...change, id: notification(`b${n + 1}`).id, status: 'understood' as const })),
      )
      const year = 365 * 86_400 * SECOND
      const input = { now: NOW + year, notificationsBefore: 0, attemptsBefore: 0, limit: 1_000 }
      expect(await storage.tidy(input)).toEqual({ notifications: 0, attempts: 0, skipped: 0 })
      await storage.changeNotifications([{ ...change, id: notification('b3').id, status: 'waiting', dueAt: NOW + 1 }])
      for (const [n, body] of bodies.entries()) {
        expect((await storage.getNotification('acme', notification(`b${n}`).id))?.body.equals(body)).toBe(true)
      }
      const claim = await storage.claimNotifications({ now: NOW + 1, limit: 9, owner: 'one', leaseUntil: NOW + SECOND })
      expect(claim.map(({ sourceKey, body }) => [sourceKey, body.length])).toEqual([
        ['b0', bodies[0]?.length],
        ['b3', bodies[3]?.length],
      ])
    })
  })
}
