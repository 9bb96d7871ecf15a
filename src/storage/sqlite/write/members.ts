import {
  ACCOUNT_COLUMNS,
  ACT_COLUMNS,
  accountValues,
  actValues,
  LINK_COLUMNS,
  linkValues,
  SESSION_COLUMNS,
  sessionValues,
  waitOf,
} from '../../member-columns.ts'
import {
  type AccountRow,
  type Entry,
  ERASED_SUBJECT,
  type MemberRow,
  type MemberStorage,
  type NewActRow,
  type OneTimeLinkRow,
} from '../../members.ts'
import type { Connection } from '../database.ts'
import { change, query } from '../query.ts'

const marks = (columns: string): string => columns.replace(/\w+/g, '?')

/** What is over is dropped by whoever adds, at most so many. */
const SWEEP = 100

export function changeAccount(db: Connection) {
  const write = change(db, 'UPDATE accounts SET name = ?2, password = ?3, subject = ?4, disabled = ?5 WHERE id = ?1')
  const end = change(db, 'DELETE FROM sessions WHERE account_id = ?1 AND hash <> ?2')
  return (input: { readonly row: AccountRow; readonly end: { readonly except: string | null } | null }): void => {
    const { row } = input
    write(row.id, row.name, row.password, row.subject, row.disabled ? 1 : 0)
    if (input.end !== null) end(row.id, input.end.except ?? '')
  }
}

export function enter(db: Connection) {
  const openLink = query(db, 'SELECT 1 FROM one_time_links WHERE hash = ? AND expires_at > ?')
  const anybody = query(db, `SELECT 1 FROM accounts WHERE email > '' LIMIT 1`)
  const known = query(db, 'SELECT 1 FROM accounts WHERE email = ?')
  const spend = change(db, 'DELETE FROM one_time_links WHERE hash = ?')
  const addAccount = change(db, `INSERT INTO accounts (${ACCOUNT_COLUMNS}) VALUES (${marks(ACCOUNT_COLUMNS)})`)
  const join = putMember(db)
  const begin = change(db, `INSERT INTO sessions (${SESSION_COLUMNS}) VALUES (${marks(SESSION_COLUMNS)})`)
  const seen = change(db, 'UPDATE accounts SET last_seen_at = max(coalesce(last_seen_at, 0), ?2) WHERE id = ?1')
  const sweep = change(
    db,
    `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE ends_at <= ? ORDER BY ends_at LIMIT ${SWEEP})`,
  )
  return ({ now, links, account, first, members, session }: Entry): 'done' | 'gone' | 'email_taken' | 'not_first' => {
    if (links.some((hash) => openLink.first(hash, now) === undefined)) return 'gone'
    if (first && anybody.first() !== undefined) return 'not_first'
    if (account !== null && known.first(account.email) !== undefined) return 'email_taken'
    sweep(now)
    for (const hash of links) spend(hash)
    if (account !== null) addAccount(...accountValues(account))
    for (const member of members) join(member)
    begin(...sessionValues(session))
    seen(session.accountId, now)
    return 'done'
  }
}

function putMember(db: Connection): (row: MemberRow) => void {
  const put = change(
    db,
    `INSERT INTO memberships (project_id, account_id, role, added_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (project_id, account_id) DO UPDATE SET role = excluded.role`,
  )
  return ({ projectId, accountId, role, addedAt }) => void put(projectId, accountId, role, addedAt)
}

export function touchSession(db: Connection) {
  const session = change(db, 'UPDATE sessions SET last_seen_at = max(last_seen_at, ?2) WHERE hash = ?1')
  const account = change(
    db,
    `UPDATE accounts SET last_seen_at = max(coalesce(last_seen_at, 0), ?2)
     WHERE id = (SELECT account_id FROM sessions WHERE hash = ?1)`,
  )
  return (input: { readonly hash: string; readonly at: number }): void => {
    if (session(input.hash, input.at) === 1) account(input.hash, input.at)
  }
}

export function endSession(db: Connection): (hash: string) => void {
  const end = change(db, 'DELETE FROM sessions WHERE hash = ?')
  return (hash) => void end(hash)
}

export function endSessionsOf(db: Connection): (accountId: string) => void {
  const end = change(db, 'DELETE FROM sessions WHERE account_id = ?')
  return (accountId) => void end(accountId)
}

