import type { Permission, Role } from '../../api/session.ts'

/** As people read them. The hub decides; this only says it beforehand. */
export const ROLES: readonly { readonly value: Role; readonly label: string; readonly about: string }[] = [
  { value: 'owner', label: 'Owner', about: 'Everything; makes other owners.' },
  { value: 'admin', label: 'Admin', about: 'Everything, but makes no owner.' },
  { value: 'developer', label: 'Developer', about: 'Stores, integrations, customers and keys; no members.' },
  {
    value: 'marketer',
    label: 'Marketer',
    about: 'Integrations, event names, tests and retries; no keys, no personal data.',
  },
  { value: 'viewer', label: 'Viewer', about: 'Looks, without personal data.' },
]

export const PERMITTED: readonly {
  readonly permission: Permission
  readonly may: string
  readonly roles: readonly Role[]
}[] = [
  {
    permission: 'read',
    may: 'See events, deliveries, customers, stores and settings',
    roles: ['owner', 'admin', 'developer', 'marketer', 'viewer'],
  },
  {
    permission: 'personal',
    may: 'See attributes of customers and messages as they are',
    roles: ['owner', 'admin', 'developer'],
  },
  {
    permission: 'integrate',
    may: 'Change integrations and event names, test, pause, retry',
    roles: ['owner', 'admin', 'developer', 'marketer'],
  },
  {
    permission: 'customers',
    may: 'Grant and revoke, set attributes, export and erase a customer',
    roles: ['owner', 'admin', 'developer'],
  },
  {
    permission: 'configure',
    may: 'Change the project, its stores, products and money; reprocess messages',
    roles: ['owner', 'admin', 'developer'],
  },
  { permission: 'audit', may: 'Read the audit log', roles: ['owner', 'admin', 'developer'] },
  { permission: 'keys', may: 'Make and revoke API keys', roles: ['owner', 'admin', 'developer'] },
  { permission: 'members', may: 'Invite, change and remove members', roles: ['owner', 'admin'] },
]
