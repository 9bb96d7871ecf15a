import { describe, expect, it } from 'vitest'
import { pseudonym } from '../../../src/domain/erased.ts'
import type { FrozenEvent } from '../../../src/domain/event.ts'
import { attributeSetHash, customerId } from '../../../src/domain/ids.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
  attempt,
  channels,
  claimOne,
  customer,
  ledgerEntry,
  NOW,
  notification,
  purchase,
  purchaseKey,
  save,
  settlement,
} from '../samples.ts'

const AS = pseudonym('acme', 'ab'.repeat(16))
const hashes = (ids: readonly string[]) => ids.map((id) => `key.${Buffer.from(id).toString('hex')}`)
const begin = (storage: Storage, appUserId: string, seenBefore: number | null = null) =>
  storage.beginErasure({ projectId: 'acme', appUserId, as: AS, now: NOW, seenBefore }, hashes)

/** Part by part, until nothing is left or a claim is in the way. */
async function eraseAll(storage: Storage, limit = 2): Promise<string> {
  for (let parts = 0; parts < 100; parts += 1) {
    const left = await storage.eraseNext({ projectId: 'acme', customerId: AS.customerId, now: NOW, limit })
    if (left !== 'more') return left
  }
  throw new Error('the erasure does not end')
}

/** What anybody can see of a project, as one text. */
async function visible(storage: Storage): Promise<string> {
  const all = { projectId: 'acme', limit: 100 }
  const { items } = await storage.listEvents({
    ...all,
    after: '',
    before: null,
    types: [],
    customer: null,
    environment: null,
  })
  const deliveries = await storage.listDeliveries({ ...all, integrationId: 'segment', status: null, before: null })
  const attempts = await storage.getAttempts('acme', ['a1', 'a2'])
  const known = await storage.searchCustomers({ ...all, query: '', after: null })
  const erased = await storage.searchCustomers({ ...all, query: '$erased:', after: null })
  const customers = { items: [...known.items, ...erased.items] }
  const owned = await Promise.all(customers.items.map(({ id }) => storage.listPurchases('acme', id)))
  const told = await Promise.all(
    customers.items.map(({ id }) => storage.customerHistory({ ...all, customerId: id, before: null })),
  )
  return JSON.stringify([items, deliveries, attempts, customers, owned, told])
}

/** What of the person is in a text, with what stands around it. */
function personIn(text: string): readonly string[] {
  return [...text.matchAll(/.{0,60}("ann\\?"|"ann"|ann-old|private\.example).{0,20}/g)].map(([found]) => found)
}

