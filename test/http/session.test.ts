import { describe, expect, it } from 'vitest'
import { THE_OPERATOR } from '../../src/members/links.ts'
import { ABSOLUTE_END_MS, IDLE_END_MS } from '../../src/members/session.ts'
import { tokenHash } from '../../src/members/tokens.ts'
import { memoryHub, NOW } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const OWN = { host: 'hub.example', origin: 'https://hub.example', 'x-tributary-request': '1' }
const ANA = { email: 'ana@example.com', name: 'Ana', password: 'a long enough password' }
const SIGN_IN = { email: ANA.email, password: ANA.password }
const MINUTE = 60_000

type Answer = Awaited<ReturnType<Started['public']['inject']>>

function post(servers: Started, path: string, payload: object, headers: Record<string, string> = {}) {
  return servers.public.inject({ method: 'POST', url: `/api${path}`, payload, headers: { ...OWN, ...headers } })
}

function cookieOf(answer: Answer): string {
  return String(answer.headers['set-cookie'] ?? '').split(';')[0] ?? ''
}

/** A hub whose owner is Ana, who is signed in. */
async function withAna(config: Parameters<typeof started>[0] = {}) {
  const servers = await started(config)
  const token = (await servers.hub.doors.members.setupToken()) ?? ''
  const answer = await post(servers, '/links/use', { token, ...ANA })
  expect(answer.statusCode).toBe(200)
  return { servers, token, answer, cookie: cookieOf(answer) }
}

const session = (servers: Started, cookie: string, headers: Record<string, string> = {}) =>
  servers.public.inject({ url: '/api/session', headers: { host: 'hub.example', cookie, ...headers } })

describe('the cookie of a session', () => {
  it.each([
    ['https://hub.example', 'hub.example', '__Host-'],
    ['https://hub.example', 'localhost:7072', '__Host-'],
    ['https://hub.example', '10.0.0.5:7072', ''],
    ['http://127.0.0.1:7070', '127.0.0.1:7070', '__Host-'],
    ['http://localhost:7070', '[::1]:7070', '__Host-'],
    ['http://10.0.0.5:7070', '10.0.0.5:7070', ''],
    ['http://10.0.0.5:7070', 'localhost.evil.example', ''],
  ])('of a hub at %s asked at %s begins with "%s"', async (baseUrl, host, prefix) => {
    const servers = await started({ config: { baseUrl } })
    const token = await servers.hub.doors.members.setupToken()
    const answer = await post(servers, '/links/use', { token, ...ANA }, { host, origin: `http://${host}` })
    const [value, ...flags] = String(answer.headers['set-cookie']).split('; ')
    expect(value).toMatch(new RegExp(`^${prefix}tributary_session=[\\w-]{43}$`))
    const secure = prefix === '' ? [] : ['Secure']
    expect(flags).toEqual(['Path=/', `Max-Age=${ABSOLUTE_END_MS / 1000}`, 'HttpOnly', 'SameSite=Strict', ...secure])
    const cookie = value ?? ''
    expect((await session(servers, cookie, { host })).statusCode).toBe(200)
    // Under the other name it counts for nothing.
    const other = cookie.startsWith('__Host-') ? cookie.slice(7) : `__Host-${cookie}`
    expect((await session(servers, other, { host })).statusCode).toBe(401)
  })

  it('names the session, which is kept by its hash alone', async () => {
    const { servers, cookie } = await withAna()
    const token = cookie.split('=')[1] ?? ''
    const { storage } = servers.hub.people
    expect(await storage.loadSession(token)).toBeNull()
    expect(await storage.loadSession(tokenHash(token))).not.toBeNull()
    expect((await session(servers, `x=1; ${cookie}; y=2`)).json()).toMatchObject({
      account: { email: ANA.email, name: 'Ana', hub_owner: true },
      projects: [
        { id: 'acme', name: 'acme', role: 'owner' },
        { id: 'other', role: 'owner' },
      ],
      base_url: 'https://hub.example',
      ends_at: new Date(NOW + ABSOLUTE_END_MS).toISOString(),
    })
  })
})

