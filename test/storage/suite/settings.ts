import { describe, expect, it } from 'vitest'
import type { SecretKeyRow, SettingsRow } from '../../../src/storage/rows.ts'
import type { Here } from '../conformance.ts'
import { NOW } from '../samples.ts'

function document(kind: SettingsRow['kind'], id: string, changes: Partial<SettingsRow> = {}): SettingsRow {
  return { kind, projectId: 'acme', id, body: '{"a":1}', managed: 'file', createdAt: NOW, updatedAt: NOW, ...changes }
}

function key(name: string, hash: string): SecretKeyRow {
  return { projectId: 'acme', name, hash, last4: 'me_1', managed: 'file', createdAt: NOW }
}

export function settingsSuite(here: Here): void {
  const nothing = { put: [], remove: [], putKeys: [], removeKeys: [] }

  describe('settings', () => {
    it('documents and keys are written, replaced and removed together', async () => {
      const { storage, reopen } = here()
      await storage.saveSettings({
        ...nothing,
        put: [document('project', 'acme'), document('app', 'ios'), document('integration', 'ios')],
        putKeys: [key('backend', 'h1'), key('ci', 'h2')],
      })
      await storage.saveSettings({
        put: [document('app', 'ios', { body: '{"a":2}', managed: 'dashboard', updatedAt: NOW + 1 })],
        remove: [{ kind: 'integration', projectId: 'acme', id: 'ios' }],
        putKeys: [key('backend', 'h3')],
        removeKeys: ['h1'],
      })
      const { rows, keys } = await (await reopen()).loadSettings()
      expect(rows).toHaveLength(2)
      expect(rows).toContainEqual(document('project', 'acme'))
      expect(rows).toContainEqual(document('app', 'ios', { body: '{"a":2}', managed: 'dashboard', updatedAt: NOW + 1 }))
      expect(keys).toHaveLength(2)
      expect(keys).toContainEqual(key('backend', 'h3'))
      expect(keys).toContainEqual(key('ci', 'h2'))
    })

    it('meta values', async () => {
      const { storage, reopen } = here()
      expect(await storage.getMeta('key_check')).toBeNull()
      await storage.setMeta('key_check', 'one')
      await storage.setMeta('key_check', 'two')
      expect(await (await reopen()).getMeta('key_check')).toBe('two')
    })

    it('exchange rates are kept by day, the first of a day, for as long as they are wanted', async () => {
      const { storage, reopen } = here()
      const day = (date: string, rates: string, fetchedAt: number) =>
        storage.saveExchangeRates({ day: date, rates, fetchedAt }, '2026-11-02')
      await day('2026-11-01', '{"EUR":"1"}', NOW)
      await day('2026-11-03', '{"EUR":"3"}', NOW)
      await day('2026-11-02', '{"EUR":"2"}', NOW)
      await day('2026-11-03', '{"EUR":"4"}', NOW + 1)
      const later = await reopen()
      expect(await later.loadExchangeRates(10)).toEqual([
        { day: '2026-11-02', rates: '{"EUR":"2"}', fetchedAt: NOW },
        { day: '2026-11-03', rates: '{"EUR":"3"}', fetchedAt: NOW + 1 },
      ])
      expect((await later.loadExchangeRates(1)).map((row) => row.day)).toEqual(['2026-11-03'])
    })

    it('cursors belong to one app and one name', async () => {
      const { storage } = here()
      const cursor = { projectId: 'acme', appId: 'ios', name: 'history', value: 'p1', updatedAt: NOW }
      await storage.saveCursor(cursor)
      await storage.saveCursor({ ...cursor, value: 'p2', updatedAt: NOW + 1 })
      await storage.saveCursor({ ...cursor, appId: 'mac' })
      expect(await storage.loadCursor('acme', 'ios', 'history')).toEqual({ ...cursor, value: 'p2', updatedAt: NOW + 1 })
      expect(await storage.loadCursor('acme', 'ios', 'other')).toBeNull()
    })
  })

  describe('the storage itself', () => {
    it('answers a ping with a write', async () => {
      await expect(here().storage.ping()).resolves.toBeUndefined()
    })

    it('a call that fails leaves those beside it alone', async () => {
      const { storage } = here()
      const results = await Promise.allSettled([
        storage.setMeta('a', '1'),
        storage.setMeta('b', null as unknown as string),
        storage.setMeta('c', '3'),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect([await storage.getMeta('a'), await storage.getMeta('c')]).toEqual(['1', '3'])
    })

    it('finishes what was asked before it closes, and refuses what comes after', async () => {
      const { storage, reopen } = here()
      const writes = Array.from({ length: 20 }, (_, n) => storage.setMeta(`m${n}`, String(n)))
      const later = await reopen()
      await expect(Promise.all(writes)).resolves.toHaveLength(20)
      expect(await later.getMeta('m19')).toBe('19')
      await expect(storage.setMeta('late', '1')).rejects.toThrow(/closed/)
    })
  })
}
