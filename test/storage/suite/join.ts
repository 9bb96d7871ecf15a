import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import type { CustomerRow } from '../../../src/storage/rows.ts'
import type { Lot, Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
  appUserIdsOf,
  channels,
  claimOne,
  customer,
  LEASE,
  NOW,
  purchase,
  purchaseKey,
  SECOND,
  save,
  settlement,
  wish,
} from '../samples.ts'

const [ANN, BOB, CY] = [customerId('acme', 'ann'), customerId('acme', 'bob'), customerId('acme', 'cy')]
type Merge = (into: CustomerRow, from: CustomerRow) => CustomerRow
const keepInto: Merge = (into) => into

/** Bob becomes ann. */
function join(storage: Storage, into = ANN, from = BOB, merge: Merge = keepInto) {
  return storage.joinCustomers({ projectId: 'acme', into, from, now: NOW }, (stays, goes) => ({
    customer: merge(stays, goes),
  }))
}

async function claimed(storage: Storage, changes: Parameters<typeof claimOne>[1] = {}): Promise<Lot> {
  const lot = await claimOne(storage, changes)
  if (lot === null) throw new Error('nothing was claimed')
  return lot
}

function seqsOf(lot: Lot | null): readonly number[] {
  return (lot?.queues ?? []).flatMap(({ deliveries }) => deliveries.map(({ delivery }) => delivery.seq - NOW * 1000))
}

const WAITS = { status: 'waiting', settledAt: null } as const