export function erasureSuite(here: Here): void {
  describe('erasing a person', () => {
    const person = async (storage: Storage): Promise<void> => {
      const attributes = { $email: { value: 'ann@private.example', updatedAt: NOW } }
      const set = attributeSetHash(attributes)
      await channels(storage, 'segment')
      await save(storage, {
        customers: [customer('ann', { aliases: ['ann', 'ann-old'], attributes })],
        purchases: [
          purchase('chain-1', {
            customerId: customerId('acme', 'ann'),
            body: JSON.stringify({ owner: 'ann', token: 'kept' }),
          }),
        ],
        ledger: [ledgerEntry(purchaseKey('chain-1'), 'charge:1')],
        attributeSets: [{ projectId: 'acme', hash: set, attributes }],
        history: [
          {
            projectId: 'acme',
            customerId: customerId('acme', 'ann'),
            at: NOW,
            kind: 'attribute',
            body: '{"value":"ann@private.example"}',
          },
        ],
      })
      await announce(storage, 'ann', [1, 2, 3, 4, 5], {
        changes: {
          attributeSet: set,
          aliases: ['ann', 'ann-old'],
          originalAppUserId: 'ann',
          purchase: purchaseKey('chain-1'),
        },
      })
      await here().numbered?.()
    }

    it('begins with one transaction: the ids are nobody’s, purchases and events go on under the drawn id', async () => {
      const { storage } = here()
      await person(storage)
      const row = await begin(storage, 'ann-old')
      expect(row).toMatchObject({ id: AS.customerId, aliases: [AS.appUserId], attributes: {} })
      for (const id of ['ann', 'ann-old']) expect(await storage.getCustomer('acme', id)).toBeNull()
      expect(await storage.getCustomer('acme', AS.appUserId)).toMatchObject({ id: AS.customerId })
      const [owned] = await storage.listPurchases('acme', AS.customerId)
      expect(JSON.parse(owned?.body ?? '') as Purchase).toEqual({ owner: AS.appUserId, token: 'kept' })
      expect(await storage.unfinishedErasures()).toEqual([{ projectId: 'acme', customerId: AS.customerId }])
      expect(await begin(storage, 'ann')).toBeNull()
    })

    it('ends with nothing of the person, and with all of the money', async () => {
      const { storage } = here()
      await person(storage)
      const ledger = await storage.listLedger('acme', purchaseKey('chain-1'))
      const lot = await claimOne(storage, { perQueue: 2 })
      if (lot === null) throw new Error('nothing was due')
      const said = { notes: ['ann@private.example is long'], advice: 'ask ann', identity: '{"userId":"ann"}' }
      const request = '{"body":"ann@private.example"}'
      await storage.settleLot({
        ...settlement(lot, { ...said, status: 'failed', reason: '509: ann', attemptIds: ['a1'] }),
        attempts: [{ ...attempt('a1'), request, response: request, outcomes: request }],
      })
      await begin(storage, 'ann')
      expect(await eraseAll(storage)).toBe('done')
      expect(await storage.unfinishedErasures()).toEqual([])
      const text = await visible(storage)
      expect(personIn(text)).toEqual([])
      expect(text.split(AS.appUserId).length).toBeGreaterThan(5)
      expect(await storage.listLedger('acme', purchaseKey('chain-1'))).toEqual(ledger)
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 0,
        failed: 2,
        skipped: 3,
      })
      const { items } = await storage.listDeliveries({
        projectId: 'acme',
        integrationId: 'segment',
        status: null,
        before: null,
        limit: 10,
      })
      expect(new Set(items.map(({ delivery }) => delivery.reason))).toEqual(new Set(['erased']))
      for (const { delivery } of items) {
        const deliveries = [{ id: delivery.id, mayGoAt: 0, dueAt: NOW }]
        expect(await storage.retryDeliveries({ projectId: 'acme', deliveries })).toBe(0)
      }
      expect(items).toHaveLength(5)
      expect(await claimOne(storage)).toBeNull()
    })

    it('goes on after a restart, and a new customer with the old id keeps its own', async () => {
      const { storage, reopen } = here()
      await person(storage)
      await begin(storage, 'ann')
      await storage.eraseNext({ projectId: 'acme', customerId: AS.customerId, now: NOW, limit: 2 })
      const later = await reopen()
      const [fresh] = await announce(later, 'ann', [9], { integrations: [] })
      await here().numbered?.()
      expect(await eraseAll(later)).toBe('done')
      expect((await later.getEvent('acme', fresh?.id ?? ''))?.event.appUserId).toBe('ann')
      expect(await later.listPurchases('acme', customerId('acme', 'ann'))).toEqual([])
      const { items } = await later.listEvents({
        projectId: 'acme',
        after: '',
        before: null,
        types: [],
        customer: AS.appUserId,
        environment: null,
        limit: 10,
      })
      expect(items.map(({ event }) => [event.appUserId, event.attributes])).toEqual(Array(5).fill([AS.appUserId, {}]))
    })

    it('lets what is in flight finish, and takes its traces then', async () => {
      const { storage } = here()
      await person(storage)
      const lot = await claimOne(storage, { perQueue: 1 })
      if (lot === null) throw new Error('nothing was due')
      await begin(storage, 'ann')
      expect(await eraseAll(storage)).toBe('in_flight')
      const settled = settlement(lot, { identity: '{"userId":"ann"}', attemptIds: ['a1'] })
      const traces = { ...attempt('a1'), request: '{"body":"ann-old"}' }
      expect(await storage.settleLot({ ...settled, attempts: [traces] })).toEqual({ kind: 'settled', fenced: [] })
      expect(await eraseAll(storage)).toBe('done')
      expect(personIn(await visible(storage))).toEqual([])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ delivered: 1, skipped: 4, waiting: 0 })
    })

    it('leaves a set of attributes that another customer’s event names', async () => {
      const { storage } = here()
      await person(storage)
      const attributes = { $email: { value: 'ann@private.example', updatedAt: NOW } }
      const shared = { attributeSet: attributeSetHash(attributes) }
      const [theirs] = await announce(storage, 'bob', [7], { integrations: [], changes: shared })
      await here().numbered?.()
      await begin(storage, 'ann')
      await eraseAll(storage)
      expect((await storage.getEvent('acme', theirs?.id ?? ''))?.event.attributes).toEqual(attributes)
    })

    it('takes the messages, and the person out of the other’s side of a transfer', async () => {
      const { storage } = here()
      await person(storage)
      const ann = customerId('acme', 'ann')
      const bob = customerId('acme', 'bob')
      const told = { purchase: purchaseKey('moved'), from: ['ann', 'ann-old'], to: ['bob'] }
      const body = JSON.stringify(told)
      const transferred = { from: told.from, to: told.to }
      const [theirs] = await announce(storage, 'bob', [7], {
        integrations: [],
        changes: { type: 'TRANSFER', name: null, transferred } as Partial<FrozenEvent>,
      })
      await save(storage, {
        purchases: [purchase('moved', { customerId: bob, body: '{"owner":"ann"}' })],
        history: [ann, bob].map((id) => ({ projectId: 'acme', customerId: id, at: NOW, kind: 'transfer', body })),
      })
      const message = notification('m', { body: Buffer.from('{"appAccountToken":"ann"}') })
      await storage.keepNotifications([message])
      await storage.changeNotifications([
        {
          projectId: 'acme',
          id: message.id,
          status: 'understood',
          dueAt: 0,
          tries: 0,
          note: 'of ann',
          events: 1,
          customerId: ann,
        },
      ])
      await here().numbered?.()
      await begin(storage, 'ann')
      await eraseAll(storage)
      expect(await storage.getNotification('acme', message.id)).toMatchObject({ note: null, body: Buffer.alloc(0) })
      expect((await storage.getEvent('acme', theirs?.id ?? ''))?.event.transferred).toEqual({
        from: [AS.appUserId],
        to: ['bob'],
      })
      expect(personIn(await visible(storage))).toEqual([])
      expect((await storage.getPurchase(purchaseKey('moved')))?.body).toBe(JSON.stringify({ owner: AS.appUserId }))
    })

    it('remembers the ids by their keyed hashes, and the later time of two lists', async () => {
      const { storage } = here()
      await person(storage)
      await begin(storage, 'ann')
      const mine = hashes(['ann', 'ann-old']).map((hash) => ({
        projectId: 'acme',
        hash,
        erasedAs: AS.appUserId,
        erasedAt: NOW,
      }))
      expect(await storage.listErased(null, 10)).toEqual(mine)
      expect(await storage.listErased(mine[0] ?? null, 1)).toEqual([mine[1]])
      const later = { projectId: 'acme', hash: mine[0]?.hash ?? '', erasedAs: '$erased:later', erasedAt: NOW + 1 }
      await storage.rememberErased([later, { ...later, erasedAs: '$erased:earlier', erasedAt: NOW - 1 }])
      expect(await storage.listErased(null, 1)).toEqual([later])
    })

    it('does not begin for nobody, nor for somebody who came after a list was written', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann')] })
      expect(await begin(storage, 'nobody')).toBeNull()
      expect(await begin(storage, 'ann', NOW)).toBeNull()
      expect(await begin(storage, 'ann', NOW + 1)).not.toBeNull()
      expect(await eraseAll(storage)).toBe('done')
      expect(await eraseAll(storage)).toBe('done')
    })
  })
}
