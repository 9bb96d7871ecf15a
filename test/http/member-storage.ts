import type { AccountRow, MemberRow, MemberStorage, OneTimeLinkRow, SessionRow } from '../../src/storage/members.ts'

/** The people's part of storage in maps. It passes the suite of the real ones, but for the audit log. */
export function memoryMembers(): Omit<MemberStorage, 'recordAct' | 'listActs'> {
  const accounts = new Map<string, AccountRow>()
  const sessions = new Map<string, SessionRow>()
  const tries = new Map<string, { count: number; since: number }>()
  let members: MemberRow[] = []
  let links: OneTimeLinkRow[] = []
  const all = () => [...accounts.values()].sort((a, b) => (a.email < b.email ? -1 : 1))
  const find = (matches: (row: AccountRow) => boolean) => all().find(matches) ?? null
  const seen = (id: string, at: number): void => {
    const row = accounts.get(id)
    if (row !== undefined) accounts.set(id, { ...row, lastSeenAt: Math.max(row.lastSeenAt ?? 0, at) })
  }
  return {
    anyAccount: async () => accounts.size > 0,
    getAccount: async (id) => accounts.get(id) ?? null,
    findAccount: async (email) => find((row) => row.email === email),
    findAccountBySubject: async (subject) => find((row) => row.subject === subject),
    pageAccounts: async (after, limit) =>
      all()
        .filter(({ email }) => email > after)
        .slice(0, limit),
    async changeAccount({ id, name, password, subject, disabled }, end) {
      const row = accounts.get(id)
      if (row !== undefined) accounts.set(id, { ...row, name, password, subject, disabled })
      if (end === null) return
      for (const { hash, accountId } of sessions.values())
        if (accountId === id && hash !== end.except) sessions.delete(hash)
    },
    async enter({ now, links: spent, account, first, members: joining, session }) {
      if (spent.some((hash) => !links.some((one) => one.hash === hash && one.expiresAt > now))) return 'gone'
      if (first && accounts.size > 0) return 'not_first'
      if (account !== null && all().some(({ email }) => email === account.email)) return 'email_taken'
      for (const { hash, endsAt } of sessions.values()) if (endsAt <= now) sessions.delete(hash)
      links = links.filter(({ hash }) => !spent.includes(hash))
      if (account !== null) accounts.set(account.id, account)
      const same = (a: MemberRow, b: MemberRow) => a.projectId === b.projectId && a.accountId === b.accountId
      members = [...members.filter((old) => !joining.some((one) => same(one, old))), ...joining]
      sessions.set(session.hash, session)
      seen(session.accountId, now)
      return 'done'
    },
    async loadSession(hash) {
      const session = sessions.get(hash)
      const account = accounts.get(session?.accountId ?? '')
      if (session === undefined || account === undefined) return null
      const own = members.filter(({ accountId }) => accountId === account.id)
      return { session, account, memberships: own.map(({ projectId, role }) => ({ projectId, role })) }
    },
    async touchSession(hash, at) {
      const row = sessions.get(hash)
      if (row === undefined) return
      sessions.set(hash, { ...row, lastSeenAt: Math.max(row.lastSeenAt, at) })
      seen(row.accountId, at)
    },
    endSession: async (hash) => void sessions.delete(hash),
    async endSessionsOf(id) {
      for (const { hash, accountId } of sessions.values()) if (accountId === id) sessions.delete(hash)
    },
    async putLink(row) {
      const same = (one: OneTimeLinkRow) =>
        one.projectId === row.projectId && one.kind === row.kind && one.email === row.email
      links = [...links.filter((one) => !same(one)), row]
    },
    findLink: async (hash) => links.find((one) => one.hash === hash) ?? null,
    listInvitations: async (projectId, now) =>
      links
        .filter((one) => one.projectId === projectId && one.kind === 'invitation' && one.expiresAt > now)
        .sort((a, b) => b.createdAt - a.createdAt),
    invitationsOf: async (email, now) =>
      links.filter((one) => one.email === email && one.kind === 'invitation' && one.expiresAt > now),
    async removeInvitation(projectId, id) {
      const before = links.length
      links = links.filter((one) => one.projectId !== projectId || one.kind !== 'invitation' || one.id !== id)
      return links.length < before
    },
    listMembers: async (projectId) =>
      members
        .filter((one) => one.projectId === projectId)
        .sort((a, b) => (a.accountId < b.accountId ? -1 : 1))
        .flatMap((one) => {
          const account = accounts.get(one.accountId)
          return account === undefined ? [] : [{ ...one, account }]
        }),
    hubOwners: async () => all().filter(({ hubOwner }) => hubOwner),
    async changeMember({ projectId, accountId, role }) {
      const here = members.filter((one) => one.projectId === projectId)
      const row = here.find((one) => one.accountId === accountId)
      if (row === undefined) return 'absent'
      const others =
        here.some((one) => one.accountId !== accountId && one.role === 'owner') ||
        all().some(({ hubOwner, disabled }) => hubOwner && !disabled)
      if (row.role === 'owner' && role !== 'owner' && !others) return 'last_owner'
      members = members.flatMap((one) => (one !== row ? [one] : role === null ? [] : [{ ...one, role }]))
      return 'done'
    },
    async takeTry({ name, now, windowMs, most }) {
      const known = tries.get(name)
      const row = known === undefined || known.since <= now - windowMs ? { count: 0, since: now } : known
      row.count += 1
      tries.set(name, row)
      return row.count <= most ? 0 : Math.max(1, row.since + windowMs - now)
    },
    clearTries: async (name) => void tries.delete(name),
  }
}
