import { queryOptions } from '@tanstack/react-query'
import { api, bodyOf, type Shape } from './client.ts'
import type { paths } from './schema.d.ts'

export type Role = Shape<'Role'>
export type Session = Shape<'Session'>
export type ProjectAccess = Session['projects'][number]
export type Permission = ProjectAccess['permissions'][number]

export type LinkLook = paths['/api/links/look']['post']['responses'][200]['content']['application/json']
export type LinkUse = paths['/api/links/use']['post']['requestBody']['content']['application/json']
type AccountChange = paths['/api/account']['patch']['requestBody']['content']['application/json']

/** Asked for again when a page comes back to the front, so that an ended session is noticed. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => bodyOf(api.GET('/api/session')),
  staleTime: 60_000,
})

export const signInQuery = queryOptions({
  queryKey: ['sign-in'],
  queryFn: () => bodyOf(api.GET('/api/sign-in')),
})

export const signIn = (email: string, password: string) =>
  bodyOf(api.POST('/api/session', { body: { email, password } }))
export const signOut = () => bodyOf(api.DELETE('/api/session'))
export const signOutEverywhere = () => bodyOf(api.DELETE('/api/sessions'))
export const lookAtLink = (token: string) => bodyOf(api.POST('/api/links/look', { body: { token } }))
export const applyLink = (body: LinkUse) => bodyOf(api.POST('/api/links/use', { body }))
export const changeAccount = (body: AccountChange) => bodyOf(api.PATCH('/api/account', { body }))
