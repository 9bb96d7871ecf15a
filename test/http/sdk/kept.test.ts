import { describe, expect, it } from 'vitest'
import { ask, everywhere, NOW } from './ask.ts'

const ETAG = 'x-revenuecat-etag'

describe('answers that the SDKs keep', () => {
  it.each([
    '/v1/subscribers/user-1',
    '/v1/subscribers/user-1/offerings',
    '/v1/offerings',
    '/v1/product_entitlement_mapping',
    '/v1/subscribers/user-1/virtual_currencies',
    '/rcbilling/v1/branding',
  ])('%s: 304 with the same tag and no body while nothing changed, with the moment to judge dates by', async (url) => {
    const servers = await everywhere()
    // Both SDKs send the header empty when they keep nothing.
    const first = await ask(servers, url, { headers: { [ETAG]: '' } })
    const tag = String(first.headers[ETAG])
    expect([first.statusCode, tag]).toEqual([200, expect.stringMatching(/^[0-9a-f]{16}$/)])
    expect(first.headers['x-revenuecat-request-time']).toBe(String(NOW))
    servers.hub.now = NOW + 5_000
    for (const row of servers.hub.rows.customers) Object.assign(row, { lastSeenAt: servers.hub.now })
    const second = await ask(servers, url, { headers: { [ETAG]: tag, 'x-rc-last-refresh-time': String(NOW) } })
    expect([second.statusCode, second.body, second.headers[ETAG]]).toEqual([304, '', tag])
    expect(second.headers['x-revenuecat-request-time']).toBe(String(NOW + 5_000))
    const other = await ask(servers, url, { headers: { [ETAG]: 'another' } })
    expect([other.statusCode, other.headers[ETAG]]).toEqual([200, tag])
  })

  it('change their tag with what they say', async () => {
    const servers = await everywhere()
    const before = await ask(servers, '/v1/subscribers/user-1')
    servers.hub.rows.purchases.length = 0
    const after = await ask(servers, '/v1/subscribers/user-1', { headers: { [ETAG]: String(before.headers[ETAG]) } })
    expect(after.statusCode).toBe(200)
    expect(after.headers[ETAG]).not.toBe(before.headers[ETAG])
  })

  it('are never a 304 for a customer that was just made, nor for a POST', async () => {
    const servers = await everywhere()
    const made = await ask(servers, '/v1/subscribers/new-1')
    expect(made.statusCode).toBe(201)
    servers.hub.rows.customers.length = 0
    const again = await ask(servers, '/v1/subscribers/new-1', { headers: { [ETAG]: String(made.headers[ETAG]) } })
    expect([again.statusCode, again.json().subscriber.original_app_user_id]).toEqual([201, 'new-1'])
    const post = await ask(servers, '/v1/receipts', {
      body: { app_user_id: 'new-1', fetch_token: 'a.b.c' },
      headers: { [ETAG]: String(made.headers[ETAG]) },
    })
    expect(post.statusCode).toBe(200)
    expect(post.headers).not.toHaveProperty(ETAG)
    expect(post.headers['x-revenuecat-request-time']).toBe(String(NOW))
  })
})
