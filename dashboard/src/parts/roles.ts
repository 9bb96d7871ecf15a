import type { Permission } from '../api/session.ts'

const WHO: Readonly<Record<Permission, string>> = {
  read: 'Every member',
  personal: 'Owners, admins and developers',
  integrate: 'Owners, admins, developers and marketers',
  customers: 'Owners, admins and developers',
  configure: 'Owners, admins and developers',
  audit: 'Owners, admins and developers',
  keys: 'Owners, admins and developers',
  members: 'Owners and admins',
}

/** The title of what a reader may not do: `Owners, admins and developers may do this.` */
export function whoMay(permission: Permission): string {
  return `${WHO[permission]} may do this.`
}
