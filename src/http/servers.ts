import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Permission } from '../members/roles.ts'
import { type Gate, guard, type RoutePolicy } from './access.ts'
import { createAppCalls } from './app-calls.ts'
import { openToPages } from './cors.ts'
import type { HubDoors } from './doors.ts'
import { hardenedServer } from './hardening.ts'
import type { Metrics } from './metrics.ts'
import { createRateLimits, type Rates } from './rate-limits.ts'
import { apiRoutes } from './routes/api.ts'
import { type DashboardFiles, dashboardRoutes } from './routes/dashboard.ts'
import { createHealth, type Health, healthRoutes, metricsRoute } from './routes/health.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { sdkRoutes } from './routes/sdk.ts'
import type { Origins } from './session-cookie.ts'

export interface Place {
  readonly host: string
  readonly port: number
  /** The setting to name when the place cannot be taken. */
  readonly setting: string
}

export interface HttpConfig {
  /** null: nothing is taken in by this process. */
  readonly public: Place | null
  /** null: the API is on the public port. */
  readonly admin: Place | null
  readonly metrics: Place | null
  /** How the outside reaches the public port. */
  readonly baseUrl: string
  /** Addresses whose X-Forwarded-* count. */
  readonly trustProxy: readonly string[]
  readonly version: string
  /** How often somebody may ask on the SDK wire. */
  readonly rates: Rates
  /** null: it is not built, or not served here. */
  readonly dashboard: DashboardFiles | null
  /** For tests. */
  readonly heartbeatMs?: number
}

export interface DeclaredRoute {
  readonly server: 'public' | 'admin' | 'metrics'
  readonly method: string
  readonly url: string
  readonly policy: RoutePolicy
  /** What a route of policy `project` needs. */
  readonly may: Permission | null
}

export interface Servers {
  readonly public: FastifyInstance
  readonly admin: FastifyInstance | null
  readonly metrics: FastifyInstance | null
  /** Every route there is. Complete once the servers are ready. */
  readonly routes: readonly DeclaredRoute[]
  /** Takes all places, or none: rejects with one sentence. Gives the addresses. */
  listen(): Promise<{ readonly public: string; readonly admin: string | null; readonly metrics: string | null }>
  /** From here on /readyz says 503; everything else goes on. */
  drain(): void
  /** Ends streams, lets requests finish, frees the places. */
  close(): Promise<void>
}

/** The HTTP side of the hub. Rejects when a route declares no policy. */
export async function createServers(
  doors: HubDoors,
  config: HttpConfig,
  parts: { readonly log: Logger; readonly metrics: Metrics },
): Promise<Servers> {
  const routes: DeclaredRoute[] = []
  const closing = new AbortController()
  let draining = false
  const health = createHealth(doors, () => draining)
  const https = config.baseUrl.startsWith('https:')
  const now = () => doors.now()
  const origins = originsOf(config)
  const outside = { baseUrl: config.baseUrl }
  const gate: Gate = {
    limits: createRateLimits(config.rates, now),
    calls: createAppCalls(doors.appCalls, now),
    origins,
  }
  const make = (server: DeclaredRoute['server']): FastifyInstance => {
    const app = hardenedServer({ log: parts.log, trustProxy: config.trustProxy, https })
    app.addHook('onRoute', ({ method, url, config: declared }) => {
      if (declared?.policy !== undefined) {
        const may = declared.may ?? null
        routes.push({ server, method: String(method), url, policy: declared.policy, may })
      }
    })
    observe(app, parts)
    openToPages(app)
    guard(app, doors, gate)
    return app
  }

  const publicApp = make('public')
  const adminApp = config.admin === null ? null : make('admin')
  const metricsApp = config.metrics === null ? null : make('metrics')
  notificationRoutes(publicApp, doors)
  sdkRoutes(publicApp, doors, gate)
  apiRoutes(adminApp ?? publicApp, doors, {
    get baseUrl() {
      return outside.baseUrl
    },
    version: config.version,
    origins,
    https,
    closing: closing.signal,
    ...(config.heartbeatMs === undefined ? {} : { heartbeatMs: config.heartbeatMs }),
  })
  dashboardRoutes(adminApp ?? publicApp, config.dashboard)
  openHealth([publicApp, adminApp, metricsApp], health)
  if (metricsApp) metricsRoute(metricsApp, parts.metrics)
  const all = [publicApp, adminApp, metricsApp].filter((app) => app !== null)
  await Promise.all(all.map(async (app) => app.ready()))

  return {
    public: publicApp,
    admin: adminApp,
    metrics: metricsApp,
    routes,
    listen: async () => {
      const places = await listenAll(config, { public: publicApp, admin: adminApp, metrics: metricsApp })
      if (isAnyPort(config.baseUrl)) outside.baseUrl = places.public
      return places
    },
    drain() {
      draining = true
    },
    async close() {
      draining = true
      closing.abort()
      await closeAll(all)
      await gate.calls.flush()
    },
  }
}

