import { describe, expect, it } from 'vitest'
import { pseudonym } from '../../../src/domain/erased.ts'
import { EVENT_TYPES, type FrozenEvent, nameOf } from '../../../src/domain/event.ts'
import { FIGURE_KINDS, HOUR_MS, hourOf } from '../../../src/domain/figures.ts'
import { customerId } from '../../../src/domain/ids.ts'
import { reportedAmount } from '../../../src/domain/revenue.ts'
import type { EventQuery, ListedEvent } from '../../../src/storage/reads.ts'
import type { LedgerRow } from '../../../src/storage/rows.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { fold, observed, period, snapshot } from '../../domain/scenarios/by-hand.ts'
import { randomOf } from '../../seed.ts'
import type { Here } from '../conformance.ts'
import {
  announce,
  channels,
  claimOne,
  customer,
  EMPTY_SET,
  event,
  ledgerEntry,
  NOW,
  purchase,
  purchaseKey,
  SECOND,
  save,
  settlement,
} from '../samples.ts'

const WEEK = 168 * HOUR_MS
const ALL = { projectId: 'acme', from: hourOf(NOW) - WEEK, to: hourOf(NOW) + WEEK, kinds: FIGURE_KINDS }

/** Figure and hour → sum, of both environments. */
async function figures(storage: Storage): Promise<Readonly<Record<string, number>>> {
  const both = await Promise.all(
    (['production', 'sandbox'] as const).map((environment) =>
      storage.listFigures({ ...ALL, environment, bucketMs: HOUR_MS }),
    ),
  )
  return sorted(both.flat().map(({ figure, at, value }) => [`${figure} ${(at - ALL.from) / HOUR_MS}`, value] as const))
}

