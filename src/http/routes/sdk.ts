import type { FastifyInstance } from 'fastify'
import type { Gate } from '../access.ts'
import { callerOf } from '../caller.ts'
import type { HubDoors } from '../doors.ts'
import { tooMany } from '../rate-limits.ts'
import { takeJson } from '../request-body.ts'
import { promotionRoutes } from './promotions.ts'
import { absentRoutes } from './sdk/absent.ts'
import { attributeRoutes } from './sdk/attributes.ts'
import { catalogueRoutes } from './sdk/catalogue.ts'
import { eligibilityRoutes } from './sdk/eligibility.ts'
import { identityRoutes } from './sdk/identity.ts'
import { receiptRoutes } from './sdk/receipts.ts'
import { isObject } from './sdk/subscriber-id.ts'
import { telemetryRoutes } from './sdk/telemetry.ts'

/** The Purchases SDK wire. What is not here answers 404 in the SDKs' own shape. */
export function sdkRoutes(app: FastifyInstance, doors: HubDoors, gate: Gate): void {
  app.register((scope, _options, done) => {
    takeJson(scope)
    limitCustomers(scope, doors, gate)
    identityRoutes(scope, doors)
    attributeRoutes(scope, doors)
    receiptRoutes(scope, doors)
    catalogueRoutes(scope, doors)
    eligibilityRoutes(scope, doors)
    telemetryRoutes(scope)
    promotionRoutes(scope, doors)
    absentRoutes(scope, doors, gate)
    done()
  })
}

/** One customer is one device or a few: what asks more often is a loop. */
function limitCustomers(scope: FastifyInstance, doors: HubDoors, { limits }: Gate): void {
  scope.addHook('preHandler', (request, reply, done) => {
    const { id } = request.params as { readonly id?: string }
    const given = id ?? (isObject(request.body) ? request.body.app_user_id : undefined)
    if (request.access === null || typeof given !== 'string') return done()
    const wait = limits.customer(request.access.projectId, given)
    if (wait === 0) return done()
    void tooMany(request, reply, wait, callerOf(request, doors))
  })
}
