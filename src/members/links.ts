import type { AccountRow, MemberRow, OneTimeLinkRow } from '../storage/members.ts'
import { foldEmail } from './email.ts'
import { begin, type MemberDeps, personOf, replacePassword, takeTry } from './people.ts'
import type { Role } from './roles.ts'
import { newSession, roleOf, type SignedIn } from './session.ts'
import { newId, newToken, tokenHash } from './tokens.ts'

const HOUR_MS = 3_600_000

/** Printed where the hub starts, and made anew by each start. */
const SETUP_MS = 24 * HOUR_MS
/** Over a weekend and a holiday. */
const INVITATION_MS = 7 * 24 * HOUR_MS
/** Made by the operator for somebody who waits for it. */
const SIGN_IN_MS = HOUR_MS

/** Who makes links for those who lost their password. */
export const THE_OPERATOR = 'the operator'

export type LinkKind = OneTimeLinkRow['kind']

export interface OpenLink {
  readonly kind: LinkKind
  readonly email: string | null
  readonly projectId: string | null
  readonly role: Role | null
  readonly expiresAt: number
  /** Somebody has the address already, and shows their own password. */
  readonly hasAccount: boolean
  /** Whoever comes in by it may set a password without showing the one before. */
  readonly maySetPassword: boolean
}

/** The link with which the first account is made; null: there is one already. One that was made before ends. */
export async function makeSetupLink(deps: MemberDeps): Promise<string | null> {
  if (await deps.storage.anyAccount()) return null
  return make({ kind: 'setup', projectId: '', email: '', role: null, createdBy: 'the hub' }, SETUP_MS, deps)
}

/** For somebody who cannot sign in; null: nobody has this address. */
export async function makeSignInLink(email: string, createdBy: string, deps: MemberDeps): Promise<string | null> {
  const account = await deps.storage.findAccount(foldEmail(email))
  if (account === null || account.disabled) return null
  return make({ kind: 'sign_in', projectId: '', email: account.email, role: null, createdBy }, SIGN_IN_MS, deps)
}

export interface Invited {
  readonly token: string
  readonly row: OneTimeLinkRow
}

/** An invitation takes the place of an earlier one of the same address. */
export async function invite(
  wish: { readonly projectId: string; readonly email: string; readonly role: Role; readonly createdBy: string },
  deps: MemberDeps,
): Promise<Invited> {
  const token = newToken()
  const row = rowOf({ ...wish, kind: 'invitation', email: foldEmail(wish.email) }, token, INVITATION_MS, deps.now())
  await deps.storage.putLink(row)
  return { token, row }
}

type Wish = Pick<OneTimeLinkRow, 'kind' | 'projectId' | 'email' | 'role' | 'createdBy'>

async function make(wish: Wish, lastsMs: number, { storage, now }: MemberDeps): Promise<string> {
  const token = newToken()
  await storage.putLink(rowOf(wish, token, lastsMs, now()))
  return token
}

function rowOf(wish: Wish, token: string, lastsMs: number, now: number): OneTimeLinkRow {
  return { ...wish, hash: tokenHash(token), id: newId('inv'), createdAt: now, expiresAt: now + lastsMs }
}

/** null: nobody made it, it was used, or it is over. */
export async function lookAt(token: string, deps: MemberDeps): Promise<OpenLink | null> {
  const row = await openRow(token, deps)
  if (row === null) return null
  const account = row.email === '' ? null : await deps.storage.findAccount(row.email)
  return {
    kind: row.kind,
    email: row.email === '' ? null : row.email,
    projectId: row.projectId === '' ? null : row.projectId,
    role: roleOf(row.role),
    expiresAt: row.expiresAt,
    hasAccount: account !== null,
    maySetPassword: setsPassword(row),
  }
}

/** Links that the hub makes for itself, as the demo's, leave the password as it is. */
function setsPassword({ kind, createdBy }: OneTimeLinkRow): boolean {
  return kind === 'sign_in' && createdBy === THE_OPERATOR
}

async function openRow(token: string, { storage, now }: MemberDeps): Promise<OneTimeLinkRow | null> {
  const row = await storage.findLink(tokenHash(token))
  if (row === null || row.expiresAt <= now()) return null
  // A set-up is over once somebody is there, whatever became of its link.
  return row.kind === 'setup' && (await storage.anyAccount()) ? null : row
}

export interface NewPerson {
  readonly email: string
  readonly name: string
  /** '' for none: of a sign-in, the password stays. */
  readonly password: string
}

export type LinkOutcome =
  | { readonly kind: 'in'; readonly token: string; readonly who: SignedIn; readonly link: OneTimeLinkRow }
  | { readonly kind: 'gone' }
  /** The address has an account, whose password this is not. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'throttled'; readonly waitMs: number }

/**
 * Spends a link. A set-up makes the owner of the hub, an invitation a member, a sign-in a session and, by the operator, a
 * password. Whoever has an account
 * already shows its password to take an invitation: whoever invites holds the link too, and must not come in as somebody else.
 */
