import type { Page } from './reads.ts'

/**
 * The people behind the dashboard. Accounts, sessions, links and tries belong to the hub as a whole; memberships and the
 * audit log to a project. Tokens are kept as SHA-256 (hex) and found by it.
 */
export interface MemberStorage {
  anyAccount(): Promise<boolean>
  getAccount(id: string): Promise<AccountRow | null>
  /** `email` in lower case. */
  findAccount(email: string): Promise<AccountRow | null>
  /** Who an identity provider says it is: issuer and subject. */
  findAccountBySubject(subject: string): Promise<AccountRow | null>
  /** In the order of their addresses, behind `after` ('' for the beginning). */
  pageAccounts(after: string, limit: number): Promise<readonly AccountRow[]>
  /** Writes name, password, subject and whether it is disabled. With `end`, its sessions end, but for the one named. */
  changeAccount(row: AccountRow, end: { readonly except: string | null } | null): Promise<void>

  /**
   * Somebody comes in, all or nothing: every link named is spent (`gone` when one is not there or over), the account is
   * made (`email_taken`; with `first`, `not_first` when there is an account already), memberships are written over, the
   * session begins. Sessions that are over go on the way.
   */
  enter(input: Entry): Promise<'done' | 'gone' | 'email_taken' | 'not_first'>
  /** With its account and memberships; null when nobody has it. Whether it is over is the caller's to say. */
  loadSession(hash: string): Promise<SessionFound | null>
  /** Seen at `at`: the session and its account. Never goes back. */
  touchSession(hash: string, at: number): Promise<void>
  endSession(hash: string): Promise<void>
  endSessionsOf(accountId: string): Promise<void>

  /** A link takes the place of one of the same project, kind and address. */
  putLink(row: OneTimeLinkRow): Promise<void>
  findLink(hash: string): Promise<OneTimeLinkRow | null>
  /** Open invitations of a project, newest first, at most 200. */
  listInvitations(projectId: string, now: number): Promise<readonly OneTimeLinkRow[]>
  /** Open invitations of an address, over all projects. */
  invitationsOf(email: string, now: number): Promise<readonly OneTimeLinkRow[]>
  /** false: there is none of this id. */
  removeInvitation(projectId: string, id: string): Promise<boolean>

  /** At most 500. */
  listMembers(projectId: string): Promise<readonly ListedMember[]>
  /** Whose hub it is: owners of every project. */
  hubOwners(): Promise<readonly AccountRow[]>
  /** null removes the member. `last_owner`: the project would be left without one; owners of the hub count. */
  changeMember(input: {
    readonly projectId: string
    readonly accountId: string
    readonly role: string | null
  }): Promise<'done' | 'absent' | 'last_owner'>

  /**
   * Counts a try under a name and says how long to wait: 0 while there were at most `most` in the window that began with
   * the first of them. Holds over all processes.
   */
  takeTry(input: {
    readonly name: string
    readonly now: number
    readonly windowMs: number
    readonly most: number
  }): Promise<number>
  clearTries(name: string): Promise<void>

  /** Append-only. What was done to a customer who is erased, or is not there, is kept without their id. */
  recordAct(row: NewActRow): Promise<void>
  /** Newest first, behind `before`. */
  listActs(query: {
    readonly projectId: string
    readonly before: string | null
    readonly limit: number
  }): Promise<Page<ActRow>>
}

export interface AccountRow {
  readonly id: string
  /** Lower case, unique. */
  readonly email: string
  readonly name: string
  /** As passwords.ts of the members' room writes it; null: signs in by other ways only. */
  readonly password: string | null
  readonly hubOwner: boolean
  readonly subject: string | null
  readonly createdAt: number
  readonly lastSeenAt: number | null
  readonly disabled: boolean
}

export interface MemberRow {
  readonly projectId: string
  readonly accountId: string
  readonly role: string
  readonly addedAt: number
}

export interface ListedMember extends MemberRow {
  readonly account: AccountRow
}

export interface SessionRow {
  readonly hash: string
  readonly accountId: string
  readonly createdAt: number
  readonly lastSeenAt: number
  /** Its absolute end, whatever is seen of it. */
  readonly endsAt: number
}

export interface SessionFound {
  readonly session: SessionRow
  readonly account: AccountRow
  readonly memberships: readonly Pick<MemberRow, 'projectId' | 'role'>[]
}

export interface OneTimeLinkRow {
  /** '' where it belongs to none. */
  readonly projectId: string
  readonly kind: 'setup' | 'invitation' | 'sign_in'
  /** Lower case; '' for a set-up. */
  readonly email: string
  readonly hash: string
  /** By which it is named without being used. */
  readonly id: string
  readonly role: string | null
  /** For people. */
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number
}

export interface Entry {
  readonly now: number
  /** Hashes of links. */
  readonly links: readonly string[]
  readonly account: AccountRow | null
  readonly first: boolean
  readonly members: readonly MemberRow[]
  readonly session: SessionRow
}

export interface NewActRow {
  readonly projectId: string
  readonly at: number
  readonly actorKind: 'member' | 'key' | 'operator' | 'file'
  readonly actorName: string
  readonly act: string
  readonly kind: string
  /** What was acted on: of a customer the app user id. */
  readonly subject: string
  /** JSON. */
  readonly changes: string
}

export interface ActRow extends NewActRow {
  /** Its place in the log. */
  readonly id: string
}

/** What stands in place of a person who was erased. */
export const ERASED_SUBJECT = 'erased'
