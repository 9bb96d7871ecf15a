import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Gate } from '../../access.ts'
import { callerOf } from '../../caller.ts'
import { answerPreflight } from '../../cors.ts'
import type { HubDoors } from '../../doors.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'

/** What SDKs ask for and a hub of its own does not have; an app does without, as with any project that has none. */
const FEATURES: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/customercenter(\/|$)/, 'The Customer Center'],
  [/^\/v1\/config(\/|$)/, 'Remote configuration'],
  [/^\/v1\/subscribers\/redeem_purchase$/, 'The redemption of web purchases'],
  [/^\/v1\/subscribers\/[^/]+\/health_report/, 'The health report'],
  [/^\/v1\/subscribers\/[^/]+\/workflows(\/|$)/, 'Workflows'],
  [/^\/v1\/subscribers\/[^/]+\/ads\//, 'The verification of rewarded ads'],
  [/^\/rcbilling\/v1\/(checkout|purchase)(\/|$)/, 'The web checkout'],
]

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const ADDRESSES = ['/v1', '/v1/*', '/rcbilling', '/rcbilling/*']

/** Everything under the SDKs' addresses that no other route answers. It is counted for the app, by its pattern. */
export function absentRoutes(scope: FastifyInstance, doors: HubDoors, { calls }: Gate): void {
  for (const url of ADDRESSES) {
    for (const method of METHODS) {
      scope.route({
        method,
        url,
        config: { policy: 'open' },
        // Before a body is read: what it is does not matter.
        onRequest: (request, reply) => {
          const caller = callerOf(request, doors)
          if (caller.kind === 'public') {
            calls.heard(caller.app, request.headers)
            calls.missed(caller.app, request.method, request.raw.url ?? '')
          }
          void notHere(request, reply)
        },
        handler: async (_request, reply) => reply,
      })
    }
    scope.route({
      method: 'OPTIONS',
      url,
      config: { policy: 'open' },
      handler: async (request, reply) => answerPreflight(request, reply),
    })
  }
}

function notHere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
  const feature = FEATURES.find(([pattern]) => pattern.test(path))?.[1]
  return sendSdkError(
    reply,
    404,
    SDK_CODES.badRequest,
    feature === undefined
      ? 'There is nothing at this address; check the path and the method, and that the SDK is one that docs/sdk.md names.'
      : `${feature} is not part of this server; do without it, or see docs/sdk.md for what is.`,
  )
}
