import { describe, expect, it } from 'vitest'
import type { Role } from '../../src/members/roles.ts'
import { deliveryOf, eventOf, memoryHub } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const OWN = { host: 'hub.example', origin: 'https://hub.example', 'x-tributary-request': '1' }

/** What is known of the person: nowhere in what a marketer or a viewer is shown. */
const CANARIES = ['canary-person@acme.example', 'canary-plan-gold', 'canary-device-1']
const [EMAIL = '', PLAN = '', DEVICE = ''] = CANARIES

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
type Ask = (method: Method, path: string, payload?: object) => Promise<Awaited<ReturnType<Started['public']['inject']>>>

/** A hub of a person of whom much is known, and a member of a role with a session of their own. */
async function signedIn(role: Role): Promise<{ readonly servers: Started; readonly ask: Ask }> {
  const hub = memoryHub()
  fill(hub.rows)
  const servers = await started({ hub })
  const { token } = await hub.doors.members.invite({
    projectId: 'acme',
    email: `${role}@example.com`,
    role,
    createdBy: 'a test',
  })
  const entered = await servers.public.inject({
    method: 'POST',
    url: '/api/links/use',
    headers: OWN,
    payload: { token, name: role, password: 'a long enough password' },
  })
  expect(entered.statusCode).toBe(200)
  const cookie = String(entered.headers['set-cookie']).split(';')[0] ?? ''
  const ask: Ask = async (method, path, payload) =>
    servers.public.inject({
      method,
      url: `/api/projects/acme${path}`,
      headers: { ...OWN, cookie },
      ...(payload === undefined ? {} : { payload }),
    })
  return { servers, ask }
}

function fill(rows: ReturnType<typeof memoryHub>['rows']): void {
  const known = (value: string) => ({ value, updatedAt: 1 })
  const attributes = { $email: known(EMAIL), plan: known(PLAN), $clevertapId: known(DEVICE) }
  const own = <T extends { readonly projectId: string }>(row: T) => row.projectId === 'acme'
  rows.customers = rows.customers.filter(own).map((row) => ({ ...row, attributes }))
  rows.history = rows.history
    .filter(own)
    .map((row) => ({ ...row, body: JSON.stringify({ key: 'plan', value: PLAN, updatedAt: 1 }) }))
  rows.events = [
    { event: eventOf('acme', { id: 'evt_1', customerId: 'cus_1', attributes }), position: 1, notificationId: 'ntf_1' },
  ]
  const identity = JSON.stringify({ userId: 'user-1', objectId: DEVICE })
  rows.deliveries = [deliveryOf('acme', { eventId: 'evt_1', identity })]
  rows.attempts = rows.attempts.filter(own).map((row) => ({
    ...row,
    request: JSON.stringify({ method: 'POST', body: JSON.stringify({ email: EMAIL, plan: PLAN, device: DEVICE }) }),
    response: JSON.stringify({ status: 400, body: `${EMAIL} is not right` }),
  }))
}

const SHOWN = [
  '/customers/user-1',
  '/customers?query=user',
  '/customers/user-1/timeline',
  '/events',
  '/events/evt_1',
  '/integrations/segment/deliveries',
  '/deliveries/dlv_1',
  '/notifications/ntf_1',
] as const

describe.each(['marketer', 'viewer'] as const)('a %s', (role) => {
  it('sees that something is known of a person, and nowhere what', async () => {
    const { ask } = await signedIn(role)
    for (const path of SHOWN) {
      const answer = await ask('GET', path)
      expect([path, answer.statusCode]).toEqual([path, 200])
      for (const canary of CANARIES) expect(answer.body, path).not.toContain(canary)
    }
    expect((await ask('GET', '/customers/user-1')).json().attributes).toMatchObject({ plan: { value: '•••' } })
    expect((await ask('GET', '/events/evt_1')).body).toContain('•••')
    expect((await ask('GET', '/customers/user-1/timeline')).body).toContain('"value":"•••"')
    const [attempt] = (await ask('GET', '/deliveries/dlv_1')).json().attempt_log
    expect(JSON.stringify(attempt)).toContain('•••')
  })

  it('is not given bodies of messages, nor everything of a person as a file', async () => {
    const { servers, ask } = await signedIn(role)
    for (const path of ['/notifications/ntf_1?body=text', '/customers/user-1/export']) {
      const answer = await ask('GET', path)
      expect([path, answer.statusCode]).toEqual([path, 403])
    }
    expect(servers.hub.audit.map(({ act }) => act)).toEqual(['join'])
  })

  it('acts on nothing that is for others', async () => {
    const { servers, ask } = await signedIn(role)
    const refused: readonly (readonly [Method, string, object?])[] = [
      ['GET', '/keys'],
      ['POST', '/keys', { name: 'mine' }],
      ['POST', '/invitations', { email: 'x@example.com', role: 'owner' }],
      ['PATCH', '/apps/ios', { settings: {} }],
      ['DELETE', '/apps/ios'],
      ['PATCH', '', { name: 'Mine' }],
      ['GET', '/config.yaml'],
      ['GET', '/audit'],
      ['DELETE', '/customers/user-1'],
      ['POST', '/customers/user-1/grants', { entitlement: 'premium', duration: 'weekly' }],
      ['POST', '/notifications/ntf_1/reprocess'],
    ]
    for (const [method, path, payload] of refused) {
      const answer = await ask(method, path, payload)
      expect([method, path, answer.statusCode]).toEqual([method, path, 403])
    }
    expect(servers.hub.acts).toEqual([])
  })
})

describe('what an integration needs', () => {
  const rename = { event_names: { renewal: 'Renewed' } }
  const replay = { mode: 'fill', status: 'failed' }

  it('is done by a marketer: events renamed, failures sent again, under their name', async () => {
    const { servers, ask } = await signedIn('marketer')
    expect((await ask('PATCH', '/integrations/segment', rename)).statusCode).toBe(200)
    expect((await ask('POST', '/integrations/segment/replay', replay)).json()).toMatchObject({ matched: 1, retried: 1 })
    expect(servers.hub.acts).toEqual(['change integration acme segment', 'replay acme segment failed'])
    expect(servers.hub.audit.map(({ act, actor }) => `${act} ${actor.name}`)).toEqual([
      'join marketer@example.com',
      'replay marketer@example.com',
    ])
  })

  it('is not done by a viewer', async () => {
    const { servers, ask } = await signedIn('viewer')
    expect((await ask('PATCH', '/integrations/segment', rename)).statusCode).toBe(403)
    expect((await ask('POST', '/integrations/segment/replay', replay)).statusCode).toBe(403)
    expect((await ask('POST', '/integrations/segment/pause')).statusCode).toBe(403)
    expect(servers.hub.acts).toEqual([])
  })

  it('shows a developer what is known, so that the others are shown less and not nothing', async () => {
    const { ask } = await signedIn('developer')
    expect((await ask('GET', '/customers/user-1')).body).toContain(PLAN)
    expect((await ask('GET', '/events/evt_1')).body).toContain(EMAIL)
    expect((await ask('GET', '/deliveries/dlv_1')).body).toContain(DEVICE)
    expect((await ask('GET', '/notifications/ntf_1?body=text')).statusCode).toBe(200)
  })
})
