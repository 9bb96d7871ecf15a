import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ENVIRONMENTS } from '../../domain/purchase.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, conflict, ItemParams, ProjectParams } from '../api-shapes.ts'
import { AppSchema, toApiApp } from '../app-json.ts'
import { recordAct } from '../audit.ts'
import { sendUnchanged } from '../changed.ts'
import type { HubDoors } from '../doors.ts'

/** Makes, changes, removes and tries apps: what a form does. The rules are those of the config file. */

const Changes = z.strictObject({
  public_key: z.string().nullable().optional(),
  environments: z.array(z.string()).optional(),
  receive: z.string().optional(),
  events_from: z.string().nullable().optional(),
  commission: z.number().nullable().optional().describe('As 0.15; null: by the tables.'),
  tax: z.number().nullable().optional(),
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Values of the declared fields of the store, programmes included. A key left out stays, null clears; a secret stays where it is left out, empty or its mask.',
    ),
})
const Created = Changes.extend({ id: z.string(), store: z.string() })
const Tried = Changes.extend({
  id: z.string().optional().describe('An app that is there: what is left out comes from it.'),
  store: z.string(),
})

const AppCheckSchema = z.object({
  results: z.array(
    z.object({
      environment: z.enum(ENVIRONMENTS),
      ok: z.boolean().nullable().describe('null: it could not be found out.'),
      message: z.string(),
    }),
  ),
})

const Removed = z.object({
  removed: z.literal(true),
  waiting: z.int().describe('Notifications that waited when it was removed: they are parked, and the purchases stay.'),
})

const Asked = z.object({ asked: z.literal(true), message: z.string() })

export function appSettingsRoutes(api: Api, doors: HubDoors, hub: { readonly baseUrl: string }): void {
  changeRoutes(api, doors, hub)
  tryRoutes(api, doors)
}

function changeRoutes(api: Api, doors: HubDoors, hub: { readonly baseUrl: string }): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/apps',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Add an app',
      params: ProjectParams,
      body: Created,
      response: answers(AppSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.body
      const done = await doors.settings.changes.create('app', projectId, request.body)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'project')
      await recordAct(request, doors, { act: 'create', kind: 'app', id, changes: done.changes })
      return answer(reply, doors, { projectId, id, baseUrl: hub.baseUrl })
    },
  })

  api.route({
    method: 'PATCH',
    url: '/projects/:project/apps/:id',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Change an app',
      params: ItemParams,
      body: Changes,
      response: answers(AppSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const done = await doors.settings.changes.change('app', projectId, id, request.body)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'app')
      if (done.changes.length > 0)
        await recordAct(request, doors, { act: 'update', kind: 'app', id, changes: done.changes })
      return answer(reply, doors, { projectId, id, baseUrl: hub.baseUrl })
    },
  })

  api.route({
    method: 'DELETE',
    url: '/projects/:project/apps/:id',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Remove an app; its purchases and events stay',
      params: ItemParams,
      response: answers(Removed),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const { counts } = await doors.reads.appStatus(projectId, id)
      const done = await doors.settings.changes.remove('app', projectId, id)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'app')
      await recordAct(request, doors, { act: 'remove', kind: 'app', id, changes: done.changes })
      return reply.send({ removed: true, waiting: counts.waiting })
    },
  })
}

function tryRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/apps/check',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Check the credentials of a form',
      params: ProjectParams,
      body: Tried,
      response: answers(AppCheckSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const drafted = await doors.settings.changes.draftApp(projectId, request.body)
      if (drafted.kind !== 'draft') return sendUnchanged(reply, drafted, 'app')
      return reply.send({ results: [...(await doors.connectors.checkApp(drafted.draft))] })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/apps/:id/check',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Check the credentials of an app',
      params: ItemParams,
      response: answers(AppCheckSchema),
    },
    handler: async (request, reply) => {
      const app = doors.settings.current().app(accessOf(request).projectId, request.params.id)
      if (app === undefined) return absent(reply, 'app')
      return reply.send({ results: [...(await doors.connectors.checkApp(app))] })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/apps/:id/test-notification',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Ask the store for its test notification; 409 where it has none or refuses',
      params: ItemParams,
      querystring: z.strictObject({ environment: z.enum(ENVIRONMENTS).default('production') }),
      response: answers(Asked),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const app = doors.settings.current().app(projectId, request.params.id)
      if (app === undefined) return absent(reply, 'app')
      const asked = await doors.connectors.testNotification(app, request.query.environment)
      if (asked === null)
        return conflict(
          reply,
          'This store sends no test notification when it is asked here; send one from its console.',
        )
      if (asked.kind !== 'fetched') return conflict(reply, asked.reason)
      await recordAct(request, doors, { act: 'test', kind: 'app', id: app.id })
      return reply.send({ asked: true, message: asked.value })
    },
  })
}

async function answer(
  reply: unknown,
  doors: HubDoors,
  { projectId, id, baseUrl }: { readonly projectId: string; readonly id: string; readonly baseUrl: string },
): Promise<FastifyReply> {
  const app = doors.settings.current().app(projectId, id)
  if (app === undefined) return absent(reply, 'app')
  return (reply as FastifyReply).send(await toApiApp(app, doors, baseUrl))
}
