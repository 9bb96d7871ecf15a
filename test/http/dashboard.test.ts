import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { DashboardFiles } from '../../src/http/routes/dashboard.ts'
import { started } from './started.ts'

const SCRIPT = Buffer.from('console.log("a script")')
const DASHBOARD: DashboardFiles = {
  page: '<!doctype html><head><meta name="csp-nonce" content=""></head><script type="module" src="/assets/index-1a2b3c4d.js"></script>',
  files: new Map([
    [
      '/assets/index-1a2b3c4d.js',
      { type: 'text/javascript; charset=utf-8', bytes: SCRIPT, br: null, gzip: gzipSync(SCRIPT) },
    ],
    ['/favicon.svg', { type: 'image/svg+xml', bytes: Buffer.from('<svg/>'), br: null, gzip: null }],
  ]),
}
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const built = () => started({ config: { dashboard: DASHBOARD } })

describe('the page of the dashboard', () => {
  it.each(['/', '/sign-in', '/acme/events?type=renewal', '/acme/customers/a%2Fb'])('answers at %s', async (url) => {
    const { public: app } = await built()
    const answer = await app.inject({ url, headers: HTML })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it('allows its own files and one nonce, which is in the page and never the same', async () => {
    const { public: app } = await built()
    const nonces: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const { headers, body } = await app.inject({ url: '/', headers: HTML })
      const policy = String(headers['content-security-policy'])
      const nonce = /'nonce-([\w-]{22})'/.exec(policy)?.[1] ?? ''
      expect(policy).toBe(
        `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      expect(body).toContain(`<meta name="csp-nonce" content="${nonce}">`)
      nonces.push(nonce)
    }
    expect(new Set(nonces).size).toBe(3)
  })

  it('answers HEAD without a body', async () => {
    const { public: app } = await built()
    for (const url of ['/acme/overview', '/assets/index-1a2b3c4d.js']) {
      const answer = await app.inject({ method: 'HEAD', url, headers: HTML })
      expect([answer.statusCode, answer.body]).toEqual([200, ''])
    }
  })

  it('says how it is built where it is not', async () => {
    const { public: app } = await started()
    const answer = await app.inject({ url: '/', headers: HTML })
    expect(answer.statusCode).toBe(503)
    expect(answer.body).toContain('npm run dashboard:build')
  })
})

describe('what is no page', () => {
  it.each(['/api/nothing', '/api/projects/acme/nothing', '/notifications/app-store', '/assets/gone.js', '/metrics'])(
    'stays a problem at %s, for a browser too',
    async (url) => {
      const { public: app } = await built()
      const answer = await app.inject({ url, headers: HTML })
      expect(answer.statusCode).toBe(404)
      expect(answer.headers['content-type']).toContain('application/problem+json')
    },
  )

  it('keeps the shape of errors on the SDK wire', async () => {
    const { public: app } = await built()
    const answer = await app.inject({ url: '/v1/nothing', headers: HTML })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toHaveProperty('code')
  })

  it('is a problem for whoever does not ask for a page', async () => {
    const { public: app } = await built()
    for (const headers of [{}, { accept: 'application/json' }]) {
      const answer = await app.inject({ url: '/acme/overview', headers })
      expect(answer.statusCode).toBe(404)
      expect(answer.json()).toMatchObject({ status: 404 })
    }
  })

  it('leads out of the folder by no path', async () => {
    const { public: app } = await built()
    for (const url of [
      '/assets/../package.json',
      '/assets/%2e%2e/index.html',
      '/assets/..%2f..%2fpackage.json',
      '/assets/',
    ])
      expect((await app.inject({ url })).statusCode).toBe(404)
  })
})

describe('the files of the dashboard', () => {
  it('are kept for a year, since their names change with them', async () => {
    const { public: app } = await built()
    const answer = await app.inject('/assets/index-1a2b3c4d.js')
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(answer.body).toBe(SCRIPT.toString())
    expect((await app.inject('/favicon.svg')).headers['cache-control']).toBe('public, max-age=3600')
  })

  it('come compressed to whoever takes that', async () => {
    const { public: app } = await built()
    const answer = await app.inject({ url: '/assets/index-1a2b3c4d.js', headers: { 'accept-encoding': 'gzip, br' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.headers.vary).toContain('accept-encoding')
    expect(gunzipSync(answer.rawPayload)).toEqual(SCRIPT)
  })

  it('are on the admin port alone where there is one', async () => {
    const admin = { host: '127.0.0.1', port: 0, setting: 'TRIBUTARY_ADMIN_PORT' }
    const servers = await started({ config: { dashboard: DASHBOARD, admin } })
    expect((await servers.admin?.inject({ url: '/', headers: HTML }))?.statusCode).toBe(200)
    expect((await servers.public.inject({ url: '/', headers: HTML })).statusCode).toBe(404)
    expect((await servers.public.inject('/assets/index-1a2b3c4d.js')).statusCode).toBe(404)
  })
})
