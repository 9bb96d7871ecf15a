import { queryOptions } from '@tanstack/react-query'
import type { Environment } from '../memory.ts'
import { api, bodyOf, type Shape } from './client.ts'

/** `metadata` is always null, and only in some of the shapes. */
export type HubEvent = Omit<Shape<'Event'>, 'metadata'>
export type Delivery = Shape<'Delivery'>
export type EventDetail = Awaited<ReturnType<typeof readEvent>>
export type AttemptOfEvent = EventDetail['attempts'][number]

export interface EventFilter {
  readonly environment: Environment
  readonly type?: string
  readonly store?: string
  readonly product?: string
  readonly customer?: string
  /** ISO times: recorded then or later, and before then. */
  readonly from?: string
  readonly to?: string
}

const PAGE = 50

export function listEvents(project: string, filter: EventFilter, before: string | null) {
  const query = { ...filter, limit: PAGE, ...(before === null ? {} : { before }) }
  // The document has the store's name as one of a list; an address may hold anything, and the hub says so.
  return bodyOf(api.GET('/api/projects/{project}/events', { params: { path: { project }, query: query as never } }))
}

function readEvent(project: string, id: string) {
  return bodyOf(api.GET('/api/projects/{project}/events/{id}', { params: { path: { project, id } } }))
}

const UNDER_WAY_MS = 2_500

/** Follows its deliveries while they are under way. */
export const eventQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['event', project, id],
    queryFn: () => readEvent(project, id),
    refetchInterval: ({ state }) => (state.data?.deliveries.some(isUnderWay) === true ? UNDER_WAY_MS : false),
  })

function isUnderWay({ status }: Delivery): boolean {
  return status === 'waiting' || status === 'sending'
}

export const notificationQuery = (project: string, id: string, withBody: boolean) =>
  queryOptions({
    queryKey: ['notification', project, id, withBody],
    queryFn: () =>
      bodyOf(
        api.GET('/api/projects/{project}/notifications/{id}', {
          params: { path: { project, id }, ...(withBody ? { query: { body: 'text' as const } } : {}) },
        }),
      ),
  })

export const retryDelivery = (project: string, id: string) =>
  bodyOf(api.POST('/api/projects/{project}/deliveries/{id}/retry', { params: { path: { project, id } } }))

/** Of an outcome that nobody knows: it arrived. */
export const confirmArrived = (project: string, id: string) =>
  bodyOf(api.POST('/api/projects/{project}/deliveries/{id}/arrived', { params: { path: { project, id } } }))
