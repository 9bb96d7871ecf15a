import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FrozenEvent } from '../../../src/domain/event.ts'
import { customerId } from '../../../src/domain/ids.ts'
import type { Merge } from '../../../src/storage/join.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import { announce, channels, claimOne, customer, EMPTY_SET, event, NOW, SECOND, save } from '../samples.ts'

const [ANN, BOB] = [customerId('acme', 'ann'), customerId('acme', 'bob')]
const UNTIL = NOW + 60 * SECOND
const HELD = 8_640_000_000_000_000

/** Bob's event waits for its owner, and bob becomes ann. */
function join(storage: Storage, merge: Merge, now = NOW) {
  return storage.joinCustomers({ projectId: 'acme', into: ANN, from: BOB, now }, merge)
}

/** As ann's from now on. */
const anns = (one: FrozenEvent): FrozenEvent => ({ ...one, customerId: ANN, appUserId: 'ann', provisionalUntil: null })

async function waiting(storage: Storage): Promise<FrozenEvent> {
  await channels(storage, 'segment', 'clevertap')
  await save(storage, { customers: [customer('ann'), customer('bob')] })
  const [held] = await announce(storage, 'bob', [1], {
    integrations: ['segment', 'clevertap'],
    dueAt: UNTIL,
    mayGoAt: UNTIL,
    changes: { provisionalUntil: UNTIL },
  })
  if (held === undefined) throw new Error('nothing was announced')
  return held
}

export function provisionalSuite(here: Here): void {
  describe('a provisional event', () => {
    it('says so until its first claim in any channel', async () => {
      const { storage } = here()
      const held = await waiting(storage)
      expect(await storage.getEvent('acme', held.id)).toMatchObject({ event: { provisionalUntil: UNTIL } })
      expect(await claimOne(storage)).toBeNull()
      const lot = await claimOne(storage, { now: UNTIL })
      expect(lot?.queues).toHaveLength(1)
      expect(await storage.getEvent('acme', held.id)).toMatchObject({ event: { provisionalUntil: null } })
      const seen: number[] = []
      await join(storage, (into, _from, provisional) => {
        seen.push(provisional.length)
        return { customer: into }
      })
      expect(seen).toEqual([0])
    })

    it('may be written again by the join that makes its owner known, and followers read it again', async () => {
      const { storage, reopen } = here()
      const held = await waiting(storage)
      const other = event('bob', 2)
      await save(storage, { events: [{ event: other, notificationId: null }], attributeSets: [EMPTY_SET] })
      await here().numbered?.()
      const before = await storage.listEvents(all)
      const history = [{ projectId: 'acme', customerId: ANN, at: NOW, kind: 'alias' as const, body: '{"ids":["bob"]}' }]
      const joined = await join(storage, (into, _from, provisional) => {
        expect(provisional).toEqual([{ event: held, notificationId: null }])
        const queues = [channelOf('segment'), channelOf('clevertap')]
        return { customer: into, events: provisional.map((one) => anns(one.event)), history, queues }
      })
      expect(joined.kind).toBe('joined')
      const later = await reopen()
      await here().numbered?.()
      const after = await later.listEvents({ ...all, after: before.next ?? '' })
      expect(after.items.map((one) => [one.event.id, one.event.appUserId, one.event.provisionalUntil])).toEqual([
        [held.id, 'ann', null],
      ])
      const both = await later.listEvents({ ...all, after: '' })
      expect(both.items.map((one) => one.event.id)).toEqual([other.id, held.id])
      // Its queue does not wait any longer, and neither does the age at which it would fail count from later.
      for (const integration of ['segment', 'clevertap']) {
        const lot = await claimOne(later, { integration })
        expect(lot?.queues.map(({ queue }) => queue.customerId)).toEqual([ANN])
        expect(lot?.queues[0]?.deliveries.map((one) => [one.event.appUserId, one.delivery.mayGoAt])).toEqual([
          ['ann', 5],
        ])
      }
    })

    it('stays as it is when its hold is over, and no join finds it', async () => {
      const { storage } = here()
      await waiting(storage)
      const seen: number[] = []
      await join(
        storage,
        (into, _from, provisional) => {
          seen.push(provisional.length)
          return { customer: into }
        },
        UNTIL,
      )
      expect(seen).toEqual([0])
    })

    it('is forgotten as such by housekeeping where nobody wanted it', async () => {
      const { storage } = here()
      const one = event('ann', 1, { provisionalUntil: UNTIL })
      await save(storage, {
        customers: [customer('ann')],
        attributeSets: [EMPTY_SET],
        events: [{ event: one, notificationId: null }],
      })
      const tidy = { notificationsBefore: 0, attemptsBefore: 0, limit: 100 }
      await storage.tidy({ ...tidy, now: UNTIL })
      expect(await storage.getEvent('acme', one.id)).toMatchObject({ event: { provisionalUntil: UNTIL } })
      await storage.tidy({ ...tidy, now: UNTIL + 1 })
      expect(await storage.getEvent('acme', one.id)).toMatchObject({ event: { provisionalUntil: null } })
    })
  })

  describe('a queue that waits for its customer', () => {
    it('is due at once when the customer is known, and ages from then on', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1], { dueAt: HELD, mayGoAt: HELD })
      const wake = { ...channelOf('segment'), projectId: 'acme', customerId: ANN, hasten: true }
      await save(storage, { queues: [wake] })
      const lot = await claimOne(storage)
      expect(lot?.queues[0]?.deliveries.map(({ delivery: { mayGoAt } }) => mayGoAt)).toEqual([5])
    })
  })

  describe('an app user id whose hash alone is known', () => {
    const sha256 = (id: string): string => createHash('sha256').update(id).digest('hex')
    const find = (storage: Storage, ...ids: readonly string[]) =>
      storage.step(
        { purchases: [], appUserIds: ids.map((appUserId) => ({ projectId: 'acme', appUserId })) },
        (found) => ({
          save: {},
          result: [...found.customerOf].map(([key, id]) => [
            key.slice('acme\n'.length),
            id,
            found.customers.has(`acme\n${id}`),
          ]),
        }),
      )

    it('finds its customer, under any alias and after a join; a name stands before a hash', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann', { aliases: ['ann', 'ünï'] }), customer('bob')] })
      expect(await find(storage, sha256('ünï'), sha256('nobody'))).toEqual([[sha256('ünï'), ANN, true]])
      await join(storage, (into) => ({ customer: into }))
      expect(await find(storage, sha256('bob'))).toEqual([[sha256('bob'), ANN, true]])
      const odd = customer(sha256('ann'))
      await save(storage, { customers: [odd] })
      expect(await find(storage, sha256('ann'))).toEqual([[sha256('ann'), odd.id, true]])
    })
  })

  describe('what a customer is', () => {
    it('keeps deletions, and whether only stores have named it', async () => {
      const { storage, reopen } = here()
      const ann = customer('ann', { deletedAttributes: { mood: 7 }, onlyNamed: true })
      await save(storage, { customers: [ann] })
      expect(await (await reopen()).getCustomer('acme', 'ann')).toEqual({ ...ann, version: 1 })
    })
  })
}

const all = {
  projectId: 'acme',
  after: '',
  before: null,
  types: [],
  customer: null,
  environment: null,
  limit: 50,
} as const

function channelOf(integration: string) {
  return { projectId: 'acme', channelId: `${integration}:production`, customerId: ANN, dueAt: NOW, mayGoAt: 5 }
}
