import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Integration } from '../../domain/project.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, ProjectParams } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import { sendUnchanged } from '../changed.ts'
import type { HubDoors } from '../doors.ts'
import { IntegrationSchema, toApiIntegration } from '../integration-json.ts'
import { CheckSchema, TestEventSchema, TestWish, tryEvent } from '../try-json.ts'

/** Makes, changes, removes and tries integrations: what a form does. The rules are those of the config file. */

const Settings = z
  .record(z.string(), z.unknown())
  .describe(
    'Values of the declared fields. A key left out stays, null clears; a secret stays where it is left out, empty or its mask.',
  )
const EventNames = z
  .record(z.string(), z.string())
  .describe('Own names, all of them; an empty one is not sent, an absent one has the default.')

const Changes = z.strictObject({
  enabled: z.boolean().optional(),
  live_from: z.string().nullable().optional().describe('A day or a time; null: when the integration was added.'),
  sandbox: z.boolean().optional(),
  event_names: EventNames.optional(),
  settings: Settings.optional(),
})
const Created = Changes.extend({
  id: z.string().optional().describe('Left out: the name of the destination, with a number where that is taken.'),
  destination: z.string(),
  settings: Settings,
})
const Tried = z.strictObject({
  id: z.string().optional().describe('An integration that is there: what is left out comes from it.'),
  destination: z.string(),
  settings: Settings,
  sandbox: z.boolean().optional(),
})
const TriedEvent = Tried.extend({ ...TestWish.shape, event_names: EventNames.optional() })

const Removed = z.object({
  removed: z.literal(true),
  waiting: z
    .int()
    .describe(
      'Deliveries that waited when it was removed: they end as failed within minutes, with the reason on each.',
    ),
})

export function integrationSettingsRoutes(api: Api, doors: HubDoors): void {
  changeRoutes(api, doors)
  endRoutes(api, doors)
  formRoutes(api, doors)
  storedRoutes(api, doors)
}

function changeRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/integrations',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Add an integration',
      params: ProjectParams,
      body: Created,
      response: answers(IntegrationSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const id = request.body.id ?? freeId(doors, projectId, request.body.destination)
      const done = await doors.settings.changes.create('integration', projectId, { ...request.body, id })
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'project')
      await recordAct(request, doors, { act: 'create', kind: 'integration', id, changes: done.changes })
      return answer(reply, doors, projectId, id)
    },
  })

  api.route({
    method: 'PATCH',
    url: '/projects/:project/integrations/:id',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Change an integration',
      params: ItemParams,
      body: Changes,
      response: answers(IntegrationSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const done = await doors.settings.changes.change('integration', projectId, id, request.body)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'integration')
      if (done.changes.length > 0)
        await recordAct(request, doors, { act: 'update', kind: 'integration', id, changes: done.changes })
      return answer(reply, doors, projectId, id)
    },
  })
}

function endRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'DELETE',
    url: '/projects/:project/integrations/:id',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Remove an integration; what was delivered stays readable on its events',
      params: ItemParams,
      response: answers(Removed),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const { waiting } = await doors.reads.countDeliveries(projectId, id)
      const done = await doors.settings.changes.remove('integration', projectId, id)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'integration')
      await recordAct(request, doors, { act: 'remove', kind: 'integration', id, changes: done.changes })
      return reply.send({ removed: true, waiting })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/:id/confirm',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Say that a test event was seen at the destination',
      params: ItemParams,
      response: answers(IntegrationSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const done = await doors.settings.changes.confirm(projectId, id)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'integration')
      await recordAct(request, doors, { act: 'confirm', kind: 'integration', id, changes: done.changes })
      return answer(reply, doors, projectId, id)
    },
  })
}

/** What a form tries before anything is saved. */
function formRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/check',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Check the credentials of a form',
      params: ProjectParams,
      body: Tried,
      response: answers(CheckSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const drafted = await doors.settings.changes.draftIntegration(projectId, request.body)
      if (drafted.kind !== 'draft') return sendUnchanged(reply, drafted, 'integration')
      return reply.send({ results: [...(await doors.connectors.checkIntegration(drafted.draft))] })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/test-event',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Send a made-up event with the settings of a form',
      params: ProjectParams,
      body: TriedEvent,
      response: answers(TestEventSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { environment, event, app_user_id: appUserId, ...given } = request.body
      const drafted = await doors.settings.changes.draftIntegration(projectId, given)
      if (drafted.kind !== 'draft') return sendUnchanged(reply, drafted, 'integration')
      return tryEvent(reply, doors, drafted.draft, { environment, event, appUserId })
    },
  })
}

/** The same with what is stored. */
function storedRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/:id/check',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Check the credentials of an integration',
      params: ItemParams,
      response: answers(CheckSchema),
    },
    handler: async (request, reply) => {
      const integration = find(doors, accessOf(request).projectId, request.params.id)
      if (integration === undefined) return absent(reply, 'integration')
      return reply.send({ results: [...(await doors.connectors.checkIntegration(integration))] })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/:id/test-event',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Send a made-up event with the settings of an integration',
      params: ItemParams,
      body: TestWish,
      response: answers(TestEventSchema),
    },
    handler: async (request, reply) => {
      const integration = find(doors, accessOf(request).projectId, request.params.id)
      if (integration === undefined) return absent(reply, 'integration')
      const { environment, event, app_user_id: appUserId } = request.body
      return tryEvent(reply, doors, integration, { environment, event, appUserId })
    },
  })
}

function find(doors: HubDoors, projectId: string, id: string): Integration | undefined {
  return doors.settings.current().integration(projectId, id)
}

/** What became of an integration: it may have been removed by another process in the meantime. */
async function answer(reply: unknown, doors: HubDoors, projectId: string, id: string): Promise<FastifyReply> {
  const integration = find(doors, projectId, id)
  if (integration === undefined) return absent(reply, 'integration')
  return (reply as FastifyReply).send(await toApiIntegration(integration, doors))
}

/** `clevertap`, `clevertap-2` … */
function freeId(doors: HubDoors, projectId: string, destination: string): string {
  const taken = new Set(
    doors.settings
      .current()
      .integrationsOf(projectId)
      .map(({ id }) => id),
  )
  let id = destination
  for (let n = 2; taken.has(id); n++) id = `${destination}-${n}`
  return id
}
