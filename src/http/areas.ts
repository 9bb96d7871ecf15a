import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.ts'
import { SDK_CODES, sendSdkError } from './sdk-error.ts'

/** The SDKs read one shape of error, everybody else another. */
export function isSdkPath(url: string): boolean {
  return /^\/(v1|rcbilling)(\/|\?|$)/.test(url)
}

/** Ends a request with one sentence, in the shape that its caller reads. */
export function refuse(request: FastifyRequest, reply: FastifyReply, status: number, sentence: string): FastifyReply {
  if (!isSdkPath(request.raw.url ?? '')) return sendProblem(reply, status, sentence)
  return sendSdkError(reply, status, sdkCodeOf(status), sentence)
}

function sdkCodeOf(status: number): number {
  if (status === 401 || status === 403) return SDK_CODES.invalidApiKey
  if (status === 503) return SDK_CODES.storeProblem
  return status >= 500 ? SDK_CODES.internal : SDK_CODES.badRequest
}
