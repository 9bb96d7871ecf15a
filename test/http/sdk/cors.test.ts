import { describe, expect, it } from 'vitest'
import { ACME_KEY, ask, everywhere, ROWS } from './ask.ts'

const ORIGIN = { origin: 'https://shop.example' }

/** The headers that purchases-js 1.x sets (http-client.ts). */
const BROWSER_HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'x-platform',
  'x-version',
  'x-is-sandbox',
  'x-platform-flavor',
  'x-platform-flavor-version',
  'x-rc-subscriber-token',
  'x-revenuecat-etag',
  'x-rc-last-refresh-time',
]

function preflight(servers: Awaited<ReturnType<typeof everywhere>>, url: string, asked: string) {
  return servers.public.inject({
    method: 'OPTIONS',
    url,
    headers: { ...ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
  })
}

describe('a browser', () => {
  it('may send what the SDK sends, on every row', async () => {
    const servers = await everywhere()
    for (const { url } of ROWS) {
      const answer = await preflight(servers, url, BROWSER_HEADERS.join(','))
      expect(answer.statusCode, url).toBe(204)
      expect(answer.headers['access-control-allow-origin']).toBe('*')
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
      expect(String(answer.headers['access-control-allow-methods']).split(', ')).toEqual(['GET', 'POST'])
      const allowed = String(answer.headers['access-control-allow-headers']).split(', ')
      expect(BROWSER_HEADERS.filter((name) => !allowed.includes(name))).toEqual([])
    }
    expect(ROWS.length).toBeGreaterThan(15)
  })

  it('is allowed names of the SDK only, whatever it asks for', async () => {
    const servers = await everywhere()
    const asked = ['cookie', 'x-ok', 'x_bad', 'X-Custom', '*', 'x-'.padEnd(200, 'a'), 'proxy-authorization', 'a\tb']
    const answer = await preflight(servers, '/v1/receipts', asked.join(','))
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ')
    expect(allowed).toEqual([
      'authorization',
      'content-type',
      'accept',
      'marketplace',
      'price_string',
      'x-ok',
      'x-custom',
    ])
    const many = await preflight(servers, '/v1/receipts', Array.from({ length: 500 }, (_, n) => `x-${n}`).join(','))
    expect(String(many.headers['access-control-allow-headers']).split(', ').length).toBeLessThan(70)
  })

  it('reads answers and errors with a public key, and the headers that the SDK keeps', async () => {
    const servers = await everywhere()
    for (const [url, key, status] of [
      ['/v1/subscribers/user-1', 'appl_acme', 200],
      ['/v1/subscribers/user-1', 'appl_nobody', 401],
      ['/v1/nothing', 'appl_acme', 404],
      ['/v1/subscribers/null', 'appl_acme', 400],
    ] as const) {
      const answer = await ask(servers, url, { key, headers: ORIGIN })
      expect([answer.statusCode, answer.headers['access-control-allow-origin']], url).toEqual([status, '*'])
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
      expect(String(answer.headers['access-control-expose-headers'])).toContain('X-RevenueCat-ETag')
    }
  })

  it('is refused with a secret key, on every row', async () => {
    const servers = await everywhere()
    for (const { url, body } of ROWS) {
      const answer = await ask(servers, url, { key: ACME_KEY, body, headers: ORIGIN })
      expect([answer.statusCode, answer.json().code], url).toEqual([403, 7225])
    }
    expect(servers.hub.acts).toEqual([])
    expect(servers.hub.receipts).toEqual([])
  })

  it('stays outside of the API', async () => {
    const servers = await everywhere()
    const preflightOfApi = await preflight(servers, '/api/projects/acme/events', 'authorization')
    expect(preflightOfApi.statusCode).toBe(404)
    for (const url of ['/api/projects/acme/events', '/healthz', '/notifications/app-store/acme/ios']) {
      const answer = await ask(servers, url, { headers: ORIGIN })
      expect(answer.headers, url).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('apart, nobody hears of other origins', async () => {
    const answer = await ask(await everywhere(), '/v1/subscribers/user-1')
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })
})
