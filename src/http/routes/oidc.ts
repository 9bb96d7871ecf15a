import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Oidc, OidcFlow } from '../../members/oidc.ts'
import { type Api, answers } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { sendProblem } from '../problem.ts'
import { flowOf, setFlow } from '../session-cookie.ts'
import type { Gatekeeper, SessionOptions } from './session.ts'

/** 302 either way: back to the dashboard, with what went wrong behind `#error=`. */
const MOVED = { 302: z.undefined().describe('Goes on elsewhere.'), default: answers(z.null()).default }

const AGAIN = 'start again from the page to sign in'

/** The two addresses of a sign-in through an identity provider; `redirect_uri` is the second of them. */
export function oidcRoutes(api: Api, doors: HubDoors, options: SessionOptions, keeper: Gatekeeper): void {
  const { oidc } = doors
  api.route({
    method: 'GET',
    url: '/oidc/start',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'Go to the identity provider',
      response: MOVED,
    },
    handler: async (request, reply) => {
      if (oidc === null) return noProvider(reply)
      if (!keeper.mayTry(request, reply)) return reply
      try {
        const { url, flow } = await oidc.start(redirectUri(request, options))
        setFlow(request, reply as never, options.origins, flow)
        return reply.redirect(url, 302)
      } catch (error) {
        request.log.warn(
          { error: String(error).slice(0, 300), request_id: request.id },
          'The identity provider could not be asked',
        )
        return back(reply, `${oidc.name} could not be reached; try again, or sign in with a password`)
      }
    },
  })

  api.route({
    method: 'GET',
    url: '/oidc/callback',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'Come back from the identity provider',
      response: MOVED,
    },
    handler: async (request, reply) => {
      if (oidc === null) return noProvider(reply)
      if (!keeper.mayTry(request, reply)) return reply
      const flow = flowOf(request, options.origins)
      setFlow(request, reply as never, options.origins, null)
      if (flow === null) return back(reply, `This sign-in took too long or began in another browser; ${AGAIN}`)
      return comeBack(request, reply as never, { doors, oidc, options, keeper, flow })
    },
  })
}

interface Coming {
  readonly doors: HubDoors
  readonly oidc: Oidc
  readonly options: SessionOptions
  readonly keeper: Gatekeeper
  readonly flow: OidcFlow
}

async function comeBack(request: FastifyRequest, reply: FastifyReply, coming: Coming): Promise<FastifyReply> {
  const { doors, oidc, options, keeper, flow } = coming
  const { search } = new URL(request.raw.url ?? '', 'http://hub')
  const outcome = await oidc.finish(`${redirectUri(request, options)}${search}`, flow)
  if (outcome.kind === 'failed') {
    request.log.warn(
      { reason: outcome.reason, request_id: request.id },
      'A sign-in through the identity provider failed',
    )
    return back(reply, `${oidc.name} did not confirm who you are; ${AGAIN}`)
  }
  if (outcome.kind === 'unverified') {
    return back(reply, `${oidc.name} has verified no e-mail address of yours; verify one there first`)
  }
  const entered = await doors.members.vouched(outcome.who)
  if (entered === null) {
    return back(reply, `Nobody here has the address ${outcome.who.email}; ask an owner or an admin to invite you`)
  }
  request.log.info(
    { act: 'sign in', by: entered.who.account.email, through: 'oidc', request_id: request.id },
    'Signed in',
  )
  keeper.welcome(request, reply, entered)
  return reply.redirect('/', 302)
}

function noProvider(reply: unknown): FastifyReply {
  return sendProblem(
    reply as FastifyReply,
    404,
    'This hub has no identity provider; sign in with a password, or set TRIBUTARY_OIDC_ISSUER.',
  )
}

/** Behind `#`, as everything that no log should hold. */
function back(reply: unknown, sentence: string): FastifyReply {
  return (reply as FastifyReply).redirect(`/sign-in#error=${encodeURIComponent(`${sentence}.`)}`, 302)
}

/** As it is registered at the provider: below the base URL, or where the dashboard is when that is elsewhere. */
function redirectUri(request: FastifyRequest, { origins }: SessionOptions): string {
  if (origins.admin === null) return `${origins.base}/api/oidc/callback`
  return `${request.protocol}://${request.host}/api/oidc/callback`
}
