import { describe, expect, it } from 'vitest'
import { customerId } from '../../../src/domain/ids.ts'
import type { CustomerRow } from '../../../src/storage/rows.ts'
import type { Here } from '../conformance.ts'
import { customer, ledgerEntry, NOW, notification, purchase, purchaseKey, save } from '../samples.ts'

const mail = (value: string) => ({ $email: { value, updatedAt: NOW } })

export function searchSuite(here: Here): void {
  const page = (query: string, after: string | null = null, limit = 10) =>
    here().storage.searchCustomers({ projectId: 'acme', query, after, limit })
  const names = (rows: readonly CustomerRow[]) => rows.map(({ originalAppUserId }) => originalAppUserId)
  const all = async (query: string, limit: number): Promise<readonly string[]> => {
    const found: string[] = []
    let after: string | null = null
    for (let pages = 0; pages < 50; pages += 1) {
      const { items, next }: Awaited<ReturnType<typeof page>> = await page(query, after, limit)
      expect(items.length).toBeLessThanOrEqual(limit + 10)
      found.push(...names(items))
      if (next === null) return found
      after = next
    }
    throw new Error('the search does not end')
  }

  describe('a search for customers', () => {
    it('shows nobody who was erased, reads on behind them, and finds them under their drawn id', async () => {
      const erased = Array.from({ length: 7 }, (_, n) => customer(`$erased:${n}`, { lastSeenAt: NOW + 10 + n }))
      const rest = [customer('ann', { lastSeenAt: NOW }), customer('$else', { lastSeenAt: NOW + 30 })]
      await save(here().storage, {
        customers: [...erased, ...rest],
        purchases: [purchase('chain-of-nobody', { customerId: erased[0]?.id ?? '' })],
      })
      for (const limit of [1, 2, 5, 10]) {
        expect(await all('', limit)).toEqual(['$else', 'ann'])
        expect(await all('$e', limit)).toEqual(['$else'])
        expect(await all('$erased:', limit)).toEqual(erased.map(({ originalAppUserId }) => originalAppUserId))
      }
      expect(await all('chain-of-nobody', 5)).toEqual([])
      const first = await page('', null, 2)
      expect(names(first.items)).toEqual(['$else'])
      expect(names((await page('', first.next, 2)).items)).toEqual(['ann'])
    })

    it('without a query gives all of them, newest seen first, in pages', async () => {
      const seen = [3, 1, 2, 2, 5].map((at, n) => customer(`user-${n}`, { lastSeenAt: NOW + at }))
      await save(here().storage, { customers: [...seen, customer('other', { projectId: 'other' })] })
      const expected = [...seen].sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? 1 : -1))
      for (const limit of [1, 2, 10]) expect(await all('', limit)).toEqual(names(expected))
    })

    it('by the beginning of an id shows each customer once, whatever the page', async () => {
      await save(here().storage, {
        customers: [
          customer('ann', { aliases: ['ann', 'ann-2', 'anna'] }),
          customer('anton'),
          customer('bob', { aliases: ['bob', 'ante'] }),
          customer('Ann'),
        ],
      })
      for (const limit of [1, 2, 10]) expect([...(await all('an', limit))].sort()).toEqual(['ann', 'anton', 'bob'])
      expect(await all('ann-2', 10)).toEqual(['ann'])
      expect(await all('zoe', 10)).toEqual([])
    })

    it('by the beginning of an e-mail address, in either case, also after it changed', async () => {
      const { storage } = here()
      await save(storage, {
        customers: [
          customer('a', { attributes: mail('Zoe@Example.com') }),
          customer('b', { attributes: mail('zoe@example.com') }),
          customer('c', { attributes: mail('max@example.com') }),
          customer('zoe'),
        ],
      })
      for (const limit of [1, 10]) expect([...(await all('ZOE@', limit))].sort()).toEqual(['a', 'b'])
      expect([...(await all('zoe', 10))].sort()).toEqual(['a', 'b', 'zoe'])
      await save(storage, { customers: [customer('c', { version: 1, attributes: {} })] })
      expect(await all('max', 10)).toEqual([])
      const wish = { projectId: 'acme', into: customerId('acme', 'zoe'), from: customerId('acme', 'a'), now: NOW }
      await storage.joinCustomers(wish, (into, from) => ({ customer: { ...into, attributes: from.attributes } }))
      expect([...(await all('zoe@', 10))].sort()).toEqual(['b', 'zoe'])
    })

    it('by a whole transaction, chain, or name that a store uses', async () => {
      await save(here().storage, {
        customers: [customer('ann'), customer('bob')],
        purchases: [
          purchase('1000', { customerId: customerId('acme', 'ann') }),
          purchase('2000', { customerId: customerId('acme', 'bob') }),
        ],
        ledger: [ledgerEntry(purchaseKey('1000'), 'charge:1', { transactionId: '1000000123' })],
        links: [{ name: 'GPA.1', key: purchaseKey('2000') }],
      })
      expect(await all('1000000123', 10)).toEqual(['ann'])
      expect(await all('1000', 10)).toEqual(['ann'])
      expect(await all('GPA.1', 10)).toEqual(['bob'])
      expect(await all('100000012', 10)).toEqual([])
    })

    it('takes signs that mean something elsewhere as themselves, and finds nobody under what is no text', async () => {
      const odd = ['100%', '1_0', 'a\\b', "o'hara", 'ünï🦊', '[x]*']
      await save(here().storage, { customers: [...odd, '1000', '110', 'ohara'].map((id) => customer(id)) })
      for (const id of odd) expect(await all(id, 10), id).toEqual([id])
      for (const query of ['a\0b', '\0', '\ud800', 'x'.repeat(10_000)]) expect(await all(query, 10)).toEqual([])
      expect(await all('  ', 3)).toHaveLength(9)
    })

    it('refuses a place that no search gave', async () => {
      const bad = ['nowhere', '', Buffer.from('["a","\\u0000",""]').toString('base64url'), '%%']
      for (const after of bad) await expect(page('x', after)).rejects.toThrow('is not a place in this list')
    })
  })

  describe("a customer's changes and messages", () => {
    it('changes are listed newest first, in pages, and go along when customers are joined', async () => {
      const { storage } = here()
      const [ann, bob] = [customerId('acme', 'ann'), customerId('acme', 'bob')]
      const row = (of: string, at: number) => ({
        projectId: 'acme',
        customerId: of,
        at: NOW + at,
        kind: 'attribute' as const,
        body: `{"n":${at}}`,
      })
      await save(storage, {
        customers: [customer('ann'), customer('bob')],
        history: [row(ann, 1), row(ann, 3), row(ann, 3), row(bob, 2)],
      })
      await storage.joinCustomers({ projectId: 'acme', into: ann, from: bob, now: NOW }, (into) => ({ customer: into }))
      const found: number[] = []
      let before: string | null = null
      do {
        const asked = { projectId: 'acme', customerId: ann, before, limit: 2 }
        const { items, next }: Awaited<ReturnType<typeof storage.customerHistory>> =
          await storage.customerHistory(asked)
        found.push(...items.map(({ at }) => at - NOW))
        before = next
      } while (before !== null)
      expect(found).toEqual([3, 3, 2, 1])
      const wrong = { projectId: 'acme', customerId: ann, before: 'x', limit: 2 }
      await expect(storage.customerHistory(wrong)).rejects.toThrow('is not a place in this list')
    })

    it('messages are those that were understood for the customer, with their bodies', async () => {
      const { storage } = here()
      const [ann, bob] = [customerId('acme', 'ann'), customerId('acme', 'bob')]
      await save(storage, { customers: [customer('ann'), customer('bob')] })
      const rows = ['one', 'two', 'three', 'four'].map((key) => notification(key))
      await storage.keepNotifications(rows)
      const understood = (id: string, of: string) => ({
        projectId: 'acme',
        id,
        status: 'understood' as const,
        dueAt: 0,
        tries: 0,
        note: null,
        events: 0,
        customerId: of,
      })
      const [one, two, three] = rows.map(({ id }) => id)
      await storage.changeNotifications([understood(one ?? '', ann), understood(two ?? '', bob)])
      await save(storage, { notifications: [{ ...understood(three ?? '', ann), forget: true }] })
      await storage.joinCustomers({ projectId: 'acme', into: ann, from: bob, now: NOW }, (into) => ({ customer: into }))
      const first = await storage.notificationsOf('acme', ann, null, 2)
      const rest = await storage.notificationsOf('acme', ann, first.next, 2)
      expect([...first.items, ...rest.items].map(({ sourceKey, body }) => [sourceKey, body.toString()])).toEqual([
        ['one', '{"signedPayload":"one"}'],
        ['two', '{"signedPayload":"two"}'],
        ['three', ''],
      ])
      expect(rest.next).toBeNull()
    })
  })
}
