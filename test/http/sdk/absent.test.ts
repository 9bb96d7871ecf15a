import { describe, expect, it } from 'vitest'
import { createAppCalls, MOST_NAMES, OTHER, patternOf } from '../../../src/http/app-calls.ts'
import { memoryHub } from '../in-memory-doors.ts'
import { ACME_KEY, ask, everywhere, NOW, PUBLIC_KEY } from './ask.ts'
import { decodedError } from './decoders.ts'
import { IOS_HEADERS } from './requests.ts'

describe('what is not here', () => {
  it.each([
    ['GET', '/v1/customercenter/user-1', /^The Customer Center/],
    ['POST', '/v1/customercenter/support/create-ticket', /^The Customer Center/],
    ['GET', '/v1/config/app', /^Remote configuration/],
    ['POST', '/v1/config/app', /^Remote configuration/],
    ['POST', '/v1/subscribers/redeem_purchase', /web purchases/],
    ['POST', '/rcbilling/v1/checkout/start', /^The web checkout/],
    ['POST', '/rcbilling/v1/checkout/prepare', /^The web checkout/],
    ['GET', '/rcbilling/v1/checkout/session-1', /^The web checkout/],
    ['GET', '/v1/subscribers/user-1/health_report', /^The health report/],
    ['GET', '/v1/subscribers/user-1/health_report_availability', /^The health report/],
    ['GET', '/v1/subscribers/user-1/workflows?type=paywall', /^Workflows/],
    ['GET', '/v1', /nothing at this address/],
    ['GET', '/v1/', /nothing at this address/],
    ['GET', '/v1/receipts', /nothing at this address/],
    ['DELETE', '/v1/offerings', /nothing at this address/],
    ['PUT', '/v1/subscribers/user-1/attributes', /nothing at this address/],
    ['GET', '/rcbilling', /nothing at this address/],
    ['GET', '/rcbilling/v2/anything', /nothing at this address/],
    ['POST', '/v1/..%2fapi%2fapply', /nothing at this address/],
    ['GET', `/v1/${'x/'.repeat(400)}`, /nothing at this address/],
  ] as const)('%s %s is 404 for everybody, in the shape of the SDKs', async (method, url, message) => {
    const servers = await everywhere()
    for (const key of [null, 'appl_nobody', PUBLIC_KEY, ACME_KEY]) {
      const answer = await ask(servers, url, {
        method,
        key,
        headers: { accept: 'text/html', 'content-type': 'text/html' },
        ...(method === 'GET' ? {} : { body: '<html>' }),
      })
      expect([answer.statusCode, decodedError(answer.json())], `${key}`).toEqual([404, 7226])
      expect(answer.json().message).toMatch(message)
      expect(answer.headers['content-type']).toContain('application/json')
    }
  })
})

