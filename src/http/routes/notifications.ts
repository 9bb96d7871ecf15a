import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from '../areas.ts'
import type { AcceptAnswer, HubDoors } from '../doors.ts'
import { takeRawJson } from '../request-body.ts'

interface Address {
  readonly slug: string
  readonly project: string
  readonly app: string
}

/** Apple's notifications are 10 to 30 KB; no store sends more than a fraction of this. */
const NOTIFICATION_LIMIT = 256 * 1024
const RETRY_AFTER_S = 5

/** A stranger gets no more than this; why it was refused is on the page of the app. */
const SENTENCES: Readonly<Record<Exclude<AcceptAnswer['status'], 200 | 204>, string>> = {
  400: 'This is no notification of the store of this app.',
  401: 'The notification is not authentic, or of another app or environment.',
  403: 'The sender of the notification is not approved.',
  404: 'No app listens at this address.',
  413: 'The notification is too large.',
  503: 'The notification could not be stored; send it again.',
}

/**
 * What the stores send. The way of most requests: no schema, no log line when all is well; the bytes go to `accept` as
 * they came, and its answer is the store's.
 */
export function notificationRoutes(app: FastifyInstance, doors: HubDoors): void {
  app.register((scope, _options, done) => {
    takeRawJson(scope)
    scope.route<{ Params: Address }>({
      method: 'POST',
      url: '/notifications/:slug/:project/:app',
      config: { policy: 'open' },
      bodyLimit: NOTIFICATION_LIMIT,
      // Before the body is read: a sender without an address costs nothing.
      onRequest: (request, reply, done) => {
        if (isKnown(request.params, doors)) {
          const asText = /^text\/plain/i.test(request.headers['content-type'] ?? '')
          if (!asText || doors.connectors.sendsText(request.params.slug)) return done()
          void refuse(
            request,
            reply,
            415,
            'The content type is not one that this route takes; send "application/json".',
          )
          return
        }
        void refuse(
          request,
          reply,
          404,
          'No app listens at this address; compare it with the notification address on the page of the app.',
        )
      },
      handler: async (request, reply) => {
        const { body } = request
        if (!Buffer.isBuffer(body) || body.length === 0)
          return refuse(request, reply, 400, 'The notification is empty.')
        return sendAnswer(request, reply, await accept(request, body, doors))
      },
    })
    done()
  })
}

function isKnown({ slug, project, app: id }: Address, doors: HubDoors): boolean {
  const app = doors.settings.current().app(project, id)
  return app !== undefined && doors.connectors.slugOf(app.store) === slug
}

async function accept(
  request: FastifyRequest<{ Params: Address }>,
  body: Buffer,
  doors: HubDoors,
): Promise<AcceptAnswer> {
  const { slug, project: projectId, app: appId } = request.params
  try {
    return await doors.ingest.accept({ slug, projectId, appId, headers: request.headers, body })
  } catch (error) {
    // Not known to be on disk: the store must send it again.
    request.log.error(
      { err: error, project: projectId, app: appId, request_id: request.id },
      'A notification could not be taken',
    )
    return { status: 503, body: 'The notification could not be stored; send it again.', retryAfterS: RETRY_AFTER_S }
  }
}

function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: AcceptAnswer): FastifyReply {
  const { status } = answer
  if (status === 200 || status === 204) return reply.code(status).send(answer.body ?? '')
  if (status === 503) void reply.header('retry-after', String(answer.retryAfterS ?? RETRY_AFTER_S))
  return refuse(request, reply, status, answer.body ?? SENTENCES[status])
}
