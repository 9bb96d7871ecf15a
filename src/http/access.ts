import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { App } from '../domain/project.ts'
import { type Permission, permissionsOf } from '../members/roles.ts'
import type { SignedIn } from '../members/session.ts'
import type { SecretKeyRow } from '../storage/rows.ts'
import type { AppCalls } from './app-calls.ts'
import { isSdkPath, refuse } from './areas.ts'
import { type Caller, callerOf } from './caller.ts'
import type { HubDoors } from './doors.ts'
import { type RateLimits, tooMany } from './rate-limits.ts'
import { SDK_CODES, sendSdkError } from './sdk-error.ts'
import { type Origins, sessionTokenOf } from './session-cookie.ts'
import { admitMember, admitPerson } from './signed-in.ts'

/**
 * Who may use a route. Every route names one; a route without one ends the start of the hub.
 * - `open`: anybody. What it takes proves itself (notifications), or it holds nothing to protect.
 * - `project`: a secret key of the project in the path, or one of its members: whoever has the permission of `may`.
 * - `member`: anybody who is signed in, whatever their projects.
 * - `sdk`: a secret key; the key says which project.
 * - `sdk_public`: what an app may do with its public key: the rows of docs/sdk.md and nothing else. A secret key may all
 *   of it too.
 * - `operator`: a token that only a process which can read the hub's own key can make.
 */
export const ROUTE_POLICIES = ['open', 'project', 'member', 'sdk', 'sdk_public', 'operator'] as const
export type RoutePolicy = (typeof ROUTE_POLICIES)[number]

/** Who acts, for the log and the audit log. */
export interface Actor {
  readonly kind: 'key' | 'app' | 'member' | 'operator'
  /** Name of the key, id of the app or of the account; `operator`. */
  readonly id: string
  /** For people: `key backend`, `ana@example.com`. */
  readonly name: string
}

/** The project that a request may see, and nothing beyond it. Made here alone. */
export interface Access {
  readonly projectId: string
  readonly actor: Actor
  /** What it was shown by, as it is kept: whether it still holds can be asked again. */
  readonly credential: { readonly kind: 'key' | 'session'; readonly hash: string }
  /** The app of a public key, which may do what the app may; null: a secret key. */
  readonly app: App | null
  readonly permissions: readonly Permission[]
}

/** What is counted and bounded at the gate, where it is. */
export interface Gate {
  readonly limits: RateLimits
  readonly calls: AppCalls
  readonly origins: Origins
}

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: RoutePolicy
    /** What whoever uses a route of policy `project` must be permitted. */
    may?: Permission
    /** The SDK holds what it hands in here, and drops it at any 4xx: see rate-limits.ts. */
    heldByDevice?: true
  }
  interface FastifyRequest {
    access: Access | null
    /** Who is signed in, where a session let the request through. */
    person: SignedIn | null
  }
}

/** Checks every route as it is declared, and every request before its body is read. */
export function guard(app: FastifyInstance, doors: HubDoors, gate: Gate): void {
  app.decorateRequest('access', null)
  app.decorateRequest('person', null)
  app.addHook('onRoute', (route) => {
    const policy = route.config?.policy
    if (policy === undefined || !ROUTE_POLICIES.includes(policy)) {
      throw new Error(`The route ${String(route.method)} ${route.url} declares no policy; add one to its config.`)
    }
    if ((policy === 'project') !== (route.config?.may !== undefined)) {
      throw new Error(
        `The route ${String(route.method)} ${route.url} of policy ${policy} declares no permission (may), or one that nobody reads; a route of policy project has one.`,
      )
    }
  })
  app.addHook('onRequest', enforce(doors, gate))
}

/** The scope of a request that has passed the guard. */
export function accessOf(request: FastifyRequest): Access {
  if (request.access === null) throw new Error('A route that needs a key was reached without one; declare its policy.')
  return request.access
}

/** Who asks a route of policy `member`. */
export function personOf(request: FastifyRequest): SignedIn {
  if (request.person === null) throw new Error('A route for people was reached without a session; declare its policy.')
  return request.person
}

