import { queryOptions } from '@tanstack/react-query'
import { ask, queryOf } from './client.ts'

export interface Why {
  readonly integration_id: string
  readonly destination: string
  readonly verdict: 'delivered' | 'waiting' | 'failed' | 'skipped' | 'not_sent' | 'no_event' | 'no_customer'
  readonly sentence: string
  readonly event_id: string | null
  readonly delivery_id: string | null
  readonly at: string | null
}

/** Why somebody did or did not get an event: one sentence for each integration. */
export const whyQuery = (project: string, customer: string, event: string, integration?: string) =>
  queryOptions({
    queryKey: ['why', project, customer, event, integration],
    queryFn: () =>
      ask<{ readonly items: readonly Why[] }>(
        'GET',
        `/api/projects/${encodeURIComponent(project)}/why${queryOf({ customer, event, integration })}`,
      ),
    staleTime: 0,
  })
