import type { FastifyReply } from 'fastify'

/** The codes that the Purchases SDKs map: ErrorCode of purchases-ios, BackendErrorCode of purchases-android. */
export const SDK_CODES = {
  internal: 7110,
  emptyAppUserId: 7220,
  invalidApiKey: 7225,
  badRequest: 7226,
  invalidAppUserId: 7256,
  invalidAttributes: 7263,
  invalidAttributesBody: 7264,
  storeProblem: 7101,
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
