import type { FastifyReply } from 'fastify'

/**
 * The codes that the Purchases SDKs map: BackendErrorCode of purchases-ios, purchases-android and purchases-js (August
 * 2026). What an app hears of one is in docs/sdk.md.
 */
export const SDK_CODES = {
  invalidPlatform: 7000,
  storeProblem: 7101,
  cannotTransfer: 7102,
  invalidReceipt: 7103,
  googleProductMissing: 7106,
  storeCredentials: 7107,
  internal: 7110,
  emptyAppUserId: 7220,
  invalidAuthorization: 7224,
  invalidApiKey: 7225,
  badRequest: 7226,
  notSigned: 7231,
  cannotAlias: 7255,
  invalidAppUserId: 7256,
  notFound: 7259,
  invalidAttributes: 7263,
  invalidAttributesBody: 7264,
  productMissing: 7712,
} as const

export function sendSdkError(
  reply: FastifyReply,
  status: number,
  code: number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ code, message, ...more }))
}
