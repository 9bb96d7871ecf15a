import { queryOptions } from '@tanstack/react-query'
import { ask, queryOf } from './client.ts'
import type { Field, FieldValues } from './field.ts'
import { problemOf, silence } from './problem.ts'
import type { Role } from './session.ts'

export type ManagedBy = 'file' | 'dashboard'
export type RuleList = 'commission_rules' | 'tax_rules' | 'exchange_rates'

export interface Project {
  readonly id: string
  readonly name: string
  readonly managed: ManagedBy
  readonly entitlements: Readonly<Record<string, readonly string[]>>
  /** Changed by a config file alone. */
  readonly offerings: Readonly<Record<string, unknown>>
  readonly commission_rules: readonly FieldValues[]
  readonly tax_rules: readonly FieldValues[]
  readonly exchange_rates: readonly FieldValues[]
  readonly fields: readonly Field[]
  readonly rule_fields: Readonly<Record<RuleList, readonly Field[]>>
}

export interface SecretKey {
  readonly name: string
  readonly last4: string
  readonly managed: ManagedBy
  readonly created_at: string
}

export interface Member {
  readonly account_id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly hub_owner: boolean
  readonly added_at: string
  readonly last_seen_at: string | null
}

export interface Invitation {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly created_at: string
  readonly created_by: string
  readonly expires_at: string
}

export interface Act {
  readonly id: string
  readonly at: string
  readonly actor: { readonly kind: string; readonly name: string }
  readonly act: string
  readonly kind: string
  readonly on: string
  readonly changes: readonly { readonly path: string; readonly from: string | null; readonly to: string | null }[]
}

interface Items<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

const base = (project: string) => `/api/projects/${encodeURIComponent(project)}`
const itemPath = (project: string, list: string, id: string) => `${base(project)}/${list}/${encodeURIComponent(id)}`

export const projectQuery = (project: string) =>
  queryOptions({ queryKey: ['project', project], queryFn: () => ask<Project>('GET', base(project)) })
export const changeProject = (project: string, changes: FieldValues) => ask<Project>('PATCH', base(project), changes)

/** The project with all that is in it is the dashboard's from then on. */
export const handOver = (project: string) => ask<unknown>('POST', `${base(project)}/hand-over`, {})

/** Everything of the project as a config file, with a variable in the place of each secret. */
export const configQuery = (project: string) =>
  queryOptions({
    queryKey: ['config', project],
    queryFn: async () => {
      const response = await fetch(`${base(project)}/config.yaml`, { headers: { 'x-tributary-request': '1' } }).catch(
        () => {
          throw silence()
        },
      )
      if (!response.ok) throw await problemOf(response)
      return response.text()
    },
    staleTime: 0,
  })

export const listKeys = (project: string) => ask<Items<SecretKey>>('GET', `${base(project)}/keys`)
export const createKey = (project: string, name: string) =>
  ask<SecretKey & { readonly key: string }>('POST', `${base(project)}/keys`, { name })
export const revokeKey = (project: string, name: string) => ask<unknown>('DELETE', itemPath(project, 'keys', name))

export const listMembers = (project: string) => ask<Items<Member>>('GET', `${base(project)}/members`)
export const changeMember = (project: string, id: string, role: Role) =>
  ask<Member>('PATCH', itemPath(project, 'members', id), { role })
export const removeMember = (project: string, id: string) => ask<unknown>('DELETE', itemPath(project, 'members', id))

export const listInvitations = (project: string) => ask<Items<Invitation>>('GET', `${base(project)}/invitations`)
export const invite = (project: string, email: string, role: Role) =>
  ask<Invitation & { readonly link: string }>('POST', `${base(project)}/invitations`, { email, role })
export const removeInvitation = (project: string, id: string) =>
  ask<unknown>('DELETE', itemPath(project, 'invitations', id))

export const listActs = (project: string, before: string | null) =>
  ask<Items<Act>>('GET', `${base(project)}/audit${queryOf({ before })}`)
