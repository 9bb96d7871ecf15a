import {
  ACCOUNT_COLUMNS,
  ACT_COLUMNS,
  accountFrom,
  accountValues,
  actPage,
  actPlace,
  actValues,
  LINK_COLUMNS,
  LISTED_MEMBER_COLUMNS,
  linkFrom,
  linkValues,
  listedMemberFrom,
  SESSION_COLUMNS,
  sessionFrom,
  sessionSql,
  sessionValues,
  waitOf,
} from '../member-columns.ts'
import { type Entry, ERASED_SUBJECT, type MemberStorage, type NewActRow } from '../members.ts'
import { texts, withoutNul } from './arrays.ts'
import type { Connection, Param } from './connection.ts'
import type { Database } from './database.ts'

const marks = (columns: string): string =>
  columns
    .split(', ')
    .map((_, index) => `$${index + 1}`)
    .join(', ')

/** What is over is dropped by whoever adds, at most so many. */
const SWEEP = 100

const ANY = `SELECT 1 FROM accounts WHERE email > '' LIMIT 1`
const BY_ID = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE id = $1`
const BY_EMAIL = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE email = $1`
const BY_SUBJECT = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE subject = $1`
const PAGE = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE email > $1 ORDER BY email LIMIT $2`
const OWNERS = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE hub_owner = 1 LIMIT 500`
const CHANGE = 'UPDATE accounts SET name = $2, password = $3, subject = $4, disabled = $5 WHERE id = $1'
const END_OTHERS = 'DELETE FROM sessions WHERE account_id = $1 AND hash <> $2'

const LOCK_LINK = 'SELECT 1 FROM one_time_links WHERE hash = $1 AND expires_at > $2 FOR UPDATE'
const ADD = `INSERT INTO accounts (${ACCOUNT_COLUMNS}) VALUES (${marks(ACCOUNT_COLUMNS)}) ON CONFLICT (email) DO NOTHING`
const SPEND = 'DELETE FROM one_time_links WHERE hash = $1'
const JOIN = `INSERT INTO memberships (project_id, account_id, role, added_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, account_id) DO UPDATE SET role = excluded.role`
const SWEEP_SESSIONS = `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE ends_at <= $1 ORDER BY ends_at LIMIT ${SWEEP} FOR UPDATE SKIP LOCKED)`
const BEGIN = `INSERT INTO sessions (${SESSION_COLUMNS}) VALUES (${marks(SESSION_COLUMNS)})`
const SEEN = 'UPDATE accounts SET last_seen_at = greatest(last_seen_at, $2) WHERE id = $1'
const LOAD = sessionSql('$1')
const TOUCH = 'UPDATE sessions SET last_seen_at = greatest(last_seen_at, $2) WHERE hash = $1 RETURNING account_id'
const END = 'DELETE FROM sessions WHERE hash = $1'
const END_OF = 'DELETE FROM sessions WHERE account_id = $1'

const PUT_LINK = `INSERT INTO one_time_links (${LINK_COLUMNS}) VALUES (${marks(LINK_COLUMNS)})
ON CONFLICT (project_id, kind, email) DO UPDATE SET hash = excluded.hash, id = excluded.id, role = excluded.role,
  created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at`
const FIND_LINK = `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE hash = $1`
const INVITATIONS = `SELECT ${LINK_COLUMNS} FROM one_time_links
WHERE project_id = $1 AND kind = 'invitation' AND expires_at > $2 ORDER BY created_at DESC, email LIMIT 200`
const INVITATIONS_OF = `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE email = $1 AND kind = 'invitation' AND expires_at > $2 LIMIT 200`
const REMOVE_INVITATION = `DELETE FROM one_time_links WHERE project_id = $1 AND kind = 'invitation' AND id = $2`

const MEMBERS = `SELECT ${LISTED_MEMBER_COLUMNS} FROM memberships m JOIN accounts a ON a.id = m.account_id
WHERE m.project_id = $1 ORDER BY m.account_id LIMIT 500`
/** All of them, in one order: two owners who remove each other stand in line here. */
const LOCK_MEMBERS = 'SELECT account_id, role FROM memberships WHERE project_id = $1 ORDER BY account_id FOR UPDATE'
const HUB_OWNER = 'SELECT 1 FROM accounts WHERE hub_owner = 1 AND disabled = 0 LIMIT 1'
const SET_ROLE = 'UPDATE memberships SET role = $3 WHERE project_id = $1 AND account_id = $2'
const REMOVE_MEMBER = 'DELETE FROM memberships WHERE project_id = $1 AND account_id = $2'

const SWEEP_TRIES = `DELETE FROM sign_in_tries WHERE name IN (SELECT name FROM sign_in_tries WHERE since <= $1 ORDER BY since LIMIT ${SWEEP} FOR UPDATE SKIP LOCKED)`
const TRY = `INSERT INTO sign_in_tries AS t (name, count, since) VALUES ($1, 1, $2)
ON CONFLICT (name) DO UPDATE SET count = CASE WHEN t.since <= $2 - $3 THEN 1 ELSE t.count + 1 END,
  since = CASE WHEN t.since <= $2 - $3 THEN $2 ELSE t.since END
