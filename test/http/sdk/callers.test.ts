import { describe, expect, it } from 'vitest'
import { OTHER_KEY } from '../in-memory-doors.ts'
import { ACME_KEY, ask, everywhere, PUBLIC_KEY, ROWS } from './ask.ts'

describe('every row × every caller', () => {
  it('is all that a public key may do, and each row is here', async () => {
    const { routes } = await everywhere()
    const mayPublic = routes
      .filter(({ policy }) => policy === 'sdk_public')
      .map(({ method, url }) => `${method} ${url}`)
    expect(mayPublic.sort()).toEqual(ROWS.map(({ route }) => route).sort())
    expect(ROWS).toHaveLength(19)
  })

  it('asks for a key, tells a bad token from an unknown key, and lets public and secret keys in', async () => {
    const servers = await everywhere()
    let seen = 0
    for (const { url, body, wanted, route } of ROWS) {
      const none = await ask(servers, url, { key: null, body })
      expect([none.statusCode, none.json().code], route).toEqual([401, 7225])
      for (const key of ['appl_nobody', 'sk_nobody00000000000000', 'nonsense']) {
        const unknown = await ask(servers, url, { key, body })
        expect([unknown.statusCode, unknown.json()], route).toEqual([
          401,
          { code: 7225, message: expect.stringMatching(/\.$/) },
        ])
      }
      for (const authorization of ['Bearer', 'Basic YTpi', PUBLIC_KEY, 'Bearer a b']) {
        const bad = await ask(servers, url, { key: null, body, headers: { authorization } })
        expect([bad.statusCode, bad.json().code], `${route} ${authorization}`).toEqual([401, 7224])
      }
      for (const key of [PUBLIC_KEY, ACME_KEY, OTHER_KEY]) {
        const headers: Record<string, string> =
          key === PUBLIC_KEY || url.includes('amazon') ? {} : { 'x-platform': 'iOS' }
        const answer = await ask(servers, url, { key, body, headers })
        expect(wanted, `${route} by ${key}: ${answer.body}`).toContain(answer.statusCode)
        seen += 1
      }
    }
    expect(seen).toBe(ROWS.length * 3)
  })

  it('keeps a public key out of what only a team may do', async () => {
    const servers = await everywhere()
    const secretOnly = servers.routes.filter(({ policy }) => policy === 'sdk' || policy === 'project')
    let seen = 0
    for (const { method, url, server } of secretOnly.filter(({ url }) => !url.endsWith('/stream'))) {
      if (server !== 'public') continue
      const answer = await servers.public.inject({
        method: method as 'GET',
        url: url.replace(':project', 'acme').replace(/:(\w+)/g, 'x'),
        headers: { authorization: `Bearer ${PUBLIC_KEY}` },
      })
      expect(answer.statusCode, `${method} ${url}`).toBe(403)
      seen += 1
    }
    expect(seen).toBeGreaterThan(18)
    expect(servers.hub.acts).toEqual([])
  })

  it('acts in the project of the key alone, and shows nothing of another one', async () => {
    const servers = await everywhere()
    await ask(servers, '/v1/subscribers/new-one', { key: OTHER_KEY })
    expect(servers.hub.rows.customers.filter(({ aliases }) => aliases.includes('new-one'))).toMatchObject([
      { projectId: 'other' },
    ])
    const theirs = await ask(servers, '/v1/subscribers/user-1', { key: OTHER_KEY })
    expect(theirs.body).toContain('someone@other.example')
    expect(theirs.body).not.toContain('acme.example')
  })

  it('shows attributes to a secret key and not to an app', async () => {
    const servers = await everywhere()
    expect((await ask(servers, '/v1/subscribers/user-1')).json().subscriber).not.toHaveProperty('subscriber_attributes')
    expect((await ask(servers, '/v1/subscribers/user-1', { key: ACME_KEY })).json().subscriber).toMatchObject({
      subscriber_attributes: { $email: { value: 'someone@acme.example' } },
    })
  })

  it('answers the health to anybody', async () => {
    const answer = await ask(await everywhere(), '/v1/health', { key: null })
    expect([answer.statusCode, answer.json()]).toEqual([200, {}])
  })
})
