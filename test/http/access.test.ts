import { describe, expect, it } from 'vitest'
import { guard } from '../../src/http/access.ts'
import { createAppCalls } from '../../src/http/app-calls.ts'
import { hardenedServer } from '../../src/http/hardening.ts'
import { createLog } from '../../src/http/log.ts'
import { createRateLimits, NO_RATES } from '../../src/http/rate-limits.ts'
import { permissionsOf, ROLES } from '../../src/members/roles.ts'
import { IDLE_END_MS, newSession } from '../../src/members/session.ts'
import type { AccountRow } from '../../src/storage/members.ts'
import { ACME_KEY, type MemoryHub, memoryHub, NOW, OPERATOR_TOKEN, OTHER_KEY, PUBLIC_KEY } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

/** Who is signed in, as what in which project; what a request of theirs lacks. */
const PEOPLE = {
  owner: {},
  admin: {},
  developer: {},
  marketer: {},
  viewer: {},
  'owner of the hub': {},
  'owner of another project': {},
  'disabled owner': {},
  'expired session': {},
  'idle session': {},
  'ended session': {},
  'owner without origin': { origin: undefined },
  'owner with a foreign origin': { origin: 'https://evil.example' },
  'owner without the header': { 'x-tributary-request': undefined },
} as const
type PersonKind = keyof typeof PEOPLE

type Caller =
  | PersonKind
  | 'no key'
  | 'unknown key'
  | 'public key'
  | "another project's key"
  | 'right key'
  | 'operator'
  | 'wrong operator'

const AUTHORIZATION: Readonly<Record<Exclude<Caller, PersonKind>, string | undefined>> = {
  'no key': undefined,
  'unknown key': 'Bearer sk_nobody',
  'public key': `Bearer ${PUBLIC_KEY}`,
  "another project's key": `Bearer ${OTHER_KEY}`,
  'right key': `Bearer ${ACME_KEY}`,
  operator: `Operator ${OPERATOR_TOKEN}`,
  'wrong operator': 'Operator nobody',
}
const KEYS = Object.keys(AUTHORIZATION) as (keyof typeof AUTHORIZATION)[]
const PERSONS = Object.keys(PEOPLE) as PersonKind[]
const OWN = { host: 'hub.example', origin: 'https://hub.example', 'x-tributary-request': '1' }

/** Cookies of everybody, by kind. */
async function signedInPeople(hub: MemoryHub): Promise<ReadonlyMap<PersonKind, string>> {
  const cookies = new Map<PersonKind, string>()
  for (const kind of PERSONS) {
    const role = ROLES.find((one) => one === kind) ?? 'owner'
    const projectId = kind === 'owner of another project' ? 'other' : 'acme'
    const account: AccountRow = {
      id: kind,
      email: `${kind.replaceAll(' ', '-')}@example.com`,
      name: kind,
      password: null,
      hubOwner: kind === 'owner of the hub',
      subject: null,
      createdAt: NOW,
      lastSeenAt: null,
      disabled: kind === 'disabled owner',
    }
    const { token, row } = newSession(account.id, NOW)
    const session = {
      ...row,
      ...(kind === 'expired session' ? { endsAt: NOW } : {}),
      ...(kind === 'idle session' ? { lastSeenAt: NOW - IDLE_END_MS } : {}),
    }
    const members = kind === 'owner of the hub' ? [] : [{ projectId, accountId: kind, role, addedAt: NOW }]
    await hub.people.storage.enter({ now: NOW - 1, links: [], account, first: false, members, session })
    if (kind === 'ended session') await hub.people.storage.endSession(row.hash)
    cookies.set(kind, `__Host-tributary_session=${token}`)
  }
  return cookies
}

const GONE: readonly Caller[] = ['disabled owner', 'expired session', 'idle session', 'ended session']
const FORGED: readonly Caller[] = ['owner without origin', 'owner with a foreign origin', 'owner without the header']

