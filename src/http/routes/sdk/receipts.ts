import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../../domain/project.ts'
import { accessOf } from '../../access.ts'
import type { HubDoors, PostedReceipt, ReceiptOutcome } from '../../doors.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'
import { sendInfo } from './answers.ts'
import { attributeFault } from './attributes.ts'
import { appOfRequest } from './receipt-app.ts'
import { RECEIPT_BYTES, type ReceiptBody, readReceiptBody } from './receipt-body.ts'
import { isObject, refusedId } from './subscriber-id.ts'

/** Purchases that a device or a backend shows. */
export function receiptRoutes(scope: FastifyInstance, doors: HubDoors): void {
  scope.route({
    method: 'POST',
    url: '/v1/receipts',
    bodyLimit: RECEIPT_BYTES,
    config: { policy: 'sdk_public', heldByDevice: true },
    handler: (request, reply) => postReceipt(request, reply, doors),
  })
  scope.route<{ Params: { readonly user: string; readonly receipt: string } }>({
    method: 'GET',
    url: '/v1/receipts/amazon/:user/:receipt',
    config: { policy: 'sdk_public' },
    handler: async (request, reply) => {
      const { user, receipt } = request.params
      const found = appOfRequest(request, { token: null, storeUserId: user }, doors.settings.current())
      if (found.kind === 'unclear') return sendSdkError(reply, 400, SDK_CODES.invalidPlatform, found.reason)
      if (found.app.store !== 'amazon') return notAmazon(reply)
      const read = await doors.receipts.amazonReceipt(found.app, user, receipt)
      switch (read.kind) {
        case 'read':
          return reply.code(200).send(read.body)
        case 'absent':
          return sendSdkError(reply, 404, SDK_CODES.notFound, read.reason)
        default:
          return sendUnverified(reply, read, found.app)
      }
    },
  })
}

function notAmazon(reply: FastifyReply): FastifyReply {
  return sendSdkError(
    reply,
    400,
    SDK_CODES.invalidPlatform,
    'This key is not of an Amazon app, and only Amazon has such receipts; use the key of the Amazon app.',
  )
}

async function postReceipt(request: FastifyRequest, reply: FastifyReply, doors: HubDoors): Promise<FastifyReply> {
  if (!isObject(request.body))
    return sendSdkError(
      reply,
      400,
      SDK_CODES.badRequest,
      'The body is no JSON object; send app_user_id and fetch_token.',
    )
  const { app_user_id: appUserId } = request.body
  const refused = refusedId(appUserId, reply)
  if (refused !== null) return refused
  const body = readReceiptBody(request.body, request.headers['x-storefront'])
  if (body.token === null && body.appTransaction) return nothingBought(request, reply, String(appUserId), body, doors)
  if (body.token === null) {
    const sentence =
      'The body has no fetch_token, and without one there is nothing to verify; send what the store gave.'
    return sendSdkError(reply, 400, SDK_CODES.badRequest, sentence)
  }
  const found = appOfRequest(request, body, doors.settings.current())
  if (found.kind === 'unclear') return sendSdkError(reply, 400, SDK_CODES.invalidPlatform, found.reason)
  const outcome = await doors.receipts.post(posted(request, found.app, String(appUserId), body, body.token))
  return sendOutcome(request, reply, outcome, { app: found.app, body, doors })
}

function posted(request: FastifyRequest, app: App, appUserId: string, body: ReceiptBody, token: string): PostedReceipt {
  const { productIds, storeUserId, price, countryCode, restore, offeringId, attributes } = body
  return {
    app,
    appUserId,
    shown: { kind: 'token', token },
    productIds,
    storeUserId,
    sandbox: sandboxOf(request.headers['x-is-sandbox']),
    price,
    countryCode,
    restore,
    offeringId,
    attributes: attributes.changes,
  }
}

function sandboxOf(header: unknown): boolean | null {
  if (header === 'true') return true
  return header === 'false' ? false : null
}

/** With StoreKit 2 the device shows the app itself before anything was bought in it: a customer, and nothing to verify. */
async function nothingBought(
  request: FastifyRequest,
  reply: FastifyReply,
  appUserId: string,
  { attributes }: ReceiptBody,
  doors: HubDoors,
): Promise<FastifyReply> {
  const { projectId } = accessOf(request)
  const stored =
    attributes.changes.length === 0 ? [] : await doors.customers.setAttributes(projectId, appUserId, attributes.changes)
  const { customer } = await doors.customers.open(projectId, appUserId)
  const more = attributesAnswer([...attributes.errors, ...stored])
  return sendInfo(request, reply, { status: 200, customer, more }, doors)
}

function attributesAnswer(errors: ReceiptBody['attributes']['errors']): Readonly<Record<string, unknown>> {
  return errors.length === 0 ? {} : { attributes_error_response: attributeFault(errors) }
}

async function sendOutcome(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: ReceiptOutcome,
  { app, body, doors }: { readonly app: App; readonly body: ReceiptBody; readonly doors: HubDoors },
): Promise<FastifyReply> {
  switch (outcome.kind) {
    case 'taken': {
      const more = attributesAnswer([...body.attributes.errors, ...outcome.attributeErrors])
      return sendInfo(request, reply, { status: 200, customer: outcome.customer, more }, doors)
    }
    case 'refused':
      return sendSdkError(
        reply,
        outcome.why === 'cannot_transfer' ? 409 : 400,
        codeOf(outcome.why, app),
        outcome.reason,
      )
    default:
      return sendUnverified(reply, outcome, app)
  }
}

function codeOf(why: Extract<ReceiptOutcome, { kind: 'refused' }>['why'], app: App): number {
  switch (why) {
    case 'invalid_receipt':
      return SDK_CODES.invalidReceipt
    case 'product_missing':
      return app.store === 'play_store' ? SDK_CODES.googleProductMissing : SDK_CODES.productMissing
    case 'cannot_transfer':
      return SDK_CODES.cannotTransfer
    case 'no_such_store':
      return SDK_CODES.invalidPlatform
  }
}

/**
 * Nobody knows whether it is valid, so it must come again: a 4xx would have the SDK finish the transaction. Wrong
 * credentials are put right sooner or later, and the device has kept the receipt till then.
 */
function sendUnverified(
  reply: FastifyReply,
  outcome:
    | { readonly kind: 'credentials'; readonly reason: string }
    | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterS: number },
  app: App,
): FastifyReply {
  const [code, seconds] =
    outcome.kind === 'unavailable'
      ? [SDK_CODES.storeProblem, outcome.retryAfterS]
      : [app.store === 'play_store' ? SDK_CODES.storeCredentials : SDK_CODES.storeProblem, CREDENTIALS_RETRY_S]
  void reply.header('retry-after', String(seconds))
  // What the store said of the credentials is for the team's log, not for every device.
  return sendSdkError(reply, 503, code, outcome.kind === 'unavailable' ? outcome.reason : NO_CREDENTIALS)
}

const NO_CREDENTIALS =
  'The store did not take the credentials of this app, so the receipt could not be verified; correct them in its settings.'

/** Refused credentials are probed every five minutes. */
const CREDENTIALS_RETRY_S = 300
