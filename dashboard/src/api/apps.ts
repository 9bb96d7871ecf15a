import { queryOptions } from '@tanstack/react-query'
import type { Environment } from '../memory.ts'
import { api, ask, bodyOf, queryOf, type Shape } from './client.ts'
import type { FieldValues } from './field.ts'

/** Called apps by the API: what one store has of one project. */
export type App = Shape<'App'> & {
  readonly title: string
  readonly managed: 'file' | 'dashboard'
  readonly commission: number | null
  readonly tax: number | null
}
export type Notification = Shape<'Notification'>

export interface NotificationWithBody extends Notification {
  readonly body?: { readonly encoding: 'base64' | 'text'; readonly bytes: number; readonly content: string }
}

export interface CheckResult {
  readonly environment: Environment
  /** null: it could not be found out. */
  readonly ok: boolean | null
  readonly message: string
}

export interface ReprocessDiff {
  readonly dry_run: boolean
  readonly would_add: readonly Pick<Shape<'Event'>, 'id' | 'type' | 'name' | 'original_app_user_id' | 'product_id'>[]
  readonly would_change: readonly string[]
  readonly note: string | null
}

export interface Played {
  readonly sent: readonly { readonly name: string; readonly at: string; readonly status: number }[]
}

/** While nothing was heard of a store somebody sits before the page and waits for it. */
const WAITING_MS = 2_500
const HEARD_MS = 15_000

const base = (project: string) => `/api/projects/${encodeURIComponent(project)}`
const appPath = (project: string, id: string) => `${base(project)}/apps/${encodeURIComponent(id)}`

export const listApps = (project: string) =>
  ask<{ readonly items: readonly App[]; readonly next: string | null }>('GET', `${base(project)}/apps`)

export const appsQuery = (project: string) =>
  queryOptions({ queryKey: ['apps', project, 'all'], queryFn: async () => (await listApps(project)).items })

export const appQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['apps', project, 'one', id],
    queryFn: () => ask<App>('GET', appPath(project, id)),
    refetchInterval: ({ state }) => (state.data?.last_notification === null ? WAITING_MS : HEARD_MS),
  })

export interface AppDraft extends Readonly<Record<string, unknown>> {
  readonly id?: string
  readonly store: string
  readonly settings: FieldValues
}

export const createApp = (project: string, draft: AppDraft) => ask<App>('POST', `${base(project)}/apps`, draft)
export const changeApp = (project: string, id: string, changes: Readonly<Record<string, unknown>>) =>
  ask<App>('PATCH', appPath(project, id), changes)
export const removeApp = (project: string, id: string) =>
  ask<{ readonly waiting: number }>('DELETE', appPath(project, id))

interface Checked {
  readonly results: readonly CheckResult[]
}

/** Of what a form holds; nothing is stored. */
export const checkDraft = (project: string, draft: AppDraft) =>
  ask<Checked>('POST', `${base(project)}/apps/check`, draft)
export const checkApp = (project: string, id: string) => ask<Checked>('POST', `${appPath(project, id)}/check`, {})

export const askTestNotification = (project: string, id: string, environment: Environment) =>
  ask<{ readonly message: string }>('POST', `${appPath(project, id)}/test-notification${queryOf({ environment })}`, {})

export const playScenario = (project: string, app: string, scenario: string) =>
  ask<Played>('POST', `${base(project)}/simulate`, { app, scenario })

export interface NotificationFilter {
  readonly app: string
  readonly status?: Notification['status']
}

export const listNotifications = (project: string, filter: NotificationFilter, before: string | null) =>
  bodyOf(
    api.GET('/api/projects/{project}/notifications', {
      params: { path: { project }, query: { ...filter, ...(before === null ? {} : { before }) } },
    }),
  )

/** `withBody`: the message as the store sent it, which only some may read. */
export const notificationQuery = (project: string, id: string, withBody: boolean) =>
  queryOptions({
    queryKey: ['notifications', project, 'one', id, withBody],
    queryFn: (): Promise<NotificationWithBody> =>
      bodyOf(
        api.GET('/api/projects/{project}/notifications/{id}', {
          params: { path: { project, id }, query: withBody ? { body: 'text' } : {} },
        }),
      ),
  })

export const reprocess = (project: string, id: string, dryRun: boolean): Promise<ReprocessDiff> =>
  bodyOf(
    api.POST('/api/projects/{project}/notifications/{id}/reprocess', {
      params: { path: { project, id }, query: { dry_run: dryRun ? '1' : '0' } },
    }),
  )
