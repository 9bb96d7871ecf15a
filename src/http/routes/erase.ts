import type { FastifyInstance } from 'fastify'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { accessOf } from '../access.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { SDK_CODES, sendSdkError } from '../sdk-error.ts'

/**
 * `DELETE /v1/subscribers/{id}`, for backends that have it already: https://www.revenuecat.com/docs/api-v1#tag/customers
 * Asked again it answers the same: there is nobody of this id.
 */
export function eraseSubscriberRoute(scope: FastifyInstance, doors: HubDoors): void {
  scope.route<{ Params: { readonly id: string } }>({
    method: 'DELETE',
    url: '/v1/subscribers/:id',
    config: { policy: 'sdk' },
    handler: async (request, reply) => {
      const { id } = request.params
      const refusal = refuseAppUserId(id)
      if (refusal !== null) {
        const code = refusal.fault === 'empty' ? SDK_CODES.emptyAppUserId : SDK_CODES.invalidAppUserId
        return sendSdkError(reply, 400, code, refusal.message)
      }
      const done = await doors.erasures.erase(accessOf(request).projectId, id)
      if (done !== 'absent') await recordAct(request, doors, { act: 'erase', kind: 'customer', id: 'erased' })
      return reply.code(200).send({ app_user_id: id })
    },
  })
}
