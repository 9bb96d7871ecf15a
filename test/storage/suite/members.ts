import { describe, expect, it } from 'vitest'
import type { AccountRow, Entry, MemberStorage, NewActRow, OneTimeLinkRow } from '../../../src/storage/members.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import type { Here } from '../conformance.ts'
import { announce, NOW } from '../samples.ts'

const HOUR = 3_600_000

function account(id: string, changes: Partial<AccountRow> = {}): AccountRow {
  return {
    id,
    email: `${id}@example.com`,
    name: id,
    password: null,
    hubOwner: false,
    subject: null,
    createdAt: NOW,
    lastSeenAt: null,
    disabled: false,
    ...changes,
  }
}

function entry(hash: string, accountId: string, changes: Partial<Entry> = {}): Entry {
  return {
    now: NOW,
    links: [],
    account: null,
    first: false,
    members: [],
    session: { hash, accountId, createdAt: NOW, lastSeenAt: NOW, endsAt: NOW + HOUR },
    ...changes,
  }
}

function link(hash: string, changes: Partial<OneTimeLinkRow> = {}): OneTimeLinkRow {
  return {
    projectId: 'acme',
    kind: 'invitation',
    email: 'ben@example.com',
    hash,
    id: `id of ${hash}`,
    role: 'viewer',
    createdBy: 'ana@example.com',
    createdAt: NOW,
    expiresAt: NOW + HOUR,
    ...changes,
  }
}

async function joined(
  storage: Pick<MemberStorage, 'enter'>,
  id: string,
  role: string,
  changes: Partial<AccountRow> = {},
) {
  const members = [{ projectId: 'acme', accountId: id, role, addedAt: NOW }]
  return storage.enter(entry(`s-${id}`, id, { account: account(id, changes), members }))
}