describe('a session', () => {
  it('ends when nobody used it for a day, and is pushed forward at most once a minute', async () => {
    const { servers, cookie } = await withAna()
    const { hub } = servers
    const seen = async () => (await hub.people.storage.findAccount(ANA.email))?.lastSeenAt
    hub.now = NOW + MINUTE - 1
    await session(servers, cookie)
    expect(await seen()).toBe(NOW)
    hub.now = NOW + IDLE_END_MS - 1
    expect((await session(servers, cookie)).statusCode).toBe(200)
    expect(await seen()).toBe(hub.now)
    hub.now += IDLE_END_MS
    expect((await session(servers, cookie)).statusCode).toBe(401)
    hub.now -= IDLE_END_MS
    expect((await session(servers, cookie)).statusCode).toBe(401)
  })

  it('ends after two weeks, however often it was used', async () => {
    const { servers, cookie } = await withAna()
    let uses = 0
    for (servers.hub.now = NOW; servers.hub.now < NOW + ABSOLUTE_END_MS; servers.hub.now += IDLE_END_MS - 1) {
      expect((await session(servers, cookie)).statusCode).toBe(200)
      uses += 1
    }
    expect(uses).toBe(15)
    servers.hub.now = NOW + ABSOLUTE_END_MS
    expect((await session(servers, cookie)).statusCode).toBe(401)
  })

  it('ends when its owner signs out, here or everywhere', async () => {
    const { servers, cookie } = await withAna()
    const second = cookieOf(await post(servers, '/session', SIGN_IN))
    const third = cookieOf(await post(servers, '/session', SIGN_IN))
    const end = (url: string, from: string) =>
      servers.public.inject({ method: 'DELETE', url, headers: { ...OWN, cookie: from } })
    const out = await end('/api/session', cookie)
    expect(out.json()).toEqual({ signed_out: true })
    expect(out.headers['set-cookie']).toContain('Max-Age=0')
    expect((await session(servers, cookie)).statusCode).toBe(401)
    expect((await session(servers, second)).statusCode).toBe(200)
    await end('/api/sessions', second)
    expect((await session(servers, second)).statusCode).toBe(401)
    expect((await session(servers, third)).statusCode).toBe(401)
  })

  it('is let go by a new password, but for the one that set it', async () => {
    const { servers, cookie } = await withAna()
    const other = cookieOf(await post(servers, '/session', SIGN_IN))
    const change = (password: object) =>
      servers.public.inject({
        method: 'PATCH',
        url: '/api/account',
        payload: { name: 'Ana B.', password },
        headers: { ...OWN, cookie },
      })
    const next = 'another long password'
    const wrong = await change({ current: 'not my password', next })
    expect([wrong.statusCode, wrong.json().errors]).toEqual([
      400,
      [{ at: 'password.current', message: expect.stringContaining('not your password') }],
    ])
    const short = await change({ current: ANA.password, next: 'short' })
    expect([short.statusCode, short.json().errors[0].at]).toEqual([400, 'password.next'])
    expect((await session(servers, other)).json().account.name).toBe('Ana')
    expect((await change({ current: ANA.password, next })).json().account.name).toBe('Ana B.')
    expect((await session(servers, cookie)).statusCode).toBe(200)
    expect((await session(servers, other)).statusCode).toBe(401)
    expect((await post(servers, '/session', SIGN_IN)).statusCode).toBe(401)
    expect((await post(servers, '/session', { ...SIGN_IN, password: next })).statusCode).toBe(200)
  })
})

