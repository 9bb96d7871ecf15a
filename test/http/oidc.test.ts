import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOidc } from '../../src/members/oidc.ts'
import { createHttpClient, type HttpClient } from '../../src/net/http.ts'
import { memoryHub } from './in-memory-doors.ts'
import { CLIENT, type Issuer, startIssuer } from './oidc-issuer.ts'
import { type Started, started } from './started.ts'

const BACK = 'https://hub.example/api/oidc/callback'
const HOST = { host: 'hub.example' }

let issuer: Issuer
let http: HttpClient
beforeEach(async () => {
  issuer = await startIssuer(BACK)
  http = createHttpClient()
})
afterEach(async () => {
  await http.close()
  await issuer.close()
})

async function hubWithProvider(changes: { readonly secret?: string } = {}): Promise<Started> {
  const hub = memoryHub()
  const settings = {
    issuer: issuer.url,
    clientId: CLIENT.id,
    clientSecret: () => changes.secret ?? CLIENT.secret,
    name: 'Acme ID',
  }
  hub.oidc = createOidc(settings, { http, now: Date.now })
  const servers = await started({ hub, level: 'debug' })
  const token = await hub.doors.members.setupToken()
  await hub.doors.members.use(token ?? '', { email: 'ana@example.com', name: 'Ana', password: 'a long password' })
  return servers
}

const cookieIn = (headers: Record<string, unknown>, name: string): string => {
  const all = [headers['set-cookie']].flat().map(String)
  return (
    all.find((one) => one.startsWith(`__Host-tributary_${name}=`) && !one.includes('Max-Age=0'))?.split(';')[0] ?? ''
  )
}

async function begin(servers: Started) {
  const { statusCode, headers } = await servers.public.inject({ url: '/api/oidc/start', headers: HOST })
  expect(statusCode).toBe(302)
  return { url: String(headers.location), flow: cookieIn(headers, 'oidc'), cookies: [headers['set-cookie']].flat() }
}

function comeBack(servers: Started, url: string, cookie: string) {
  const { pathname, search } = new URL(url)
  return servers.public.inject({ url: pathname + search, headers: { ...HOST, cookie } })
}

/** The whole way; gives where the browser ends and its session. */
async function goThrough(servers: Started, claims: Record<string, unknown>) {
  issuer.claims = claims
  const { url, flow } = await begin(servers)
  const { headers } = await comeBack(servers, issuer.approve(url), flow)
  return { to: decodeURIComponent(String(headers.location)), session: cookieIn(headers, 'session') }
}

const ANA = { sub: 'ana', email: 'Ana@Example.com', email_verified: true, name: 'Ana of Acme' }

describe('signing in through an identity provider', () => {
  it('lets in whom it vouches for: the account of the address, from then on by its subject', async () => {
    const servers = await hubWithProvider()
    expect((await servers.public.inject('/api/sign-in')).json().oidc).toEqual({ name: 'Acme ID' })
    const { cookies } = await begin(servers)
    expect(String(cookies[0])).toMatch(
      /^__Host-tributary_oidc=.*; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    )
    const first = await goThrough(servers, ANA)
    expect(first.to).toBe('/')
    const who = await servers.public.inject({ url: '/api/session', headers: { ...HOST, cookie: first.session } })
    expect(who.json().account).toMatchObject({ email: 'ana@example.com', name: 'Ana', hub_owner: true })
    expect((await goThrough(servers, { ...ANA, email: 'ana.b@example.com' })).to).toBe('/')
    // The address is not handed to somebody else at the provider.
    expect((await goThrough(servers, { ...ANA, sub: 'mallory' })).to).toContain('#error=Nobody here has the address')
    expect(issuer.asked.filter((path) => path === '/token')).toHaveLength(3)
  })

  it('makes an account where an invitation waits, and none otherwise', async () => {
    const servers = await hubWithProvider()
    const ben = { sub: 'ben', email: 'ben@example.com', email_verified: true }
    expect((await goThrough(servers, ben)).to).toMatch(
      /^\/sign-in#error=Nobody here has the address ben@example\.com; /,
    )
    const wish = { projectId: 'acme', email: 'ben@example.com', role: 'viewer', createdBy: 'ana' } as const
    const { token } = await servers.hub.doors.members.invite(wish)
    const { to, session } = await goThrough(servers, ben)
    expect(to).toBe('/')
    const who = await servers.public.inject({ url: '/api/session', headers: { ...HOST, cookie: session } })
    expect(who.json()).toMatchObject({
      account: { email: 'ben@example.com' },
      projects: [{ id: 'acme', role: 'viewer' }],
    })
    expect(await servers.hub.doors.members.look(token)).toBeNull()
  })

  it.each([{ email_verified: false }, { email_verified: undefined }, { email_verified: 'true' }])(
    'believes no address with %j',
    async (changes) => {
      const servers = await hubWithProvider()
      const { to, session } = await goThrough(servers, { ...ANA, ...changes })
      expect([to, session]).toEqual([expect.stringContaining('has verified no e-mail address'), ''])
    },
  )

  it.each(['signature', 'nonce', 'audience', 'issuer', 'expired'] as const)(
    'believes no token with a wrong %s',
    async (broken) => {
      const servers = await hubWithProvider()
      issuer.broken = broken
      const { to, session } = await goThrough(servers, ANA)
      expect([to, session]).toEqual([expect.stringContaining('Acme ID did not confirm who you are'), ''])
      expect(issuer.asked).toContain('/token')
    },
  )

  it('takes nothing that began elsewhere, nothing twice, and nothing under another state', async () => {
    const servers = await hubWithProvider()
    issuer.claims = ANA
    const { url, flow } = await begin(servers)
    const back = issuer.approve(url)
    const bare = await comeBack(servers, back, '')
    expect(decodeURIComponent(String(bare.headers.location))).toContain('began in another browser')
    const other = await begin(servers)
    const mixed = await comeBack(servers, back, other.flow)
    expect(String(mixed.headers.location)).toContain('/sign-in#error=')
    expect((await comeBack(servers, back, flow)).headers.location).toBe('/')
    expect(String((await comeBack(servers, back, flow)).headers.location)).toContain('/sign-in#error=')
  })

  it('says so when the provider refuses the hub, and holds no secret in its log', async () => {
    const servers = await hubWithProvider({ secret: 'a wrong secret of the client' })
    expect((await goThrough(servers, ANA)).to).toContain('did not confirm')
    const logged = JSON.stringify(servers.lines)
    expect(logged).toContain('invalid_client')
    for (const secret of ['wrong secret', 'code-0', 'id_token']) expect(logged).not.toContain(secret)
  })

  it('says so when the provider cannot be reached', async () => {
    const servers = await hubWithProvider()
    await issuer.close()
    const { headers } = await servers.public.inject({ url: '/api/oidc/start', headers: HOST })
    expect(decodeURIComponent(String(headers.location))).toBe(
      '/sign-in#error=Acme ID could not be reached; try again, or sign in with a password.',
    )
    issuer = await startIssuer(BACK)
  })

  it('is not there where no provider is set', async () => {
    const servers = await started()
    for (const url of ['/api/oidc/start', '/api/oidc/callback?code=x'])
      expect((await servers.public.inject(url)).statusCode).toBe(404)
  })
})
