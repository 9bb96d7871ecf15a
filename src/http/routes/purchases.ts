import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { ENVIRONMENTS, STORES } from '../../domain/purchase.ts'
import { bareReceipt } from '../../ingest/receipts.ts'
import type { Shown } from '../../stores/store.ts'
import { accessOf } from '../access.ts'
import { type Api, answers, ProjectParams } from '../api-shapes.ts'
import type { HubDoors, ReceiptOutcome } from '../doors.ts'
import { sendProblem } from '../problem.ts'

const shown = z.string().min(1)

const ClaimBody = z
  .object({
    app: z.string().min(1).max(200).describe('Id of the app that sold it.'),
    app_user_id: z.string().max(400).describe('Whose it is.'),
    token: shown
      .optional()
      .describe('What the store gave the device: a purchase token, a signed transaction, a receipt.'),
    transaction_id: shown.max(500).optional().describe("The store's id of one transaction or order."),
    subscription_id: shown.max(500).optional().describe("The store's id of the subscription."),
    store_user_id: shown.max(500).optional().describe("Amazon's id of its user, without which it verifies no receipt."),
  })
  .refine(
    ({ token, transaction_id, subscription_id }) =>
      [token, transaction_id, subscription_id].filter((one) => one !== undefined).length === 1,
    { message: 'send exactly one of token, transaction_id and subscription_id', path: ['token'] },
  )

const ClaimedSchema = z
  .object({
    app_user_id: z.string(),
    original_app_user_id: z.string(),
    purchases: z.array(
      z.object({
        store: z.enum(STORES),
        environment: z.enum(ENVIRONMENTS),
        chain: z.string().describe("The store's own lasting id of it."),
        line: z.string(),
      }),
    ),
  })
  .meta({ id: 'Claimed' })

/** Large enough for an app receipt, which holds every purchase of its customer. */
const CLAIM_BYTES = 4 * 1024 * 1024

/** Claims: whose a purchase is, said by a backend that has no SDK in its app. */
export function purchaseRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/purchases',
    bodyLimit: CLAIM_BYTES,
    config: { policy: 'project', may: 'customers' },
    schema: {
      tags: ['customers'],
      summary: 'Says whose a purchase is, after it was verified with its store',
      params: ProjectParams,
      body: ClaimBody,
      response: answers(ClaimedSchema),
    },
    handler: async (request, reply) => {
      const { app: appId, app_user_id: appUserId, ...what } = request.body
      const app = doors.settings.current().app(accessOf(request).projectId, appId)
      if (app === undefined)
        return unprocessable(reply, `The project has no app ${JSON.stringify(appId)}; name one of its apps.`)
      const refusal = refuseAppUserId(appUserId)
      if (refusal !== null) return unprocessable(reply, refusal.message)
      const receipt = bareReceipt(app, appUserId, shownOf(what))
      const outcome = await doors.receipts.post({ ...receipt, storeUserId: what.store_user_id ?? null })
      if (outcome.kind !== 'taken') return sendRefusal(reply, outcome)
      return reply.send({
        app_user_id: appUserId,
        original_app_user_id: outcome.customer.originalAppUserId,
        purchases: outcome.purchases.map(({ store, environment, chain, line }) => ({
          store,
          environment,
          chain,
          line,
        })),
      })
    },
  })
}

function shownOf(what: {
  readonly token?: string | undefined
  readonly transaction_id?: string | undefined
  readonly subscription_id?: string | undefined
}): Shown {
  if (what.transaction_id !== undefined) return { kind: 'transaction', id: what.transaction_id }
  if (what.subscription_id !== undefined) return { kind: 'subscription', id: what.subscription_id }
  return { kind: 'token', token: what.token ?? '' }
}

function sendRefusal(reply: unknown, outcome: Exclude<ReceiptOutcome, { kind: 'taken' }>): FastifyReply {
  const to = reply as FastifyReply
  switch (outcome.kind) {
    case 'refused':
      return sendProblem(to, outcome.why === 'cannot_transfer' ? 409 : 422, outcome.reason)
    case 'credentials':
      return sendProblem(to, 502, outcome.reason)
    case 'unavailable':
      void to.header('retry-after', String(outcome.retryAfterS))
      return sendProblem(to, 503, outcome.reason)
  }
}

function unprocessable(reply: unknown, sentence: string): FastifyReply {
  return sendProblem(reply as FastifyReply, 422, sentence)
}
