/** Who may do what in a project. */

export const ROLES = ['owner', 'admin', 'developer', 'marketer', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/**
 * - `read`: events, deliveries, customers, integrations, apps and settings, without secrets and with attributes masked.
 * - `personal`: attributes of customers and bodies of messages as they are.
 * - `integrate`: integrations, event names, tests, pause, retry and replay.
 * - `customers`: grant and revoke, set attributes, export and erase a person.
 * - `configure`: the project, its apps and its products; reprocess notifications.
 * - `audit`: read who did what.
 * - `keys`: make and revoke secret keys.
 * - `members`: invite, change and remove members.
 */
export const PERMISSIONS = [
  'read',
  'personal',
  'integrate',
  'customers',
  'configure',
  'audit',
  'keys',
  'members',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** A key is no person: it makes neither keys nor members, so that a leaked one ends when it is revoked. */
const PERMITTED: Readonly<Record<Role | 'key', readonly Permission[]>> = {
  owner: PERMISSIONS,
  admin: PERMISSIONS,
  developer: ['read', 'personal', 'integrate', 'customers', 'configure', 'audit', 'keys'],
  marketer: ['read', 'integrate'],
  viewer: ['read'],
  key: ['read', 'personal', 'integrate', 'customers', 'configure', 'audit'],
}

export function permissionsOf(who: Role | 'key'): readonly Permission[] {
  return PERMITTED[who]
}
