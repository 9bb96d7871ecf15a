import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
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
  wish,
} from '../samples.ts'

const KEY = purchaseKey('chain')
const ASK = { purchases: [KEY], appUserIds: [{ projectId: 'acme', appUserId: 'ann' }] }

/** Adds one to the number in the purchase's body, and makes it when it is new. */
function increment(storage: Storage): Promise<number> {
  return storage.step({ purchases: [KEY], appUserIds: [] }, (loaded) => {
    const row = loaded.purchases.get(purchaseId(KEY)) ?? purchase('chain')
    const n = Number(JSON.parse(row.body).n) + 1
    return { save: { purchases: [{ ...row, body: JSON.stringify({ n }) }] }, result: n }
  })
}

export function stepSuite(here: Here): void {
  describe('a step', () => {
    it('loads nothing where nothing is', async () => {
      const loaded = await here().storage.step(ASK, (found) => ({ save: {}, result: found }))
      expect([loaded.purchases.size, loaded.customers.size, loaded.customerOf.size]).toEqual([0, 0, 0])
    })

    it('loads purchases, their owners, and the customers of app user ids under any alias', async () => {
      const { storage, reopen } = here()
      const attributes = { $email: { value: 'ann@example.com', updatedAt: NOW } }
      const ann = customer('ann', { aliases: ['ann', 'ann@old'], attributes, lastSeq: 7 })
      await save(storage, { customers: [ann, customer('bob')], purchases: [purchase('chain', { customerId: ann.id })] })
      const later = await reopen()
      const loaded = await later.step(
        {
          purchases: [KEY],
          appUserIds: ['ann@old', 'bob', 'nobody'].map((appUserId) => ({ projectId: 'acme', appUserId })),
        },
        (found) => ({ save: {}, result: found }),
      )
      expect(loaded.purchases.get(purchaseId(KEY))).toEqual(purchase('chain', { customerId: ann.id, version: 1 }))
      expect([...loaded.customers.keys()].sort()).toEqual([`acme\n${ann.id}`, `acme\n${customer('bob').id}`].sort())
      expect(loaded.customers.get(`acme\n${ann.id}`)).toEqual({ ...ann, version: 1 })
      expect(Object.fromEntries(loaded.customerOf)).toEqual({
        'acme\nann@old': ann.id,
        'acme\nbob': customer('bob').id,
      })
    })

    it('is one transaction: a part that cannot be saved takes all with it', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const one = event('ann', 1)
      await expect(
        save(storage, {
          customers: [customer('ann')],
          attributeSets: [EMPTY_SET],
          events: [{ event: one, notificationId: null }],
          deliveries: [delivery(one, 'segment'), delivery(event('ann', 2), 'segment')],
        }),
      ).rejects.toThrow(/event that does not exist/)
      expect(await storage.getCustomer('acme', 'ann')).toBeNull()
      expect(await storage.getEvent('acme', one.id)).toBeNull()
    })

    it('a compute that throws saves nothing, and its error reaches the caller', async () => {
      const { storage } = here()
      const broken = storage.step(ASK, () => {
        throw new RangeError('no such rule')
      })
      await expect(broken).rejects.toThrow(new RangeError('no such rule'))
      expect(await increment(storage)).toBe(1)
    })

    it('gives back what compute gave, whatever it is', async () => {
      const result = { at: new Date(0), f: new Map([[1, 2]]) }
      expect(await here().storage.step(ASK, () => ({ save: {}, result }))).toBe(result)
    })

    it('racing steps on one purchase are each computed on the other’s outcome', async () => {
      const { storage, reopen } = here()
      const numbers = await Promise.all(Array.from({ length: 30 }, () => increment(storage)))
      expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
      expect(await (await reopen()).getPurchase(KEY)).toMatchObject({ version: 30, body: '{"n":30}' })
    })

    it('racing steps on one customer through different purchases and aliases lose nothing', async () => {
      const { storage } = here()
      const ann = customer('ann', { aliases: Array.from({ length: 20 }, (_, n) => `ann-${n}`) })
      await save(storage, { customers: [ann] })
      let computed = 0
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          storage.step(
            { purchases: [purchaseKey(`p${n}`)], appUserIds: [{ projectId: 'acme', appUserId: `ann-${n}` }] },
            (loaded) => {
              computed += 1
              const row = loaded.customers.get(`acme\n${ann.id}`)
              if (row === undefined) throw new Error('the customer was not loaded')
              const purchases = [purchase(`p${n}`, { customerId: ann.id })]
              return { save: { customers: [{ ...row, lastSeq: row.lastSeq + 1 }], purchases }, result: null }
            },
          ),
        ),
      )
      expect(computed).toBeGreaterThanOrEqual(20)
      expect(await storage.getCustomer('acme', 'ann-3')).toMatchObject({ lastSeq: 20, version: 21 })
      expect(await storage.listPurchases('acme', ann.id)).toHaveLength(20)
    })

    it('two steps that each need what the other holds both end', async () => {
      const { storage } = here()
      const [a, b] = [purchaseKey('a'), purchaseKey('b')]
      const both = (purchases: readonly (typeof a)[]) =>
        storage.step({ purchases, appUserIds: [] }, (loaded) => ({
          save: {
            purchases: purchases.map((key) => loaded.purchases.get(purchaseId(key)) ?? purchase(key.chain)),
          },
          result: null,
        }))
      await Promise.all(Array.from({ length: 10 }, (_, n) => both(n % 2 === 0 ? [a, b] : [b, a])))
      expect(await storage.getPurchase(a)).toMatchObject({ version: 10 })
      expect(await storage.getPurchase(b)).toMatchObject({ version: 10 })
    })

    it('rows that are not as they were loaded are refused, after a bounded number of tries', async () => {
      const { storage } = here()
      await save(storage, { purchases: [purchase('chain')], customers: [customer('ann')] })
      await expect(save(storage, { purchases: [purchase('chain', { version: 0 })] })).rejects.toThrow(/lost the race/)
      await expect(save(storage, { purchases: [purchase('chain', { version: 7 })] })).rejects.toThrow(/lost the race/)
      await expect(save(storage, { customers: [customer('ann', { version: 0 })] })).rejects.toThrow(/lost the race/)
      await expect(save(storage, { customers: [customer('bob', { version: 1 })] })).rejects.toThrow(/lost the race/)
      expect(await storage.getPurchase(KEY)).toMatchObject({ version: 1 })
      expect(await storage.getCustomer('acme', 'bob')).toBeNull()
    })
  })

  describe('customers and their aliases', () => {
    it('an alias belongs to one customer of a project', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann', { aliases: ['ann', 'shared'] })] })
      await expect(save(storage, { customers: [customer('bob', { aliases: ['bob', 'shared'] })] })).rejects.toThrow(
        /belongs to another customer/,
      )
      expect(await storage.getCustomer('acme', 'bob')).toBeNull()
      await save(storage, { customers: [customer('ann', { projectId: 'zeta', aliases: ['ann', 'shared'] })] })
      expect((await storage.getCustomer('zeta', 'shared'))?.id).toBe(customerId('zeta', 'ann'))
    })

    it('all aliases are written: added, dropped, and moved from one customer to another in one step', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann', { aliases: ['ann', 'x', 'y'] }), customer('bob')] })
      await save(storage, {
        customers: [
          customer('bob', { version: 1, aliases: ['bob', 'x'] }),
          customer('ann', { version: 1, aliases: ['ann', 'z'] }),
        ],
      })
      const owners = await Promise.all(['ann', 'x', 'y', 'z', 'bob'].map((id) => storage.getCustomer('acme', id)))
      expect(owners.map((row) => row?.originalAppUserId)).toEqual(['ann', 'bob', undefined, 'ann', 'bob'])
    })
  })

  describe('what a step adds', () => {
    it('events, ledger entries, attribute sets and deliveries that exist stay as they are', async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      const [one] = await announce(storage, 'ann', [1])
      if (one === undefined) throw new Error('no event')
      await save(storage, {
        attributeSets: [{ projectId: 'acme', hash: 'empty', attributes: { $email: { value: 'x', updatedAt: 1 } } }],
        ledger: [ledgerEntry(KEY, 'charge:1'), ledgerEntry(KEY, 'charge:1', { micros: 2 })],
        events: [{ event: { ...one, productId: 'other' }, notificationId: 'ntf_2' }],
        deliveries: [delivery(one, 'segment', { status: 'skipped', reason: 'name_blank' }), delivery(one, 'clevertap')],
      })
      await save(storage, { ledger: [ledgerEntry(KEY, 'charge:1', { micros: 3 }), ledgerEntry(KEY, 'refund:1:1')] })
      await here().numbered?.()
      expect(await storage.getEvent('acme', one.id)).toEqual({
        event: { ...one, attributes: {} },
        position: 1,
        notificationId: null,
      })
      expect((await storage.listLedger('acme', KEY)).map(({ entry, micros }) => [entry, micros])).toEqual([
        ['charge:1', 7_990_000],
        ['refund:1:1', 7_990_000],
      ])
      const deliveries = await storage.deliveriesOfEvent('acme', one.id)
      expect(deliveries.map((row) => [row.delivery.integrationId, row.delivery.status])).toEqual([
        ['segment', 'waiting'],
      ])
    })

    it('changes notifications, and frees their claims', async () => {
      const { storage } = here()
      await storage.keepNotifications([notification('a')])
      const input = { now: NOW, limit: 1, owner: 'one', leaseUntil: NOW + SECOND }
      const [claimed] = await storage.claimNotifications(input)
      const change = { projectId: 'acme', id: claimed?.id ?? '', tries: 0, note: null, events: 0 }
      await save(storage, { notifications: [{ ...change, status: 'waiting', dueAt: NOW }] })
      expect(await storage.claimNotifications(input)).toHaveLength(1)
      await save(storage, { notifications: [{ ...change, status: 'understood', dueAt: NOW, events: 2 }] })
      expect(await storage.getNotification('acme', change.id)).toMatchObject({ status: 'understood', events: 2 })
    })

    it('a skipped delivery enters no queue', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const one = event('ann', 1)
      await save(storage, {
        customers: [customer('ann')],
        attributeSets: [EMPTY_SET],
        events: [{ event: one, notificationId: null }],
        deliveries: [delivery(one, 'segment', { status: 'skipped', reason: 'name_blank' })],
        queues: [
          { projectId: 'acme', channelId: 'segment:production', customerId: one.customerId, dueAt: NOW, hasten: false },
        ],
      })
      expect(await storage.nextQueueDue([wish('segment')])).toBeNull()
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 0,
        failed: 0,
        skipped: 1,
      })
    })

    it('what waits without a queue is refused: nobody would ever take it up', async () => {
      const { storage } = here()
      const one = event('ann', 1)
      const rows = {
        customers: [customer('ann')],
        attributeSets: [EMPTY_SET],
        events: [{ event: one, notificationId: null }],
        deliveries: [delivery(one, 'segment')],
      }
      await expect(save(storage, rows)).rejects.toThrow(/without a queue/)
    })
  })

  describe('waking queues', () => {
    const wake = (dueAt: number, hasten: boolean) => ({
      queues: [
        { projectId: 'acme', channelId: 'segment:production', customerId: customerId('acme', 'ann'), dueAt, hasten },
      ],
    })
    const due = () => here().storage.nextQueueDue([wish('segment')])

    it('a queue that exists keeps its due time; hasten brings it forward and never back', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1], { dueAt: NOW + 60 * SECOND })
      await announce(storage, 'ann', [2], { dueAt: NOW })
      expect(await due()).toBe(NOW + 60 * SECOND)
      await save(storage, wake(NOW + 70 * SECOND, true))
      expect(await due()).toBe(NOW + 60 * SECOND)
      await save(storage, wake(NOW + SECOND, true))
      expect(await due()).toBe(NOW + SECOND)
    })

    it('hasten makes no queue and leaves a claimed one alone', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await save(storage, wake(NOW, true))
      expect(await due()).toBeNull()
      await announce(storage, 'ann', [1])
      const lot = await claimOne(storage)
      await save(storage, wake(NOW - SECOND, true))
      expect(lot?.queues).toHaveLength(1)
      expect(await due()).toBeNull()
      expect(await claimOne(storage)).toBeNull()
    })

    it('no queue is made where nothing waits', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await save(storage, { customers: [customer('ann')] })
      await save(storage, wake(NOW, false))
      expect(await due()).toBeNull()
    })
  })
}
