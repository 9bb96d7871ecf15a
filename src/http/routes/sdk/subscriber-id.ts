import type { FastifyReply } from 'fastify'
import { refuseAppUserId } from '../../../customers/app-user-id.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'

/** An address with the id of a customer in it. */
export interface Subscriber {
  readonly Params: { readonly id: string }
}

/** Answers for an id that may be nobody's; null when it is good. */
export function refusedId(id: unknown, reply: FastifyReply): FastifyReply | null {
  if (typeof id !== 'string') {
    const message = 'The body names no app user id as text; send the id of the customer.'
    return sendSdkError(
      reply,
      400,
      id === undefined || id === null ? SDK_CODES.emptyAppUserId : SDK_CODES.invalidAppUserId,
      message,
    )
  }
  const refusal = refuseAppUserId(id)
  if (refusal === null) return null
  const code = refusal.fault === 'empty' ? SDK_CODES.emptyAppUserId : SDK_CODES.invalidAppUserId
  return sendSdkError(reply, 400, code, refusal.message)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
