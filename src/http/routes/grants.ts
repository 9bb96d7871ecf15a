import { z } from 'zod'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { DURATIONS, type Duration } from '../../domain/grant.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { sendProblem } from '../problem.ts'
import { CustomerSchema, customerPage } from './customers.ts'

const names = Object.keys(DURATIONS) as [Duration, ...Duration[]]

const GrantBody = z
  .strictObject({
    entitlement: z.string().min(1).max(200),
    duration: z.enum(names).optional(),
    end_time_ms: z.int().positive().optional().describe('In place of a duration: when it ends.'),
  })
  .refine(({ duration, end_time_ms }) => (duration === undefined) !== (end_time_ms === undefined), {
    path: ['duration'],
    message: 'or end_time_ms: send one of the two',
  })

/** Grants by hand: the same as the SDK wire's promotional grants, for whoever may act on customers. */
export function grantRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/customers/:id/grants',
    config: { policy: 'project', may: 'customers' },
    schema: {
      tags: ['customers'],
      summary: 'Grant an entitlement for a while or for ever; makes the customer when it is new',
      description: 'With the header idempotency-key the same wish is granted once.',
      params: ItemParams,
      body: GrantBody,
      response: answers(CustomerSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const { entitlement, duration, end_time_ms: until = 0 } = request.body
      const refusal = refuseAppUserId(id)
      if (refusal !== null) return sendProblem(reply as never, 400, refusal.message)
      const project = doors.settings.current().project(projectId)
      if (project === undefined || !Object.hasOwn(project.entitlements, entitlement)) {
        const message = 'is no entitlement of the project; add it under its entitlements first'
        return sendProblem(reply as never, 400, `"${entitlement}" ${message}.`, {
          errors: [{ at: 'entitlement', message }],
        })
      }
      const now = doors.now()
      if (duration === undefined && until <= now) {
        const message = 'lies in the past; choose a time that is still to come'
        return sendProblem(reply as never, 400, `end_time_ms ${message}.`, { errors: [{ at: 'end_time_ms', message }] })
      }
      const key = request.headers['idempotency-key']
      const wish = typeof key === 'string' && key !== '' ? `key ${key}` : `at ${now}`
      await doors.promotions.grant({
        projectId,
        appUserId: id,
        entitlement,
        startsAt: now,
        lasts: duration ?? { until },
        wish,
      })
      const changes = [
        { path: `entitlements.${entitlement}`, from: null, to: duration ?? new Date(until).toISOString() },
      ]
      await recordAct(request, doors, { act: 'grant', kind: 'customer', id, changes })
      const page = await customerPage(doors, accessOf(request), id)
      return page === null ? absent(reply, 'customer') : reply.send(page)
    },
  })

  api.route({
    method: 'DELETE',
    url: '/projects/:project/customers/:id/grants/:entitlement',
    config: { policy: 'project', may: 'customers' },
    schema: {
      tags: ['customers'],
      summary: 'Take back the grants of an entitlement that are in force',
      params: ItemParams.extend({ entitlement: z.string().min(1).max(200) }),
      response: answers(z.object({ revoked: z.int().describe('Grants that were in force.') })),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id, entitlement } = request.params
      if ((await doors.reads.getCustomer(projectId, id)) === null) return absent(reply, 'customer')
      const revoked = await doors.promotions.revoke(projectId, id, entitlement)
      const changes = [{ path: `entitlements.${entitlement}`, from: 'granted', to: null }]
      if (revoked > 0) await recordAct(request, doors, { act: 'revoke', kind: 'customer', id, changes })
      return reply.send({ revoked })
    },
  })
}
