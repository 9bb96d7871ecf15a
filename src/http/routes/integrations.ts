import { z } from 'zod'
import type { Integration } from '../../domain/project.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, ProjectParams, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { IntegrationSchema, toApiIntegration } from '../integration-json.ts'

const IntegrationDetailSchema = IntegrationSchema.extend({
  deliveries: z.object({ waiting: z.int(), delivered: z.int(), failed: z.int(), skipped: z.int() }),
})

export function integrationRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/integrations',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['integrations'],
      summary: 'Integrations and their channels',
      params: ProjectParams,
      response: answers(pageOf(IntegrationSchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const own = doors.settings.current().integrationsOf(projectId)
      return reply.send({
        items: await Promise.all(own.map((integration) => toApiIntegration(integration, doors))),
        next: null,
      })
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/integrations/:id',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['integrations'],
      summary: 'One integration with the counts of its deliveries',
      params: ItemParams,
      response: answers(IntegrationDetailSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const integration = find(doors, projectId, request.params.id)
      if (integration === undefined) return absent(reply, 'integration')
      const [shown, { waiting, delivered, failed, skipped }] = await Promise.all([
        toApiIntegration(integration, doors),
        doors.reads.countDeliveries(projectId, integration.id),
      ])
      return reply.send({ ...shown, deliveries: { waiting, delivered, failed, skipped } })
    },
  })

  const acts = [
    { name: 'pause', summary: 'Pause sending; what waits is kept', act: doors.delivery.pause },
    { name: 'resume', summary: 'Resume sending', act: doors.delivery.resume },
  ] as const
  for (const { name, summary, act } of acts) {
    api.route({
      method: 'POST',
      url: `/projects/:project/integrations/:id/${name}`,
      config: { policy: 'project', may: 'integrate' },
      schema: { tags: ['integrations'], summary, params: ItemParams, response: answers(IntegrationSchema) },
      handler: async (request, reply) => {
        const { projectId, actor } = accessOf(request)
        const integration = find(doors, projectId, request.params.id)
        if (integration === undefined) return absent(reply, 'integration')
        await act(projectId, integration.id, actor.name)
        await recordAct(request, doors, { act: name, kind: 'integration', id: integration.id })
        return reply.send(await toApiIntegration(integration, doors))
      },
    })
  }
}

function find(doors: HubDoors, projectId: string, id: string): Integration | undefined {
  return doors.settings.current().integration(projectId, id)
}
