import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessOf } from '../../access.ts'
import type { HubDoors } from '../../doors.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'
import { infoOf, sendInfo, sendKept } from './answers.ts'
import { isObject, refusedId, type Subscriber } from './subscriber-id.ts'

/** Who somebody is: read, logged in, aliased. */
export function identityRoutes(scope: FastifyInstance, doors: HubDoors): void {
  scope.route<Subscriber>({
    method: 'GET',
    url: '/v1/subscribers/:id',
    config: { policy: 'sdk_public' },
    handler: async (request, reply) => {
      const refused = refusedId(request.params.id, reply)
      if (refused !== null) return refused
      const { customer, created } = await doors.customers.open(accessOf(request).projectId, request.params.id)
      const now = doors.now()
      return sendKept(request, reply, created ? 201 : 200, await infoOf(request, customer, now, doors), now)
    },
  })
  scope.route({
    method: 'POST',
    url: '/v1/subscribers/identify',
    config: { policy: 'sdk_public' },
    handler: (request, reply) => identify(request, reply, doors),
  })
  scope.route<Subscriber>({
    method: 'POST',
    url: '/v1/subscribers/:id/alias',
    config: { policy: 'sdk_public' },
    handler: (request, reply) => alias(request, reply, doors),
  })
}

async function identify(request: FastifyRequest, reply: FastifyReply, doors: HubDoors): Promise<FastifyReply> {
  if (!isObject(request.body)) return noBody(reply, '{"app_user_id": "…", "new_app_user_id": "…"}')
  const { app_user_id: from, new_app_user_id: to } = request.body
  const refused = refusedId(from, reply) ?? refusedId(to, reply)
  if (refused !== null) return refused
  const { customer, created } = await doors.customers.identify(accessOf(request).projectId, String(from), String(to))
  return sendInfo(request, reply, { status: created ? 201 : 200, customer }, doors)
}

async function alias(request: FastifyRequest<Subscriber>, reply: FastifyReply, doors: HubDoors): Promise<FastifyReply> {
  const { id } = request.params
  if (!isObject(request.body)) return refusedId(id, reply) ?? noBody(reply, '{"new_app_user_id": "…"}')
  const { new_app_user_id: to } = request.body
  const refused = refusedId(id, reply) ?? refusedId(to, reply)
  if (refused !== null) return refused
  const { projectId, app } = accessOf(request)
  const outcome = await doors.customers.alias(projectId, id, String(to), app === null)
  if (outcome.kind === 'refused') return sendSdkError(reply, 400, SDK_CODES.cannotAlias, outcome.reason)
  return sendInfo(request, reply, { status: 200, customer: outcome.opened.customer }, doors)
}

function noBody(reply: FastifyReply, wanted: string): FastifyReply {
  return sendSdkError(reply, 400, SDK_CODES.badRequest, `The body is no JSON object; send ${wanted}.`)
}