describe('signing in', () => {
  it('says the same of an address that nobody has and of a wrong password', async () => {
    const { servers } = await withAna()
    const wrong = { email: ANA.email, password: 'not the password' }
    const answers = [
      await post(servers, '/session', wrong),
      await post(servers, '/session', { ...wrong, email: 'x@y.zz' }),
    ]
    const bodies = answers.map(({ statusCode, json }) => [statusCode, { ...json(), request_id: '' }])
    expect(bodies[0]).toEqual(bodies[1])
    expect(bodies[0]?.[0]).toBe(401)
    expect(answers.map(({ headers }) => headers['set-cookie'])).toEqual([undefined, undefined])
  })

  it('takes the address in any case, and no more than 20 tries in a quarter of an hour', async () => {
    const { servers } = await withAna()
    const attempt = (password: string, email = ANA.email) => post(servers, '/session', { email, password })
    expect((await attempt(ANA.password, 'ANA@Example.com')).statusCode).toBe(200)
    for (let n = 0; n < 20; n += 1) expect((await attempt(`wrong password ${n}`)).statusCode).toBe(401)
    const kept = await attempt(ANA.password)
    expect([kept.statusCode, kept.headers['retry-after']]).toEqual([429, '900'])
    // Somebody whom nobody knows is kept out alike.
    for (let n = 0; n < 20; n += 1) expect((await attempt('wrong', 'nobody@example.com')).statusCode).toBe(401)
    expect((await attempt('wrong', 'nobody@example.com')).statusCode).toBe(429)
    servers.hub.now += 15 * MINUTE
    expect((await attempt(ANA.password)).statusCode).toBe(200)
  })

  it('takes no more than 60 tries at once from one address', async () => {
    const { servers } = await withAna()
    const statuses: number[] = []
    for (let n = 0; n < 62; n += 1)
      statuses.push((await post(servers, '/session', { email: `${n}@example.com`, password: 'x' })).statusCode)
    expect(statuses.indexOf(429)).toBe(59)
    servers.hub.now += 5_000
    expect((await post(servers, '/session', { email: 'late@example.com', password: 'x' })).statusCode).toBe(401)
  })

  it('is not done for a page elsewhere', async () => {
    const { servers } = await withAna()
    const answer = await post(servers, '/session', SIGN_IN, { origin: 'https://evil.example' })
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined])
  })
})

