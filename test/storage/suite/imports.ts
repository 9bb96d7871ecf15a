import { describe, expect, it } from 'vitest'
import type { ImportRow, PageQuery } from '../../../src/storage/imports.ts'
import type { Page } from '../../../src/storage/reads.ts'
import type { Here } from '../conformance.ts'
import { customer, NOW, purchase, purchaseKey, save } from '../samples.ts'

function imported(changes: Partial<ImportRow> = {}): ImportRow {
  return {
    projectId: 'acme',
    id: 'imp_1',
    kind: 'revenuecat_export',
    source: 'transactions.csv.gz',
    done: 0,
    pieces: null,
    counts: '{}',
    startedAt: NOW,
    updatedAt: NOW,
    finishedAt: null,
    ...changes,
  }
}

async function all<T>(read: (query: PageQuery) => Promise<Page<T>>, projectId: string): Promise<T[]> {
  const items: T[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: Page<T> = await read({ projectId, after, limit: 3 })
    items.push(...page.items)
    after = page.next
  }
  return items
}

export function importsSuite(here: Here): void {
  describe('imports', () => {
    it('what is saved last stands, for each project its own', async () => {
      const { storage, reopen } = here()
      expect(await storage.loadImport('acme', 'imp_1')).toBeNull()
      await storage.saveImport(imported())
      await storage.saveImport(imported({ projectId: 'other', counts: '{"rows":1}' }))
      const done = imported({ done: 7, pieces: 7, counts: '{"rows":9}', updatedAt: NOW + 5, finishedAt: NOW + 5 })
      await storage.saveImport(done)
      const again = await reopen()
      expect(await again.loadImport('acme', 'imp_1')).toEqual(done)
      expect((await again.loadImport('other', 'imp_1'))?.counts).toBe('{"rows":1}')
    })
  })

  describe('pages of everything', () => {
    it('give each customer and each purchase of the project once, in the order of their keys', async () => {
      const { storage } = here()
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      await save(storage, {
        customers: [...names, 'other'].map((name) =>
          name === 'other' ? customer(name, { projectId: 'other' }) : customer(name),
        ),
        purchases: [
          ...names.map((name) => purchase(name)),
          purchase('a', { key: { ...purchaseKey('a'), line: 'addon' } }),
          purchase('other', {
            key: purchaseKey('other', 'other'),
            customerId: customer('other', { projectId: 'other' }).id,
          }),
        ],
      })
      const customers = await all((query) => storage.pageCustomers(query), 'acme')
      expect(customers.map(({ id }) => id)).toEqual(names.map((name) => customer(name).id).sort())
      const purchases = await all((query) => storage.pagePurchases(query), 'acme')
      expect(purchases.map(({ purchase: { key } }) => `${key.chain}${key.line}`)).toEqual([
        'a',
        'aaddon',
        ...names.slice(1),
      ])
      for (const one of purchases) expect(one.customer.id).toBe(one.purchase.customerId)
    })

    it('a place that was not given is refused', async () => {
      const { storage } = here()
      await expect(storage.pageCustomers({ projectId: 'acme', after: '1234', limit: 3 })).rejects.toThrow(
        /pass the "next"/,
      )
    })
  })
}
