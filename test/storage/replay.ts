import { expect } from 'vitest'
import { createChannels } from '../../src/delivery/channels.ts'
import { replay } from '../../src/delivery/replay.ts'
import { segment } from '../../src/destinations/segment/index.ts'
import { EVERY_DELIVERY } from '../../src/storage/reads.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { segmentIntegration } from '../delivery/harness.ts'
import { announce, channels, claimOne, NOW, SECOND, settlement } from './samples.ts'

const CUSTOMERS = 30
const EACH = 100
const ALL = CUSTOMERS * EACH
const SEGMENT = segmentIntegration('acme')

/** What failed for 30 customers, 100 events each. */
async function fail(storage: Storage): Promise<void> {
  await channels(storage, 'segment')
  const numbers = Array.from({ length: EACH }, (_, n) => n + 1)
  for (let n = 0; n < CUSTOMERS; n += 1) await announce(storage, `user-${n}`, numbers)
  for (let lot = await next(storage); lot !== null; lot = await next(storage))
    await storage.settleLot(settlement(lot, { status: 'failed', reason: '512: refused', advice: 'Mend it.' }))
  expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, failed: ALL })
}

const next = (storage: Storage) => claimOne(storage, { now: NOW + SECOND, deliveries: 500, perQueue: EACH })

/** A person's whole replay, call after call. */
async function replayAll(storage: Storage): Promise<number> {
  const known = createChannels(storage, () => segment)
  await known.refresh([SEGMENT], NOW)
  const asked = { projectId: 'acme', integration: SEGMENT, status: 'failed', filter: EVERY_DELIVERY } as const
  let retried = 0
  let after: string | null = null
  do {
    const done: Awaited<ReturnType<typeof replay>> = await replay(
      { ...asked, after, dryRun: false },
      { reads: storage, storage, channels: known, now: () => NOW + SECOND },
    )
    if (done.kind === 'refused') throw new Error(done.reason)
    retried += done.retried
    after = done.next
  } while (after !== null)
  return retried
}

/** Two people press "retry all" at once: each delivery waits again once, in the order of its customer, and counts add up. */
export async function replayTwice(one: Storage, two: Storage): Promise<void> {
  await fail(one)
  const both = await Promise.all([replayAll(one), replayAll(two)])
  expect(both[0] + both[1]).toBe(ALL)
  const counts = { waiting: ALL, failed: 0, delivered: 0, skipped: 0 }
  expect(await two.countDeliveries('acme', 'segment')).toMatchObject(counts)
  expect((await replayAll(one)) + (await replayAll(two))).toBe(0)
  const sent = new Map<string, number[]>()
  const ids = new Set<string>()
  for (let lot = await next(two); lot !== null; lot = await next(two)) {
    for (const { queue, deliveries } of lot.queues) {
      for (const { delivery } of deliveries) {
        ids.add(delivery.id)
        sent.set(queue.customerId, [...(sent.get(queue.customerId) ?? []), delivery.seq - NOW * 1000])
      }
    }
    await two.settleLot(settlement(lot))
  }
  const inOrder = Array.from({ length: EACH }, (_, n) => n + 1)
  expect([...sent.values()]).toEqual(Array.from({ length: CUSTOMERS }, () => inOrder))
  expect(ids.size).toBe(ALL)
  expect(await one.countDeliveries('acme', 'segment')).toMatchObject({ ...counts, waiting: 0, delivered: ALL })
}