/** What the guard answers a person; null: it lets them through. */
function expectedOf(route: Started['routes'][number], kind: PersonKind): number | null {
  const { policy, method, may, url } = route
  if (policy === 'open') return null
  if (policy !== 'project' && policy !== 'member') return 401
  const changes = method !== 'GET' && method !== 'HEAD'
  if (FORGED.includes(kind)) return changes ? 403 : null
  if (GONE.includes(kind)) return 401
  if (method === 'POST' && url === '/api/projects') return kind === 'owner of the hub' ? null : 403
  if (policy === 'member') return null
  if (kind === 'owner of another project') return 404
  const role = ROLES.find((one) => one === kind) ?? 'owner'
  return may !== null && permissionsOf(role).includes(may) ? null : 403
}

/** What the guard answers; null: it lets the caller through. */
function expected({ policy, may }: Started['routes'][number], caller: Caller): number | null {
  switch (policy) {
    case 'member':
      return 401
    case 'open':
      return null
    case 'operator':
      return caller === 'operator' ? null : 401
    case 'sdk_public':
      return caller === 'right key' || caller === 'public key' || caller === "another project's key" ? null : 401
    case 'sdk':
      if (caller === 'right key' || caller === "another project's key") return null
      return caller === 'public key' ? 403 : 401
    case 'project':
      // A key makes no keys and no members.
      if (caller === 'right key') return may !== null && permissionsOf('key').includes(may) ? null : 403
      if (caller === "another project's key") return 404
      return caller === 'public key' ? 403 : 401
  }
}

/** An address of the route in project acme that exists, as far as its parameters go. */
function addressOf(url: string): string {
  const ids: Readonly<Record<string, string>> = {
    integrations: 'segment',
    apps: 'ios',
    events: 'evt_1',
    deliveries: 'dlv_1',
    notifications: 'ntf_1',
    customers: 'user-1',
    subscribers: 'user-1',
  }
  return url
    .replace(':project', 'acme')
    .replace(':slug', 'app-store')
    .replace(':app', 'ios')
    .replace(':entitlement', 'premium')
    .replace(':user', 'amzn-user')
    .replace(':receipt', 'receipt-1')
    .replace(/\/(\w+)\/:id/, (_, kind: string) => `/${kind}/${ids[kind] ?? 'x'}`)
}

/** A body that fits each route that needs one. */
function payloadOf({ method, url }: Started['routes'][number]): string | object | undefined {
  if (url === '/api/apply') return 'version: 1'
  if (url.endsWith('/purchases')) return { app: 'ios', app_user_id: 'user-1', token: 'a-token' }
  if (url.includes('/v1/') || url.endsWith('/attributes')) return '{"attributes":{}}'
  if (method === 'PATCH') return {}
  if (method !== 'POST') return undefined
  if (url.endsWith('/:id/test-event')) return { environment: 'production', event: 'renewal' }
  if (url.endsWith('/integrations/test-event'))
    return { destination: 'segment', settings: {}, environment: 'production', event: 'renewal' }
  if (url.endsWith('/integrations/check')) return { destination: 'segment', settings: {} }
  if (url.endsWith('/integrations')) return { id: 'segment', destination: 'segment', settings: {} }
  if (url.endsWith('/apps/check') || url.endsWith('/apps')) return { id: 'ios', store: 'app_store', settings: {} }
  if (url === '/api/projects') return { id: 'acme', name: 'Acme' }
  if (url.endsWith('/keys')) return { name: 'backend' }
  if (url.endsWith('/replay')) return { mode: 'fill', status: 'failed' }
  if (url.endsWith('/grants')) return { entitlement: 'premium', duration: 'weekly' }
  if (url.endsWith('/simulate')) return { app: 'ios', scenario: 'bought-now' }
  return undefined
}

