import type { Values } from '../../columns.ts'
import { ACCOUNT_COLUMNS, ACT_COLUMNS, LINK_COLUMNS, LISTED_MEMBER_COLUMNS, sessionSql } from '../../member-columns.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

export function anyAccount(db: Connection) {
  const find = query(db, `SELECT 1 FROM accounts WHERE email > '' LIMIT 1`)
  return (_input: null): boolean => find.first() !== undefined
}

export function findAccount(db: Connection) {
  const select = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE`
  const by = {
    id: query(db, `${select} id = ?`),
    email: query(db, `${select} email = ?`),
    subject: query(db, `${select} subject = ?`),
  }
  return (input: { readonly by: 'id' | 'email' | 'subject'; readonly value: string }): Values | null =>
    by[input.by].first(input.value) ?? null
}

export function pageAccounts(db: Connection) {
  const page = query(db, `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE email > ? ORDER BY email LIMIT ? + 0`)
  return (input: { readonly after: string; readonly limit: number }): readonly Values[] =>
    page.all(input.after, input.limit)
}

export function hubOwners(db: Connection) {
  const find = query(db, `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE hub_owner = 1 LIMIT 500`)
  return (_input: null): readonly Values[] => find.all()
}

export function loadSession(db: Connection) {
  const find = query(db, sessionSql('?'))
  return (hash: string): readonly Values[] => find.all(hash)
}

export function findLink(db: Connection) {
  const find = query(db, `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE hash = ?`)
  return (hash: string): Values | null => find.first(hash) ?? null
}

export function listInvitations(db: Connection) {
  const find = query(
    db,
    `SELECT ${LINK_COLUMNS} FROM one_time_links WHERE project_id = ? AND kind = 'invitation' AND expires_at > ?
     ORDER BY created_at DESC, email LIMIT 200`,
  )
  return (input: { readonly projectId: string; readonly now: number }): readonly Values[] =>
    find.all(input.projectId, input.now)
}

export function invitationsOf(db: Connection) {
  const find = query(
    db,
    `SELECT ${LINK_COLUMNS} FROM one_time_links INDEXED BY one_time_links_email
     WHERE email = ? AND kind = 'invitation' AND expires_at > ? LIMIT 200`,
  )
  return (input: { readonly email: string; readonly now: number }): readonly Values[] =>
    find.all(input.email, input.now)
}

export function listMembers(db: Connection) {
  const find = query(
    db,
    `SELECT ${LISTED_MEMBER_COLUMNS} FROM memberships m JOIN accounts a ON a.id = m.account_id
     WHERE m.project_id = ? ORDER BY m.account_id LIMIT 500`,
  )
  return (projectId: string): readonly Values[] => find.all(projectId)
}

export function listActs(db: Connection) {
  const page = query(
    db,
    `SELECT ${ACT_COLUMNS}, n FROM audit_log INDEXED BY audit_log_project
     WHERE project_id = ? AND n < ? ORDER BY n DESC LIMIT ? + 0`,
  )
  return (input: { readonly projectId: string; readonly before: number; readonly limit: number }): readonly Values[] =>
    page.all(input.projectId, input.before, input.limit + 1)
}