/** What holds for every storage of members, a test's own among them. */
export function memberSuite(open: () => Omit<MemberStorage, 'recordAct' | 'listActs'>): void {
  describe('accounts and sessions', () => {
    it('an account is made once for an address, with its memberships and its session', async () => {
      const storage = open()
      expect(await storage.anyAccount()).toBe(false)
      expect(await joined(storage, 'ana', 'owner', { subject: 'https://id.example sub' })).toBe('done')
      expect(await storage.anyAccount()).toBe(true)
      const again = account('other', { email: 'ana@example.com' })
      expect(await storage.enter(entry('s2', 'other', { account: again }))).toBe('email_taken')
      expect(await storage.loadSession('s2')).toBeNull()
      const found = await storage.findAccount('ana@example.com')
      expect(found).toEqual(account('ana', { subject: 'https://id.example sub', lastSeenAt: NOW }))
      expect(await storage.findAccountBySubject('https://id.example sub')).toEqual(found)
      expect(await storage.getAccount('ana')).toEqual(found)
      expect(await storage.getAccount('other')).toBeNull()
      expect(await storage.loadSession('s-ana')).toMatchObject({
        account: { id: 'ana' },
        session: { hash: 's-ana', lastSeenAt: NOW, endsAt: NOW + HOUR },
        memberships: [{ projectId: 'acme', role: 'owner' }],
      })
      expect(await storage.enter(entry('s3', 'ana'))).toBe('done')
      expect((await storage.loadSession('s3'))?.memberships).toHaveLength(1)
    })

    it('only the first account is made as the first', async () => {
      const storage = open()
      const first = (id: string) => storage.enter(entry(`s-${id}`, id, { account: account(id), first: true }))
      expect(await first('ana')).toBe('done')
      expect(await first('ben')).toBe('not_first')
      expect(await storage.getAccount('ben')).toBeNull()
    })

    it('a session is seen, never backwards, and its account with it', async () => {
      const storage = open()
      await joined(storage, 'ana', 'owner')
      await storage.touchSession('s-ana', NOW + 5)
      await storage.touchSession('s-ana', NOW + 3)
      await storage.touchSession('nobody', NOW + 9)
      expect(await storage.loadSession('s-ana')).toMatchObject({
        session: { lastSeenAt: NOW + 5 },
        account: { lastSeenAt: NOW + 5 },
      })
    })

    it('sessions end alone, all together, all but one, and are swept when they are over', async () => {
      const storage = open()
      await joined(storage, 'ana', 'owner')
      for (const hash of ['a', 'b', 'c']) await storage.enter(entry(hash, 'ana'))
      await storage.endSession('a')
      expect(await storage.loadSession('a')).toBeNull()
      const found = await storage.getAccount('ana')
      if (found === null) throw new Error('no account')
      await storage.changeAccount({ ...found, name: 'Ana B.', password: 'scrypt$x' }, { except: 'b' })
      expect(await storage.loadSession('c')).toBeNull()
      expect(await storage.loadSession('b')).toMatchObject({ account: { name: 'Ana B.', password: 'scrypt$x' } })
      await storage.endSessionsOf('ana')
      expect(await storage.loadSession('b')).toBeNull()
      await storage.enter(entry('old', 'ana'))
      await storage.enter(entry('new', 'ana', { now: NOW + HOUR }))
      expect(await storage.loadSession('old')).toBeNull()
      expect(await storage.loadSession('new')).not.toBeNull()
    })

    it('accounts are paged by address, and owners of the hub are found', async () => {
      const storage = open()
      for (const id of ['cy', 'ana', 'ben']) await joined(storage, id, 'viewer', { hubOwner: id === 'ben' })
      expect((await storage.pageAccounts('', 2)).map(({ id }) => id)).toEqual(['ana', 'ben'])
      expect((await storage.pageAccounts('ben@example.com', 2)).map(({ id }) => id)).toEqual(['cy'])
      expect((await storage.hubOwners()).map(({ id }) => id)).toEqual(['ben'])
    })
  })

  describe('one-time links', () => {
    it('make one account, however often they are used at once', async () => {
      const storage = open()
      await storage.putLink(link('l1'))
      const use = (id: string) =>
        storage.enter(entry(`s-${id}`, id, { links: ['l1'], account: account(id, { email: `${id}@x.example` }) }))
      const ids = ['a', 'b', 'c', 'd', 'e']
      const results = await Promise.all(ids.map(use))
      expect(results.filter((one) => one === 'done')).toHaveLength(1)
      expect(results.filter((one) => one === 'gone')).toHaveLength(4)
      expect(await storage.pageAccounts('', 10)).toHaveLength(1)
      expect(await storage.findLink('l1')).toBeNull()
    })

    it('stay when nothing came of it, and are worth nothing once they are over', async () => {
      const storage = open()
      await joined(storage, 'ana', 'owner')
      await storage.putLink(link('l1', { email: 'ana@example.com' }))
      const taken = entry('s1', 'x', { links: ['l1'], account: account('x', { email: 'ana@example.com' }) })
      expect(await storage.enter(taken)).toBe('email_taken')
      expect(await storage.findLink('l1')).toMatchObject({ hash: 'l1', role: 'viewer' })
      expect(await storage.enter(entry('s2', 'ana', { links: ['l1'], now: NOW + HOUR }))).toBe('gone')
      expect(await storage.enter(entry('s3', 'ana', { links: ['l1', 'l2'] }))).toBe('gone')
      expect(await storage.findLink('l1')).not.toBeNull()
    })

    it('take the place of one of the same project, kind and address', async () => {
      const storage = open()
      await storage.putLink(link('l1'))
      await storage.putLink(link('l2', { role: 'admin', createdAt: NOW + 1 }))
      await storage.putLink(link('l3', { kind: 'sign_in', projectId: '' }))
      await storage.putLink(link('l4', { projectId: 'other' }))
      await storage.putLink(link('l5', { email: 'cy@example.com' }))
      expect(await storage.findLink('l1')).toBeNull()
      const listed = await storage.listInvitations('acme', NOW)
      expect(listed.map(({ hash }) => hash)).toEqual(['l2', 'l5'])
      expect((await storage.invitationsOf('ben@example.com', NOW)).map(({ hash }) => hash).sort()).toEqual(['l2', 'l4'])
      expect(await storage.listInvitations('acme', NOW + HOUR)).toEqual([])
      expect(await storage.invitationsOf('ben@example.com', NOW + HOUR)).toEqual([])
      expect(await storage.removeInvitation('other', 'id of l2')).toBe(false)
      expect(await storage.removeInvitation('acme', 'id of l2')).toBe(true)
      expect(await storage.findLink('l2')).toBeNull()
    })
  })

  describe('members', () => {
    it('belong to a project and change their role', async () => {
      const storage = open()
      await joined(storage, 'ana', 'owner')
      await joined(storage, 'ben', 'viewer')
      const change = (accountId: string, role: string | null, projectId = 'acme') =>
        storage.changeMember({ projectId, accountId, role })
      expect(await change('ben', 'admin')).toBe('done')
      expect(await change('nobody', 'admin')).toBe('absent')
      expect(await change('ben', null, 'other')).toBe('absent')
      expect((await storage.listMembers('acme')).map(({ accountId, role }) => `${accountId} ${role}`)).toEqual([
        'ana owner',
        'ben admin',
      ])
      expect(await change('ben', null)).toBe('done')
      expect((await storage.loadSession('s-ben'))?.memberships).toEqual([])
    })

    it('always hold an owner: of two who leave at once, one stays', async () => {
      const storage = open()
      await joined(storage, 'ana', 'owner')
      await joined(storage, 'ben', 'owner')
      const leave = (accountId: string) => storage.changeMember({ projectId: 'acme', accountId, role: 'viewer' })
      expect((await Promise.all([leave('ana'), leave('ben')])).sort()).toEqual(['done', 'last_owner'])
      const [owner] = (await storage.listMembers('acme')).filter(({ role }) => role === 'owner')
      const last = owner?.accountId ?? ''
      expect(await storage.changeMember({ projectId: 'acme', accountId: last, role: null })).toBe('last_owner')
      await joined(storage, 'hub', 'viewer', { hubOwner: true })
      expect(await storage.changeMember({ projectId: 'acme', accountId: last, role: null })).toBe('done')
    })
  })

  describe('tries to sign in', () => {
    it('are counted by name within a window, at once from anywhere, and cleared', async () => {
      const storage = open()
      const take = (now: number, name = 'ana') => storage.takeTry({ name, now, windowMs: 1000, most: 3 })
      const waits = await Promise.all(Array.from({ length: 5 }, () => take(NOW)))
      expect(waits.sort()).toEqual([0, 0, 0, 1000, 1000])
      expect(await take(NOW + 400)).toBe(600)
      expect(await take(NOW + 400, 'ben')).toBe(0)
      expect(await take(NOW + 1000)).toBe(0)
      await take(NOW + 1001)
      await take(NOW + 1002)
      expect(await take(NOW + 1003)).toBe(997)
      await storage.clearTries('ana')
      expect(await take(NOW + 1004)).toBe(0)
    })
  })
}