export function putLink(db: Connection): (row: OneTimeLinkRow) => void {
  const put = change(
    db,
    `INSERT INTO one_time_links (${LINK_COLUMNS}) VALUES (${marks(LINK_COLUMNS)})
     ON CONFLICT (project_id, kind, email) DO UPDATE SET hash = excluded.hash, id = excluded.id, role = excluded.role,
       created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at`,
  )
  return (row) => void put(...linkValues(row))
}

export function removeInvitation(db: Connection) {
  const remove = change(
    db,
    `DELETE FROM one_time_links WHERE project_id = ?1 AND kind = 'invitation' AND email = (
       SELECT email FROM one_time_links WHERE project_id = ?1 AND kind = 'invitation' AND id = ?2)`,
  )
  return (input: { readonly projectId: string; readonly id: string }): boolean => remove(input.projectId, input.id) > 0
}

export function changeMember(db: Connection) {
  const present = query(db, 'SELECT role FROM memberships WHERE project_id = ? AND account_id = ?')
  const owners = query(db, `SELECT 1 FROM memberships WHERE project_id = ?1 AND account_id <> ?2 AND role = 'owner'`)
  const hubOwner = query(db, 'SELECT 1 FROM accounts WHERE hub_owner = 1 AND disabled = 0')
  const put = change(db, 'UPDATE memberships SET role = ?3 WHERE project_id = ?1 AND account_id = ?2')
  const remove = change(db, 'DELETE FROM memberships WHERE project_id = ? AND account_id = ?')
  return ({ projectId, accountId, role }: Parameters<MemberStorage['changeMember']>[0]) => {
    const now = present.first(projectId, accountId)?.[0]
    if (now === undefined) return 'absent'
    const others = owners.first(projectId, accountId) ?? hubOwner.first()
    if (now === 'owner' && role !== 'owner' && others === undefined) return 'last_owner'
    if (role === null) remove(projectId, accountId)
    else put(projectId, accountId, role)
    return 'done'
  }
}

export function takeTry(db: Connection) {
  const count = query(
    db,
    `INSERT INTO sign_in_tries (name, count, since) VALUES (?1, 1, ?2)
     ON CONFLICT (name) DO UPDATE SET count = CASE WHEN since <= ?2 - ?3 THEN 1 ELSE count + 1 END,
       since = CASE WHEN since <= ?2 - ?3 THEN ?2 ELSE since END
     RETURNING count, since`,
  )
  const sweep = change(
    db,
    `DELETE FROM sign_in_tries WHERE name IN (SELECT name FROM sign_in_tries WHERE since <= ? ORDER BY since LIMIT ${SWEEP})`,
  )
  return (input: Parameters<MemberStorage['takeTry']>[0]): number => {
    const { name, now, windowMs } = input
    sweep(now - windowMs)
    return waitOf(count.first(name, now, windowMs), input)
  }
}

export function clearTries(db: Connection): (name: string) => void {
  const clear = change(db, 'DELETE FROM sign_in_tries WHERE name = ?')
  return (name) => void clear(name)
}

export function recordAct(db: Connection): (row: NewActRow) => void {
  const write = change(db, `INSERT INTO audit_log (${ACT_COLUMNS}) VALUES (${marks(ACT_COLUMNS)})`)
  const known = query(db, 'SELECT 1 FROM aliases WHERE project_id = ? AND app_user_id = ?')
  return (row) => {
    // An act that ends after its customer was erased must not bring the id back.
    const gone = row.kind === 'customer' && known.first(row.projectId, row.subject) === undefined
    write(...actValues(gone ? { ...row, subject: ERASED_SUBJECT, changes: '[]' } : row))
  }
}

/** Part of an erasure: what was done to the person stays, without who it was. */
export function forgetInAudit(db: Connection): (projectId: string, aliases: readonly string[]) => void {
  const forget = change(
    db,
    `UPDATE audit_log SET subject = '${ERASED_SUBJECT}', changes = '[]' WHERE project_id = ? AND kind = 'customer' AND subject = ?`,
  )
  return (projectId, aliases) => {
    for (const alias of aliases) forget(projectId, alias)
  }
}
