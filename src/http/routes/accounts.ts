import { z } from 'zod'
import { THE_OPERATOR } from '../../members/links.ts'
import { type Api, answers } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { sendProblem } from '../problem.ts'
import { EMAIL } from './session.ts'

const AccountSchema = z.object({
  email: z.string(),
  name: z.string(),
  hub_owner: z.boolean(),
  disabled: z.boolean(),
  created_at: z.iso.datetime(),
  last_seen_at: z.iso.datetime().nullable(),
})

const MOST_LISTED = 1000

/** For the operator: `tributary members`, so that nobody stays locked out. */
export function accountRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/accounts/list',
    config: { policy: 'operator' },
    schema: {
      tags: ['members'],
      summary: 'Everybody who has an account',
      response: answers(z.object({ items: z.array(AccountSchema) })),
    },
    handler: async (_request, reply) => {
      const accounts = await doors.members.accounts('', MOST_LISTED)
      return reply.send({
        items: accounts.map((one) => ({
          email: one.email,
          name: one.name,
          hub_owner: one.hubOwner,
          disabled: one.disabled,
          created_at: isoOf(one.createdAt),
          last_seen_at: one.lastSeenAt === null ? null : isoOf(one.lastSeenAt),
        })),
      })
    },
  })

  api.route({
    method: 'POST',
    url: '/accounts/link',
    config: { policy: 'operator' },
    schema: {
      tags: ['members'],
      summary: 'A one-time link: to sign in as an account, or to set up the first',
      body: z.strictObject({ email: EMAIL.optional() }),
      response: answers(
        z.object({
          kind: z.enum(['setup', 'sign_in']),
          path: z.string().describe('Behind the address of the dashboard.'),
        }),
      ),
    },
    handler: async (request, reply) => {
      const { email } = request.body
      const token =
        email === undefined ? await doors.members.setupToken() : await doors.members.signInToken(email, THE_OPERATOR)
      if (token === null) {
        return sendProblem(
          reply,
          409,
          email === undefined
            ? 'The hub is set up already; name the account that the link is for, by its e-mail address.'
            : 'No account that may sign in has this address; see tributary members list.',
        )
      }
      request.log.info(
        { act: 'make a link', for: email ?? 'set-up', by: 'operator', request_id: request.id },
        'An act through the API',
      )
      return reply.send({ kind: email === undefined ? 'setup' : 'sign_in', path: `/link#${token}` })
    },
  })
}
