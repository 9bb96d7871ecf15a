import { queryOptions } from '@tanstack/react-query'
import type { Environment } from '../memory.ts'
import { api, bodyOf, type Shape } from './client.ts'

export type Overview = Shape<'Overview'>
export type Hours = 24 | 168 | 720

/** Follows along while it is looked at. */
const EVERY_MS = 15_000

export const overviewQuery = (project: string, environment: Environment, hours: Hours) =>
  queryOptions({
    queryKey: ['overview', project, environment, hours],
    queryFn: () =>
      bodyOf(
        api.GET('/api/projects/{project}/metrics/overview', {
          params: { path: { project }, query: { environment, hours: `${hours}` } },
        }),
      ),
    refetchInterval: EVERY_MS,
    placeholderData: (before, query) => (query?.queryKey[1] === project ? before : undefined),
  })

/** Works where the hub trusts a simulator, as the demo's does. */
export const simulate = (project: string, app: string, scenario: string) =>
  bodyOf(api.POST('/api/projects/{project}/simulate', { params: { path: { project } }, body: { app, scenario } }))
