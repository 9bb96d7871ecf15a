import type { AccountRow, SessionFound, SessionRow } from '../storage/members.ts'
import { ROLES, type Role } from './roles.ts'
import { newToken, tokenHash } from './tokens.ts'

const HOUR_MS = 3_600_000

/** Nobody looks at the dashboard on two days in a row and is asked to sign in on the second; a forgotten browser ends. */
export const IDLE_END_MS = 24 * HOUR_MS
/** Signed in every day or not, somebody shows every two weeks who they are: a cookie that was stolen does not last. */
export const ABSOLUTE_END_MS = 14 * 24 * HOUR_MS
/** How exactly it is known when a session was seen: a page asks often, and each time would be a write. */
export const TOUCH_AFTER_MS = 60_000

/** A person who is signed in, and what they are in which project. */
export interface SignedIn {
  readonly sessionHash: string
  readonly account: AccountRow
  /** Whoever owns the hub is owner of every project, whether it is in here or not. */
  readonly roles: ReadonlyMap<string, Role>
  /** Milliseconds; used every day, it ends then. */
  readonly endsAt: number
}

/** The token goes to the browser, the row into storage. */
export function newSession(accountId: string, now: number): { readonly token: string; readonly row: SessionRow } {
  const token = newToken()
  const row = { hash: tokenHash(token), accountId, createdAt: now, lastSeenAt: now, endsAt: now + ABSOLUTE_END_MS }
  return { token, row }
}

/** null: the session is over, or its account may not come in. */
export function signedIn(found: SessionFound, now: number): SignedIn | null {
  const { session, account } = found
  const over = now >= session.endsAt || now >= session.lastSeenAt + IDLE_END_MS
  if (over || account.disabled) return null
  const roles = found.memberships.flatMap(({ projectId, role }) => {
    const known = roleOf(role)
    return known === null ? [] : [[projectId, known] as const]
  })
  return { sessionHash: session.hash, account, roles: new Map(roles), endsAt: session.endsAt }
}

export function roleIn({ account, roles }: Pick<SignedIn, 'account' | 'roles'>, projectId: string): Role | null {
  return account.hubOwner ? 'owner' : (roles.get(projectId) ?? null)
}

export function roleOf(text: string | null): Role | null {
  return ROLES.find((role) => role === text) ?? null
}