function originsOf({ baseUrl, admin }: HttpConfig): Origins {
  const host = admin?.host.includes(':') ? `[${admin.host}]` : admin?.host
  return { base: new URL(baseUrl).origin, admin: admin === null ? null : `http://${host}:${admin.port}` }
}

/** Port 0 is any free one, which is known when it is taken. */
function isAnyPort(url: string): boolean {
  return new URL(url).port === '0'
}

/** What is being answered may take this long to end; then its connection is cut. */
const DRAIN_MS = 25_000
const SWEEP_MS = 50

async function closeAll(apps: readonly FastifyInstance[]): Promise<void> {
  // A connection that was busy when the server closed is kept alive by Node for its next request, which cannot come.
  const sweep = setInterval(() => {
    for (const app of apps) app.server.closeIdleConnections()
  }, SWEEP_MS)
  const cut = setTimeout(() => {
    for (const app of apps) app.server.closeAllConnections()
  }, DRAIN_MS)
  try {
    await Promise.all(apps.map((app) => app.close()))
  } finally {
    clearInterval(sweep)
    clearTimeout(cut)
  }
}

function openHealth(apps: readonly (FastifyInstance | null)[], health: Health): void {
  for (const app of apps) if (app) healthRoutes(app, health)
}

/** Counts every answer, and logs those that somebody may want to look at. */
function observe(app: FastifyInstance, { log, metrics }: { readonly log: Logger; readonly metrics: Metrics }): void {
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const route = request.routeOptions.url ?? 'unknown'
    const status = reply.statusCode
    metrics.http.answered({ route, method: request.method, status }, reply.elapsedTime)
    const level = levelOf(route, status)
    // Patterns, not addresses: those hold app user ids.
    if (log.isLevelEnabled(level)) {
      log[level](
        {
          request_id: request.id,
          method: request.method,
          route,
          project: request.access?.projectId ?? (request.params as { readonly project?: string } | null)?.project,
          status,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          from: request.ip,
        },
        'Answered',
      )
    }
    done()
  })
}

function levelOf(route: string, status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn'
  const often =
    route.startsWith('/notifications') || route === '/healthz' || route === '/readyz' || route === '/metrics'
  return often && status < 300 ? 'debug' : 'info'
}

async function listenAll(
  config: HttpConfig,
  apps: {
    readonly public: FastifyInstance
    readonly admin: FastifyInstance | null
    readonly metrics: FastifyInstance | null
  },
) {
  const taken: FastifyInstance[] = []
  const take = async (app: FastifyInstance | null, place: Place | null): Promise<string | null> => {
    if (app === null || place === null) return null
    try {
      const address = await app.listen({ host: place.host, port: place.port })
      taken.push(app)
      return address
    } catch (error) {
      await Promise.all(taken.map((open) => open.close()))
      throw new Error(whyNot(error, place), { cause: error })
    }
  }
  const publicAddress = (await take(apps.public, config.public)) ?? config.baseUrl
  const admin = await take(apps.admin, config.admin)
  return { public: publicAddress, admin, metrics: await take(apps.metrics, config.metrics) }
}

function whyNot(error: unknown, { host, port, setting }: Place): string {
  const code = (error as NodeJS.ErrnoException).code
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use; stop the program that has it, or set ${setting} to another port.`
    case 'EACCES':
      return `Port ${port} on ${host} may not be opened by this user; set ${setting} to a port above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; correct the host that goes with ${setting}.`
    default:
      return `Port ${port} on ${host} could not be opened (${code ?? 'unknown reason'}); check ${setting} and its host.`
  }
}
