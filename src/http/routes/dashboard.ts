import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A file of the built dashboard, with the compressed copies that the build made. */
export interface DashboardFile {
  readonly type: string
  readonly bytes: Buffer
  readonly br: Buffer | null
  readonly gzip: Buffer | null
}

/** The built dashboard in memory: nothing that is asked for ever becomes a path of the disk. */
export interface DashboardFiles {
  /** The page, with an empty `<meta name="csp-nonce" content="">`. */
  readonly page: string
  /** By the path in their address, `/assets/index-1a2b.js`. */
  readonly files: ReadonlyMap<string, DashboardFile>
}

const NONCE_PLACE = '<meta name="csp-nonce" content="">'
/** What belongs to other routes: a mistake there is answered by them, not by a page. */
const NOT_PAGES = /^\/(?:api|v1|rcbilling|notifications|assets|healthz|readyz|metrics)(?:\/|$)/

const UNBUILT =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tributary</title><p>The dashboard is not built: run <code>npm run dashboard:build</code> in the clone, then start the hub again.</p></html>'

/** The dashboard: its files for a year, and its page for every address that is a page of it. */
export function dashboardRoutes(app: FastifyInstance, dashboard: DashboardFiles | null): void {
  const declared = { config: { policy: 'open' as const }, exposeHeadRoute: true }
  app.get('/assets/*', declared, (request, reply) => {
    const file = dashboard?.files.get(pathOf(request))
    if (file === undefined) return reply.callNotFound()
    // The name of a file holds a hash of what is in it.
    return sendFile(request, reply.header('cache-control', 'public, max-age=31536000, immutable'), file)
  })
  app.get('/*', declared, (request, reply) => {
    const path = pathOf(request)
    const file = dashboard?.files.get(path)
    if (file !== undefined) return sendFile(request, reply.header('cache-control', 'public, max-age=3600'), file)
    if (NOT_PAGES.test(path) || request.headers.accept?.includes('text/html') !== true) return reply.callNotFound()
    return sendPage(reply, dashboard)
  })
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?', 1)[0] ?? ''
}

function sendPage(reply: FastifyReply, dashboard: DashboardFiles | null): FastifyReply {
  const nonce = randomBytes(16).toString('base64url')
  void reply.type('text/html; charset=utf-8').header('content-security-policy', policyOf(nonce))
  if (dashboard === null) return reply.code(503).send(UNBUILT)
  return reply.send(dashboard.page.replace(NONCE_PLACE, `<meta name="csp-nonce" content="${nonce}">`))
}

/**
 * Own files only. Styles that the component library makes while it runs carry the nonce; what React and it set on single
 * elements goes through the CSSOM, which no policy stops, so no style attribute has to be allowed. Text that somebody
 * smuggled into the page as markup could neither run nor load anything.
 */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: DashboardFile): FastifyReply {
  const taken = request.headers['accept-encoding'] ?? ''
  void reply.type(file.type).header('vary', 'accept-encoding')
  if (file.br !== null && /\bbr\b/.test(taken)) return reply.header('content-encoding', 'br').send(file.br)
  if (file.gzip !== null && /\bgzip\b/.test(taken)) return reply.header('content-encoding', 'gzip').send(file.gzip)
  return reply.send(file.bytes)
}
