import { describe, expect, it } from 'vitest'
import type { NotificationChange } from '../../../src/storage/rows.ts'
import type { Here } from '../conformance.ts'
import { LEASE, NOW, notification, SECOND } from '../samples.ts'

export function inboxSuite(here: Here): void {
  const claim = (now = NOW, limit = 10, owner = 'one') =>
    here().storage.claimNotifications({ now, limit, owner, leaseUntil: now + LEASE })
  const become = (sourceKey: string, changes: Partial<NotificationChange>): NotificationChange => ({
    projectId: 'acme',
    id: notification(sourceKey).id,
    status: 'understood',
    dueAt: NOW,
    tries: 0,
    note: null,
    events: 1,
    ...changes,
  })

  describe('keeping notifications', () => {
    it('keeps each once, and the first copy stays as it is', async () => {
      const { storage } = here()
      const first = await storage.keepNotifications([notification('a'), notification('b')])
      const again = await storage.keepNotifications([
        notification('a', { body: Buffer.from('other'), via: 'pull', sentAt: 1 }),
        notification('c'),
      ])
      expect(first.map(({ duplicate }) => duplicate)).toEqual([false, false])
      expect(again).toEqual([
        { id: notification('a').id, duplicate: true },
        { id: notification('c').id, duplicate: false },
      ])
      expect(await storage.getNotification('acme', notification('a').id)).toEqual({
        ...notification('a'),
        status: 'waiting',
        dueAt: NOW,
        tries: 0,
        note: null,
        events: 0,
      })
    })

    it('keeps one of two equal ones in one call, and of two calls at once', async () => {
      const { storage } = here()
      const [one, two, three] = await Promise.all([
        storage.keepNotifications([notification('a'), notification('a')]),
        storage.keepNotifications([notification('a')]),
        storage.keepNotifications([notification('a')]),
      ])
      const answers = [...(one ?? []), ...(two ?? []), ...(three ?? [])]
      expect(answers).toHaveLength(4)
      expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
      expect((await storage.inboxDepths()).waiting).toBe(1)
    })

    it('the same source key is another notification in another app and in another project', async () => {
      const { storage } = here()
      const kept = await storage.keepNotifications([
        notification('a'),
        notification('a', { appId: 'mac' }),
        notification('a', { projectId: 'zeta' }),
      ])
      expect(kept.map(({ duplicate }) => duplicate)).toEqual([false, false, false])
      expect(await storage.getNotification('zeta', notification('a').id)).toBeNull()
    })

    it('keeps bytes exactly: none, all 256 values, a large body', async () => {
      const { storage } = here()
      const bodies = [
        Buffer.alloc(0),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        Buffer.alloc(300_000, 'x'),
      ]
      await storage.keepNotifications(bodies.map((body, index) => notification(String(index), { body })))
      const claimed = await claim()
      expect(claimed).toHaveLength(3)
      for (const [index, body] of bodies.entries()) expect(claimed[index]?.body.equals(body)).toBe(true)
      const read = await storage.getNotification('acme', notification('1').id)
      expect(read?.body.equals(bodies[1] ?? Buffer.alloc(1))).toBe(true)
    })

    it('saves the cursor in the same transaction', async () => {
      const { storage, reopen } = here()
      const cursor = { projectId: 'acme', appId: 'ios', name: 'history', value: 'page-2', updatedAt: NOW }
      await storage.keepNotifications([notification('a')], cursor)
      expect(await (await reopen()).loadCursor('acme', 'ios', 'history')).toEqual(cursor)
    })

    it('is on disk when the promise resolves', async () => {
      const { storage, reopen } = here()
      await Promise.all(Array.from({ length: 50 }, (_, n) => storage.keepNotifications([notification(String(n))])))
      expect((await (await reopen()).inboxDepths()).waiting).toBe(50)
    })
  })

  describe('taking notifications up', () => {
    it('gives each project its share, however much one of them has waiting', async () => {
      const { storage } = here()
      const flood = Array.from({ length: 40 }, (_, n) =>
        notification(`flood-${n}`, { projectId: 'flood', receivedAt: NOW - 60_000 + n }),
      )
      const others = ['acme', 'zoo'].map((projectId) =>
        notification(`one-${projectId}`, { projectId, receivedAt: NOW - 1 }),
      )
      await storage.keepNotifications([...flood, ...others])
      const ask = { now: NOW, limit: 9, owner: 'one', leaseUntil: NOW + SECOND }
      const first = (await storage.claimNotifications(ask)).map(({ projectId }) => projectId)
      expect(first.filter((projectId) => projectId !== 'flood').sort()).toEqual(['acme', 'zoo'])
      expect(first.filter((projectId) => projectId === 'flood').length).toBeGreaterThanOrEqual(3)
      let taken = first.length
      for (let round = 0; round < 20 && taken < 42; round += 1) taken += (await storage.claimNotifications(ask)).length
      expect(taken).toBe(42)
    })

    it('gives what is due, oldest first, and no more than the limit', async () => {
      const { storage } = here()
      await storage.keepNotifications([
        notification('late', { receivedAt: NOW + SECOND }),
        notification('b', { receivedAt: NOW - 1 }),
        notification('a', { receivedAt: NOW - 2 }),
        notification('c', { receivedAt: NOW }),
      ])
      expect((await claim(NOW, 2)).map(({ sourceKey }) => sourceKey)).toEqual(['a', 'b'])
      expect((await claim(NOW, 10)).map(({ sourceKey }) => sourceKey)).toEqual(['c'])
      expect(await claim(NOW, 10)).toEqual([])
      expect((await claim(NOW + SECOND)).map(({ sourceKey }) => sourceKey)).toEqual(['late'])
    })

    it('no two claims at once give the same notification', async () => {
      const { storage } = here()
      await storage.keepNotifications(Array.from({ length: 40 }, (_, n) => notification(String(n))))
      const claims = await Promise.all(['one', 'two', 'one', 'two'].map((owner) => claim(NOW, 15, owner)))
      const ids = claims.flat().map(({ id }) => id)
      expect(ids).toHaveLength(40)
      expect(new Set(ids).size).toBe(40)
    })

    it("a claim ends with its lease, with a saved change, or with its owner's process", async () => {
      const { storage } = here()
      await storage.keepNotifications([notification('a')])
      expect(await claim(NOW)).toHaveLength(1)
      expect(await claim(NOW + LEASE - 1)).toHaveLength(0)
      expect(await claim(NOW + LEASE)).toHaveLength(1)
      await storage.changeNotifications([
        become('a', { status: 'waiting', dueAt: NOW + LEASE, tries: 1, note: 'later' }),
      ])
      expect(await claim(NOW + LEASE)).toHaveLength(1)
      await storage.freeDeadClaims('two', NOW + LEASE)
      expect(await claim(NOW + LEASE)).toHaveLength(1)
    })

    it('a change says what became of it, and what waits again comes back when it is due', async () => {
      const { storage, reopen } = here()
      await storage.keepNotifications([notification('a'), notification('b'), notification('c'), notification('d')])
      await claim()
      await storage.changeNotifications([
        become('a', { events: 3 }),
        become('b', { status: 'parked', note: 'It cannot be decoded.' }),
        become('c', { status: 'ignored', note: 'A test notification.' }),
        become('d', { status: 'waiting', dueAt: NOW + SECOND, tries: 1, note: 'The store was down.' }),
      ])
      const later = await reopen()
      expect(await later.getNotification('acme', notification('a').id)).toMatchObject({
        status: 'understood',
        events: 3,
      })
      expect(await later.getNotification('acme', notification('b').id)).toMatchObject({
        status: 'parked',
        note: 'It cannot be decoded.',
      })
      expect(await later.inboxDepths()).toEqual({ waiting: 1, understood: 1, ignored: 1, parked: 1 })
      const input = { limit: 10, owner: 'later', leaseUntil: NOW + LEASE }
      expect(await later.claimNotifications({ ...input, now: NOW })).toEqual([])
      const back = await later.claimNotifications({ ...input, now: NOW + SECOND })
      expect(back).toMatchObject([{ sourceKey: 'd', tries: 1, note: 'The store was down.', dueAt: NOW + SECOND }])
    })

    it('a change of a notification that does not exist is refused, and changes nothing beside it', async () => {
      const { storage } = here()
      await storage.keepNotifications([notification('a')])
      await expect(storage.changeNotifications([become('a', {}), become('x', {})])).rejects.toThrow(/no notification/)
      expect(await storage.inboxDepths()).toMatchObject({ waiting: 1, understood: 0 })
    })

    it('says when the next one is due', async () => {
      const { storage } = here()
      expect(await storage.nextNotificationDue()).toBeNull()
      await storage.keepNotifications([
        notification('a', { receivedAt: NOW + 7 }),
        notification('b', { receivedAt: NOW + 3 }),
      ])
      expect(await storage.nextNotificationDue()).toBe(NOW + 3)
      await claim(NOW + 3)
      expect(await storage.nextNotificationDue()).toBe(NOW + 7)
      await claim(NOW + 7)
      expect(await storage.nextNotificationDue()).toBeNull()
    })
  })

  describe("an app's status", () => {
    it('is empty for an app that nobody has heard of', async () => {
      expect(await here().storage.appStatus('acme', 'ios')).toEqual({
        lastNotificationAt: null,
        lastNotificationType: null,
        counts: { waiting: 0, understood: 0, ignored: 0, parked: 0 },
        refused: { count: 0, lastAt: null, lastReason: null, lastClaimed: null },
        cursors: [],
      })
    })

    it('shows the newest notification, counts, refused messages with the newest claim, and cursors', async () => {
      const { storage } = here()
      await storage.keepNotifications([
        notification('a', { receivedAt: NOW + 5, type: 'SUBSCRIBED' }),
        notification('b', { receivedAt: NOW + 4, type: 'EXPIRED' }),
        notification('z', { appId: 'mac' }),
      ])
      await storage.keepNotifications([notification('c', { receivedAt: NOW, type: 'REFUND' })])
      await storage.changeNotifications([become('b', {})])
      const refused = { projectId: 'acme', appId: 'ios', reason: 'The signature is not valid.' }
      await storage.countRefused([{ ...refused, count: 2, at: NOW, claimed: 'com.other' }])
      await storage.countRefused([{ ...refused, count: 3, at: NOW + 1, reason: 'Not ours.', claimed: null }])
      const cursor = { projectId: 'acme', appId: 'ios', name: 'history', value: '1', updatedAt: NOW }
      await storage.saveCursor(cursor)
      expect(await storage.appStatus('acme', 'ios')).toEqual({
        lastNotificationAt: NOW + 5,
        lastNotificationType: 'SUBSCRIBED',
        counts: { waiting: 2, understood: 1, ignored: 0, parked: 0 },
        refused: { count: 5, lastAt: NOW + 1, lastReason: 'Not ours.', lastClaimed: 'com.other' },
        cursors: [cursor],
      })
    })
  })
}
