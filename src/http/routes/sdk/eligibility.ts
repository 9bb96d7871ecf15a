import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasControl } from '../../../customers/app-user-id.ts'
import type { Purchase } from '../../../domain/purchase-state.ts'
import { accessOf } from '../../access.ts'
import type { HubDoors } from '../../doors.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'
import { purchasesOf } from './answers.ts'
import { appOfRequest } from './receipt-app.ts'
import { RECEIPT_BYTES } from './receipt-body.ts'
import { isObject, refusedId, type Subscriber } from './subscriber-id.ts'

const MOST_PRODUCTS = 200
const MOST_OFFERS = 100

/** What a customer may still have: an introductory price, a signed offer, a purchase of somebody else. */
export function eligibilityRoutes(scope: FastifyInstance, doors: HubDoors): void {
  scope.route<Subscriber>({
    method: 'POST',
    url: '/v1/subscribers/:id/intro_eligibility',
    bodyLimit: RECEIPT_BYTES,
    config: { policy: 'sdk_public' },
    handler: (request, reply) => introEligibility(request, reply, doors),
  })
  scope.route<Subscriber>({
    method: 'POST',
    url: '/v1/subscribers/:id/restore/eligibility',
    bodyLimit: RECEIPT_BYTES,
    config: { policy: 'sdk_public' },
    handler: (request, reply) => restoreEligibility(request, reply, doors),
  })
  scope.route({
    method: 'POST',
    url: '/v1/offers',
    bodyLimit: RECEIPT_BYTES,
    config: { policy: 'sdk_public' },
    handler: async (request, reply) => reply.code(200).send({ offers: unsigned(request.body) }),
  })
}

/**
 * Only what is known: false for a product whose trial or introductory price the customer has had, null for all else. Who
 * never had one here may have had one before us, or of another product of the group.
 */
async function introEligibility(
  request: FastifyRequest<Subscriber>,
  reply: FastifyReply,
  doors: HubDoors,
): Promise<FastifyReply> {
  const refused = refusedId(request.params.id, reply)
  if (refused !== null) return refused
  const asked =
    isObject(request.body) && Array.isArray(request.body.product_identifiers) ? request.body.product_identifiers : null
  if (asked === null)
    return sendSdkError(reply, 400, SDK_CODES.badRequest, 'The body has no list "product_identifiers"; send one.')
  const customer = await doors.reads.getCustomer(accessOf(request).projectId, request.params.id)
  const had = introduced(customer === null ? [] : await purchasesOf(customer, doors))
  const products = asked.slice(0, MOST_PRODUCTS).filter((id) => typeof id === 'string' && id !== '' && !hasControl(id))
  return reply.code(200).send(Object.fromEntries(products.map((id) => [id, had.has(id) ? false : null])))
}

function introduced(purchases: readonly Purchase[]): ReadonlySet<string> {
  const products = new Set<string>()
  for (const { facts } of purchases) {
    for (const fact of facts) {
      if (fact.kind === 'period' && (fact.periodType === 'TRIAL' || fact.periodType === 'INTRO'))
        products.add(fact.productId)
    }
  }
  return products
}

async function restoreEligibility(
  request: FastifyRequest<Subscriber>,
  reply: FastifyReply,
  doors: HubDoors,
): Promise<FastifyReply> {
  const { id } = request.params
  const refused = refusedId(id, reply)
  if (refused !== null) return refused
  const token = isObject(request.body) ? request.body.fetch_token : undefined
  if (typeof token !== 'string' || token === '')
    return sendSdkError(
      reply,
      400,
      SDK_CODES.badRequest,
      'The body has no fetch_token; send the transaction to restore.',
    )
  const found = appOfRequest(request, { token, storeUserId: null }, doors.settings.current())
  if (found.kind === 'unclear') return sendSdkError(reply, 400, SDK_CODES.invalidPlatform, found.reason)
  const allowed = await doors.receipts.mayRestore(found.app, id, token)
  return reply.code(200).send({ is_purchase_allowed_by_restore_behavior: allowed })
}

/** Every offer that was asked for, with the reason why it is not signed: the SDKs read an error of each. */
function unsigned(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  const asked = isObject(body) && Array.isArray(body.generate_offers) ? body.generate_offers : []
  return asked
    .slice(0, MOST_OFFERS)
    .filter(isObject)
    .map(({ offer_id, product_id }) => ({
      offer_id: textOr(offer_id),
      product_id: textOr(product_id),
      // Text also where there is no key: PostOfferResponse of purchases-ios reads none of the answer otherwise.
      key_id: '',
      signature_error: {
        code: SDK_CODES.notSigned,
        message: 'Promotional offers are not signed here, since no subscription key is set up; sell without the offer.',
      },
    }))
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : ''
}