describe('one-time links', () => {
  const look = (servers: Started, token: string) => post(servers, '/links/look', { token })

  it('set the hub up once, with its first project', async () => {
    const hub = memoryHub()
    hub.projects.length = 0
    const servers = await started({ hub })
    const signInPage = async () => (await servers.public.inject('/api/sign-in')).json()
    expect(await signInPage()).toEqual({ version: '0.0.0-test', setup_pending: true, oidc: null })
    const first = (await hub.doors.members.setupToken()) ?? ''
    const token = (await hub.doors.members.setupToken()) ?? ''
    expect((await look(servers, first)).statusCode).toBe(404)
    expect((await look(servers, token)).json()).toMatchObject({ kind: 'setup', email: null, needs_project: true })
    const bare = await post(servers, '/links/use', { token, email: 'x' })
    expect(bare.statusCode).toBe(400)
    const lacking = await post(servers, '/links/use', { token, ...ANA, password: 'short' })
    expect(lacking.json().errors.map(({ at }: { at: string }) => at)).toEqual(['password', 'project'])
    const project = { id: 'acme', name: 'Acme' }
    expect((await post(servers, '/links/use', { token, ...ANA, project })).statusCode).toBe(200)
    expect(hub.acts).toContainEqual(expect.stringContaining('create project'))
    expect(await signInPage()).toMatchObject({ setup_pending: false })
    expect(await hub.doors.members.setupToken()).toBeNull()
    expect((await post(servers, '/links/use', { token, ...ANA, email: 'b@example.com' })).statusCode).toBe(404)
  })

  it('make one account, used at once', async () => {
    const servers = await started()
    const token = (await servers.hub.doors.members.setupToken()) ?? ''
    const uses = ['a', 'b', 'c'].map((name) =>
      post(servers, '/links/use', { token, ...ANA, email: `${name}@example.com` }),
    )
    const statuses = (await Promise.all(uses)).map(({ statusCode }) => statusCode)
    expect(statuses.sort()).toEqual([200, 404, 404])
    expect(await servers.hub.doors.members.accounts('', 10)).toHaveLength(1)
  })

  it('invite somebody with a role, who then sees what the role may', async () => {
    const { servers, cookie } = await withAna()
    const asAna = (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) =>
      servers.public.inject({
        method,
        url: `/api/projects/acme${path}`,
        headers: { ...OWN, cookie },
        ...(payload === undefined ? {} : { payload }),
      })
    const invited = (await asAna('POST', '/invitations', { email: 'Ben@Example.com', role: 'marketer' })).json()
    expect(invited).toMatchObject({ email: 'ben@example.com', role: 'marketer', created_by: ANA.email })
    expect(invited.link).toMatch(/^https:\/\/hub\.example\/link#[\w-]{43}$/)
    const token = invited.link.split('#')[1]
    expect((await look(servers, token)).json()).toMatchObject({
      kind: 'invitation',
      email: 'ben@example.com',
      project: { id: 'acme' },
      role: 'marketer',
      has_account: false,
    })
    const ben = { token, name: 'Ben', password: 'the password of ben' }
    const entered = await post(servers, '/links/use', ben)
    expect(entered.json()).toMatchObject({
      account: { email: 'ben@example.com', hub_owner: false },
      projects: [{ id: 'acme', role: 'marketer', permissions: ['read', 'integrate'] }],
    })
    const keys = { host: 'hub.example', cookie: cookieOf(entered) }
    expect((await servers.public.inject({ url: '/api/projects/acme/keys', headers: keys })).statusCode).toBe(403)
    const { items } = (await asAna('GET', '/members')).json()
    expect(items.map(({ email, role }: Record<string, string>) => `${email} ${role}`)).toEqual([
      'ana@example.com owner',
      'ben@example.com marketer',
    ])
    const audit = (await asAna('GET', '/audit')).json().items
    expect(audit.map(({ act, on }: Record<string, string>) => `${act} ${on}`)).toEqual([
      'invite ben@example.com',
      'join ben@example.com',
    ])
    expect((await asAna('POST', '/invitations', { email: 'ben@example.com', role: 'viewer' })).statusCode).toBe(409)
  })

  it('do not let whoever invites come in as somebody else', async () => {
    const { servers } = await withAna()
    const { members } = servers.hub.doors
    const wish = { projectId: 'acme', email: ANA.email, role: 'viewer', createdBy: 'mallory' } as const
    const { token } = await members.invite(wish)
    expect((await look(servers, token)).json()).toMatchObject({ has_account: true })
    const wrong = await post(servers, '/links/use', { token, name: 'Mallory', password: 'a password of mallory' })
    expect([wrong.statusCode, wrong.json().errors[0].at]).toEqual([400, 'password'])
    expect((await post(servers, '/links/use', { token, password: ANA.password })).statusCode).toBe(200)
  })

  it('of the operator set a password in place of a lost one, and end every other session', async () => {
    const { servers, cookie } = await withAna()
    const { members } = servers.hub.doors
    for (let n = 0; n < 21; n += 1) await post(servers, '/session', { ...SIGN_IN, password: 'forgotten' })
    const token = (await members.signInToken(ANA.email, THE_OPERATOR)) ?? ''
    expect((await look(servers, token)).json()).toMatchObject({ kind: 'sign_in', may_set_password: true })
    const short = await post(servers, '/links/use', { token, password: 'short' })
    expect([short.statusCode, short.json().errors[0].at]).toEqual([400, 'password'])
    const password = 'an entirely new password'
    const entered = await post(servers, '/links/use', { token, password })
    expect(entered.statusCode).toBe(200)
    expect((await post(servers, '/links/use', { token, password: ANA.password })).statusCode).toBe(404)
    expect((await session(servers, cookieOf(entered))).statusCode).toBe(200)
    expect((await session(servers, cookie)).statusCode).toBe(401)
    expect((await post(servers, '/session', SIGN_IN)).statusCode).toBe(401)
    expect((await post(servers, '/session', { ...SIGN_IN, password })).statusCode).toBe(200)
    expect(JSON.stringify(servers.lines)).not.toContain(password)
  })

  it('that sign in leave the password, and the other sessions, where none is given', async () => {
    const { servers, cookie } = await withAna()
    const { members } = servers.hub.doors
    const given = (await members.signInToken(ANA.email, THE_OPERATOR)) ?? ''
    expect((await post(servers, '/links/use', { token: given })).statusCode).toBe(200)
    const own = (await members.signInToken(ANA.email, 'the demo')) ?? ''
    expect((await look(servers, own)).json()).toMatchObject({ kind: 'sign_in', may_set_password: false })
    const refused = await post(servers, '/links/use', { token: own, password: 'an entirely new password' })
    expect([refused.statusCode, refused.json().errors[0].at]).toEqual([400, 'password'])
    expect((await post(servers, '/links/use', { token: own })).statusCode).toBe(200)
    expect((await session(servers, cookie)).statusCode).toBe(200)
    expect((await post(servers, '/session', SIGN_IN)).statusCode).toBe(200)
  })

  it('are worth nothing in an address, in a log or after their time', async () => {
    const { servers, token } = await withAna({ level: 'debug' })
    const link = (await servers.hub.doors.members.signInToken(ANA.email, 'the operator')) ?? ''
    const used = await post(servers, '/links/use', { token: link })
    expect(used.statusCode).toBe(200)
    const late = (await servers.hub.doors.members.signInToken(ANA.email, 'the operator')) ?? ''
    servers.hub.now += 60 * MINUTE
    expect((await look(servers, late)).statusCode).toBe(404)
    const logged = JSON.stringify(servers.lines)
    expect(servers.lines.length).toBeGreaterThan(3)
    for (const secret of [token, link, late, ANA.password, cookieOf(used).split('=')[1]])
      expect(logged).not.toContain(secret)
  })
})

describe('members', () => {
  it('keep an owner, and owners are made by owners', async () => {
    const { servers, cookie } = await withAna()
    const { members } = servers.hub.doors
    const people: Record<string, { id: string; cookie: string }> = {}
    for (const role of ['owner', 'admin', 'viewer'] as const) {
      const email = `${role}@example.com`
      const { token } = await members.invite({ projectId: 'acme', email, role, createdBy: ANA.email })
      const entered = await post(servers, '/links/use', { token, name: role, password: 'a long enough password' })
      people[role] = { id: entered.json().account.id, cookie: cookieOf(entered) }
    }
    const ana = (await session(servers, cookie)).json().account.id
    const change = async (by: string, id: string | undefined, role: string | null) => {
      const headers = { ...OWN, cookie: people[by]?.cookie ?? cookie }
      const url = `/api/projects/acme/members/${id}`
      const answer =
        role === null
          ? await servers.public.inject({ method: 'DELETE', url, headers })
          : await servers.public.inject({ method: 'PATCH', url, headers, payload: { role } })
      return answer.statusCode
    }
    expect(await change('admin', people.viewer?.id, 'owner')).toBe(409)
    expect(await change('admin', people.owner?.id, 'viewer')).toBe(409)
    expect(await change('admin', people.owner?.id, null)).toBe(409)
    expect(await change('owner', ana, null)).toBe(409)
    expect(await change('admin', people.viewer?.id, 'developer')).toBe(200)
    expect(await change('viewer', people.admin?.id, null)).toBe(403)
    expect(await change('owner', people.owner?.id, null)).toBe(200)
    expect(await change('admin', 'nobody', null)).toBe(404)
    expect(servers.hub.audit.map(({ act }) => act).filter((act) => act !== 'join')).toEqual(['update', 'remove'])
  })
})

describe('the operator', () => {
  it('lists accounts and makes links', async () => {
    const servers = await started()
    const ask = (path: string, payload: object) =>
      post(servers, `/accounts/${path}`, payload, { authorization: 'Operator the-operator' })
    expect((await ask('link', {})).json()).toMatchObject({ kind: 'setup', path: expect.stringMatching(/^\/link#/) })
    const token = (await ask('link', {})).json().path.split('#')[1]
    await post(servers, '/links/use', { token, ...ANA })
    expect((await ask('link', {})).statusCode).toBe(409)
    expect((await ask('link', { email: 'nobody@example.com' })).statusCode).toBe(409)
    expect((await ask('link', { email: ANA.email })).json()).toMatchObject({ kind: 'sign_in' })
    expect((await ask('list', {})).json().items).toMatchObject([{ email: ANA.email, hub_owner: true, disabled: false }])
  })
})