export function joinSuite(here: Here): void {
  describe('joining two customers', () => {
    it('keeps what the merge decides, all aliases, and the greater of the last seqs', async () => {
      const { storage, reopen } = here()
      const attributes = { $email: { value: 'ann@example.com', updatedAt: NOW } }
      await save(storage, {
        customers: [
          customer('ann', { lastSeq: 5 }),
          customer('bob', { lastSeq: 9, aliases: ['bob', 'robert'], attributes }),
        ],
        purchases: [purchase('a', { customerId: ANN }), purchase('b', { customerId: BOB })],
      })
      const joined = await join(storage, ANN, BOB, (into, from) => ({
        ...into,
        lastSeenAppUserId: from.lastSeenAppUserId,
        attributes: from.attributes,
        aliases: ['robert'],
      }))
      const expected = customer('ann', {
        version: 2,
        lastSeq: 9,
        lastSeenAppUserId: 'bob',
        attributes,
        aliases: ['robert', 'ann', 'bob'],
      })
      expect(joined).toEqual({ kind: 'joined', customer: expected })
      const later = await reopen()
      for (const appUserId of ['ann', 'bob', 'robert']) {
        expect(await later.getCustomer('acme', appUserId)).toEqual(expected)
      }
      expect((await later.listPurchases('acme', ANN)).map(({ key, version }) => [key.chain, version])).toEqual([
        ['a', 1],
        ['b', 2],
      ])
      expect(await later.listPurchases('acme', BOB)).toEqual([])
    })

    it('is done once; a customer that does not exist joins nobody', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann'), customer('bob')] })
      expect(await join(storage)).toMatchObject({ kind: 'joined' })
      expect(await join(storage)).toMatchObject({ kind: 'already', customer: { id: ANN, version: 2 } })
      expect(await join(storage, ANN, CY)).toEqual({ kind: 'absent' })
      expect(await join(storage, CY, ANN)).toEqual({ kind: 'absent' })
      expect(await join(storage, ANN, ANN)).toEqual({ kind: 'absent' })
    })

    it('a merge that throws changes nothing', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann'), customer('bob')] })
      const broken = join(storage, ANN, BOB, () => {
        throw new RangeError('no such rule')
      })
      await expect(broken).rejects.toThrow('no such rule')
      expect(await storage.getCustomer('acme', 'bob')).toMatchObject({ id: BOB, version: 1 })
    })

    it('steps that race with it are computed on the joined customer, and lose nothing', async () => {
      const { storage } = here()
      await save(storage, {
        customers: [customer('ann'), customer('bob')],
        purchases: [purchase('a', { customerId: ANN }), purchase('b', { customerId: BOB })],
      })
      const key = (n: number) => purchaseKey(n % 2 === 0 ? 'a' : 'b')
      const step = (n: number) =>
        storage.step({ purchases: [key(n)], appUserIds: [] }, (loaded) => {
          const [row] = loaded.purchases.values()
          const owner = loaded.customers.get(`acme\n${row?.customerId}`)
          if (row === undefined || owner === undefined) throw new Error('the purchase or its customer was not loaded')
          const body = JSON.stringify({ n: Number(JSON.parse(row.body).n) + 1 })
          return {
            save: { purchases: [{ ...row, body }], customers: [{ ...owner, lastSeq: owner.lastSeq + 1 }] },
            result: owner.id,
          }
        })
      const steps = Array.from({ length: 10 }, (_, n) => step(n))
      const joined = join(storage)
      const more = Array.from({ length: 10 }, (_, n) => step(n))
      await Promise.all([...steps, joined, ...more])
      expect(await step(1)).toBe(ANN)
      const bodies = await Promise.all(['a', 'b'].map((chain) => storage.getPurchase(purchaseKey(chain))))
      expect(bodies.map((row) => row?.body)).toEqual(['{"n":10}', '{"n":11}'])
      expect((await storage.getCustomer('acme', 'bob'))?.lastSeq).toBeGreaterThanOrEqual(11)
    })

    it('two that cross each other end, and one of them stays', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann'), customer('bob')] })
      const kinds = (await Promise.all([join(storage, ANN, BOB), join(storage, BOB, ANN)])).map(({ kind }) => kind)
      expect(kinds.sort()).toEqual(['absent', 'joined'])
      expect((await storage.getCustomer('acme', 'ann'))?.id).toBe((await storage.getCustomer('acme', 'bob'))?.id)
    })

    it('events are listed with the joined customer, and keep the identity that they froze', async () => {
      const { storage } = here()
      const [one] = await announce(storage, 'ann', [1], { integrations: [] })
      const [two] = await announce(storage, 'bob', [2], { integrations: [] })
      await here().numbered?.()
      const [three] = await announce(storage, 'bob', [3], { integrations: [] })
      await join(storage)
      await here().numbered?.()
      const { items } = await storage.listEvents({
        projectId: 'acme',
        after: '',
        before: null,
        types: [],
        customer: 'bob',
        environment: null,
        limit: 10,
      })
      expect(items.map(({ event }) => event.id)).toEqual([one?.id, two?.id, three?.id])
      expect(items.map(({ event }) => event.appUserId)).toEqual(['ann', 'bob', 'bob'])
    })
  })

  describe('the queues of two joined customers', () => {
    it('become one, in seq order over what both had waiting, due when the earlier was', async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      await announce(storage, 'ann', [1, 4], { dueAt: NOW + 60 * SECOND, integrations: ['segment'] })
      await announce(storage, 'bob', [2, 3], { dueAt: NOW, integrations: ['segment', 'clevertap'] })
      await join(storage)
      const lot = await claimed(storage, { perQueue: 10 })
      expect(appUserIdsOf(lot)).toEqual(['ann'])
      expect(seqsOf(lot)).toEqual([1, 2, 3, 4])
      await storage.settleLot(settlement(lot))
      expect(await claimOne(storage)).toBeNull()
      const other = await claimed(storage, { integration: 'clevertap', perQueue: 10 })
      expect([appUserIdsOf(other), seqsOf(other)]).toEqual([['ann'], [2, 3]])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, delivered: 4 })
    })

    it('are not claimed while something of either is in flight; a settle for the old customer finds it', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 3])
      const anns = await claimed(storage, { owner: 'one' })
      await announce(storage, 'bob', [2, 4], { dueAt: NOW })
      const bobs = await claimed(storage, { owner: 'two' })
      expect([appUserIdsOf(anns), appUserIdsOf(bobs)]).toEqual([['ann'], ['bob']])
      await join(storage)
      expect(await claimOne(storage)).toBeNull()
      expect(await storage.nextQueueDue([wish('segment')])).toBeNull()
      expect(await storage.settleLot(settlement(bobs, {}, { dueAt: NOW }))).toEqual({ kind: 'settled', fenced: [] })
      expect(await claimOne(storage)).toBeNull()
      expect(await storage.settleLot(settlement(anns, {}, { dueAt: NOW }))).toEqual({ kind: 'settled', fenced: [] })
      const rest = await claimed(storage, { perQueue: 10 })
      expect(seqsOf(rest)).toEqual([3, 4])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 2, delivered: 2 })
    })

    it('both in one lot are settled, each by the name under which it was claimed', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      await announce(storage, 'bob', [2])
      const lot = await claimed(storage)
      expect(lot.queues).toHaveLength(2)
      await join(storage)
      expect(await storage.settleLot(settlement(lot, {}, { lastStatus: 'active' }))).toEqual({
        kind: 'settled',
        fenced: [],
      })
      expect(await storage.nextQueueDue([wish('segment')])).toBeNull()
      await announce(storage, 'ann', [3])
      const next = await claimed(storage)
      expect(next.queues[0]).toMatchObject({ lastStatus: 'active', queue: { died: 0, alone: false } })
    })

    it('wait as long as the later of two settles says', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const anns = await claimed(storage, { owner: 'one' })
      await announce(storage, 'bob', [2])
      const bobs = await claimed(storage, { owner: 'two' })
      await join(storage)
      await storage.settleLot(settlement(anns, WAITS, { dueAt: NOW + 30 * SECOND, step: 2 }))
      await storage.settleLot(settlement(bobs, {}, { dueAt: NOW + SECOND }))
      expect(await storage.nextQueueDue([wish('segment')])).toBe(NOW + 30 * SECOND)
      const lot = await claimed(storage, { now: NOW + 30 * SECOND })
      expect(lot.queues[0]?.queue.step).toBe(2)
      expect(seqsOf(lot)).toEqual([1])
    })

    it('are freed by the end of the leases; what was in flight may be doubled and nothing else', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const [first] = await announce(storage, 'ann', [1, 3])
      const anns = await claimed(storage, { owner: 'one' })
      const [second, fourth] = await announce(storage, 'bob', [2, 4])
      await claimed(storage, { owner: 'two', now: NOW + SECOND })
      await join(storage)
      expect(await claimOne(storage, { now: NOW + LEASE, slots: 9 })).toBeNull()
      // Ann's lease is over by now, and her settle comes too late.
      expect(await storage.settleLot(settlement(anns))).toEqual({ kind: 'settled', fenced: [ANN] })
      const lot = await claimed(storage, { now: NOW + LEASE + SECOND, perQueue: 10, slots: 9 })
      expect(lot.queues[0]?.queue).toMatchObject({ alone: true, customerId: ANN })
      expect(seqsOf(lot)).toEqual([1])
      const doubled = await Promise.all(
        [first, second, fourth].map(async (one) => {
          const [row] = await storage.deliveriesOfEvent('acme', one?.id ?? '')
          return row?.delivery.mayBeDoubled
        }),
      )
      expect(doubled).toEqual([true, true, false])
    })

    it('are freed when the owner is dead, and renewed while it lives', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      await announce(storage, 'bob', [2])
      const lot = await claimed(storage, { owner: 'one' })
      await join(storage)
      expect(await storage.renewLot({ lot: lot.ref, leaseUntil: NOW + 2 * LEASE })).toBe(true)
      expect(await claimOne(storage, { now: NOW + LEASE, slots: 9 })).toBeNull()
      expect(await storage.freeDeadClaims('one', NOW)).toBe(0)
      expect(await storage.freeDeadClaims('two', NOW)).toBeGreaterThan(0)
      expect(await storage.renewLot({ lot: lot.ref, leaseUntil: NOW + 3 * LEASE })).toBe(false)
      expect(await storage.settleLot(settlement(lot))).toMatchObject({ fenced: expect.arrayContaining([ANN, BOB]) })
      expect(seqsOf(await claimOne(storage))).toEqual([1])
    })

    it('show what is in flight and what stands behind it', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'bob', [2, 3])
      await claimed(storage, { owner: 'one' })
      await announce(storage, 'ann', [1])
      await join(storage)
      const list = async (status: 'sending' | 'waiting') => {
        const query = { projectId: 'acme', integrationId: 'segment', status, before: null, limit: 10 }
        return (await storage.listDeliveries(query)).items.map(({ delivery }) => delivery.seq - NOW * 1000)
      }
      expect(await list('sending')).toEqual([2])
      expect(await list('waiting')).toEqual([1, 3])
    })

    it('a third who joins a joined one carries the claims of both along', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (const [n, name] of ['ann', 'bob', 'cy'].entries()) await announce(storage, name, [n + 1])
      const lot = await claimed(storage)
      await join(storage, BOB, CY)
      await join(storage, ANN, BOB)
      await announce(storage, 'ann', [9])
      expect(await claimOne(storage)).toBeNull()
      expect(await storage.settleLot(settlement(lot, {}, { dueAt: NOW }))).toEqual({ kind: 'settled', fenced: [] })
      expect(seqsOf(await claimOne(storage, { perQueue: 10 }))).toEqual([9])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 1, delivered: 3 })
    })
  })
}