function sorted(values: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>()
  for (const [key, value] of values) sums.set(key, (sums.get(key) ?? 0) + value)
  return Object.fromEntries([...sums].filter(([, value]) => value !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same from the rows themselves, by another way. */
async function recounted(storage: Storage, ledger: readonly LedgerRow[]): Promise<Readonly<Record<string, number>>> {
  const place = (figure: string, at: number): string => `${figure} ${Math.floor((at - ALL.from) / HOUR_MS)}`
  const events = (await everyEvent(storage)).map(
    ({ event: one }) => [place(`event:${one.type}:${one.name ?? ''}`, one.occurredAt), 1] as const,
  )
  const settled = await Promise.all(
    ['segment', 'clevertap'].map((integrationId) =>
      storage.listDeliveries({ projectId: 'acme', integrationId, status: null, before: null, limit: 200 }),
    ),
  )
  const deliveries = settled
    .flatMap(({ items }) => items)
    .flatMap(({ delivery: { status, integrationId, settledAt, createdAt } }) =>
      status === 'waiting' ? [] : [[place(`delivery:${status}:${integrationId}`, settledAt ?? createdAt), 1] as const],
    )
  const money = ledger.flatMap((row) =>
    (['gross', 'after_commission', 'after_commission_and_taxes'] as const).flatMap((mode) => {
      const amount = reportedAmount({ ...row, grossMicros: row.micros }, mode, 'usd')
      return amount.kind === 'amount' ? [[place(`money:${mode}`, row.at), amount.micros] as const] : []
    }),
  )
  return sorted([...events, ...deliveries, ...money])
}

async function everyEvent(storage: Storage): Promise<readonly ListedEvent[]> {
  const found: ListedEvent[] = []
  for (let after = ''; ; ) {
    const page = await storage.listEvents({ ...QUERY, after, limit: 200 })
    found.push(...page.items)
    if (page.items.length === 0) return found
    after = page.next ?? ''
  }
}

const QUERY: EventQuery = {
  projectId: 'acme',
  after: null,
  before: null,
  types: [],
  customer: null,
  environment: null,
  limit: 100,
}

/** Beside deliveries and their times, which have tests of their own. */
const without = (found: Readonly<Record<string, number>>, start: string) =>
  Object.fromEntries(Object.entries(found).filter(([key]) => !key.startsWith(start)))

export function figuresSuite(here: Here): void {
  describe('figures', () => {
    it('equal a recount of events, ledger and deliveries after a random life', async () => {
      const { storage } = here()
      const random = randomOf('figures')
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
      await channels(storage, 'segment', 'clevertap')
      const names = ['ann', 'bob', 'cy']
      await save(storage, { customers: names.map((name) => customer(name)), attributeSets: [EMPTY_SET] })
      const told: FrozenEvent[] = []
      const ledger = new Map<string, LedgerRow>()
      for (let n = 1; n <= 24; n += 1) {
        const type = pick(EVENT_TYPES)
        const name = nameOf(type, pick(['TRIAL', 'NORMAL']), random() < 0.5)
        const at = NOW - Math.floor(random() * 50 * HOUR_MS)
        const again = random() < 0.3 ? told.at(-1) : undefined
        const fresh = event(pick(names), n, {
          type,
          name,
          occurredAt: at,
          environment: pick(['production', 'sandbox']),
        })
        const { environment } = again ?? fresh
        const entry = ledgerEntry({ ...purchaseKey('p'), environment: 'sandbox' }, `charge:${n % 17}`, {
          at,
          micros: Math.floor(random() * 1e8) - 5e7,
          currency: pick(['EUR', 'USD']),
          commissionPpm: pick([150_000, 300_000, 123_457]),
        })
        if (!ledger.has(entry.entry)) ledger.set(entry.entry, entry)
        await announce(storage, (again ?? fresh).appUserId, [n], {
          integrations: ['segment', 'clevertap'],
          environment: 'production',
          changes: again ?? fresh,
        })
        await save(storage, { ledger: [entry, entry] })
        if (again === undefined) told.push({ ...fresh, environment })
      }
      await settleSome(storage, random)
      await retrySome(storage)
      await here().numbered?.()
      const found = without(await figures(storage), 'took:')
      expect(found).toEqual(await recounted(storage, [...ledger.values()]))
      expect(Object.keys(found).length).toBeGreaterThan(25)
      expect(Object.keys(found).filter((key) => key.startsWith('delivery:')).length).toBeGreaterThan(2)

      const before = without(found, 'delivery:')
      await storage.joinCustomers(
        { projectId: 'acme', into: customerId('acme', 'ann'), from: customerId('acme', 'bob'), now: NOW },
        (into, from) => ({ customer: { ...into, aliases: [...into.aliases, ...from.aliases] } }),
      )
      const as = pseudonym('acme', 'cd'.repeat(16))
      await storage.beginErasure({ projectId: 'acme', appUserId: 'cy', as, now: NOW, seenBefore: null }, (ids) => [
        ...ids,
      ])
      const next = { projectId: 'acme', customerId: as.customerId, now: NOW, limit: 50 }
      while ((await storage.eraseNext(next)) === 'more');
      await here().numbered?.()
      const after = without(await figures(storage), 'took:')
      expect(without(after, 'delivery:')).toEqual(before)
      expect(after).toEqual(await recounted(storage, [...ledger.values()]))
      const later = await here().reopen()
      expect(without(await figures(later), 'took:')).toEqual(after)
    })

    it('count an event that is written again for its owner once', async () => {
      const { storage } = here()
      const [ann, bob] = [customerId('acme', 'ann'), customerId('acme', 'bob')]
      await channels(storage, 'segment')
      await save(storage, { customers: [customer('ann'), customer('bob')] })
      await announce(storage, 'bob', [1], { dueAt: NOW + HOUR_MS, changes: { provisionalUntil: NOW + HOUR_MS } })
      const before = await figures(storage)
      await storage.joinCustomers({ projectId: 'acme', into: ann, from: bob, now: NOW }, (into, _from, held) => ({
        customer: into,
        events: held.map((one) => ({ ...one.event, customerId: ann, provisionalUntil: null })),
      }))
      expect(await figures(storage)).toEqual(before)
      expect(Object.values(before)).toEqual([1])
    })

    it('say how long deliveries took since they were made, and forget nothing that retention removes', async () => {
      const { storage } = here()
      await channels(storage, 'segment')
      await announce(storage, 'ann', [1, 2])
      const lot = await claimOne(storage, { perQueue: 2 })
      if (lot === null) throw new Error('no lot')
      await storage.settleLot(settlement(lot, { settledAt: NOW + 1 + 60 * SECOND }))
      const found = await storage.listFigures({
        ...ALL,
        environment: 'production',
        bucketMs: 2 * WEEK,
        kinds: ['took', 'delivery'],
      })
      expect(found.map(({ figure, value, at }) => [figure, value, at])).toEqual([
        ['delivery:delivered:segment', 2, ALL.from],
        ['took:60000:segment', 2, ALL.from],
      ])
      const tidy = { now: NOW + 5 * WEEK, notificationsBefore: 0, attemptsBefore: NOW + WEEK, limit: 50 }
      await storage.tidy(tidy)
      const kept = await storage.listFigures({ ...ALL, environment: 'production', bucketMs: 2 * WEEK, kinds: ['took'] })
      expect(kept.map(({ value }) => value)).toEqual([2])
    })

    it('are asked for by hours: the first is in, the last is not, and buckets add up', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann')], attributeSets: [EMPTY_SET] })
      const hours = [0, 1, 2, 3, 4, 5].map((hour) => hourOf(NOW) + hour * HOUR_MS)
      const at = hours.flatMap((hour) => [hour, hour + HOUR_MS - 1])
      await save(storage, {
        events: at.map((occurredAt, n) => ({ event: event('ann', n, { occurredAt }), notificationId: null })),
      })
      const [from = 0] = hours
      const asked = { ...ALL, environment: 'production' as const, from: from + HOUR_MS, to: from + 5 * HOUR_MS }
      const read = async (bucketMs: number, changes = {}) =>
        (await storage.listFigures({ ...asked, bucketMs, ...changes })).map((one) => [one.at - asked.from, one.value])
      expect(await read(HOUR_MS)).toEqual([0, 1, 2, 3].map((hour) => [hour * HOUR_MS, 2]))
      expect(await read(2 * HOUR_MS)).toEqual([
        [0, 4],
        [2 * HOUR_MS, 4],
      ])
      expect(await read(HOUR_MS, { environment: 'sandbox' })).toEqual([])
      expect(await read(HOUR_MS, { projectId: 'other' })).toEqual([])
      expect(await read(HOUR_MS, { kinds: ['money'] })).toEqual([])
    })
  })

  standingsSuite(here)
  filtersSuite(here)
}

async function settleSome(storage: Storage, random: () => number): Promise<void> {
  for (const integration of ['segment', 'clevertap']) {
    for (let lots = 0; lots < 2; lots += 1) {
      const lot = await claimOne(storage, { integration, perQueue: 3, now: NOW + SECOND })
      if (lot === null) continue
      const status = random() < 0.5 ? 'failed' : 'delivered'
      const reason = status === 'failed' ? 'outcome_unknown' : null
      await storage.settleLot(settlement(lot, { status, reason, settledAt: NOW + Math.floor(random() * 9) * HOUR_MS }))
    }
  }
}

/** One that failed waits again, another one arrived after all, and what waits too long fails. */
async function retrySome(storage: Storage): Promise<void> {
  for (const integrationId of ['segment', 'clevertap']) {
    const { items } = await storage.listDeliveries({
      projectId: 'acme',
      integrationId,
      status: 'failed',
      before: null,
      limit: 9,
    })
    const [first, second] = items.map(({ delivery }) => delivery.id)
    if (first !== undefined)
      await storage.retryDeliveries({ projectId: 'acme', deliveries: [{ id: first, mayGoAt: 0, dueAt: NOW }] })
    if (second !== undefined) {
      await storage.acceptDelivery({ projectId: 'acme', deliveryId: second, now: NOW + 3 * HOUR_MS })
    }
  }
  await storage.failExpired({
    channel: { projectId: 'acme', channelId: 'segment:production' },
    clockReading: NOW,
    maxAgeMs: 1,
    reason: 'expired',
    advice: '',
    now: NOW + 2 * HOUR_MS,
    limit: 2,
  })
}

function standingsSuite(here: Here): void {
  const DAY = 24 * HOUR_MS

  describe('subscriptions in force', () => {
    it('are counted by what they stand as, until they end', async () => {
      const { storage } = here()
      const stands = [
        { standing: 'subscription', until: null },
        { standing: 'subscription', until: NOW + DAY },
        { standing: 'trial', until: NOW + 1 },
        { standing: 'grace', until: NOW },
        { standing: null, until: null },
      ] as const
      const rows = stands.map((one, n) => purchase(`c${n}`, { stands: one }))
      const sandbox = purchase('sb', { key: { ...purchaseKey('sb'), environment: 'sandbox' }, stands: stands[0] })
      await save(storage, { purchases: [...rows, sandbox] })
      const count = (at: number, of: 'production' | 'sandbox' = 'production') => storage.countStandings('acme', of, at)
      expect(await count(NOW - 1)).toEqual({ subscription: 2, trial: 1, grace: 1 })
      expect(await count(NOW)).toEqual({ subscription: 2, trial: 1, grace: 0 })
      expect(await count(NOW + DAY)).toEqual({ subscription: 1, trial: 0, grace: 0 })
      expect(await count(NOW, 'sandbox')).toEqual({ subscription: 1, trial: 0, grace: 0 })
      expect(await storage.getPurchase(purchaseKey('c1'))).toMatchObject({ stands: stands[1] })

      const [first] = rows
      if (first === undefined) throw new Error('no purchase')
      await save(storage, { purchases: [{ ...first, version: 1, stands: { standing: 'grace', until: NOW + 5 } }] })
      expect(await count(NOW + 1)).toEqual({ subscription: 1, trial: 0, grace: 1 })
    })

    it('that an older version saved are reckoned by housekeeping, part by part', async () => {
      const { storage } = here()
      const life = (periodType: 'TRIAL' | 'NORMAL') => {
        const charge = period({ at: NOW - DAY, expiresAt: NOW + DAY, periodType, version: NOW - DAY })
        return JSON.stringify(fold([observed([charge], { snapshot: snapshot({ version: NOW - DAY }) })]).purchase)
      }
      await save(storage, {
        purchases: [
          purchase('a', { body: life('NORMAL') }),
          purchase('b', { body: life('TRIAL') }),
          purchase('c', { body: 'no JSON' }),
          purchase('d', { stands: { standing: 'grace', until: null } }),
        ],
      })
      const count = () => storage.countStandings('acme', 'production', NOW)
      expect(await count()).toEqual({ subscription: 0, trial: 0, grace: 1 })
      const tidy = { now: NOW, notificationsBefore: 0, attemptsBefore: 0, limit: 1 }
      await storage.tidy(tidy)
      expect(await count()).toEqual({ subscription: 1, trial: 0, grace: 1 })
      await storage.tidy({ ...tidy, limit: 50 })
      expect(await count()).toEqual({ subscription: 1, trial: 1, grace: 1 })
      expect(await storage.getPurchase(purchaseKey('c'))).toMatchObject({ version: 1, stands: { standing: null } })
    })
  })
}

function filtersSuite(here: Here): void {
  describe('lists of events', () => {
    it('are thinned out by store, product and the time at which they were recorded', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann'), customer('bob')], attributeSets: [EMPTY_SET] })
      const made = Array.from({ length: 40 }, (_, n) =>
        event(n % 4 === 0 ? 'bob' : 'ann', n, {
          store: n % 2 === 0 ? 'stripe' : 'app_store',
          productId: n % 5 === 0 ? 'gold' : 'com.acme.monthly',
          recordedAt: NOW + n * HOUR_MS,
        }),
      )
      for (const one of made) await save(storage, { events: [{ event: one, notificationId: null }] })
      await here().numbered?.()
      const read = async (changes: Partial<EventQuery>): Promise<readonly number[]> => {
        const found: number[] = []
        for (let before: string | null = null, pages = 0; ; pages += 1) {
          const page: Awaited<ReturnType<Storage['listEvents']>> = await storage.listEvents({
            ...QUERY,
            before,
            limit: 3,
            ...changes,
          })
          found.push(...page.items.map((one) => (one.event.recordedAt - NOW) / HOUR_MS))
          if (page.next === null || pages > 40) return found
          before = page.next
        }
      }
      const expected = (keep: (n: number) => boolean) =>
        made
          .map((_, n) => n)
          .filter(keep)
          .reverse()
      expect(await read({})).toEqual(expected(() => true))
      expect(await read({ store: 'stripe' })).toEqual(expected((n) => n % 2 === 0))
      expect(await read({ product: 'gold', store: 'app_store' })).toEqual(expected((n) => n % 10 === 5))
      expect(await read({ product: 'none' })).toEqual([])
      const hour = (n: number) => NOW + n * HOUR_MS
      expect(await read({ from: hour(7), to: hour(30) })).toEqual(expected((n) => n >= 7 && n < 30))
      expect(await read({ from: hour(7) + 1, to: hour(30) + 1, customer: 'bob' })).toEqual(
        expected((n) => n > 7 && n <= 30 && n % 4 === 0),
      )
      expect(await read({ to: hour(5), store: 'stripe', types: [made[0]?.type ?? ''] })).toEqual(
        expected((n) => n < 5 && n % 2 === 0),
      )
      expect(await read({ from: hour(99) })).toEqual([])
      expect(await read({ to: NOW })).toEqual([])
      const followed = await storage.listEvents({ ...QUERY, after: '', from: hour(38), product: 'com.acme.monthly' })
      expect(followed.items.map((one) => (one.event.recordedAt - NOW) / HOUR_MS)).toEqual([38, 39])
      expect(followed.next).not.toBeNull()
    })
  })
}
