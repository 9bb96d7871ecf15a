import { queryOptions } from '@tanstack/react-query'
import { ask } from './client.ts'
import type { Field } from './field.ts'

/** What the hub can be connected to, described well enough to draw every form and every step from it. */
export interface StoreConnector {
  readonly id: string
  readonly title: string
  readonly slug: string | null
  readonly fields: readonly Field[]
  readonly app_fields: readonly Field[]
  readonly steps: readonly string[]
  readonly can_check: boolean
  readonly can_test_notification: boolean
  readonly simulator: { readonly scenarios: readonly { readonly name: string; readonly about: string }[] } | null
}

export interface DestinationConnector {
  readonly id: string
  readonly title: string
  readonly fields: readonly Field[]
  readonly integration_fields: readonly Field[]
  readonly event_names: readonly {
    readonly key: string
    readonly label: string
    readonly default: string
    readonly stores: readonly string[]
  }[]
  readonly can_check: boolean
  readonly confirm: string | null
}

export interface Connectors {
  readonly stores: readonly StoreConnector[]
  readonly destinations: readonly DestinationConnector[]
}

export const connectorsQuery = (project: string) =>
  queryOptions({
    queryKey: ['connectors', project],
    queryFn: () => ask<Connectors>('GET', `/api/projects/${encodeURIComponent(project)}/connectors`),
    staleTime: 5 * 60_000,
  })
