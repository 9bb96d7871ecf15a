import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import type { Lot, Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import { announce, attempt, changeOf, channels, claimOne, LEASE, NOW, SECOND, settlement, wish } from '../samples.ts'

async function claimed(storage: Storage, changes: Parameters<typeof claimOne>[1] = {}): Promise<Lot> {
  const lot = await claimOne(storage, changes)
  if (lot === null) throw new Error('nothing was claimed')
  return lot
}

export function settlingSuite(here: Here): void {
  describe('settling a lot', () => {
    it('writes deliveries, attempts and the channel together, and for good', async () => {
      const { storage, reopen } = here()
      await channels(storage, 'segment')
      const [one] = await announce(storage, 'ann', [1])
      const lot = await claimed(storage)
      const [row] = await storage.loadChannels()
      if (row === undefined || one === undefined) throw new Error('no channel')
      const outcome = {
        notes: ['trimmed'],
        mends: ['fall_back'],
        identity: '{"userId":"ann"}',
        attemptIds: ['att_1', 'att_2'],
      }
      const input = {
        ...settlement(lot, outcome),
        attempts: [attempt('att_1'), attempt('att_2')],
        channel: { ...row, width: 2 },
      }
      expect(await storage.settleLot(input)).toEqual({ kind: 'settled', fenced: [] })
      const later = await reopen()
      const [listed] = await later.deliveriesOfEvent('acme', one.id)
      expect(listed).toMatchObject({
        delivery: { ...outcome, status: 'delivered', attempts: 1, done: ['track'], settledAt: NOW + SECOND },
        sending: false,
        dueAt: null,
      })
      expect(await later.getAttempts('acme', ['att_2', 'att_1', 'att_9'])).toEqual([attempt('att_2'), attempt('att_1')])
      expect(await later.loadChannels()).toEqual([{ ...row, width: 2, version: 2 }])
      expect(await later.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 1,
        failed: 0,
        skipped: 0,
      })
    })

    it('a queue in which something still waits is due as told; an empty one is gone', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 2], { dueAt: NOW - 1 })
      const first = await claimed(storage)
      const retry = {
        status: 'waiting' as const,
        attempts: 1,
        done: ['identify'],
        settledAt: null,
        attemptIds: ['att_1'],
      }
      await storage.settleLot(settlement(first, retry, { dueAt: NOW + 5 * SECOND, step: 2, alone: true }))
      expect(await storage.nextQueueDue([wish('segment')])).toBe(NOW + 5 * SECOND)
      expect(await claimOne(storage)).toBeNull()
      const second = await claimed(storage, { now: NOW + 5 * SECOND })
      expect(second.queues[0]?.queue).toMatchObject({ step: 2, alone: true, died: 0 })
      expect(second.queues[0]?.deliveries).toHaveLength(1)
      expect(second.queues[0]?.deliveries[0]?.delivery).toMatchObject({
        attempts: 1,
        done: ['identify'],
        attemptIds: ['att_1'],
        seq: NOW * 1000 + 1,
      })
      await storage.settleLot(settlement(second, { attemptIds: ['att_2'] }, { dueAt: NOW }))
      const third = await claimed(storage)
      expect(third.queues[0]?.deliveries[0]?.delivery.seq).toBe(NOW * 1000 + 2)
      await storage.settleLot(settlement(third))
      expect(await storage.nextQueueDue([wish('segment')])).toBeNull()
      expect(await storage.queueDepths(NOW)).toMatchObject([{ waiting: 0, oldestDueMs: null }])
    })

    it('what arrives while a lot is in flight goes next, in seq order', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [5])
      const lot = await claimed(storage)
      await announce(storage, 'ann', [7, 6])
      expect(await claimOne(storage)).toBeNull()
      await storage.settleLot(settlement(lot, {}, { dueAt: NOW }))
      const next = await claimed(storage, { perQueue: 10 })
      expect(next.queues[0]?.deliveries.map(({ delivery }) => delivery.seq - NOW * 1000)).toEqual([6, 7])
    })

    it('each queue by itself: one delivered, one failed, one later', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (const name of ['ann', 'bob', 'cy']) await announce(storage, name, [1])
      const lot = await claimed(storage)
      const outcomes = [
        { status: 'delivered' as const },
        { status: 'failed' as const, reason: 'refused', advice: 'Look at the answer.' },
        { status: 'waiting' as const, settledAt: null },
      ]
      const input = settlement(lot)
      await storage.settleLot({
        ...input,
        queues: input.queues.map((queue, index) => ({
          ...queue,
          deliveries: queue.deliveries.map(({ id }) => changeOf(id, outcomes[index])),
        })),
      })
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 1,
        delivered: 1,
        failed: 1,
        skipped: 0,
      })
      const failed = await storage.listDeliveries({
        projectId: 'acme',
        integrationId: 'segment',
        status: 'failed',
        before: null,
        limit: 5,
      })
      expect(failed.items).toMatchObject([{ delivery: { reason: 'refused', advice: 'Look at the answer.' } }])
    })

    it('writes nothing when the channel has moved on, and gives its row', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const lot = await claimed(storage)
      const [row] = await storage.loadChannels()
      if (row === undefined) throw new Error('no channel')
      await storage.saveChannel({ ...row, width: 3 })
      const input = { ...settlement(lot), attempts: [attempt('att_1')], channel: { ...row, width: 2 } }
      expect(await storage.settleLot(input)).toEqual({ kind: 'channel_moved', row: { ...row, width: 3, version: 2 } })
      expect(await storage.getAttempts('acme', ['att_1'])).toEqual([])
      expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 1, delivered: 0 })
      expect(await storage.settleLot({ ...input, channel: { ...row, version: 2, width: 2 } })).toMatchObject({
        kind: 'settled',
      })
    })

    it('remembers the last status for the next claim; null leaves it', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      const statuses: (string | null | undefined)[] = []
      for (const [n, lastStatus] of ['trial', null, 'active'].entries()) {
        await announce(storage, 'ann', [n])
        const lot = await claimed(storage)
        statuses.push(lot.queues[0]?.lastStatus)
        await storage.settleLot(settlement(lot, {}, { lastStatus }))
      }
      expect(statuses).toEqual([null, 'trial', 'trial'])
    })
  })

  describe('fences', () => {
    it('a zombie cannot settle what was claimed again, by another or by its own process', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      for (const [n, owner] of ['two', 'one'].entries()) {
        await announce(storage, 'ann', [2 * n, 2 * n + 1])
        const zombie = await claimed(storage, { owner: 'one' })
        const now = NOW + LEASE
        const present = await claimed(storage, { owner, now })
        const late = { ...settlement(zombie, { status: 'failed' }), attempts: [attempt(`late ${owner}`)] }
        expect(await storage.settleLot(late)).toEqual({ kind: 'settled', fenced: [customerId('acme', 'ann')] })
        expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ failed: 0 })
        expect(await storage.settleLot(settlement(present, {}, { dueAt: NOW }))).toEqual({
          kind: 'settled',
          fenced: [],
        })
        // What was sent is logged all the same.
        expect(await storage.getAttempts('acme', [`late ${owner}`])).toHaveLength(1)
        const rest = await claimOne(storage)
        if (rest !== null) await storage.settleLot(settlement(rest))
      }
    })

    it('also when the queue was settled, deleted, made anew and claimed again meanwhile', async () => {
      const { storage, reopen } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const zombie = await claimed(storage, { owner: 'one' })
      const second = await claimed(storage, { owner: 'one', now: NOW + LEASE })
      await storage.settleLot(settlement(second))
      const later = await reopen()
      await announce(later, 'ann', [2])
      const third = await claimed(later, { owner: 'one' })
      expect(third.ref.fence).toBeGreaterThan(second.ref.fence)
      const stale = settlement(zombie)
      const input = { ...stale, queues: stale.queues.map((queue) => ({ ...queue, deliveries: [] })) }
      expect(await later.settleLot(input)).toEqual({ kind: 'settled', fenced: [customerId('acme', 'ann')] })
      // The zombie's settle freed nothing that is not its own.
      expect(await later.renewLot({ lot: third.ref, leaseUntil: NOW + 9 * LEASE })).toBe(true)
      expect(await later.settleLot(settlement(third))).toEqual({ kind: 'settled', fenced: [] })
    })

    it('a lot is settled once', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      const lot = await claimed(storage)
      const [first, second] = await Promise.all([
        storage.settleLot(settlement(lot)),
        storage.settleLot(settlement(lot)),
      ])
      expect(first).toEqual({ kind: 'settled', fenced: [] })
      expect(second).toEqual({ kind: 'settled', fenced: [customerId('acme', 'ann')] })
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 1,
        failed: 0,
        skipped: 0,
      })
    })
  })

  describe('expiry', () => {
    it("fails by the channel's clock, oldest first and no more than the limit, what is not in flight", async () => {
      const { storage } = here()
      await channels(storage, 'segment', 'clevertap')
      const integrations = ['segment', 'clevertap']
      await announce(storage, 'fly', [1], { mayGoAt: 0, dueAt: NOW - 1, integrations: ['segment'] })
      await claimed(storage, { deliveries: 1 })
      const [first] = await announce(storage, 'ann', [1], { mayGoAt: 100, integrations })
      await announce(storage, 'ann', [2], { mayGoAt: 300, integrations })
      const [third] = await announce(storage, 'bob', [1], { mayGoAt: 200, integrations })
      const sweep = (clockReading: number, limit: number) =>
        storage.failExpired({
          channel: wish('segment'),
          clockReading,
          maxAgeMs: 1_000,
          reason: 'too_old',
          advice: 'Replay it.',
          now: NOW,
          limit,
        })
      expect(await sweep(1_099, 10)).toBe(0)
      expect(await sweep(1_200, 1)).toBe(1)
      expect((await storage.deliveriesOfEvent('acme', first?.id ?? ''))[1]).toMatchObject({
        delivery: {
          integrationId: 'segment',
          status: 'failed',
          reason: 'too_old',
          advice: 'Replay it.',
          settledAt: NOW,
        },
      })
      expect(await sweep(1_200, 10)).toBe(1)
      expect((await storage.deliveriesOfEvent('acme', third?.id ?? ''))[0]?.delivery.status).toBe('waiting')
      // Ann's queue still holds one, bob's is gone.
      const lot = await claimed(storage, { perQueue: 10 })
      expect(lot.queues.map(({ deliveries }) => deliveries.map(({ delivery }) => delivery.mayGoAt))).toEqual([[300]])
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 2,
        delivered: 0,
        failed: 2,
        skipped: 0,
      })
      expect(await storage.countDeliveries('acme', 'clevertap')).toMatchObject({ waiting: 3, failed: 0 })
    })
  })

  describe("a person's acts", () => {
    it('a failed delivery waits again behind what waits; one that waits or arrived is left alone', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 2])
      const lot = await claimed(storage)
      const id = lot.queues[0]?.deliveries[0]?.delivery.id ?? ''
      const retry = () =>
        storage.retryDeliveries({ projectId: 'acme', deliveries: [{ id, mayGoAt: 77, dueAt: NOW + SECOND }] })
      expect(await retry()).toBe(0)
      await storage.settleLot(settlement(lot, { status: 'failed', reason: 'refused', advice: 'x' }))
      expect(await retry()).toBe(1)
      expect(await retry()).toBe(0)
      const { delivery: before } = (await storage.getDelivery('acme', id)) ?? {}
      expect(before).toMatchObject({ status: 'waiting', reason: null, advice: null, settledAt: null, mayGoAt: 77 })
      expect(before).toMatchObject({ done: ['track'], seq: NOW * 1000 + 1 })
      const next = await claimed(storage, { now: NOW + SECOND })
      expect(next.queues[0]?.deliveries[0]?.delivery.id).not.toBe(id)
      await storage.settleLot(settlement(next))
      const again = await claimed(storage, { now: NOW + SECOND })
      expect(again.queues[0]?.deliveries[0]?.delivery.id).toBe(id)
      await storage.settleLot(settlement(again))
      expect(await retry()).toBe(0)
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 2,
        failed: 0,
        skipped: 0,
      })
    })

    it('"it arrived" settles an unknown outcome and nothing else', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1])
      await announce(storage, 'bob', [1])
      const lot = await claimed(storage)
      const input = settlement(lot)
      const reasons = ['outcome_unknown', 'refused']
      await storage.settleLot({
        ...input,
        queues: input.queues.map((queue, index) => ({
          ...queue,
          deliveries: queue.deliveries.map(({ id }) =>
            changeOf(id, { status: 'failed', reason: reasons[index] ?? null }),
          ),
        })),
      })
      const ids = lot.queues.map(({ deliveries }) => deliveries[0]?.delivery.id ?? '')
      const accept = (deliveryId: string) => storage.acceptDelivery({ projectId: 'acme', deliveryId, now: NOW + 9 })
      expect(await Promise.all(ids.map(accept))).toEqual([true, false])
      expect(await storage.getDelivery('acme', ids[0] ?? '')).toMatchObject({
        delivery: { status: 'delivered', reason: null, settledAt: NOW + 9 },
      })
      expect(await storage.countDeliveries('acme', 'segment')).toEqual({
        waiting: 0,
        delivered: 1,
        failed: 1,
        skipped: 0,
      })
    })
  })
}
