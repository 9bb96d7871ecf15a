import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isEmail } from '../../members/email.ts'
import { Busy, refusePassword } from '../../members/passwords.ts'
import type { SignedIn } from '../../members/session.ts'
import { personOf } from '../access.ts'
import { type Api, answers } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { sendProblem } from '../problem.ts'
import { createBuckets } from '../rate-limits.ts'
import { clearSession, isOwnOrigin, type Origins, setSession } from '../session-cookie.ts'
import { SessionSchema, toApiSession } from '../session-json.ts'

export interface SessionOptions {
  readonly origins: Origins
  readonly baseUrl: string
  readonly version: string
}

/** Tries to come in from one address: sixty at once, then one in five seconds. Each process counts its own. */
const TRIES_A_SECOND = 0.2
const TRIES_AT_ONCE_S = 300

/** How long names may be. */
export const NAME = z
  .string()
  .trim()
  .min(1, 'is empty; enter a name')
  .max(100, 'is too long; take at most 100 characters')
export const EMAIL = z.string().trim().max(254).refine(isEmail, 'is no e-mail address; enter one like ana@example.com')
export const NEW_PASSWORD = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    const refusal = refusePassword(text)
    if (refusal !== null) context.addIssue({ code: 'custom', message: refusal })
  })

/** What every way to come in has in common. */
export interface Gatekeeper {
  /** Whether somebody at this address may try now; false: the request has been answered. */
  mayTry(request: FastifyRequest, reply: unknown): boolean
  /** Begins the browser's session and gives its answer. */
  welcome(
    request: FastifyRequest,
    reply: FastifyReply,
    entered: { readonly token: string; readonly who: SignedIn },
  ): z.infer<typeof SessionSchema>
}

export function createGatekeeper(doors: HubDoors, options: SessionOptions): Gatekeeper {
  const { origins } = options
  const tries = createBuckets(TRIES_A_SECOND, () => doors.now(), undefined, TRIES_AT_ONCE_S)
  return {
    mayTry(request, reply) {
      // A page elsewhere must not sign its reader in as somebody else.
      if (request.headers.origin !== undefined && !isOwnOrigin(request, origins)) {
        sendProblem(
          reply as FastifyReply,
          403,
          'This request does not come from the pages of this hub; open the dashboard at its own address, which TRIBUTARY_BASE_URL names.',
        )
        return false
      }
      const waitMs = tries.take(request.ip)
      if (waitMs > 0) tooManyTries(reply, waitMs)
      return waitMs === 0
    },
    welcome(request, reply, { token, who }) {
      setSession(request, reply, origins, { token, lastsMs: who.endsAt - doors.now() })
      return toApiSession(who, doors.settings.current(), options)
    },
  }
}

export function tooManyTries(reply: unknown, waitMs: number): FastifyReply {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const answer = reply as FastifyReply
  void answer.header('retry-after', String(seconds))
  const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
  return sendProblem(answer, 429, `There were too many tries to sign in; try again in ${wait}.`)
}

/** More passwords wait than can be looked at: the caller comes again. Everything else is not for this to answer. */
export function busyAnswer(error: unknown, reply: unknown): FastifyReply {
  if (!(error instanceof Busy)) throw error
  const answer = reply as FastifyReply
  void answer.header('retry-after', '5')
  return sendProblem(answer, 503, error.message)
}

export function sessionRoutes(api: Api, doors: HubDoors, options: SessionOptions, keeper: Gatekeeper): void {
  api.route({
    method: 'GET',
    url: '/sign-in',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'What the page to sign in shows',
      response: answers(
        z.object({
          version: z.string(),
          setup_pending: z.boolean().describe('Nobody has an account yet: the hub printed a link to make the first.'),
          oidc: z.object({ name: z.string() }).nullable(),
        }),
      ),
    },
    handler: async (_request, reply) =>
      reply.send({
        version: options.version,
        setup_pending: !(await doors.members.anyAccount()),
        oidc: doors.oidc === null ? null : { name: doors.oidc.name },
      }),
  })

  api.route({
    method: 'POST',
    url: '/session',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'Sign in with a password',
      description: 'Sets the session cookie. 401: address or password are wrong; 429: too many tries.',
      body: z.strictObject({ email: z.string().max(254), password: z.string().max(2000) }),
      response: answers(SessionSchema),
    },
    handler: async (request, reply) => {
      if (!keeper.mayTry(request, reply)) return reply
      try {
        const outcome = await doors.members.signIn(request.body)
        if (outcome.kind === 'throttled') return tooManyTries(reply, outcome.waitMs)
        if (outcome.kind === 'refused') {
          request.log.info(
            { act: 'sign in refused', from: request.ip, request_id: request.id },
            'A sign-in was refused',
          )
          return sendProblem(reply, 401, 'The e-mail address or the password is wrong; check both and try again.')
        }
        request.log.info({ act: 'sign in', by: outcome.who.account.email, request_id: request.id }, 'Signed in')
        return reply.send(keeper.welcome(request, reply, outcome))
      } catch (error) {
        return busyAnswer(error, reply)
      }
    },
  })

  ownSession(api, doors, options)
  ownAccount(api, doors, options)
}

function ownSession(api: Api, doors: HubDoors, options: SessionOptions): void {
  api.route({
    method: 'GET',
    url: '/session',
    config: { policy: 'member' },
    schema: { tags: ['session'], summary: 'Who is signed in', response: answers(SessionSchema) },
    handler: async (request, reply) => reply.send(toApiSession(personOf(request), doors.settings.current(), options)),
  })

  const ways = [
    { url: '/session', summary: 'Sign out', end: (who: SignedIn) => doors.members.signOut(who.sessionHash) },
    {
      url: '/sessions',
      summary: 'Sign out everywhere',
      end: (who: SignedIn) => doors.members.signOutEverywhere(who.account.id),
    },
  ]
  for (const { url, summary, end } of ways) {
    api.route({
      method: 'DELETE',
      url,
      config: { policy: 'member' },
      schema: { tags: ['session'], summary, response: answers(z.object({ signed_out: z.literal(true) })) },
      handler: async (request, reply) => {
        await end(personOf(request))
        clearSession(request, reply as never, options.origins)
        return reply.send({ signed_out: true })
      },
    })
  }
}

function ownAccount(api: Api, doors: HubDoors, options: SessionOptions): void {
  api.route({
    method: 'PATCH',
    url: '/account',
    config: { policy: 'member' },
    schema: {
      tags: ['session'],
      summary: 'Change your own name or password',
      description:
        'A new password ends every other session of the account. `current` is left out by whoever has none yet.',
      body: z.strictObject({
        name: NAME.optional(),
        password: z.strictObject({ current: z.string().max(2000).optional(), next: NEW_PASSWORD }).optional(),
      }),
      response: answers(SessionSchema),
    },
    handler: async (request, reply) => {
      const who = personOf(request)
      const { name, password } = request.body
      const change = {
        name: name ?? null,
        password: password === undefined ? null : { current: password.current ?? null, next: password.next },
      }
      try {
        const outcome = await doors.members.changeOwn(who, change)
        if (outcome.kind === 'throttled') return tooManyTries(reply, outcome.waitMs)
        if (outcome.kind === 'refused') {
          const message = 'is not your password; enter the one that you sign in with'
          return sendProblem(reply, 400, `The current password ${message}.`, {
            errors: [{ at: 'password.current', message }],
          })
        }
        const now = await doors.members.goesOn(who.sessionHash)
        return reply.send(toApiSession(now ?? who, doors.settings.current(), options))
      } catch (error) {
        return busyAnswer(error, reply)
      }
    },
  })
}
