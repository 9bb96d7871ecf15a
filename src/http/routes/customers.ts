import { z } from 'zod'
import type { LedgerRow, PurchaseRow } from '../../storage/rows.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { AttributesSchema, toApiAttributes } from '../event-json.ts'
import { isoOf } from '../json-text.ts'
import { ListedEventSchema, toListedEvent } from './events.ts'

const time = z.iso.datetime()
/** Events on the timeline; the rest is read by `/events?customer=`. */
const TIMELINE = 50

const TransactionSchema = z.object({
  reason: z.enum(['charge', 'refund', 'reversal', 'history', 'correction']),
  transaction_id: z.string(),
  product_id: z.string(),
  at: time,
  recorded_at: time,
  micros: z.int().nullable().describe('Signed; null when the price is unknown.'),
  currency: z.string().nullable(),
  commission_ppm: z.int(),
  tax_ppm: z.int(),
  event_id: z.string().nullable(),
})

const CustomerSchema = z
  .object({
    original_app_user_id: z.string(),
    last_seen_app_user_id: z.string(),
    aliases: z.array(z.string()),
    first_seen_at: time,
    last_seen_at: time,
    attributes: AttributesSchema,
    purchases: z.array(
      z.object({
        app_id: z.string(),
        store: z.string(),
        environment: z.enum(['production', 'sandbox']),
        chain: z.string().describe("The store's own lasting id of it."),
        line: z.string(),
        transactions: z.array(TransactionSchema),
      }),
    ),
    timeline: z.array(ListedEventSchema).describe(`The ${TIMELINE} newest events.`),
  })
  .meta({ id: 'Customer' })

export function customerRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/customers/:id',
    config: { policy: 'project_key' },
    schema: {
      tags: ['customers'],
      summary: 'A customer by any app user id',
      params: ItemParams,
      response: answers(CustomerSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const customer = await doors.reads.getCustomer(projectId, request.params.id)
      if (customer === null) return absent(reply, 'customer')
      const [purchases, timeline] = await Promise.all([
        doors.reads.listPurchases(projectId, customer.id),
        doors.reads.listEvents({
          projectId,
          after: null,
          before: null,
          types: [],
          customer: request.params.id,
          environment: null,
          limit: TIMELINE,
        }),
      ])
      const ledgers = await Promise.all(purchases.map(({ key }) => doors.reads.listLedger(projectId, key)))
      return reply.send({
        original_app_user_id: customer.originalAppUserId,
        last_seen_app_user_id: customer.lastSeenAppUserId,
        aliases: [...customer.aliases],
        first_seen_at: isoOf(customer.firstSeenAt),
        last_seen_at: isoOf(customer.lastSeenAt),
        attributes: toApiAttributes(customer.attributes),
        purchases: purchases.map((purchase, index) => toApiPurchase(purchase, ledgers[index] ?? [])),
        timeline: timeline.items.map(toListedEvent),
      })
    },
  })
}

function toApiPurchase({ key, appId }: PurchaseRow, ledger: readonly LedgerRow[]) {
  return {
    app_id: appId,
    store: key.store,
    environment: key.environment,
    chain: key.chain,
    line: key.line,
    transactions: ledger.map((row) => ({
      reason: row.reason,
      transaction_id: row.transactionId,
      product_id: row.productId,
      at: isoOf(row.at),
      recorded_at: isoOf(row.recordedAt),
      micros: row.micros,
      currency: row.currency,
      commission_ppm: row.commissionPpm,
      tax_ppm: row.taxPpm,
      event_id: row.eventId,
    })),
  }
}
