import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { App } from '../domain/project.ts'
import { hashSecretKey } from '../secrets/masking.ts'
import type { SecretKeyRow } from '../storage/rows.ts'
import { refuse } from './areas.ts'
import type { HubDoors } from './doors.ts'

/**
 * Who may use a route. Every route names one; a route without one ends the start of the hub.
 * - `open`: anybody. What it takes proves itself (notifications), or it holds nothing to protect.
 * - `project_key`: a secret key of the project in the path.
 * - `sdk`: a secret key; the key says which project.
 * - `operator`: a token that only a process which can read the hub's own key can make.
 */
export const ROUTE_POLICIES = ['open', 'project_key', 'sdk', 'operator'] as const
export type RoutePolicy = (typeof ROUTE_POLICIES)[number]

/** The project that a request may see, and nothing beyond it. Made here alone. */
export interface Access {
  readonly projectId: string
  /** Name of the key, for the log. */
  readonly keyName: string
  readonly keyHash: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: RoutePolicy
  }
  interface FastifyRequest {
    access: Access | null
  }
}

/** Checks every route as it is declared, and every request before its body is read. */
export function guard(app: FastifyInstance, doors: HubDoors): void {
  app.decorateRequest('access', null)
  app.addHook('onRoute', (route) => {
    const policy = route.config?.policy
    if (policy === undefined || !ROUTE_POLICIES.includes(policy)) {
      throw new Error(`The route ${String(route.method)} ${route.url} declares no policy; add one to its config.`)
    }
  })
  app.addHook('onRequest', enforce(doors))
}

/** The scope of a request that has passed the guard. */
export function accessOf(request: FastifyRequest): Access {
  if (request.access === null) throw new Error('A route that needs a key was reached without one; declare its policy.')
  return request.access
}

type Caller =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly key: SecretKeyRow }
  | { readonly kind: 'public'; readonly app: App }
  | { readonly kind: 'unknown' }

function enforce(doors: HubDoors): onRequestHookHandler {
  return (request, reply, done) => {
    const policy = request.is404 ? 'open' : request.routeOptions.config.policy
    switch (policy) {
      case 'open':
        return done()
      case 'operator':
        if (doors.operator.verify(/^Operator (\S{1,200})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''))
          return done()
        void reply.header('www-authenticate', 'Operator')
        return void refuse(
          request,
          reply,
          401,
          'Only the operator may do this: run the command on a machine that can read the key of the hub.',
        )
      case 'project_key':
      case 'sdk':
        if (admitted(request, reply, doors, policy)) done()
        return
      case undefined:
        // onRoute has made sure of it; should it ever not have, nobody gets in.
        return void refuse(request, reply, 403, 'This route declares no policy and is closed.')
    }
  }
}

function admitted(
  request: FastifyRequest,
  reply: FastifyReply,
  doors: HubDoors,
  policy: 'project_key' | 'sdk',
): boolean {
  const caller = callerOf(request, doors)
  switch (caller.kind) {
    case 'none':
      void reply.header('www-authenticate', 'Bearer')
      void refuse(
        request,
        reply,
        401,
        'No key came with the request; send "Authorization: Bearer sk_…" with a secret key of the project.',
      )
      return false
    case 'unknown':
      void reply.header('www-authenticate', 'Bearer error="invalid_token"')
      void refuse(request, reply, 401, 'This key is not known; check it, and that it was not revoked.')
      return false
    case 'public':
      void refuse(request, reply, 403, 'This is a public key, which apps carry; use a secret key (sk_…) from a server.')
      return false
    case 'secret':
      break
  }
  const { key } = caller
  if (request.headers.origin !== undefined) {
    request.log.warn(
      { project: key.projectId, key: key.name, origin: request.headers.origin.slice(0, 200), request_id: request.id },
      'A secret key was used from a browser, where everybody can read it: revoke it and make a new one.',
    )
    void refuse(
      request,
      reply,
      403,
      'A secret key came from a browser (Origin header), where everybody can read it; revoke it and call from a server.',
    )
    return false
  }
  if (policy === 'project_key' && (request.params as { readonly project?: string }).project !== key.projectId) {
    // The same answer as for a project that does not exist.
    void refuse(
      request,
      reply,
      404,
      'There is no such project, or this key is not one of its keys; check the project in the address.',
    )
    return false
  }
  request.access = { projectId: key.projectId, keyName: key.name, keyHash: key.hash }
  return true
}

/** Constant work for any key: one hash, one look-up by hash. The key itself is compared with nothing. */
function callerOf(request: FastifyRequest, doors: HubDoors): Caller {
  const header = request.headers.authorization
  if (header === undefined) return { kind: 'none' }
  const given = /^Bearer (\S{1,200})$/i.exec(header)?.[1]
  if (given === undefined) return { kind: 'unknown' }
  const settings = doors.settings.current()
  const key = settings.keyByHash(hashSecretKey(given))
  if (key) return { kind: 'secret', key }
  const app = settings.appByPublicKey(given)
  return app ? { kind: 'public', app } : { kind: 'unknown' }
}
