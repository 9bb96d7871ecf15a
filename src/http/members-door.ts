import {
  enterVouched,
  type Invited,
  invite,
  type LinkOutcome,
  lookAt,
  makeSetupLink,
  makeSignInLink,
  type NewPerson,
  type OpenLink,
  useLink,
} from '../members/links.ts'
import { type Member, membersOf } from '../members/membership.ts'
import { changeOwn, goesOn, type MemberDeps, personOf, type SignInOutcome, signIn } from '../members/people.ts'
import type { Role } from '../members/roles.ts'
import type { SignedIn } from '../members/session.ts'
import type { AccountRow, OneTimeLinkRow } from '../storage/members.ts'

/** What HTTP asks of the members' room. */
export interface MembersDoor {
  anyAccount(): Promise<boolean>
  /** Whose session a token is, seen by this; null: nobody's, or it is over. */
  personOf(token: string): Promise<SignedIn | null>
  /** Whose session goes on, by its hash. */
  goesOn(hash: string): Promise<SignedIn | null>
  signIn(given: { readonly email: string; readonly password: string }): Promise<SignInOutcome>
  signOut(hash: string): Promise<void>
  signOutEverywhere(accountId: string): Promise<void>
  changeOwn(who: SignedIn, change: Parameters<typeof changeOwn>[1]): ReturnType<typeof changeOwn>
  look(token: string): Promise<OpenLink | null>
  use(token: string, person: NewPerson): Promise<LinkOutcome>
  /** Somebody whom the identity provider vouches for; null: no account and no invitation. */
  vouched(who: Parameters<typeof enterVouched>[0]): ReturnType<typeof enterVouched>
  members(projectId: string): Promise<readonly Member[]>
  changeMember(projectId: string, accountId: string, role: Role | null): Promise<'done' | 'absent' | 'last_owner'>
  invitations(projectId: string): Promise<readonly OneTimeLinkRow[]>
  invite(wish: Parameters<typeof invite>[0]): Promise<Invited>
  removeInvitation(projectId: string, id: string): Promise<boolean>
  /** For the operator: a set-up token, null when somebody is there; a sign-in token, null when nobody has the address. */
  setupToken(): Promise<string | null>
  signInToken(email: string, by: string): Promise<string | null>
  accounts(after: string, limit: number): Promise<readonly AccountRow[]>
}

export function membersDoor(deps: MemberDeps): MembersDoor {
  const { storage, now } = deps
  return {
    anyAccount: () => storage.anyAccount(),
    personOf: (token) => personOf(token, deps),
    goesOn: (hash) => goesOn(hash, deps),
    signIn: (given) => signIn(given, deps),
    signOut: (hash) => storage.endSession(hash),
    signOutEverywhere: (accountId) => storage.endSessionsOf(accountId),
    changeOwn: (who, change) => changeOwn(who, change, deps),
    look: (token) => lookAt(token, deps),
    use: (token, person) => useLink(token, person, deps),
    vouched: (who) => enterVouched(who, deps),
    members: (projectId) => membersOf(projectId, storage),
    changeMember: (projectId, accountId, role) => storage.changeMember({ projectId, accountId, role }),
    invitations: (projectId) => storage.listInvitations(projectId, now()),
    invite: (wish) => invite(wish, deps),
    removeInvitation: (projectId, id) => storage.removeInvitation(projectId, id),
    setupToken: () => makeSetupLink(deps),
    signInToken: (email, by) => makeSignInLink(email, by, deps),
    accounts: (after, limit) => storage.pageAccounts(after, limit),
  }
}
