import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'

/** Errors of the API: RFC 9457. `detail` is one sentence with the fix. https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    request_id: z.string().describe('Also in the header `x-request-id` and in the log.'),
    errors: z
      .array(z.object({ at: z.string(), message: z.string() }))
      .optional()
      .describe('The parameters that were refused.'),
    faults: z.array(z.string()).optional().describe('The lines of a config file that were refused.'),
  })
  .meta({ id: 'Problem' })

export type ProblemBody = z.infer<typeof Problem>

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

export function sendProblem(
  reply: FastifyReply,
  status: number,
  detail: string,
  more: Partial<Pick<ProblemBody, 'errors' | 'faults'>> = {},
): FastifyReply {
  const problem: ProblemBody = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    request_id: reply.request.id,
    ...more,
  }
  // As text: the error of a route never passes through the schema of its success.
  return reply.code(status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}
