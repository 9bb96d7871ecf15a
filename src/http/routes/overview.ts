import { z } from 'zod'
import { EVENT_NAMES, type EventName } from '../../domain/event.ts'
import { FIGURE_KINDS, figureName, HOUR_MS, hourOf, windowOf } from '../../domain/figures.ts'
import { ENVIRONMENTS, type Environment } from '../../domain/purchase.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, ProjectParams, pageOf } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { type ApiOverview, OverviewSchema, sumsOf, toApiFigures, toApiSettled } from '../overview-json.ts'

const OverviewQuery = z.strictObject({
  environment: z.enum(ENVIRONMENTS).default('production'),
  hours: z
    .enum(['24', '168', '720'])
    .default('24')
    .transform((text) => Number(text) as 24 | 168 | 720)
    .describe('The time that is looked at, the hour that runs counted in.'),
})

const VolumeQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(90).default(30),
})
const VolumeSchema = z.object({
  name: z.enum(EVENT_NAMES),
  events: z.int().describe('Of the project, in production.'),
})

export function overviewRoutes(api: Api, doors: HubDoors): void {
  overviewRoute(api, doors)
  volumeRoute(api, doors)
}

/** What a project's first page shows: figures, and where things stand now. */
function overviewRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/metrics/overview',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['figures'],
      summary: 'Events, revenue, subscriptions and the health of integrations and apps',
      params: ProjectParams,
      querystring: OverviewQuery,
      response: answers(OverviewSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { environment, hours } = request.query
      const window = windowOf(doors.now(), hours)
      const { reads } = doors
      const asked = { projectId, environment }
      const [figures, before, standing, parts, any] = await Promise.all([
        reads.listFigures({ ...asked, ...window, kinds: FIGURE_KINDS }),
        reads.listFigures({ ...asked, ...window.previous, bucketMs: hours * HOUR_MS, kinds: ['money'] }),
        reads.countStandings(projectId, environment, doors.now()),
        partsOf(doors, projectId, environment),
        reads.listEvents({
          projectId,
          after: null,
          before: null,
          types: [],
          customer: null,
          environment: null,
          limit: 1,
        }),
      ])
      const sums = sumsOf(window, figures, before)
      return reply.send({
        environment,
        ...toApiFigures(window, sums),
        active: { subscriptions: standing.subscription, trials: standing.trial, grace: standing.grace },
        integrations: parts.integrations.map((one) => ({ ...one, ...toApiSettled(sums.integrations.get(one.id)) })),
        apps: parts.apps,
        first_steps: {
          app: parts.apps.length > 0,
          integration: parts.integrations.length > 0,
          event: any.items.length > 0,
        },
      })
    },
  })
}

function volumeRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/integrations/:id/volume',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['figures'],
      summary: 'How many events of each name the project had lately',
      params: ItemParams,
      querystring: VolumeQuery,
      response: answers(pageOf(VolumeSchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      if (!doors.settings.current().integration(projectId, request.params.id)) return absent(reply, 'integration')
      const to = hourOf(doors.now()) + HOUR_MS
      const bucketMs = request.query.days * 24 * HOUR_MS
      const found = await doors.reads.listFigures({
        projectId,
        environment: 'production',
        from: to - bucketMs,
        to,
        bucketMs,
        kinds: ['event'],
      })
      const events = new Map<EventName, number>()
      for (const { figure, value } of found) {
        const name = figureName(figure)
        if (name.kind === 'event' && name.name !== null) events.set(name.name, (events.get(name.name) ?? 0) + value)
      }
      return reply.send({ items: EVENT_NAMES.map((name) => ({ name, events: events.get(name) ?? 0 })), next: null })
    },
  })
}

type Health = Pick<
  ApiOverview['integrations'][number],
  'id' | 'destination' | 'title' | 'enabled' | 'state' | 'waiting'
>

/** Integrations and apps as they stand now. */
async function partsOf(
  doors: HubDoors,
  projectId: string,
  environment: Environment,
): Promise<{ readonly integrations: readonly Health[]; readonly apps: ApiOverview['apps'] }> {
  const settings = doors.settings.current()
  const waiting = await doors.reads.waitingByChannel(projectId)
  const integrations = settings.integrationsOf(projectId).map(async (one): Promise<Health> => {
    const channels = await doors.delivery.channels(projectId, one.id)
    const channel = channels.find((row) => row.environment === environment)
    return {
      id: one.id,
      destination: one.destination,
      title: doors.connectors.destinationTitle(one.destination),
      enabled: one.enabled,
      state: channel?.state ?? 'open',
      waiting: channel === undefined ? 0 : (waiting.get(channel.channelId) ?? 0),
    }
  })
  const apps = settings.appsOf(projectId).map(async ({ id, store }) => {
    const { lastNotificationAt, counts, refused } = await doors.reads.appStatus(projectId, id)
    return {
      id,
      store,
      title: doors.connectors.storeTitle(store),
      last_notification_at: lastNotificationAt === null ? null : isoOf(lastNotificationAt),
      parked: counts.parked,
      refused: refused.count,
    }
  })
  return { integrations: await Promise.all(integrations), apps: await Promise.all(apps) }
}
