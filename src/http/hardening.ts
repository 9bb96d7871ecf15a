import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { InvalidCursor, StorageUnavailable } from '../storage/errors.ts'
import { isSdkPath, refuse } from './areas.ts'
import { sendProblem } from './problem.ts'

/** Node's own bounds are 60 s, 300 s and 16 KiB: room for thousands of connections that send a byte a second. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000
const MAX_HEADER_BYTES = 8 * 1024
/** How often Node looks for requests past the two times; its default of 30 s would make 10 s into 40. */
const TIMEOUT_CHECK_MS = 1_000
const MAX_CONNECTIONS = 8_192
/** An app user id of 100 characters, each of them four bytes in percent-encoding. */
const MAX_PARAMETER_LENGTH = 1_200
/** Bodies where a route says nothing else. */
const BODY_LIMIT = 256 * 1024

export interface HardenedOptions {
  readonly log: FastifyBaseLogger
  readonly trustProxy: readonly string[]
  /** Whether the outside speaks TLS to us. */
  readonly https: boolean
}

/** An empty server that answers every fault in JSON, names every request, and gives nobody much time or room. */
export function hardenedServer(options: HardenedOptions): FastifyInstance {
  const app = fastify(serverOptions(options))
  app.server.maxConnections = MAX_CONNECTIONS
  app.addHook('onRequest', headersOf(options))
  app.addHook('onRequest', refuseEncodings)
  app.setNotFoundHandler(notFound)
  app.setErrorHandler(answerError)
  return app
}

function serverOptions({ log, trustProxy }: HardenedOptions): FastifyHttpOptions<Server> {
  return {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request would cost more than a request's routing.
    childLoggerFactory: (logger) => logger,
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  }
}

function headersOf({ https }: HardenedOptions) {
  const headers = securityHeaders(https)
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    void reply.header('x-request-id', request.id)
    void reply.headers(headers)
    done()
  }
}

/** Answers hold data of one caller: nobody keeps, embeds, sniffs or frames them. */
export function securityHeaders(https: boolean): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    ...(https ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

/** Nothing is inflated, so that no body is larger than its bytes on the wire; and all text is UTF-8. */
function refuseEncodings(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    void refuse(request, reply, 415, 'The body is compressed; send it without Content-Encoding.')
    return
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8' && charset.toLowerCase() !== 'utf8') {
    void refuse(request, reply, 415, 'The body is not in UTF-8; send UTF-8.')
    return
  }
  done()
}

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refuse(request, reply, 404, 'There is nothing at this address; check the path and the method.')
}

/** Sentences for the framework's own refusals. */
const FRAMEWORK_SENTENCES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large for this route; send a smaller one.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The content type is not one that this route takes; send "application/json".',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as its Content-Length; send it whole.',
  FST_ERR_BAD_URL: 'The address is not well formed; check its percent-encoding.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the address is too long; shorten it.',
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error) && !isSdkPath(request.raw.url ?? '')) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      at: instancePath.replace(/^\//, '').replaceAll('/', '.'),
      message: message ?? 'not valid',
    }))
    const first = errors[0]
    const place = first === undefined || first.at === '' ? '' : ` (${first.at})`
    return sendProblem(reply, 400, `The request does not fit this route${place}: ${first?.message ?? 'not valid'}.`, {
      errors,
    })
  }
  if (error instanceof InvalidCursor) {
    return sendProblem(reply, 400, 'The place in the list is none that this list gave; pass a `next` back as it came.')
  }
  if (error instanceof StorageUnavailable) {
    void reply.header('retry-after', String(error.retryAfterS))
    return refuse(request, reply, 503, error.message)
  }
  const { statusCode = 500, code = '', sentence } = error as Partial<FastifyError> & { readonly sentence?: string }
  if (statusCode >= 400 && statusCode < 500) {
    return refuse(
      request,
      reply,
      statusCode,
      sentence ?? FRAMEWORK_SENTENCES[code] ?? 'The request is not well formed; check it.',
    )
  }
  request.log.error({ err: error, route: request.routeOptions.url, request_id: request.id }, 'A request failed')
  return refuse(
    request,
    reply,
    500,
    `The hub failed to answer; its log has the reason under the request id ${request.id}.`,
  )
}

/** What is no HTTP gets a last word and the end of its connection. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, title] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [408, 'Request Timeout']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'Request Header Fields Too Large']
        : [400, 'Bad Request']
  const body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail: 'The request could not be read as HTTP/1.1.',
  })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}
