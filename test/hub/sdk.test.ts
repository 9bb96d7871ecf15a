import { describe, expect, it } from 'vitest'
import { decodedByAndroid, decodedByIos, decodedOfferings } from '../http/sdk/decoders.ts'
import { IOS_HEADERS } from '../http/sdk/requests.ts'
import { api, eventsOf, postAll, startInProcess, startWorld, until } from './harness.ts'

const KEY = 'appl_acme'
const USER = '5C3A9F6E-0000-4000-8000-00000000000A'
const OTHER_USER = 'user-9'

async function sdk(address: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${address}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...IOS_HEADERS, authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    json: (text === '' ? null : JSON.parse(text)) as Readonly<Record<string, unknown>>,
  }
}

const PROJECT = {
  entitlements: { premium: ['com.acme.monthly'] },
  offerings: { default: { packages: { $rc_monthly: 'com.acme.monthly' } } },
}

describe('an app whose SDK speaks to the hub', () => {
  it('is somebody, logs in, sells, and sees what the customer has; what it set is on the events', async () => {
    const world = await startWorld({ app: { public_key: KEY }, project: PROJECT })
    const hub = await startInProcess(world)
    const anonymous = '$RCAnonymousID:00112233445566778899aabbccddeeff'
    const me = `/v1/subscribers/${encodeURIComponent(anonymous)}`
    expect((await sdk(hub.address, me)).status).toBe(201)
    expect((await sdk(hub.address, me)).status).toBe(200)
    const login = await sdk(hub.address, '/v1/subscribers/identify', { app_user_id: anonymous, new_app_user_id: USER })
    expect([login.status, decodedByIos(login.json).originalAppUserId]).toEqual([201, anonymous])
    const attributes = { $clevertapId: { value: '__ct1', updated_at_ms: Date.now() } }
    expect((await sdk(hub.address, `/v1/subscribers/${USER}/attributes`, { attributes })).status).toBe(200)
    expect(decodedOfferings((await sdk(hub.address, `/v1/subscribers/${USER}/offerings`)).json)).toEqual({
      current: 'default',
      offerings: [{ id: 'default', packages: [['$rc_monthly', 'com.acme.monthly', null]] }],
    })

    world.production.subscribe({
      product: 'com.acme.monthly',
      price: 9.99,
      period: 'P1M',
      appAccountToken: USER.toLowerCase(),
    })
    await postAll(hub.address, world.production.notifications)
    await until('the event', async () => (await eventsOf(hub.address)).length === 1)
    await hub.idle()
    const [event] = await eventsOf(hub.address)
    expect(event).toMatchObject({ name: 'initial_purchase', app_user_id: USER, original_app_user_id: anonymous })
    expect(JSON.stringify(world.clevertap.accepted())).toContain('__ct1')

    const info = await sdk(hub.address, `/v1/subscribers/${USER}`)
    const premium = { id: 'premium', product: 'com.acme.monthly' }
    expect(decodedByIos(info.json)).toMatchObject({ originalAppUserId: anonymous, entitlements: [premium] })
    expect(decodedByAndroid(info.json).entitlements).toMatchObject([{ ...premium, active: true }])
    expect(JSON.stringify(info.json)).not.toContain('__ct1')
    const tag = info.headers.get('x-revenuecat-etag') ?? ''
    const kept = await sdk(hub.address, `/v1/subscribers/${USER}`, undefined, { 'x-revenuecat-etag': tag })
    expect([kept.status, kept.headers.get('x-revenuecat-etag')]).toEqual([304, tag])
    const intro = { product_identifiers: ['com.acme.monthly'], fetch_token: 'x' }
    expect((await sdk(hub.address, `/v1/subscribers/${USER}/intro_eligibility`, intro)).json).toEqual({
      'com.acme.monthly': null,
    })
  })

  it('hears whether somebody else may restore a purchase, by the transfer behavior', async () => {
    for (const [behavior, allowed] of [
      ['transfer', true],
      ['keep', false],
      ['transfer_if_inactive', false],
      ['share', true],
    ] as const) {
      const world = await startWorld({ app: { public_key: KEY }, project: { ...PROJECT, transfer_behavior: behavior } })
      const hub = await startInProcess(world)
      await sdk(hub.address, `/v1/subscribers/${USER}`)
      world.production.subscribe({
        product: 'com.acme.monthly',
        price: 9.99,
        period: 'P1M',
        appAccountToken: USER.toLowerCase(),
      })
      await postAll(hub.address, world.production.notifications)
      await until('the event', async () => (await eventsOf(hub.address)).length === 1)
      const [chain] = world.production.chains.keys()
      const payload = { originalTransactionId: chain, environment: 'Production' }
      const fetch_token = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`
      const ask = async (user: string, token = fetch_token) =>
        (await sdk(hub.address, `/v1/subscribers/${user}/restore/eligibility`, { fetch_token: token })).json
      expect(await ask(OTHER_USER), behavior).toEqual({ is_purchase_allowed_by_restore_behavior: allowed })
      expect(await ask(USER), behavior).toEqual({ is_purchase_allowed_by_restore_behavior: true })
      for (const token of ['nonsense', 'a.b.c', 'e30.bnVsbA.x'])
        expect(await ask(OTHER_USER, token)).toEqual({ is_purchase_allowed_by_restore_behavior: true })
      // Asking makes nobody.
      await expect(api(hub.address, `/api/projects/acme/customers/${OTHER_USER}`)).rejects.toThrow('404')
      await hub.close()
    }
  })

  it('is told what it cannot have, and the team sees it after the next start too', async () => {
    const world = await startWorld({ app: { public_key: KEY }, project: PROJECT })
    const hub = await startInProcess(world)
    for (let n = 0; n < 3; n += 1) expect((await sdk(hub.address, `/v1/customercenter/user-${n}`)).status).toBe(404)
    await hub.close()
    const again = await startInProcess(world)
    const page = await api<{ readonly sdk: unknown }>(again.address, '/api/projects/acme/apps/ios')
    const last_at = expect.any(String)
    expect(page.sdk).toEqual({
      versions: [{ name: 'iOS 5.41.0', count: 3, last_at }],
      missing: [{ name: 'GET /v1/customercenter/{id}', count: 3, last_at }],
      asks_for_signatures: { name: 'X-Nonce', count: 3, last_at },
    })
  })
})
