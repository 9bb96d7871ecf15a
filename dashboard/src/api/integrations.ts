import { queryOptions } from '@tanstack/react-query'
import { queries } from '../queries.ts'
import { api, bodyOf, type Shape } from './client.ts'
import type { paths } from './schema.d.ts'

/** What a page of integrations asks: the integrations, their deliveries, and what can be tried. */

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Given } } } }
}
  ? Given
  : never

export type Integration = Shape<'Integration'>
export type Channel = Shape<'Channel'>
/** `deliveries` counts all that is kept, not those of a day. */
export type IntegrationDetail = Answer<'/api/projects/{project}/integrations/{id}'>

export const STATUSES = ['waiting', 'sending', 'delivered', 'failed', 'skipped'] as const
export type Delivery = Shape<'Delivery'>
export type Attempt = Answer<'/api/projects/{project}/deliveries/{id}'>['attempt_log'][number]

export type DeliveryDetail = Answer<'/api/projects/{project}/deliveries/{id}'>
export type ErrorGroup = Shape<'ErrorGroup'>

const at = (project: string, id: string) => ({ params: { path: { project, id } } })

/** How often a page that is looked at asks again. */
const EVERY_MS = 10_000

export const integrationsQuery = (project: string) =>
  queryOptions({
    queryKey: ['integrations', project],
    queryFn: async () =>
      (await bodyOf(api.GET('/api/projects/{project}/integrations', { params: { path: { project } } }))).items,
    refetchInterval: EVERY_MS,
  })

export const integrationQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['integrations', project, id],
    queryFn: () => bodyOf(api.GET('/api/projects/{project}/integrations/{id}', at(project, id))),
    refetchInterval: EVERY_MS,
  })

export const errorsQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['deliveries', project, id, 'errors'],
    queryFn: async () =>
      (await bodyOf(api.GET('/api/projects/{project}/integrations/{id}/errors', at(project, id)))).items,
    refetchInterval: EVERY_MS,
  })

/** Events of the project by name: the same for each of its integrations. */
export const volumeQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['volume', project, id],
    queryFn: async () =>
      (await bodyOf(api.GET('/api/projects/{project}/integrations/{id}/volume', at(project, id)))).items,
    staleTime: 60_000,
  })

export interface DeliveryFilters {
  readonly status?: string | undefined
  readonly environment?: string | undefined
  readonly reason?: string | undefined
  readonly event_type?: string | undefined
  readonly customer?: string | undefined
}

/** Words of the address that the hub does not know are its to refuse. */
export const readDeliveries = (project: string, id: string, filters: DeliveryFilters, before: string | null) => {
  const given = Object.entries({ ...filters, before: before ?? undefined }).filter(([, value]) => value !== undefined)
  return bodyOf(
    api.GET('/api/projects/{project}/integrations/{id}/deliveries', {
      params: { path: { project, id }, query: Object.fromEntries(given) },
    }),
  )
}

export const deliveryQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ['deliveries', project, 'one', id],
    queryFn: () => bodyOf(api.GET('/api/projects/{project}/deliveries/{id}', at(project, id))),
    refetchInterval: (query) =>
      query.state.data?.status === 'waiting' || query.state.data?.status === 'sending' ? 2_000 : EVERY_MS,
  })

/** What changed at one integration shows everywhere it is counted. */
export async function refreshIntegrations(project: string): Promise<void> {
  await Promise.all(
    ['integrations', 'deliveries', 'overview'].map((subject) =>
      queries.invalidateQueries({ queryKey: [subject, project] }),
    ),
  )
}

type Body<Path extends keyof paths, Verb extends 'post' | 'patch'> =
  paths[Path] extends Record<Verb, { requestBody: { content: { 'application/json': infer Sent } } }> ? Sent : never
type Created = Body<'/api/projects/{project}/integrations', 'post'>
type Changes = Body<'/api/projects/{project}/integrations/{id}', 'patch'>
/** What a form holds, over what is stored under its id. */
export type Tried = Body<'/api/projects/{project}/integrations/check', 'post'>
type TriedEvent = Body<'/api/projects/{project}/integrations/test-event', 'post'>
export type EventKey = TriedEvent['event']

export const createIntegration = (project: string, body: Created) =>
  bodyOf(api.POST('/api/projects/{project}/integrations', { params: { path: { project } }, body }))
export const changeIntegration = (project: string, id: string, body: Changes) =>
  bodyOf(api.PATCH('/api/projects/{project}/integrations/{id}', { ...at(project, id), body }))
export const removeIntegration = (project: string, id: string) =>
  bodyOf(api.DELETE('/api/projects/{project}/integrations/{id}', at(project, id)))
export const confirmIntegration = (project: string, id: string) =>
  bodyOf(api.POST('/api/projects/{project}/integrations/{id}/confirm', at(project, id)))
export const switchIntegration = (project: string, id: string, act: 'pause' | 'resume') =>
  bodyOf(api.POST(`/api/projects/{project}/integrations/{id}/${act}`, at(project, id)))

export const checkIntegration = (project: string, body: Tried) =>
  bodyOf(api.POST('/api/projects/{project}/integrations/check', { params: { path: { project } }, body }))
export const sendTestEvent = (project: string, body: TriedEvent) =>
  bodyOf(api.POST('/api/projects/{project}/integrations/test-event', { params: { path: { project } }, body }))

export type Checked = Awaited<ReturnType<typeof checkIntegration>>['results'][number]
export type Tested = Awaited<ReturnType<typeof sendTestEvent>>

/** `arrived`: a person saw it at the destination, where its answer was lost. */
export const settleDelivery = (project: string, id: string, act: 'retry' | 'arrived') =>
  bodyOf(api.POST(`/api/projects/{project}/deliveries/{id}/${act}`, at(project, id)))

type ReplayBody = Body<'/api/projects/{project}/integrations/{id}/replay', 'post'>
export type ReplayAsked = Pick<ReplayBody, 'status' | 'reason' | 'environment'>
interface Step {
  readonly dryRun: boolean
  /** From the `next` of the step before. */
  readonly after?: string
}
export const replay = (project: string, id: string, asked: ReplayAsked, { dryRun, after }: Step) => {
  const body = { ...asked, mode: 'fill', dry_run: dryRun, ...(after === undefined ? {} : { after }) } as const
  return bodyOf(api.POST('/api/projects/{project}/integrations/{id}/replay', { ...at(project, id), body }))
}
