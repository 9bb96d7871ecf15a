import { integer, integerOrNull, oneOf, text, textOrNull, type Value, type Values } from './columns.ts'
import { InvalidCursor } from './errors.ts'
import type {
  AccountRow,
  ActRow,
  ListedMember,
  NewActRow,
  OneTimeLinkRow,
  SessionFound,
  SessionRow,
} from './members.ts'
import type { Page } from './reads.ts'

/** Rows of the people behind the dashboard, from the columns that both drivers select. */

const ACCOUNT = ['id', 'email', 'name', 'password', 'hub_owner', 'subject', 'created_at', 'last_seen_at', 'disabled']
export const ACCOUNT_COLUMNS = ACCOUNT.join(', ')
const ACCOUNT_COLUMNS_A = ACCOUNT.map((name) => `a.${name}`).join(', ')

export function accountValues(row: AccountRow): (string | number | null)[] {
  const { id, email, name, password, subject, createdAt, lastSeenAt } = row
  return [id, email, name, password, row.hubOwner ? 1 : 0, subject, createdAt, lastSeenAt, row.disabled ? 1 : 0]
}
export function accountFrom(values: Values, at = 0): AccountRow {
  return {
    id: text(values, at),
    email: text(values, at + 1),
    name: text(values, at + 2),
    password: textOrNull(values, at + 3),
    hubOwner: integer(values, at + 4) === 1,
    subject: textOrNull(values, at + 5),
    createdAt: integer(values, at + 6),
    lastSeenAt: integerOrNull(values, at + 7),
    disabled: integer(values, at + 8) === 1,
  }
}

export const SESSION_COLUMNS = 'hash, account_id, created_at, last_seen_at, ends_at'
const SESSION_COLUMNS_S = 's.hash, s.account_id, s.created_at, s.last_seen_at, s.ends_at'
export function sessionValues(row: SessionRow): (string | number)[] {
  return [row.hash, row.accountId, row.createdAt, row.lastSeenAt, row.endsAt]
}

/** A row for each membership, or one without. `?`: the mark of the driver's first parameter. */
export function sessionSql(mark: string): string {
  return `SELECT ${SESSION_COLUMNS_S}, ${ACCOUNT_COLUMNS_A}, m.project_id, m.role FROM sessions s
JOIN accounts a ON a.id = s.account_id LEFT JOIN memberships m ON m.account_id = a.id WHERE s.hash = ${mark} LIMIT 1000`
}
export function sessionFrom(rows: readonly Values[]): SessionFound | null {
  const [first] = rows
  if (first === undefined) return null
  return {
    session: {
      hash: text(first, 0),
      accountId: text(first, 1),
      createdAt: integer(first, 2),
      lastSeenAt: integer(first, 3),
      endsAt: integer(first, 4),
    },
    account: accountFrom(first, 5),
    memberships: rows.flatMap((row) => (row[14] === null ? [] : [{ projectId: text(row, 14), role: text(row, 15) }])),
  }
}

export const LISTED_MEMBER_COLUMNS = `m.project_id, m.account_id, m.role, m.added_at, ${ACCOUNT_COLUMNS_A}`
export function listedMemberFrom(values: Values): ListedMember {
  return {
    projectId: text(values, 0),
    accountId: text(values, 1),
    role: text(values, 2),
    addedAt: integer(values, 3),
    account: accountFrom(values, 4),
  }
}

export const LINK_COLUMNS = 'project_id, kind, email, hash, id, role, created_by, created_at, expires_at'
export function linkValues(row: OneTimeLinkRow): (string | number | null)[] {
  const { projectId, kind, email, hash, id, role, createdBy, createdAt, expiresAt } = row
  return [projectId, kind, email, hash, id, role, createdBy, createdAt, expiresAt]
}
export function linkFrom(values: Values): OneTimeLinkRow {
  return {
    projectId: text(values, 0),
    kind: oneOf(values, 1),
    email: text(values, 2),
    hash: text(values, 3),
    id: text(values, 4),
    role: textOrNull(values, 5),
    createdBy: text(values, 6),
    createdAt: integer(values, 7),
    expiresAt: integer(values, 8),
  }
}

export const ACT_COLUMNS = 'project_id, at, actor_kind, actor_name, act, kind, subject, changes'
export function actValues(row: NewActRow): Value[] {
  return [row.projectId, row.at, row.actorKind, row.actorName, row.act, row.kind, row.subject, row.changes]
}
/** The columns and the place; one row more than the page has where there are more. */
export function actPage(found: readonly Values[], limit: number): Page<ActRow> {
  const items = found.slice(0, limit).map((values): ActRow => {
    return {
      projectId: text(values, 0),
      at: integer(values, 1),
      actorKind: oneOf(values, 2),
      actorName: text(values, 3),
      act: text(values, 4),
      kind: text(values, 5),
      subject: text(values, 6),
      changes: text(values, 7),
      id: String(integer(values, 8)),
    }
  })
  return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}
export function actPlace(before: string | null): number {
  if (before === null) return Number.MAX_SAFE_INTEGER
  if (/^\d{1,15}$/.test(before)) return Number(before)
  throw new InvalidCursor(`"${before.slice(0, 40)}" is not a place in this list: pass the "next" of a page.`)
}

/** How long until the window of a name is over that has had `count` tries; 0: it may go on. */
export function waitOf(
  row: Values | undefined,
  { now, windowMs, most }: { readonly now: number; readonly windowMs: number; readonly most: number },
): number {
  const [count, since] = (row ?? [0, now]) as readonly [number, number]
  return count <= most ? 0 : Math.max(1, since + windowMs - now)
}
