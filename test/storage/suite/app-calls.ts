import { describe, expect, it } from 'vitest'
import type { AppCallCount } from '../../../src/storage/app-calls.ts'
import type { Here } from '../conformance.ts'
import { NOW } from '../samples.ts'

const CALL: AppCallCount = {
  projectId: 'acme',
  appId: 'ios',
  kind: 'missing',
  name: 'GET /v1/customercenter/{id}',
  count: 3,
  at: NOW,
}

export function appCallsSuite(here: Here): void {
  describe('what apps call', () => {
    it('is empty for an app that nobody has heard of', async () => {
      expect(await here().storage.appCalls('acme', 'ios')).toEqual([])
    })

    it('adds up by app, kind and name, keeps the latest time, and lists the most frequent first', async () => {
      const { storage } = here()
      await storage.countAppCalls([])
      await storage.countAppCalls([
        CALL,
        { ...CALL, kind: 'sdk', name: 'iOS 5.40.1', count: 9 },
        { ...CALL, kind: 'nonce', name: 'X-Nonce', count: 1 },
        { ...CALL, appId: 'android', count: 70 },
        { ...CALL, projectId: 'other', count: 80 },
      ])
      await storage.countAppCalls([{ ...CALL, count: 4, at: NOW - 1 }])
      expect(await storage.appCalls('acme', 'ios')).toEqual([
        { kind: 'sdk', name: 'iOS 5.40.1', count: 9, lastAt: NOW },
        { kind: 'missing', name: CALL.name, count: 7, lastAt: NOW },
        { kind: 'nonce', name: 'X-Nonce', count: 1, lastAt: NOW },
      ])
    })

    it('loses no count that several callers add at once', async () => {
      const { storage } = here()
      await Promise.all(Array.from({ length: 20 }, () => storage.countAppCalls([CALL])))
      expect(await storage.appCalls('acme', 'ios')).toMatchObject([{ count: 60 }])
    })
  })
}
