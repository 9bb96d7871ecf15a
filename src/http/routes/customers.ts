import { z } from 'zod'
import { hasControl, refuseAppUserId } from '../../customers/app-user-id.ts'
import { isErasedId } from '../../domain/erased.ts'
import { type Access, accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, limit, ProjectParams, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import {
  CustomerSummarySchema,
  EntitlementSchema,
  entitlementsNow,
  PurchaseSchema,
  purchaseOf,
  SpentSchema,
  spentOf,
  toApiCustomer,
  toApiPurchase,
} from '../customer-json.ts'
import type { HubDoors } from '../doors.ts'
import { AttributesSchema, toApiAttributes } from '../event-json.ts'
import { seesPersonal } from '../personal.ts'
import { sendProblem } from '../problem.ts'
import { ListedEventSchema, toListedEvent } from './events.ts'
import { exportRoute } from './export.ts'
import { timelineRoute } from './timeline.ts'

/** Events on a customer's page; the rest is read by its timeline. */
const TIMELINE = 50

/** Longer than other places: it holds an id. */
const searchCursor = z
  .string()
  .max(2_000)
  .regex(/^[\w-]*$/, 'is no place that this API gave; pass a `next` back as it came')

const CustomersQuery = z.strictObject({
  query: z
    .string()
    .max(500)
    .refine((text) => !hasControl(text), 'holds a control character')
    .default('')
    .describe('Beginning of an app user id or of an e-mail address, or a whole transaction id, token or order id.'),
  after: searchCursor.optional(),
  limit,
})

export const CustomerSchema = CustomerSummarySchema.extend({
  spent: SpentSchema.describe('In production, gross, less refunds.'),
  entitlements: z.array(EntitlementSchema).describe('As the SDKs are told at this moment.'),
  purchases: z.array(PurchaseSchema),
  timeline: z.array(ListedEventSchema).describe(`The ${TIMELINE} newest events.`),
}).meta({ id: 'Customer' })

export function customerRoutes(api: Api, doors: HubDoors): void {
  searchRoute(api, doors)
  customerRoute(api, doors)
  timelineRoute(api, doors)
  exportRoute(api, doors)
  attributesRoutes(api, doors)
  eraseRoute(api, doors)
}

function searchRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/customers',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['customers'],
      summary: 'Customers by id, e-mail or transaction; without a query, newest seen first',
      params: ProjectParams,
      querystring: CustomersQuery,
      response: answers(pageOf(CustomerSummarySchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { query, after, limit } = request.query
      const page = await doors.reads.searchCustomers({ projectId, query, after: after ?? null, limit })
      const personal = seesPersonal(accessOf(request))
      return reply.send({ items: page.items.map((one) => toApiCustomer(one, personal)), next: page.next })
    },
  })
}

function customerRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/customers/:id',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['customers'],
      summary: 'A customer by any app user id',
      params: ItemParams,
      response: answers(CustomerSchema),
    },
    handler: async (request, reply) => {
      const page = await customerPage(doors, accessOf(request), request.params.id)
      return page === null ? absent(reply, 'customer') : reply.send(page)
    },
  })
}

/** A customer's page; null where nobody has the id. */
export async function customerPage(
  doors: HubDoors,
  access: Access,
  appUserId: string,
): Promise<z.infer<typeof CustomerSchema> | null> {
  const { projectId } = access
  const personal = seesPersonal(access)
  const project = doors.settings.current().project(projectId)
  const customer = await doors.reads.getCustomer(projectId, appUserId)
  if (customer === null || project === undefined) return null
  const [purchases, timeline] = await Promise.all([
    doors.reads.listPurchases(projectId, customer.id),
    doors.reads.listEvents({
      projectId,
      after: null,
      before: null,
      types: [],
      customer: appUserId,
      environment: null,
      limit: TIMELINE,
    }),
  ])
  const ledgers = await Promise.all(purchases.map(({ key }) => doors.reads.listLedger(projectId, key)))
  const now = doors.now()
  return {
    ...toApiCustomer(customer, personal),
    spent: spentOf(ledgers),
    entitlements: [...entitlementsNow(customer, purchases.map(purchaseOf), project, now)],
    purchases: purchases.map((purchase, index) => toApiPurchase(purchase, ledgers[index] ?? [], now)),
    timeline: timeline.items.map((one) => toListedEvent(one, personal)),
  }
}

const AttributesBody = z.strictObject({
  attributes: z.record(
    z.string().max(200),
    z.strictObject({
      value: z.string().max(10_000).nullable().describe('null deletes.'),
      updated_at_ms: z.number().nullable().optional().describe('When it was changed; left out: now.'),
    }),
  ),
})

const SetAttributesSchema = z
  .object({
    attributes: AttributesSchema,
    errors: z.array(z.object({ key: z.string(), message: z.string() })).describe('The keys that were not stored.'),
  })
  .meta({ id: 'SetAttributes' })

function attributesRoutes(api: Api, doors: HubDoors): void {
  for (const method of ['POST', 'PUT'] as const) {
    api.route({
      method,
      url: '/projects/:project/customers/:id/attributes',
      config: { policy: 'project', may: 'customers' },
      schema: {
        tags: ['customers'],
        summary: 'Set attributes; makes the customer when it is new',
        params: ItemParams,
        body: AttributesBody,
        response: answers(SetAttributesSchema),
      },
      handler: async (request, reply) => {
        const { projectId } = accessOf(request)
        const { id } = request.params
        const refusal = refuseAppUserId(id)
        if (refusal !== null) return sendProblem(reply, 400, refusal.message)
        const changes = Object.entries(request.body.attributes).map(([key, { value, updated_at_ms: at }]) => ({
          key,
          value,
          updatedAt: at ?? null,
        }))
        const errors = await doors.customers.setAttributes(projectId, id, changes)
        await recordAct(request, doors, { act: 'set attributes', kind: 'customer', id })
        const customer = await doors.reads.getCustomer(projectId, id)
        return reply.send({
          attributes: toApiAttributes(customer?.attributes ?? {}, seesPersonal(accessOf(request))),
          errors: errors.map(({ keyName, message }) => ({ key: keyName, message })),
        })
      },
    })
  }
}

const ErasedSchema = z
  .object({
    erased: z.literal(true),
    finished: z
      .boolean()
      .describe('false: a request under way still needs some of it; the rest goes when it has ended.'),
  })
  .meta({ id: 'Erased' })

function eraseRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'DELETE',
    url: '/projects/:project/customers/:id',
    config: { policy: 'project', may: 'customers' },
    schema: {
      tags: ['customers'],
      summary: 'Erase a person: ids, attributes and messages go, money and dates stay under a random id',
      params: ItemParams,
      response: answers(ErasedSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      // Who was erased is nobody: there is nothing left to erase.
      if (isErasedId(request.params.id)) return absent(reply, 'customer')
      const done = await doors.erasures.erase(projectId, request.params.id)
      if (done === 'absent') return absent(reply, 'customer')
      await recordAct(request, doors, { act: 'erase', kind: 'customer', id: 'erased' })
      return reply.send({ erased: true, finished: done === 'erased' })
    },
  })
}