RETURNING count, since`
const CLEAR = 'DELETE FROM sign_in_tries WHERE name = $1'

/** Locked until the act is written: an erasure that removes the id comes before or after, never between. */
const KNOWN = 'SELECT 1 FROM aliases WHERE project_id = $1 AND app_user_id = $2 FOR KEY SHARE'
const ACT = `INSERT INTO audit_log (${ACT_COLUMNS}) VALUES (${marks(ACT_COLUMNS)})`
const ACTS = `SELECT ${ACT_COLUMNS}, n FROM audit_log WHERE project_id = $1 AND n < $2 ORDER BY n DESC LIMIT $3`
const FORGET = `UPDATE audit_log SET subject = '${ERASED_SUBJECT}', changes = '[]'
WHERE project_id = $1 AND kind = 'customer' AND subject = ANY($2::text[])`

async function enter(session: Connection, input: Entry): Promise<'done' | 'gone' | 'email_taken' | 'not_first'> {
  const { now, account } = input
  const links = [...input.links].sort()
  for (const hash of links) if ((await session.all(LOCK_LINK, [hash, now])).length === 0) return 'gone'
  if (input.first && (await session.all(ANY)).length > 0) return 'not_first'
  if (account !== null && (await session.change(ADD, accountValues(account).map(clean))) === 0) return 'email_taken'
  await session.change(SWEEP_SESSIONS, [now])
  for (const hash of links) await session.change(SPEND, [hash])
  for (const { projectId, accountId, role, addedAt } of input.members)
    await session.change(JOIN, [projectId, accountId, role, addedAt])
  await session.change(BEGIN, sessionValues(input.session))
  await session.change(SEEN, [input.session.accountId, now])
  return 'done'
}

const clean = (value: Param): Param => (typeof value === 'string' ? withoutNul(value) : value)

async function changeMember(
  session: Connection,
  { projectId, accountId, role }: Parameters<MemberStorage['changeMember']>[0],
): Promise<'done' | 'absent' | 'last_owner'> {
  const all = await session.all(LOCK_MEMBERS, [projectId])
  const present = all.find(([id]) => id === accountId)
  if (present === undefined) return 'absent'
  const others = all.some(([id, held]) => id !== accountId && held === 'owner')
  const falls = present[1] === 'owner' && role !== 'owner'
  if (falls && !others && (await session.all(HUB_OWNER)).length === 0) return 'last_owner'
  if (role === null) await session.change(REMOVE_MEMBER, [projectId, accountId])
  else await session.change(SET_ROLE, [projectId, accountId, role])
  return 'done'
}

async function recordAct(session: Connection, row: NewActRow): Promise<void> {
  const gone = row.kind === 'customer' && (await session.all(KNOWN, [row.projectId, row.subject])).length === 0
  const values = actValues(gone ? { ...row, subject: ERASED_SUBJECT, changes: '[]' } : row)
  await session.change(
    ACT,
    values.map((value) => clean(value as Param)),
  )
}

/** Part of an erasure, behind the removal of its aliases: what was done to the person stays, without who it was. */
export async function forgetInAudit(session: Connection, projectId: string, aliases: readonly string[]): Promise<void> {
  await session.change(FORGET, [projectId, texts(aliases)])
}

export function memberStorage(db: Database): MemberStorage {
  const account = async (sql: string, value: string) => {
    const [row] = await db.read(sql, [value])
    return row === undefined ? null : accountFrom(row)
  }
  const change = async (sql: string, params: readonly Param[]): Promise<number> =>
    db.write((session) => session.change(sql, params))
  return {
    anyAccount: async () => (await db.read(ANY)).length > 0,
    getAccount: (id) => account(BY_ID, id),
    findAccount: (email) => account(BY_EMAIL, email),
    findAccountBySubject: (subject) => account(BY_SUBJECT, subject),
    pageAccounts: async (after, limit) => (await db.read(PAGE, [after, limit])).map((row) => accountFrom(row)),
    changeAccount: (row, end) =>
      db.write(async (session) => {
        await session.change(CHANGE, [row.id, clean(row.name), row.password, row.subject, row.disabled ? 1 : 0])
        if (end !== null) await session.change(END_OTHERS, [row.id, end.except ?? ''])
      }),
    enter: (input) => db.write((session) => enter(session, input)),
    loadSession: async (hash) => sessionFrom(await db.read(LOAD, [hash])),
    touchSession: (hash, at) =>
      db.write(async (session) => {
        const [row] = await session.all(TOUCH, [hash, at])
        if (row !== undefined) await session.change(SEEN, [String(row[0]), at])
      }),
    endSession: async (hash) => void (await change(END, [hash])),
    endSessionsOf: async (accountId) => void (await change(END_OF, [accountId])),
    putLink: async (row) => void (await change(PUT_LINK, linkValues(row).map(clean))),
    findLink: async (hash) => {
      const [row] = await db.read(FIND_LINK, [hash])
      return row === undefined ? null : linkFrom(row)
    },
    listInvitations: async (projectId, now) => (await db.read(INVITATIONS, [projectId, now])).map(linkFrom),
    invitationsOf: async (email, now) => (await db.read(INVITATIONS_OF, [email, now])).map(linkFrom),
    removeInvitation: async (projectId, id) => (await change(REMOVE_INVITATION, [projectId, id])) > 0,
    listMembers: async (projectId) => (await db.read(MEMBERS, [projectId])).map(listedMemberFrom),
    hubOwners: async () => (await db.read(OWNERS)).map((row) => accountFrom(row)),
    changeMember: (input) => db.write((session) => changeMember(session, input)),
    takeTry: (input) =>
      db.write(async (session) => {
        await session.change(SWEEP_TRIES, [input.now - input.windowMs])
        const [row] = await session.all(TRY, [input.name, input.now, input.windowMs])
        return waitOf(row, input)
      }),
    clearTries: async (name) => void (await change(CLEAR, [name])),
    recordAct: (row) => db.write((session) => recordAct(session, row)),
    listActs: async ({ projectId, before, limit }) =>
      actPage(await db.read(ACTS, [projectId, actPlace(before), limit + 1]), limit),
  }
}
