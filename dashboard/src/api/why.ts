import { queryOptions } from '@tanstack/react-query'
import { api, bodyOf, type Shape } from './client.ts'

export type Why = Shape<'Why'>

/** Why one event did or did not reach an integration. */
export const whyEventQuery = (project: string, event: string, integration: string) =>
  queryOptions({
    queryKey: ['why', project, { event, integration }],
    queryFn: () =>
      bodyOf(
        api.GET('/api/projects/{project}/why', {
          params: { path: { project }, query: { event_id: event, integration } },
        }),
      ),
    staleTime: 0,
  })

/** Why somebody did or did not get an event: one sentence for each integration. */
export const whyQuery = (project: string, customer: string, event: string, integration?: string) =>
  queryOptions({
    queryKey: ['why', project, customer, event, integration],
    queryFn: () =>
      bodyOf(
        api.GET('/api/projects/{project}/why', {
          params: {
            path: { project },
            query: { customer, event, ...(integration === undefined ? {} : { integration }) },
          },
        }),
      ),
    staleTime: 0,
  })
