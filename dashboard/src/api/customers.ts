import { queryOptions } from '@tanstack/react-query'
import { api, bodyOf, type Shape } from './client.ts'

export type CustomerSummary = Shape<'CustomerSummary'>
export type Purchase = Shape<'Purchase'>
export type Transaction = Purchase['transactions'][number]
export type Entitlement = Shape<'Entitlement'>
export type Customer = Awaited<ReturnType<typeof readCustomer>>
export type Moment = Awaited<ReturnType<typeof listTimeline>>['items'][number]

const PAGE = 50

/** By the beginning of an id or an e-mail address, or a whole transaction id; all of them for ''. */
export function searchCustomers(project: string, query: string, after: string | null) {
  return bodyOf(
    api.GET('/api/projects/{project}/customers', {
      params: { path: { project }, query: { query, limit: PAGE, ...(after === null ? {} : { after }) } },
    }),
  )
}

function readCustomer(project: string, id: string) {
  return bodyOf(api.GET('/api/projects/{project}/customers/{id}', { params: { path: { project, id } } }))
}

export const customerQuery = (project: string, id: string) =>
  queryOptions({ queryKey: ['customer', project, id], queryFn: () => readCustomer(project, id) })

export function listTimeline(project: string, id: string, before: string | null) {
  return bodyOf(
    api.GET('/api/projects/{project}/customers/{id}/timeline', {
      params: { path: { project, id }, query: { limit: PAGE, ...(before === null ? {} : { before }) } },
    }),
  )
}

/** null deletes. What is not stored comes back in `errors`, by key. */
export function setAttribute(project: string, id: string, key: string, value: string | null) {
  return bodyOf(
    api.POST('/api/projects/{project}/customers/{id}/attributes', {
      params: { path: { project, id } },
      body: { attributes: { [key]: { value } } },
    }),
  )
}

export const eraseCustomer = (project: string, id: string) =>
  bodyOf(api.DELETE('/api/projects/{project}/customers/{id}', { params: { path: { project, id } } }))

/** One JSON document; the browser saves it as it comes. */
export const exportAddress = (project: string, id: string): string =>
  `/api/projects/${encodeURIComponent(project)}/customers/${encodeURIComponent(id)}/export`

export const DURATIONS = [
  { value: 'daily', label: '1 day' },
  { value: 'three_day', label: '3 days' },
  { value: 'weekly', label: '1 week' },
  { value: 'two_week', label: '2 weeks' },
  { value: 'monthly', label: '1 month' },
  { value: 'two_month', label: '2 months' },
  { value: 'three_month', label: '3 months' },
  { value: 'six_month', label: '6 months' },
  { value: 'yearly', label: '1 year' },
  { value: 'lifetime', label: 'For ever' },
] as const

export type Duration = (typeof DURATIONS)[number]['value']

export interface Grant {
  readonly entitlement: string
  readonly duration?: Duration
  readonly end_time_ms?: number
}

export const grantEntitlement = (project: string, id: string, grant: Grant) =>
  bodyOf(api.POST('/api/projects/{project}/customers/{id}/grants', { params: { path: { project, id } }, body: grant }))

export const revokeGrants = (project: string, id: string, entitlement: string) =>
  bodyOf(
    api.DELETE('/api/projects/{project}/customers/{id}/grants/{entitlement}', {
      params: { path: { project, id, entitlement } },
    }),
  )
