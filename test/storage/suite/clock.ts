import { describe, expect, it } from 'vitest'
import type { Here } from '../conformance.ts'
import { customer, NOW, purchase, purchaseKey, SECOND, save } from '../samples.ts'

const PLACE = { projectId: 'acme', store: 'app_store', environment: 'production' } as const

function owned(chain: string, checkAt: number | null) {
  return purchase(chain, { customerId: customer('ann').id, checkAt })
}

export function clockSuite(here: Here): void {
  describe('the clock', () => {
    it('gives due purchases oldest first, and pushes each out so that nobody else takes it', async () => {
      const { storage } = here()
      await save(storage, {
        customers: [customer('ann')],
        purchases: [owned('later', NOW + 1), owned('second', NOW - 1), owned('never', null), owned('first', NOW - 2)],
      })
      expect(await storage.nextCheckDue()).toBe(NOW - 2)
      const ask = { now: NOW, limit: 10, again: NOW + SECOND }
      const taken = await storage.claimDueChecks(ask)
      expect(taken.map(({ key }) => key.chain)).toEqual(['first', 'second'])
      expect(taken.map(({ version }) => version)).toEqual([1, 1])
      expect(await storage.claimDueChecks(ask)).toEqual([])
      expect(await storage.nextCheckDue()).toBe(NOW + 1)
      const again = await storage.claimDueChecks({ now: NOW + SECOND, limit: 1, again: NOW + 2 * SECOND })
      expect(again.map(({ key }) => key.chain)).toEqual(['later'])
      expect(await storage.nextCheckDue()).toBe(NOW + SECOND)
    })

    it('leaves a purchase to the step that follows: its next time is the one that was saved', async () => {
      const { storage } = here()
      await save(storage, { customers: [customer('ann')], purchases: [owned('chain', NOW)] })
      const [row] = await storage.claimDueChecks({ now: NOW, limit: 1, again: NOW + SECOND })
      await storage.step({ purchases: [purchaseKey('chain')], appUserIds: [] }, () => ({
        save: { purchases: [{ ...owned('chain', null), version: row?.version ?? -1 }] },
        result: null,
      }))
      expect(await storage.nextCheckDue()).toBeNull()
    })

    it('makes what is to be looked at later due, so many at a time and each once', async () => {
      const { storage } = here()
      await save(storage, {
        customers: [customer('ann')],
        purchases: [owned('due', NOW - 1), owned('soon', NOW + 1), owned('later', NOW + 2), owned('never', null)],
      })
      expect(await storage.hastenChecks({ now: NOW, limit: 1 })).toBe(1)
      expect(await storage.hastenChecks({ now: NOW, limit: 5 })).toBe(1)
      expect(await storage.hastenChecks({ now: NOW, limit: 5 })).toBe(0)
      const due = await storage.claimDueChecks({ now: NOW, limit: 10, again: NOW + SECOND })
      expect(due.map(({ key }) => key.chain).sort()).toEqual(['due', 'later', 'soon'])
    })

    it('finds purchases by the names that were linked; the newest link of a name stands', async () => {
      const { storage } = here()
      await save(storage, {
        customers: [customer('ann')],
        purchases: [owned('one', null), owned('two', null)],
        links: [
          { name: 'token', key: purchaseKey('one') },
          { name: 'charge', key: purchaseKey('one') },
        ],
      })
      await storage.step({ purchases: [], appUserIds: [] }, () => ({
        save: { links: [{ name: 'token', key: purchaseKey('two') }] },
        result: null,
      }))
      const found = await storage.findLinks({ ...PLACE, names: ['token', 'charge', 'nothing'] })
      expect([...found].map(([name, { key }]) => [name, key.chain])).toEqual([
        ['token', 'two'],
        ['charge', 'one'],
      ])
      expect((await storage.findLinks({ ...PLACE, environment: 'sandbox', names: ['token'] })).size).toBe(0)
      expect((await storage.findLinks({ ...PLACE, projectId: 'other', names: ['token'] })).size).toBe(0)
    })
  })
}
