import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { hasControl } from '../customers/app-user-id.ts'
import { Problem, sendProblem } from './problem.ts'

/** What the routes under /api have in common. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Names in paths: no control character, no line feed, which separates the parts of our own keys. */
const name = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !hasControl(text), 'holds a control character')

export const ProjectParams = z.object({ project: name })
export const ItemParams = z.object({ project: name, id: name })

export const limit = z.coerce.number().int().min(1).max(200).default(50).describe('Items on a page.')

/** A switch in a query. */
export const flag = z
  .enum(['true', 'false', '1', '0'])
  .default('false')
  .transform((given) => given === 'true' || given === '1')

/** Who may change it: the dashboard, or the config file that declares it. */
export const Managed = z.enum(['file', 'dashboard']).describe('What a file manages is changed in the file.')

/** A place in a list: opaque, given back as it came. */
export const cursor = z
  .string()
  .max(300)
  .regex(/^[\w:.,~=+/-]*$/, 'is no place that this API gave; pass a `next` back as it came')

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Ask for the next page with it; null at the end.'),
  })
}

/** `200` as said, everything else a problem. */
export function answers<T extends z.ZodType>(success: T) {
  return {
    200: success,
    default: { description: 'A problem, as RFC 9457.', content: { 'application/problem+json': { schema: Problem } } },
  }
}

export function absent(reply: unknown, what: string): FastifyReply {
  return sendProblem(reply as FastifyReply, 404, `There is no such ${what} in this project; check its id.`)
}

export function conflict(reply: unknown, sentence: string): FastifyReply {
  return sendProblem(reply as FastifyReply, 409, sentence)
}
