import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { DURATIONS, type Duration } from '../../domain/grant.ts'
import { accessOf } from '../access.ts'
import type { HubDoors } from '../doors.ts'
import { SDK_CODES, sendSdkError } from '../sdk-error.ts'

interface Address {
  readonly Params: { readonly id: string; readonly entitlement: string }
}

const names = Object.keys(DURATIONS) as [Duration, ...Duration[]]
const time = z.int().positive()
const Body = z.object({
  duration: z.enum(names).optional(),
  end_time_ms: time.optional(),
  start_time_ms: time.optional(),
})

const BODY_HELP = `Send {"duration": "…"} with one of ${names.join(', ')}, or {"end_time_ms": milliseconds}; start_time_ms may be added.`

/** Grants and their revocation by the API of the reference: secret keys only. */
export function promotionRoutes(scope: FastifyInstance, doors: HubDoors): void {
  scope.route<Address>({
    method: 'POST',
    url: '/v1/subscribers/:id/entitlements/:entitlement/promotional',
    config: { policy: 'sdk' },
    handler: (request, reply) => grant(request, reply, doors),
  })
  scope.route<Address>({
    method: 'POST',
    url: '/v1/subscribers/:id/entitlements/:entitlement/revoke_promotionals',
    config: { policy: 'sdk' },
    handler: async (request, reply) => {
      const refused = refusal(request, doors)
      if (refused !== null) return refused(reply)
      const { id, entitlement } = request.params
      const revoked = await doors.promotions.revoke(accessOf(request).projectId, id, entitlement)
      return reply.code(200).send({ revoked })
    },
  })
}

async function grant(request: FastifyRequest<Address>, reply: FastifyReply, doors: HubDoors): Promise<FastifyReply> {
  const refused = refusal(request, doors)
  if (refused !== null) return refused(reply)
  const now = doors.now()
  const body = Body.safeParse(request.body)
  if (!body.success || (body.data.duration === undefined) === (body.data.end_time_ms === undefined))
    return sendSdkError(reply, 400, SDK_CODES.badRequest, BODY_HELP)
  const { duration, end_time_ms: until = 0, start_time_ms: startsAt = now } = body.data
  if (startsAt > now)
    return sendSdkError(
      reply,
      400,
      SDK_CODES.badRequest,
      'start_time_ms lies in the future; leave it out to begin now.',
    )
  if (duration === undefined && until <= startsAt)
    return sendSdkError(reply, 400, SDK_CODES.badRequest, 'end_time_ms must lie after the beginning of the grant.')
  const key = request.headers['idempotency-key']
  const granted = await doors.promotions.grant({
    projectId: accessOf(request).projectId,
    appUserId: request.params.id,
    entitlement: request.params.entitlement,
    startsAt,
    lasts: duration ?? { until },
    wish: typeof key === 'string' && key !== '' ? `key ${key}` : `at ${now}`,
  })
  return reply.code(201).send({
    app_user_id: request.params.id,
    entitlement: request.params.entitlement,
    product_identifier: granted.productId,
    purchase_date_ms: granted.startsAt,
    expires_date_ms: granted.expiresAt,
    store_transaction_id: granted.id,
  })
}

/** The answer to an address that names no customer or no entitlement; null when both are good. */
function refusal(request: FastifyRequest<Address>, doors: HubDoors): ((reply: FastifyReply) => FastifyReply) | null {
  const { id, entitlement } = request.params
  const wrongId = refuseAppUserId(id)
  if (wrongId !== null) {
    const code = wrongId.fault === 'empty' ? SDK_CODES.emptyAppUserId : SDK_CODES.invalidAppUserId
    return (reply) => sendSdkError(reply, 400, code, wrongId.message)
  }
  const project = doors.settings.current().project(accessOf(request).projectId)
  if (project !== undefined && Object.hasOwn(project.entitlements, entitlement)) return null
  const message =
    'The project has no entitlement of this name; add it under `entitlements` of the project, or correct the address.'
  return (reply) => sendSdkError(reply, 404, SDK_CODES.badRequest, message)
}
