import { z } from 'zod'
import { EVERY_DELIVERY } from '../../storage/reads.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, conflict, cursor, ItemParams, limit, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import { AttemptSchema, DELIVERY_STATUSES, DeliverySchema, toApiDelivery } from '../delivery-json.ts'
import type { HubDoors } from '../doors.ts'
import { quotingNobody, seesPersonal } from '../personal.ts'
import { attemptsOf, environment, eventTypes } from './events.ts'

const DeliveriesQuery = z.strictObject({
  status: z.enum(DELIVERY_STATUSES).optional(),
  environment: environment.optional(),
  reason: z.string().max(2_000).optional().describe('As an error group or a delivery has it.'),
  event_type: eventTypes.optional(),
  customer: z.string().max(100).optional().describe('Any app user id of the customer.'),
  before: cursor.optional(),
  limit,
})

const DeliveryDetailSchema = DeliverySchema.extend({
  attempt_log: z.array(AttemptSchema.extend({ delivery_id: z.string() })).describe('Its requests, oldest first.'),
})

export function deliveryRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/integrations/:id/deliveries',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['deliveries'],
      summary: 'Deliveries of an integration, newest first',
      params: ItemParams,
      querystring: DeliveriesQuery,
      response: answers(pageOf(DeliverySchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id: integrationId } = request.params
      if (!doors.settings.current().integration(projectId, integrationId)) return absent(reply, 'integration')
      const { status, before, limit, ...filter } = request.query
      const page = await doors.reads.listDeliveries({
        projectId,
        integrationId,
        status: status ?? null,
        filter: {
          ...EVERY_DELIVERY,
          environment: filter.environment ?? null,
          reason: filter.reason ?? null,
          types: filter.event_type ?? [],
          customer: filter.customer ?? null,
        },
        before: before ?? null,
        limit,
      })
      const access = accessOf(request)
      const shown = await quotingNobody(page.items, access, doors.reads)
      return reply.send({
        items: shown.map((one) => toApiDelivery(one, seesPersonal(access))),
        next: page.next,
      })
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/deliveries/:id',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['deliveries'],
      summary: 'One delivery with its attempts',
      params: ItemParams,
      response: answers(DeliveryDetailSchema),
    },
    handler: async (request, reply) => {
      const access = accessOf(request)
      const listed = await doors.reads.getDelivery(access.projectId, request.params.id)
      if (listed === null) return absent(reply, 'delivery')
      const [shown = listed] = await quotingNobody([listed], access, doors.reads)
      return reply.send({
        ...toApiDelivery(shown, seesPersonal(access)),
        attempt_log: await attemptsOf(doors.reads, access, listed.delivery),
      })
    },
  })
  deliveryActs(api, doors)
}

function deliveryActs(api: Api, doors: HubDoors): void {
  const acts = [
    {
      name: 'retry',
      summary: 'Send a failed or skipped delivery again',
      act: doors.delivery.retry,
    },
    {
      name: 'arrived',
      summary: 'Say that a delivery of unknown outcome arrived',
      act: doors.delivery.acceptUnknown,
    },
  ] as const
  for (const { name, summary, act } of acts) {
    api.route({
      method: 'POST',
      url: `/projects/:project/deliveries/:id/${name}`,
      config: { policy: 'project', may: 'integrate' },
      schema: { tags: ['deliveries'], summary, params: ItemParams, response: answers(DeliverySchema) },
      handler: async (request, reply) => {
        const { projectId } = accessOf(request)
        if ((await doors.reads.getDelivery(projectId, request.params.id)) === null) return absent(reply, 'delivery')
        const refusal = await act(projectId, request.params.id)
        if (refusal !== null) return conflict(reply, refusal)
        await recordAct(request, doors, { act: name, kind: 'delivery', id: request.params.id })
        const changed = await doors.reads.getDelivery(projectId, request.params.id)
        if (changed === null) return absent(reply, 'delivery')
        const [shown = changed] = await quotingNobody([changed], accessOf(request), doors.reads)
        return reply.send(toApiDelivery(shown, seesPersonal(accessOf(request))))
      },
    })
  }
}