describe('telemetry', () => {
  it('is answered {} unread, whatever it is', async () => {
    const servers = await everywhere()
    for (const url of ['/v1/events', '/v1/diagnostics']) {
      for (const [body, type] of [
        ['{"events":[]}', 'application/json'],
        ['{{{', 'application/json'],
        ['['.repeat(5_000), 'application/json'],
        ['plain', 'text/plain'],
        ['x'.repeat(3 * 1024 * 1024), 'application/json'],
      ] as const) {
        const answer = await ask(servers, url, { body, headers: { 'content-type': type } })
        expect([answer.statusCode, answer.body], `${url} ${type}`).toEqual([200, '{}'])
        expect(answer.headers.connection, url).toBe(body.length > 1024 * 1024 ? 'close' : 'keep-alive')
      }
    }
    expect(servers.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('the pattern of an address', () => {
  it.each([
    ['/v1/customercenter/user-1', 'GET /v1/customercenter/{id}'],
    ['/v1/customercenter/alice', 'GET /v1/customercenter/{id}'],
    ['/v1/customercenter/support/create-ticket', 'GET /v1/customercenter/support/create-ticket'],
    ['/v1/config/app?user=alice', 'GET /v1/config/{id}'],
    ['/v1/subscribers/alice/workflows', 'GET /v1/subscribers/{id}/workflows'],
    ['/v1/subscribers/alice/workflows/bob', 'GET /v1/subscribers/{id}/workflows/{id}'],
    ['/v1/subscribers/$RCAnonymousID%3Aab/ads/reward_verifications/x', 'GET /v1/subscribers/{id}/ads/{id}/{id}'],
    ['/rcbilling/v1/checkout/start', 'GET /rcbilling/v1/checkout/start'],
    ['/rcbilling/v1/checkout/rcb_1', 'GET /rcbilling/v1/checkout/{id}'],
    ['/v1/someone@example.com/rest', 'GET /v1/{id}/{id}'],
    ['/v1', 'GET /v1'],
    [`/v1/${'a/'.repeat(50)}`, 'GET /v1/{id}/{id}/{id}/{id}/{id}/{id}/{id}/…'],
  ])('%s is %s: nothing of anybody is in it', (url, pattern) => {
    expect(patternOf('GET', url)).toBe(pattern)
  })
})

describe('what is counted for an app', () => {
  it('is what it called in vain, its wish for signatures and its SDKs; read on its page', async () => {
    const servers = await everywhere()
    for (let n = 0; n < 3; n += 1) await ask(servers, `/v1/customercenter/user-${n}`, { headers: IOS_HEADERS })
    await ask(servers, '/v1/subscribers/user-1', { headers: { ...IOS_HEADERS, 'x-version': '5.42.0' } })
    await ask(servers, '/v1/subscribers/user-1', { headers: { 'x-platform': '<script>', 'x-version': '\u00e4' } })
    // Neither a stranger nor a backend is an app.
    await ask(servers, '/v1/customercenter/x', { key: null, headers: IOS_HEADERS })
    await ask(servers, '/v1/customercenter/x', { key: ACME_KEY, headers: IOS_HEADERS })
    await servers.close()
    const rows = servers.hub.rows.appCalls.map(({ kind, name, count, appId }) => [appId, kind, name, count])
    expect(rows).toEqual([
      ['ios', 'nonce', 'X-Nonce', 4],
      ['ios', 'sdk', 'iOS 5.41.0', 3],
      ['ios', 'missing', 'GET /v1/customercenter/{id}', 3],
      ['ios', 'sdk', 'iOS 5.42.0', 1],
    ])
    const again = await everywhere({ hub: servers.hub })
    const page = await ask(again, '/api/projects/acme/apps/ios', { key: ACME_KEY })
    expect(page.json().sdk).toEqual({
      versions: [
        { name: 'iOS 5.41.0', count: 3, last_at: new Date(NOW).toISOString() },
        { name: 'iOS 5.42.0', count: 1, last_at: new Date(NOW).toISOString() },
      ],
      missing: [{ name: 'GET /v1/customercenter/{id}', count: 3, last_at: new Date(NOW).toISOString() }],
      asks_for_signatures: { name: 'X-Nonce', count: 4, last_at: new Date(NOW).toISOString() },
    })
  })

  it('has a bounded number of names, also after a restart; the rest is counted together', async () => {
    const { doors, rows, apps } = memoryHub()
    const [app] = apps
    if (app === undefined) throw new Error('no app')
    for (let round = 0; round < 3; round += 1) {
      const calls = createAppCalls(doors.appCalls, () => NOW)
      for (let n = 0; n < 200; n += 1) {
        const letters = String.fromCharCode(97 + round, 97 + Math.floor(n / 26), 97 + (n % 26))
        calls.missed(app, 'GET', `/v1/${letters}`)
      }
      await calls.flush()
    }
    const names = new Set(rows.appCalls.map(({ name }) => name))
    expect([names.size, names.has(OTHER)]).toEqual([MOST_NAMES + 1, true])
    expect(rows.appCalls.reduce((sum, { count }) => sum + count, 0)).toBe(600)
  })

  it('costs a bounded memory between two writes, and a storage that is down ends nothing', async () => {
    const [app] = memoryHub().apps
    if (app === undefined) throw new Error('no app')
    let asked = 0
    const down = {
      count: async () => Promise.reject(new Error('down')),
      counted: async () => {
        asked += 1
        return []
      },
    }
    const calls = createAppCalls(down, () => NOW)
    for (let n = 0; n < 5_000; n += 1) calls.heard(app, { 'x-platform': 'iOS', 'x-version': `1.${n}` })
    await calls.flush()
    await calls.flush()
    expect(asked).toBe(1)
  })
})