function ask(
  servers: Started,
  route: Started['routes'][number],
  authorization: string | undefined,
  more: Record<string, string> = {},
) {
  const app = servers[route.server]
  if (app === null) throw new Error(`${route.server} is not there`)
  const payload = payloadOf(route)
  const body =
    route.method === 'POST' || route.method === 'PUT' || route.method === 'PATCH'
      ? route.url === '/api/apply'
        ? { 'content-type': 'application/yaml' }
        : { 'content-type': 'application/json' }
      : {}
  return app.inject({
    method: route.method as 'GET',
    url: route.url.endsWith('/why') ? `${addressOf(route.url)}?customer=user-1` : addressOf(route.url),
    headers: { ...body, ...(authorization === undefined ? {} : { authorization }), ...more },
    ...(payload === undefined ? {} : { payload }),
  })
}

describe('every route × every caller', () => {
  it('answers as its policy says', async () => {
    const servers = await started()
    // A stream that is let in does not end by itself: its policy is checked in stream.test.ts.
    const routes = servers.routes.filter(({ url }) => !url.endsWith('/stream'))
    let checked = 0
    for (const route of routes) {
      for (const caller of KEYS) {
        const answer = await ask(servers, route, AUTHORIZATION[caller])
        const wanted = expected(route, caller)
        const place = `${route.method} ${route.url} by ${caller}`
        if (wanted === null) expect([401, 403], place).not.toContain(answer.statusCode)
        else expect(answer.statusCode, place).toBe(wanted)
        if (wanted === null && route.policy === 'project') expect(answer.statusCode, place).toBe(200)
        if (wanted === 404) expect(answer.body, place).not.toContain('other.example')
        checked += 1
      }
    }
    expect(checked).toBe(routes.length * KEYS.length)
    expect(routes.filter(({ policy }) => policy === 'project').length).toBeGreaterThanOrEqual(16)
    expect(new Set(routes.map(({ policy }) => policy))).toEqual(
      new Set(['open', 'project', 'member', 'sdk', 'sdk_public', 'operator']),
    )
  })

  it('lets people in as their role says, and nobody by a cookie alone', async () => {
    const servers = await started()
    const cookies = await signedInPeople(servers.hub)
    const routes = servers.routes.filter(({ url, policy }) => !url.endsWith('/stream') && policy !== 'open')
    let checked = 0
    for (const route of routes) {
      for (const kind of PERSONS) {
        const headers = Object.entries({ ...OWN, ...PEOPLE[kind], cookie: cookies.get(kind) })
        const sent = Object.fromEntries(headers.filter(([, value]) => value !== undefined)) as Record<string, string>
        // Signing out would end the session of those who come later.
        const ends = route.method === 'DELETE' && route.url.startsWith('/api/session')
        if (ends && expectedOf(route, kind) === null) continue
        const answer = await ask(servers, route, undefined, sent)
        const wanted = expectedOf(route, kind)
        const place = `${route.method} ${route.url} by ${kind}`
        if (wanted === null) expect([401, 403], place).not.toContain(answer.statusCode)
        else expect(answer.statusCode, place).toBe(wanted)
        if (wanted === 404) expect(answer.body, place).not.toContain('other.example')
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(routes.length * (PERSONS.length - 1))
  })

  it('gives the same 404 for a project of somebody else and for one that does not exist', async () => {
    const { public: app } = await started()
    const get = async (project: string) => {
      const { statusCode, body } = await app.inject({
        url: `/api/projects/${project}/events`,
        headers: { authorization: `Bearer ${ACME_KEY}` },
      })
      return [statusCode, body.replace(/"request_id":"[^"]*"/, '')]
    }
    expect(await get('other')).toEqual(await get('nowhere'))
    expect((await get('other'))[0]).toBe(404)
  })

  it('shows nothing of another project under the same ids', async () => {
    const servers = await started()
    const reads = servers.routes.filter(
      ({ method, policy, url }) => method === 'GET' && policy === 'project' && !url.endsWith('/stream'),
    )
    expect(reads.length).toBeGreaterThanOrEqual(11)
    for (const route of reads) {
      const { body } = await ask(servers, route, `Bearer ${ACME_KEY}`)
      expect(body, route.url).not.toMatch(/user-of-other|@other|of other|com\.other/)
    }
  })

  it('gives only this list of open routes', async () => {
    const { routes } = await started()
    const open = routes
      .filter(({ policy }) => policy === 'open')
      .map(({ server, method, url }) => `${server} ${method} ${url}`)
    const named = open.filter((route) => !route.includes(' HEAD ') && !/\/(v1|rcbilling)(\/\*)?$/.test(route))
    expect(named.sort()).toEqual([
      'metrics GET /healthz',
      'metrics GET /metrics',
      'metrics GET /readyz',
      'public GET /*',
      'public GET /api/oidc/callback',
      'public GET /api/oidc/start',
      'public GET /api/openapi.json',
      'public GET /api/sign-in',
      'public GET /assets/*',
      'public GET /healthz',
      'public GET /readyz',
      'public GET /v1/health',
      'public POST /api/links/look',
      'public POST /api/links/use',
      'public POST /api/session',
      'public POST /notifications/:slug/:project/:app',
    ])
    // What nothing answers, said to everybody alike.
    const absent = open.filter((route) => /\/(v1|rcbilling)(\/\*)?$/.test(route))
    expect(absent).toHaveLength(4 * 7)
  })
})

describe('keys', () => {
  it('asks for a key in one sentence, and says how', async () => {
    const { public: app } = await started()
    const answer = await app.inject('/api/projects/acme/events')
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.json()).toMatchObject({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: expect.stringContaining('sk_'),
    })
  })

  it('does not read a key from the query', async () => {
    const { public: app } = await started()
    expect((await app.inject(`/api/projects/acme/events?key=${ACME_KEY}`)).statusCode).toBe(401)
  })

  it('refuses a secret key that comes from a browser and warns, on every route that takes one', async () => {
    const servers = await started()
    const routes = servers.routes.filter(({ policy }) => ['project', 'sdk', 'sdk_public'].includes(policy))
    for (const route of routes) {
      const answer = await ask(servers, route, `Bearer ${ACME_KEY}`, { origin: 'https://app.example' })
      expect(answer.statusCode, route.url).toBe(403)
      expect(answer.body).toContain('browser')
    }
    expect(routes.length).toBeGreaterThan(16)
    expect(
      servers.lines.filter(({ level, origin }) => level === 'warn' && origin === 'https://app.example'),
    ).toHaveLength(routes.length)
    expect(JSON.stringify(servers.lines)).not.toContain(ACME_KEY)
  })

  it('stops letting a revoked key in at once', async () => {
    const { public: app, hub } = await started()
    const get = () => app.inject({ url: '/api/projects/acme/events', headers: { authorization: `Bearer ${ACME_KEY}` } })
    expect((await get()).statusCode).toBe(200)
    hub.rows.keys.length = 0
    expect((await get()).statusCode).toBe(401)
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    `bearer  ${ACME_KEY}`,
    `Bearer ${'x'.repeat(5000)}`,
    `${ACME_KEY}`,
    'Bearer a b',
  ])('answers 401 to %j', async (authorization) => {
    const { public: app } = await started()
    expect((await app.inject({ url: '/api/projects/acme/events', headers: { authorization } })).statusCode).toBe(401)
  })
})

describe('a route without a policy', () => {
  it('ends the start of the hub', () => {
    const app = hardenedServer({ log: createLog({ level: 'silent' }), trustProxy: [], https: false })
    const { doors } = memoryHub()
    guard(app, doors, {
      limits: createRateLimits(NO_RATES, doors.now),
      calls: createAppCalls(doors.appCalls, doors.now),
      origins: { base: 'https://hub.example', admin: null },
    })
    expect(() => app.get('/api/forgotten', async () => 'anything')).toThrow('declares no policy')
  })
})
