import type { MemberStorage } from '../storage/members.ts'
import type { Role } from './roles.ts'
import { roleOf } from './session.ts'

/** Who is what in a project. */
export interface Member {
  readonly accountId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly addedAt: number
  readonly lastSeenAt: number | null
  /** Owns the hub, and so every project. */
  readonly hubOwner: boolean
}

/** Owners of the hub are owners of every project, and stand first. */
export async function membersOf(
  projectId: string,
  storage: Pick<MemberStorage, 'listMembers' | 'hubOwners'>,
): Promise<readonly Member[]> {
  const [rows, owners] = await Promise.all([storage.listMembers(projectId), storage.hubOwners()])
  const everywhere = owners.map((account): Member => {
    const { id, email, name, createdAt, lastSeenAt } = account
    return { accountId: id, email, name, role: 'owner', addedAt: createdAt, lastSeenAt, hubOwner: true }
  })
  const here = rows.flatMap(({ account, role, addedAt }): Member[] => {
    const known = roleOf(role)
    if (known === null || account.hubOwner) return []
    const { id, email, name, lastSeenAt } = account
    return [{ accountId: id, email, name, role: known, addedAt, lastSeenAt, hubOwner: false }]
  })
  return [...everywhere, ...here]
}

/**
 * Why somebody may not give a role, change a member or remove one, in one sentence; null: they may. Only an owner makes an
 * owner, and only an owner takes it away; nobody removes whoever owns the hub. `role` null: removed.
 */
export function refuseChange(
  by: Role,
  member: Pick<Member, 'role' | 'hubOwner' | 'email'> | null,
  role: Role | null,
): string | null {
  if (member?.hubOwner === true) {
    return `${member.email} owns this hub and so every project of it; that cannot be changed here.`
  }
  if (by === 'owner') return null
  if (role === 'owner') return 'Only an owner makes somebody an owner; ask one of them.'
  if (member?.role === 'owner') return 'Only an owner changes or removes an owner; ask one of them.'
  return null
}

export const LAST_OWNER = 'A project keeps at least one owner; make somebody else an owner first.'
