import type { FastifyInstance } from 'fastify'
import type { HubDoors } from '../doors.ts'
import type { Metrics } from '../metrics.ts'

/** A storage that has not answered by then counts as not answering. */
const PING_TIMEOUT_MS = 2_000
/** Anybody may ask: one ping answers all who ask within this time. */
const PING_KEPT_MS = 500

export interface Health {
  /** null when ready, else the sentence that says why not. */
  unready(): Promise<string | null>
}

export function createHealth(doors: Pick<HubDoors, 'health' | 'now'>, isDraining: () => boolean): Health {
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<string | null> = Promise.resolve(null)
  return {
    unready: async () => {
      if (isDraining()) return 'The hub is shutting down; send requests to another process or wait for the restart.'
      if (Math.abs(doors.now() - asked) >= PING_KEPT_MS) {
        asked = doors.now()
        answer = ping(doors.health)
      }
      return answer
    },
  }
}

async function ping({ ping }: HubDoors['health']): Promise<string | null> {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(
    () => late.resolve(`Storage has not taken a write for ${PING_TIMEOUT_MS / 1000} s; look at its disk and its load.`),
    PING_TIMEOUT_MS,
  )
  try {
    return await Promise.race([ping().then(() => null), late.promise])
  } catch (error) {
    return error instanceof Error && error.message !== '' ? error.message : 'Storage takes no writes; look at the log.'
  } finally {
    clearTimeout(timer)
  }
}

/** /healthz: the process runs. /readyz: it can do its work, so that a load balancer may send it some. */
export function healthRoutes(app: FastifyInstance, health: Health): void {
  const config = { policy: 'open' as const }
  app.get('/healthz', { config, exposeHeadRoute: true }, async () => ({ status: 'ok' }))
  app.get('/readyz', { config, exposeHeadRoute: true }, async (_request, reply) => {
    const reason = await health.unready()
    return reason === null
      ? { status: 'ready' }
      : reply.code(503).header('retry-after', '5').send({ status: 'not ready', reason })
  })
}

export function metricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', { config: { policy: 'open' } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.scrape()),
  )
}
