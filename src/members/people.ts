import type { AccountRow, MemberStorage } from '../storage/members.ts'
import { foldEmail } from './email.ts'
import type { Passwords } from './passwords.ts'
import { newSession, type SignedIn, signedIn, TOUCH_AFTER_MS } from './session.ts'
import { tokenHash } from './tokens.ts'

/** What the room stands on. */
export interface MemberDeps {
  readonly storage: Omit<MemberStorage, 'recordAct' | 'listActs'>
  readonly passwords: Passwords
  /** Milliseconds. */
  readonly now: () => number
}

/**
 * Tries on one account within a quarter of an hour, right or wrong, from anywhere and over all processes: about 2,000 a
 * day, which finds no password of 12 characters. Whoever is kept out by somebody else's tries comes in by a link of
 * `tributary members link`, or by the identity provider.
 */
const MOST_TRIES = 20
const TRY_WINDOW_MS = 15 * 60_000

export type SignInOutcome =
  | { readonly kind: 'in'; readonly token: string; readonly who: SignedIn }
  /** The same for an address that nobody has, a wrong password and an account that is disabled. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly waitMs: number }

/** Takes equal time whether somebody has the address or not. Throws Busy. */
export async function signIn(
  { email, password }: { readonly email: string; readonly password: string },
  deps: MemberDeps,
): Promise<SignInOutcome> {
  const address = foldEmail(email)
  const waitMs = await takeTry(address, deps)
  if (waitMs > 0) return { kind: 'throttled', waitMs }
  const account = await deps.storage.findAccount(address)
  const right = await deps.passwords.matches(password, account?.password ?? null)
  if (!right || account === null || account.disabled) return { kind: 'refused' }
  await deps.storage.clearTries(triesOf(address))
  return begin(account, deps)
}

/** Counted before the password is looked at, so that tries that come at once are counted too. Gives how long to wait. */
export function takeTry(address: string, { storage, now }: MemberDeps): Promise<number> {
  return storage.takeTry({ name: triesOf(address), now: now(), windowMs: TRY_WINDOW_MS, most: MOST_TRIES })
}

function triesOf(address: string): string {
  return tokenHash(`account\n${address}`)
}

/** A session for somebody who has shown who they are. */
export async function begin(account: AccountRow, deps: MemberDeps): Promise<SignInOutcome> {
  const { token, row } = newSession(account.id, deps.now())
  const none = { links: [], account: null, first: false, members: [] }
  await deps.storage.enter({ ...none, now: deps.now(), session: row })
  const who = await personOf(token, deps)
  return who === null ? { kind: 'refused' } : { kind: 'in', token, who }
}

/** Whose session a token is; null: nobody's, or it is over. It is seen by this, at most once a minute. */
export async function personOf(token: string, { storage, now }: MemberDeps): Promise<SignedIn | null> {
  const at = now()
  const hash = tokenHash(token)
  const found = await storage.loadSession(hash)
  const who = found === null ? null : signedIn(found, at)
  if (found === null) return null
  if (who === null) {
    await storage.endSession(hash)
    return null
  }
  if (at - found.session.lastSeenAt >= TOUCH_AFTER_MS) await storage.touchSession(hash, at)
  return who
}

/** Whether a session goes on: it is not seen by being asked for. */
export async function goesOn(hash: string, { storage, now }: MemberDeps): Promise<SignedIn | null> {
  const found = await storage.loadSession(hash)
  return found === null ? null : signedIn(found, now())
}

/** What a person changes of their own account. Other sessions end with the old password. */
export async function changeOwn(
  who: SignedIn,
  change: {
    readonly name: string | null
    readonly password: { readonly current: string | null; readonly next: string } | null
  },
  deps: MemberDeps,
): Promise<
  { readonly kind: 'changed' } | { readonly kind: 'refused' } | { readonly kind: 'throttled'; readonly waitMs: number }
> {
  const { storage, passwords } = deps
  const account = await storage.getAccount(who.account.id)
  if (account === null) return { kind: 'refused' }
  const name = change.name ?? account.name
  if (change.password === null) {
    await storage.changeAccount({ ...account, name }, null)
    return { kind: 'changed' }
  }
  // Who came by a link or by the identity provider may have none yet.
  if (account.password !== null) {
    const waitMs = await takeTry(account.email, deps)
    if (waitMs > 0) return { kind: 'throttled', waitMs }
    if (!(await passwords.matches(change.password.current ?? '', account.password))) return { kind: 'refused' }
    await storage.clearTries(triesOf(account.email))
  }
  const password = await passwords.hash(change.password.next)
  await storage.changeAccount({ ...account, name, password }, { except: who.sessionHash })
  return { kind: 'changed' }
}

/** A password in place of one that is lost, as `passwords` made it. Other sessions end, and tries with the old one are forgotten. */
export async function replacePassword(
  account: AccountRow,
  password: string,
  sessionHash: string,
  { storage }: MemberDeps,
): Promise<void> {
  await storage.changeAccount({ ...account, password }, { except: sessionHash })
  await storage.clearTries(triesOf(account.email))
}
