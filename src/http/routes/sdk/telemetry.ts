import type { FastifyInstance } from 'fastify'

/** What the SDKs report of themselves: nobody here reads it. */
const TELEMETRY = ['/v1/events', '/v1/diagnostics']
/** A longer body is not even taken off the wire. */
const MOST_BYTES = 1024 * 1024

/** Answers that are the same for everybody. */
export function telemetryRoutes(scope: FastifyInstance): void {
  for (const url of TELEMETRY) {
    scope.route({
      method: 'POST',
      url,
      config: { policy: 'sdk_public' },
      // Before the body is read, whatever it is.
      onRequest: (request, reply) => {
        const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
        if (!(length <= MOST_BYTES)) void reply.header('connection', 'close')
        void reply.code(200).send({})
      },
      handler: async (_request, reply) => reply,
    })
  }
  scope.route({
    method: 'GET',
    url: '/v1/health',
    config: { policy: 'open' },
    handler: async (_request, reply) => reply.code(200).send({}),
  })
}