export async function useLink(token: string, person: NewPerson, deps: MemberDeps): Promise<LinkOutcome> {
  const row = await openRow(token, deps)
  if (row === null) return { kind: 'gone' }
  const email = row.kind === 'setup' ? foldEmail(person.email) : row.email
  const known = await deps.storage.findAccount(email)
  if (row.kind === 'sign_in')
    return known === null || known.disabled ? { kind: 'gone' } : signInBy(row, known, person.password, deps)
  if (known === null) {
    const password = await deps.passwords.hash(person.password)
    return enter(
      row,
      newAccount({ ...person, email, password, hubOwner: row.kind === 'setup' }, deps.now()),
      true,
      deps,
    )
  }
  if (row.kind === 'setup') return { kind: 'email_taken' }
  const waitMs = await takeTry(email, deps)
  if (waitMs > 0) return { kind: 'throttled', waitMs }
  const right = await deps.passwords.matches(person.password, known.password)
  return right && !known.disabled ? enter(row, known, false, deps) : { kind: 'refused' }
}

/** The password is made before the link is spent, which may be refused, and set after, so that one use of it sets one. */
async function signInBy(
  link: OneTimeLinkRow,
  account: AccountRow,
  next: string,
  deps: MemberDeps,
): Promise<LinkOutcome> {
  const password = next === '' || !setsPassword(link) ? null : await deps.passwords.hash(next)
  const outcome = await enter(link, account, false, deps)
  if (outcome.kind === 'in' && password !== null)
    await replacePassword(account, password, outcome.who.sessionHash, deps)
  return outcome
}

function newAccount(
  person: {
    readonly email: string
    readonly name: string
    readonly password: string | null
    readonly hubOwner: boolean
    readonly subject?: string
  },
  now: number,
): AccountRow {
  const { email, name, password, hubOwner, subject = null } = person
  return {
    id: newId('acc'),
    email,
    name,
    password,
    hubOwner,
    subject,
    createdAt: now,
    lastSeenAt: null,
    disabled: false,
  }
}

async function enter(
  link: OneTimeLinkRow,
  account: AccountRow,
  fresh: boolean,
  deps: MemberDeps,
): Promise<LinkOutcome> {
  const now = deps.now()
  const { token, row } = newSession(account.id, now)
  const outcome = await deps.storage.enter({
    now,
    links: [link.hash],
    account: fresh ? account : null,
    first: link.kind === 'setup',
    members: membershipOf(link, account.id, now),
    session: row,
  })
  if (outcome === 'email_taken') return { kind: 'email_taken' }
  if (outcome !== 'done') return { kind: 'gone' }
  const who = await personOf(token, deps)
  return who === null ? { kind: 'gone' } : { kind: 'in', token, who, link }
}

function membershipOf(link: OneTimeLinkRow, accountId: string, now: number): readonly MemberRow[] {
  if (link.kind !== 'invitation' || link.role === null) return []
  return [{ projectId: link.projectId, accountId, role: link.role, addedAt: now }]
}

/**
 * Somebody whom the identity provider vouches for, by an address that it has verified: the account that has it, or a new
 * one where an invitation waits. null: neither.
 */
export async function enterVouched(
  vouched: { readonly subject: string; readonly email: string; readonly name: string },
  deps: MemberDeps,
): Promise<{ readonly token: string; readonly who: SignedIn } | null> {
  const { storage } = deps
  const email = foldEmail(vouched.email)
  const known = (await storage.findAccountBySubject(vouched.subject)) ?? (await storage.findAccount(email))
  // An account that the provider has named otherwise is not handed to somebody else with its address.
  if (known !== null && (known.disabled || (known.subject !== null && known.subject !== vouched.subject))) return null
  if (known !== null) {
    if (known.subject === null) await storage.changeAccount({ ...known, subject: vouched.subject }, null)
    const outcome = await begin(known, deps)
    return outcome.kind === 'in' ? outcome : null
  }
  const now = deps.now()
  const invitations = await storage.invitationsOf(email, now)
  if (invitations.length === 0) return null
  const account = newAccount({ ...vouched, email, password: null, hubOwner: false }, now)
  const { token, row } = newSession(account.id, now)
  const outcome = await storage.enter({
    now,
    links: invitations.map(({ hash }) => hash),
    account,
    first: false,
    members: invitations.flatMap((link) => membershipOf(link, account.id, now)),
    session: row,
  })
  const who = outcome === 'done' ? await personOf(token, deps) : null
  return who === null ? null : { token, who }
}