const ACT: NewActRow = {
  projectId: 'acme',
  at: NOW,
  actorKind: 'member',
  actorName: 'ana@example.com',
  act: 'pause',
  kind: 'integration',
  subject: 'segment',
  changes: '[]',
}

export function membersSuite(here: Here): void {
  memberSuite(() => here().storage)

  describe('the audit log', () => {
    const acts = (storage: Storage, projectId = 'acme') => storage.listActs({ projectId, before: null, limit: 50 })

    it('lists what was done, newest first, page by page, each project its own', async () => {
      const { storage } = here()
      for (const act of ['one', 'two', 'three']) await storage.recordAct({ ...ACT, act })
      await storage.recordAct({ ...ACT, projectId: 'other', act: 'theirs' })
      const first = await storage.listActs({ projectId: 'acme', before: null, limit: 2 })
      expect(first.items.map(({ act }) => act)).toEqual(['three', 'two'])
      const second = await storage.listActs({ projectId: 'acme', before: first.next, limit: 2 })
      expect(second.items).toMatchObject([{ ...ACT, act: 'one' }])
      expect(second.next).toBeNull()
      expect((await acts(storage, 'other')).items.map(({ act }) => act)).toEqual(['theirs'])
      await expect(storage.listActs({ projectId: 'acme', before: 'x', limit: 2 })).rejects.toThrow('place')
    })

    it('forgets who an erased customer was, and does not learn it again', async () => {
      const { storage } = here()
      await announce(storage, 'ann', [1], { integrations: [] })
      const done: NewActRow = { ...ACT, act: 'grant', kind: 'customer', subject: 'ann', changes: '[{"path":"x"}]' }
      await storage.recordAct(done)
      await storage.recordAct({ ...done, projectId: 'other', subject: 'nobody' })
      expect((await acts(storage)).items).toMatchObject([done])
      const as = { customerId: 'drawn', appUserId: '$erased:1' }
      await storage.beginErasure({ projectId: 'acme', appUserId: 'ann', as, now: NOW, seenBefore: null }, () => [])
      await storage.recordAct(done)
      const kept = [...(await acts(storage)).items, ...(await acts(storage, 'other')).items]
      expect(kept).toHaveLength(3)
      for (const one of kept) expect(one).toMatchObject({ act: 'grant', subject: 'erased', changes: '[]' })
    })
  })
}
