import { queryOptions } from '@tanstack/react-query'
import { ask } from './client.ts'

export type Role = 'owner' | 'admin' | 'developer' | 'marketer' | 'viewer'
export type Permission = 'read' | 'personal' | 'integrate' | 'customers' | 'configure' | 'audit' | 'keys' | 'members'

export interface ProjectAccess {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly permissions: readonly Permission[]
}

export interface Session {
  readonly account: { readonly id: string; readonly email: string; readonly name: string; readonly hub_owner: boolean }
  readonly projects: readonly ProjectAccess[]
  readonly ends_at: string
  readonly base_url: string
  readonly version: string
}

export interface SignInState {
  readonly version: string
  readonly setup_pending: boolean
  readonly oidc: { readonly name: string } | null
}

export interface LinkLook {
  readonly kind: 'setup' | 'invitation' | 'sign_in'
  readonly email: string | null
  readonly project: { readonly id: string; readonly name: string } | null
  readonly role: Role | null
  readonly expires_at: string
}

export interface LinkUse {
  readonly token: string
  readonly email?: string
  readonly name?: string
  readonly password?: string
  readonly project?: { readonly id: string; readonly name: string }
}

/** Asked for again when a page comes back to the front, so that an ended session is noticed. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => ask<Session>('GET', '/api/session'),
  staleTime: 60_000,
})

export const signInQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: () => ask<SignInState>('GET', '/api/sign-in'),
})

export const signIn = (email: string, password: string) => ask<Session>('POST', '/api/session', { email, password })
export const signOut = () => ask<unknown>('DELETE', '/api/session')
export const signOutEverywhere = () => ask<unknown>('DELETE', '/api/sessions')
export const lookAtLink = (token: string) => ask<LinkLook>('POST', '/api/links/look', { token })
export const applyLink = (body: LinkUse) => ask<Session>('POST', '/api/links/use', body)
export const changeAccount = (body: {
  readonly name?: string
  readonly password?: { readonly current: string; readonly next: string }
}) => ask<Session>('PATCH', '/api/account', body)
