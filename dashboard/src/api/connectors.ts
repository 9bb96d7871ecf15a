import { queryOptions } from '@tanstack/react-query'
import { api, bodyOf, type Shape } from './client.ts'
import type { Field } from './field.ts'

/** The document describes a field with all keys of all types; here each type has its own. */
type Declared<Connector, Keys extends keyof Connector> = Omit<Connector, Keys> &
  Readonly<Record<Keys, readonly Field[]>>

/** What the hub can be connected to, described well enough to draw every form and every step from it. */
export type StoreConnector = Declared<Shape<'Store'>, 'fields' | 'app_fields'>
export type DestinationConnector = Declared<Shape<'Destination'>, 'fields' | 'integration_fields'>

export interface Connectors {
  readonly stores: readonly StoreConnector[]
  readonly destinations: readonly DestinationConnector[]
}

export const connectorsQuery = (project: string) =>
  queryOptions({
    queryKey: ['connectors', project],
    queryFn: async () => {
      const path = { project }
      const found = await bodyOf(api.GET('/api/projects/{project}/connectors', { params: { path } }))
      return found as Connectors
    },
    staleTime: 5 * 60_000,
  })
