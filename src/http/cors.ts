import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isSdkPath } from './areas.ts'

/**
 * Browsers ask whether a page of another origin may call (https://fetch.spec.whatwg.org/#http-cors-protocol). On the SDK
 * wire every page may, with a public key: it is in the page for everybody to read anyway, and no cookie counts here, so
 * the answer never allows credentials. The API stays closed to other origins.
 */

/** What purchases-js sends beside the names that begin with `X-`, and what the other SDKs send on the same routes. */
const NAMED_HEADERS = ['authorization', 'content-type', 'accept', 'marketplace', 'price_string']
const OWN_HEADER = /^x-[a-z0-9-]{1,60}$/
const MOST_HEADERS = 60
const EXPOSED = 'X-RevenueCat-ETag, X-RevenueCat-Request-Time, Retry-After, X-Request-ID'
/** Browsers keep it for two hours at most. */
const MAX_AGE_S = '7200'

/** Answers of the SDK wire may be read by the page that asked. */
export function openToPages(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.origin !== undefined && isSdkPath(request.raw.url ?? '')) {
      void reply.headers({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': EXPOSED,
        // The answer itself is no resource of ours alone any more.
        'cross-origin-resource-policy': 'cross-origin',
      })
    }
    done()
  })
}

/** The preflight: no key comes with it, and it tells nothing but what may be sent. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = String(request.headers['access-control-request-headers'] ?? '')
    .split(',', MOST_HEADERS)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => OWN_HEADER.test(name))
  void reply.headers({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': [...NAMED_HEADERS, ...new Set(asked)].join(', '),
    'access-control-max-age': MAX_AGE_S,
    vary: 'Access-Control-Request-Headers',
  })
  return reply.code(204).send()
}
