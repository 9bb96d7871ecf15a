import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import type { Lot } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
  appUserIdsOf,
  channels,
  claimOne,
  customer,
  LEASE,
  NOW,
  SECOND,
  save,
  settlement,
  wish,
} from '../samples.ts'

function seqsOf(lot: Lot | null): readonly number[] {
  return (lot?.queues ?? []).flatMap(({ deliveries }) => deliveries.map(({ delivery }) => delivery.seq - NOW * 1000))
}

export function claimsSuite(here: Here): void {
  describe('channels', () => {
    it('are made once, open, with a running clock', async () => {
      const { storage, reopen } = here()
      const names = [
        { projectId: 'acme', integrationId: 'segment', environment: 'production' as const },
        { projectId: 'acme', integrationId: 'segment', environment: 'sandbox' as const },
      ]
      const made = await storage.ensureChannels(names, NOW)
      expect(made.map(({ channelId }) => channelId)).toEqual(['segment:production', 'segment:sandbox'])
      expect(made[0]).toMatchObject({ version: 1, state: 'open', clockRuns: true, clockAt: NOW, clockReading: 0 })
      const again = await (await reopen()).ensureChannels(names, NOW + SECOND)
      expect(again).toEqual(made)
    })

    it('are saved on the version that was read, and on no other', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const [row] = await storage.loadChannels()
      if (row === undefined) throw new Error('no channel')
      const changed = { ...row, state: 'paused' as const, pausedBy: 'person' as const, width: 4, clockRuns: false }
      const saved = await storage.saveChannel(changed)
      expect(saved).toEqual({ saved: true, row: { ...changed, version: 2 } })
      expect(await storage.saveChannel({ ...row, width: 9 })).toEqual({ saved: false, row: { ...changed, version: 2 } })
      expect(await storage.loadChannels()).toEqual([{ ...changed, version: 2 }])
    })
  })

  describe('claiming lots', () => {
    it('gives due queues, oldest due first, with owner, fence and lease', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'cy', [1], { dueAt: NOW - 1 })
      await announce(storage, 'ann', [1], { dueAt: NOW - 3 })
      await announce(storage, 'bob', [1], { dueAt: NOW - 2 })
      await announce(storage, 'dan', [1], { dueAt: NOW + 1 })
      const lot = await claimOne(storage)
      expect(appUserIdsOf(lot)).toEqual(['ann', 'bob', 'cy'])
      expect(lot?.ref).toMatchObject({ projectId: 'acme', channelId: 'segment:production', owner: 'one' })
      expect(lot?.ref.queues).toEqual(
        lot?.queues.map(({ queue }) => ({ customerId: queue.customerId, fence: queue.fence })),
      )
      expect(lot?.queues[0]?.queue).toMatchObject({ owner: 'one', leaseUntil: NOW + LEASE, dueAt: NOW - 3, step: 0 })
      expect(await claimOne(storage)).toBeNull()
    })

    it('gives a queue its first deliveries in seq order, whole with event and customer', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const events = await announce(storage, 'ann', [3, 1])
      await announce(storage, 'ann', [2])
      const row = customer('ann', { version: 1, lastSeenAppUserId: 'ann-now' })
      await save(storage, { customers: [row] })
      const lot = await claimOne(storage, { perQueue: 2 })
      expect(seqsOf(lot)).toEqual([1, 2])
      expect(lot?.queues[0]?.customer).toEqual({ ...row, version: 2 })
      expect(lot?.queues[0]?.deliveries[0]?.event).toEqual({ ...events[1], attributes: {} })
      expect(lot?.queues[0]?.deliveries[0]?.delivery).toMatchObject({
        integrationId: 'segment',
        status: 'waiting',
        attempts: 0,
        done: [],
        mayBeDoubled: false,
        attemptIds: [],
      })
    })

    it('holds no more deliveries than asked for, in the lot and per queue', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (const [index, name] of ['ann', 'bob', 'cy'].entries()) {
        await announce(storage, name, [1, 2, 3], { dueAt: NOW - 3 + index })
      }
      const lot = await claimOne(storage, { deliveries: 5, perQueue: 2 })
      expect(lot?.queues.map(({ deliveries }) => deliveries.length)).toEqual([2, 2, 1])
    })

    it('what becomes due in one channel stays out of the lots of another', async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      await announce(storage, 'ann', [1], { integrations: ['segment'] })
      await announce(storage, 'bob', [1], { integrations: ['clevertap'] })
      const { lots } = await storage.claimLots({
        owner: 'one',
        now: NOW,
        leaseUntil: NOW + LEASE,
        channels: [wish('clevertap'), wish('segment')],
      })
      expect(lots.map((lot) => [lot.ref.channelId, ...appUserIdsOf(lot)])).toEqual([
        ['clevertap:production', 'bob'],
        ['segment:production', 'ann'],
      ])
    })

    it('takes nothing on a channel of another version, and gives the row', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const result = await storage.claimLots({
        owner: 'one',
        now: NOW,
        leaseUntil: NOW + LEASE,
        channels: [wish('segment', { version: 2 }), wish('unknown')],
      })
      expect(result.lots).toEqual([])
      expect(result.stale).toEqual(await storage.loadChannels())
      expect(appUserIdsOf(await claimOne(storage))).toEqual(['ann'])
    })

    it('keeps the number of slots over all owners; a settled lot frees its own', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (const name of ['ann', 'bob', 'cy', 'dan']) await announce(storage, name, [1])
      const one = await claimOne(storage, { deliveries: 1, slots: 2, owner: 'one' })
      const two = await claimOne(storage, { deliveries: 1, slots: 2, owner: 'two' })
      if (one === null || two === null) throw new Error('no lot')
      expect(two.ref.slot).not.toBe(one.ref.slot)
      expect(await claimOne(storage, { deliveries: 1, slots: 2, owner: 'two' })).toBeNull()
      expect(await claimOne(storage, { deliveries: 1, slots: 1, owner: 'one' })).toBeNull()
      await storage.settleLot(settlement(one))
      const three = await claimOne(storage, { deliveries: 1, slots: 2, owner: 'two' })
      expect(three?.ref.slot).toBe(one.ref.slot)
      expect(three?.ref.fence).toBeGreaterThan(one.ref.fence)
    })

    it('no queue is in two lots, however many claim at once', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await Promise.all(Array.from({ length: 30 }, (_, n) => announce(storage, `c${n}`, [1])))
      const lots = await Promise.all(
        Array.from({ length: 10 }, (_, n) => claimOne(storage, { owner: `o${n}`, deliveries: 4, slots: 10 })),
      )
      const taken = lots.flatMap(appUserIdsOf)
      expect(taken).toHaveLength(30)
      expect(new Set(taken).size).toBe(30)
    })

    it("avoids a customer's queue unless it is the only one", async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const avoidCustomer = customerId('acme', 'ann')
      await announce(storage, 'ann', [1], { dueAt: NOW - 2 })
      await announce(storage, 'bob', [1], { dueAt: NOW - 1 })
      const probe = { deliveries: 1, avoidCustomer }
      expect(appUserIdsOf(await claimOne(storage, probe))).toEqual(['bob'])
      expect(appUserIdsOf(await claimOne(storage, probe))).toEqual(['ann'])
    })

    it('a queue in which nothing waits any more is deleted on the way', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1], { dueAt: NOW - 1 })
      await announce(storage, 'bob', [1])
      const lot = await claimOne(storage, { deliveries: 1 })
      if (lot === null) throw new Error('no lot')
      await storage.settleLot(settlement(lot))
      expect(await storage.nextQueueDue([wish('segment')])).toBe(NOW)
      expect(appUserIdsOf(await claimOne(storage))).toEqual(['bob'])
      expect(await storage.nextQueueDue([wish('segment')])).toBeNull()
    })

    it('says when the next free queue is due, over the channels asked for', async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      await announce(storage, 'ann', [1], { integrations: ['segment'], dueAt: NOW + 5 })
      await announce(storage, 'bob', [1], { integrations: ['clevertap'], dueAt: NOW + 2 })
      expect(await storage.nextQueueDue([wish('segment'), wish('clevertap')])).toBe(NOW + 2)
      expect(await storage.nextQueueDue([wish('segment')])).toBe(NOW + 5)
      expect(await storage.nextQueueDue([])).toBeNull()
    })
  })

  describe('claims of the dead', () => {
    it('come free at once; each goes alone with its first delivery, which may be doubled', async () => {
      const { storage, reopen } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 2], { dueAt: NOW - 2 })
      await announce(storage, 'bob', [1], { dueAt: NOW - 1 })
      const before = await claimOne(storage, { owner: 'dead', perQueue: 2 })
      expect(before?.queues).toHaveLength(2)
      const later = await reopen()
      expect(await later.freeDeadClaims('new', NOW)).toBe(2)
      expect(await later.freeDeadClaims('new', NOW)).toBe(0)
      const first = await claimOne(later, { owner: 'new', perQueue: 2 })
      const second = await claimOne(later, { owner: 'new', perQueue: 2 })
      expect([appUserIdsOf(first), appUserIdsOf(second)]).toEqual([['ann'], ['bob']])
      expect(first?.queues[0]?.queue).toMatchObject({ alone: true, died: 0 })
      expect(first?.queues[0]?.deliveries.map(({ delivery }) => delivery.mayBeDoubled)).toEqual([true])
      expect(first?.ref.fence).toBeGreaterThan(before?.ref.fence ?? 0)
    })

    it('only those that were alone count a death, and a settled one counts none any more', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 2])
      const died: (number | undefined)[] = []
      for (const owner of ['a', 'b', 'c', 'd']) {
        const lot = await claimOne(storage, { owner })
        died.push(lot?.queues[0]?.queue.died)
        await storage.freeDeadClaims(`after ${owner}`, NOW)
      }
      expect(died).toEqual([0, 0, 1, 2])
      const lot = await claimOne(storage, { owner: 'e' })
      expect(lot?.queues[0]?.queue.died).toBe(3)
      if (lot === null) throw new Error('no lot')
      await storage.settleLot(settlement(lot))
      const next = await claimOne(storage, { owner: 'e', now: NOW + SECOND })
      expect(next?.queues[0]?.queue).toMatchObject({ died: 0, alone: false })
    })

    it('of the living stay as they are', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const lot = await claimOne(storage, { owner: 'alive', slots: 1 })
      if (lot === null) throw new Error('no lot')
      expect(await storage.freeDeadClaims('alive', NOW)).toBe(0)
      await announce(storage, 'bob', [1])
      expect(await claimOne(storage, { owner: 'alive', slots: 1 })).toBeNull()
      expect(await storage.settleLot(settlement(lot))).toEqual({ kind: 'settled', fenced: [] })
    })

    it('a lease that is over frees slot and queues in the same way, at the next claim', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      expect(await claimOne(storage, { owner: 'stalled', slots: 1 })).not.toBeNull()
      expect(await claimOne(storage, { owner: 'two', slots: 1, now: NOW + LEASE - 1 })).toBeNull()
      const lot = await claimOne(storage, { owner: 'two', slots: 1, now: NOW + LEASE })
      expect(lot?.queues[0]?.queue).toMatchObject({ alone: true, owner: 'two' })
      expect(lot?.queues[0]?.deliveries[0]?.delivery.mayBeDoubled).toBe(true)
    })

    it('a lease that is renewed holds on, and one that is lost cannot be renewed', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const lot = await claimOne(storage, { owner: 'slow', slots: 1 })
      if (lot === null) throw new Error('no lot')
      expect(await storage.renewLot({ lot: lot.ref, leaseUntil: NOW + 2 * LEASE })).toBe(true)
      expect(await claimOne(storage, { owner: 'two', slots: 2, now: NOW + LEASE })).toBeNull()
      expect(await claimOne(storage, { owner: 'two', slots: 1, now: NOW + 2 * LEASE })).not.toBeNull()
      expect(await storage.renewLot({ lot: lot.ref, leaseUntil: NOW + 9 * LEASE })).toBe(false)
    })
  })
}
