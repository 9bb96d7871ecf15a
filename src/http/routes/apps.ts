import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, ProjectParams, pageOf } from '../api-shapes.ts'
import { AppSchema, toApiApp } from '../app-json.ts'
import type { HubDoors } from '../doors.ts'

export function appRoutes(api: Api, doors: HubDoors, hub: { readonly baseUrl: string }): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/apps',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['apps'],
      summary: 'Apps, with what was last heard of them',
      params: ProjectParams,
      response: answers(pageOf(AppSchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const own = doors.settings.current().appsOf(projectId)
      return reply.send({ items: await Promise.all(own.map((app) => toApiApp(app, doors, hub.baseUrl))), next: null })
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/apps/:id',
    config: { policy: 'project', may: 'read' },
    schema: { tags: ['apps'], summary: 'One app', params: ItemParams, response: answers(AppSchema) },
    handler: async (request, reply) => {
      const app = doors.settings.current().app(accessOf(request).projectId, request.params.id)
      return app === undefined ? absent(reply, 'app') : reply.send(await toApiApp(app, doors, hub.baseUrl))
    },
  })
}