function enforce(doors: HubDoors, gate: Gate): onRequestHookHandler {
  return (request, reply, done) => {
    const policy = request.is404 ? 'open' : request.routeOptions.config.policy
    switch (policy) {
      case 'open':
        if (!isSdkPath(request.raw.url ?? '') || withinLimits(request, reply, callerOf(request, doors), gate)) done()
        return
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
      case 'project':
        // A key goes before a cookie: whoever sends one means it.
        if (request.headers.authorization === undefined && sessionTokenOf(request, gate.origins) !== null) {
          return void bySession(request, reply, doors, gate).then((inside) => inside && done(), done)
        }
        if (admitted(request, reply, callerOf(request, doors), policy)) done()
        return
      case 'member':
        return void bySession(request, reply, doors, gate).then((inside) => inside && done(), done)
      case 'sdk':
      case 'sdk_public': {
        const caller = callerOf(request, doors)
        if (!withinLimits(request, reply, caller, gate) || !admitted(request, reply, caller, policy)) return
        if (caller.kind === 'public') gate.calls.heard(caller.app, request.headers)
        return done()
      }
      case undefined:
        // onRoute has made sure of it; should it ever not have, nobody gets in.
        return void refuse(request, reply, 403, 'This route declares no policy and is closed.')
    }
  }
}

/** Lets a person in; false: the request has been answered. */
async function bySession(request: FastifyRequest, reply: FastifyReply, doors: HubDoors, gate: Gate): Promise<boolean> {
  const who = await admitPerson(request, reply, doors, gate.origins)
  if (who === null) return false
  request.person = who
  if (request.routeOptions.config.policy === 'member') return true
  const { project = '' } = request.params as { readonly project?: string }
  return admitMember(request, reply, who, doors.settings.current().project(project) !== undefined)
}

function admitted(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller,
  policy: 'project' | 'sdk' | 'sdk_public',
): boolean {
  switch (caller.kind) {
    case 'none':
      void reply.header('www-authenticate', 'Bearer')
      void refuse(
        request,
        reply,
        401,
        policy === 'sdk_public'
          ? 'No key came with the request; send "Authorization: Bearer …" with the public key of the app or a secret key.'
          : 'Nobody is signed in and no key came with the request; sign in, or send "Authorization: Bearer sk_…" with a secret key of the project.',
      )
      return false
    case 'malformed':
      void reply.header('www-authenticate', 'Bearer')
      void refuseMalformed(request, reply)
      return false
    case 'unknown':
      void reply.header('www-authenticate', 'Bearer error="invalid_token"')
      void refuse(request, reply, 401, 'This key is not known; check it, and that it was not revoked.')
      return false
    case 'public':
      if (policy === 'sdk_public') {
        const { app, hash } = caller
        request.access = {
          projectId: app.projectId,
          actor: { kind: 'app', id: app.id, name: `app ${app.id}` },
          credential: { kind: 'key', hash },
          app,
          permissions: [],
        }
        return true
      }
      void refuse(request, reply, 403, 'This is a public key, which apps carry; use a secret key (sk_…) from a server.')
      return false
    case 'secret':
      return admittedKey(request, reply, caller.key, policy)
  }
}

function admittedKey(
  request: FastifyRequest,
  reply: FastifyReply,
  key: SecretKeyRow,
  policy: 'project' | 'sdk' | 'sdk_public',
): boolean {
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
  if (policy === 'project' && (request.params as { readonly project?: string }).project !== key.projectId) {
    // The same answer as for a project that does not exist.
    void refuse(
      request,
      reply,
      404,
      'There is no such project, or this key is not one of its keys; check the project in the address.',
    )
    return false
  }
  const permissions = permissionsOf('key')
  const { may } = request.routeOptions.config
  if (may !== undefined && !permissions.includes(may)) {
    void refuse(request, reply, 403, 'A secret key may not do this; sign in to the dashboard as a member who may.')
    return false
  }
  request.access = {
    projectId: key.projectId,
    actor: { kind: 'key', id: key.name, name: `key ${key.name}` },
    credential: { kind: 'key', hash: key.hash },
    app: null,
    permissions,
  }
  return true
}

/** Strangers and apps by their address, every key by itself. A backend sends for everybody from one address. */
function withinLimits(request: FastifyRequest, reply: FastifyReply, caller: Caller, { limits }: Gate): boolean {
  const wait =
    (caller.kind === 'secret' ? 0 : limits.address(request.ip)) ||
    (caller.kind === 'secret' || caller.kind === 'public' ? limits.key(caller.hash) : 0)
  if (wait === 0) return true
  void tooMany(request, reply, wait, caller)
  return false
}

/** The SDKs tell a token that is none from one that nobody knows. */
function refuseMalformed(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const sentence = 'The Authorization header is no bearer token; send "Authorization: Bearer …" with one key.'
  if (!isSdkPath(request.raw.url ?? '')) return refuse(request, reply, 401, sentence)
  return sendSdkError(reply, 401, SDK_CODES.invalidAuthorization, sentence)
}
