import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pseudonym } from '../../src/domain/erased.ts'
import { attributeSetHash, customerId } from '../../src/domain/ids.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { openSide } from './postgres-side.ts'
import { channels, customer, delivery, event, NOW, save } from './samples.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const EVENTS = FULL ? 10_000 : 1_000
const PART = 500
const AS = pseudonym('acme', 'cd'.repeat(16))

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(async () => {
  await cluster.stop()
})

async function fill(storage: Storage): Promise<void> {
  await channels(storage, 'segment')
  await save(storage, { customers: [customer('ann')] })
  for (let from = 0; from < EVENTS; from += PART) {
    const sets = Array.from({ length: PART }, (_, n) => ({
      $email: { value: `ann${from + n}@x.example`, updatedAt: NOW },
    }))
    const events = sets.map((set, n) => event('ann', from + n, { attributeSet: attributeSetHash(set) }))
    await save(storage, {
      attributeSets: sets.map((attributes) => ({ projectId: 'acme', hash: attributeSetHash(attributes), attributes })),
      events: events.map((one) => ({ event: one, notificationId: null })),
      deliveries: events.map((one) => delivery(one, 'segment')),
      queues: [
        {
          projectId: 'acme',
          channelId: 'segment:production',
          customerId: customerId('acme', 'ann'),
          dueAt: NOW,
          hasten: false,
        },
      ],
    })
  }
}

async function eraseAnn(storage: Storage): Promise<{ readonly parts: number; readonly ms: number }> {
  const start = performance.now()
  const wish = { projectId: 'acme', appUserId: 'ann', as: AS, now: NOW, seenBefore: null }
  expect(await storage.beginErasure(wish, () => ['key.hash'])).not.toBeNull()
  for (let parts = 1; parts < EVENTS; parts += 1) {
    const left = await storage.eraseNext({ projectId: 'acme', customerId: AS.customerId, now: NOW, limit: PART })
    if (left === 'done') return { parts, ms: performance.now() - start }
  }
  throw new Error('the erasure does not end')
}

/** Two parts say that there is no more: of events, and of messages. */
const MOST_PARTS = EVENTS / PART + 2

describe(`erasing somebody with ${EVENTS} events, all of them waiting`, () => {
  const check = async (storage: Storage): Promise<void> => {
    const { parts, ms } = await eraseAnn(storage)
    expect(parts).toBe(MOST_PARTS)
    // The promise is two seconds; the small figure leaves a busy machine its time.
    expect(ms).toBeLessThan(FULL ? 2_000 : 5_000)
    expect(await storage.countDeliveries('acme', 'segment')).toMatchObject({ waiting: 0, skipped: EVENTS })
  }

  it('is done in bounded parts, embedded', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-erase-'))
    const storage = await openEmbedded({ folder })
    try {
      await fill(storage)
      await check(storage)
    } finally {
      await storage.close()
      await rm(folder, { recursive: true })
    }
  })

  it('and on PostgreSQL', { timeout: 120_000 }, async () => {
    const url = await cluster.createDatabase()
    const storage = await openPostgres({ url, migrate: true })
    const side = await openSide(url)
    try {
      await fill(storage)
      await side.numbered()
      await check(storage)
    } finally {
      await side.close()
      await storage.close()
    }
  })
})
