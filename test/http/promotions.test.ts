import { beforeEach, describe, expect, it } from 'vitest'
import { ACME_KEY, NOW, PUBLIC_KEY } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const DAY = 86_400_000

let servers: Started
beforeEach(async () => {
  servers = await started()
})

function post(path: string, payload: unknown = {}, headers: Record<string, string> = {}, key = ACME_KEY) {
  return servers.public.inject({
    method: 'POST',
    url: `/v1/subscribers/${path}`,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
}

describe('POST /v1/subscribers/{id}/entitlements/{entitlement}/promotional', () => {
  const path = 'user-1/entitlements/premium/promotional'

  it.each([
    ['daily', DAY],
    ['three_day', 3 * DAY],
    ['weekly', 7 * DAY],
    ['two_week', 14 * DAY],
    ['lifetime', null],
  ])('grants %s', async (duration, lasts) => {
    const answer = await post(path, { duration })
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toMatchObject({
      app_user_id: 'user-1',
      entitlement: 'premium',
      product_identifier: `rc_promo_premium_${duration}`,
      purchase_date_ms: NOW,
      expires_date_ms: lasts === null ? null : NOW + lasts,
    })
    expect(servers.hub.acts).toEqual([`grant acme user-1 premium "${duration}" at ${NOW}`])
  })

  it.each([
    ['monthly', 1],
    ['two_month', 2],
    ['three_month', 3],
    ['six_month', 6],
    ['yearly', 12],
  ])('grants %s by the calendar', async (duration, months) => {
    const start = Date.UTC(2026, 0, 31, 12)
    const answer = await post(path, { duration, start_time_ms: start })
    const last = new Date(Date.UTC(2026, months + 1, 0)).getUTCDate()
    expect(answer.json().expires_date_ms).toBe(Date.UTC(2026, months, Math.min(31, last), 12))
  })

  it('grants until a time, and from an earlier one', async () => {
    const answer = await post(path, { end_time_ms: NOW + 5, start_time_ms: NOW - 5 })
    expect(answer.json()).toMatchObject({
      product_identifier: 'rc_promo_premium_custom',
      purchase_date_ms: NOW - 5,
      expires_date_ms: NOW + 5,
    })
  })

  it('knows the same wish by its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'order 7' }
    const [first, second] = [
      await post(path, { duration: 'daily' }, headers),
      await post(path, { duration: 'daily' }, headers),
    ]
    expect(first.json().store_transaction_id).toBe(second.json().store_transaction_id)
    expect(new Set(servers.hub.acts)).toEqual(new Set(['grant acme user-1 premium "daily" key order 7']))
  })

  it.each([
    ['nothing', {}],
    ['both', { duration: 'daily', end_time_ms: NOW + 1 }],
    ['a duration that is not known', { duration: 'fortnight' }],
    ['an end before the beginning', { end_time_ms: NOW }],
    ['a beginning in the future', { duration: 'daily', start_time_ms: NOW + 1 }],
    ['a time that is no number', { end_time_ms: 'tomorrow' }],
    ['a list', []],
  ])('refuses %s with the fix', async (_name, body) => {
    const answer = await post(path, body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 7226, message: expect.stringMatching(/\.$/) })
    expect(servers.hub.acts).toEqual([])
  })

  it('refuses an entitlement that the project does not have, and an id that nobody may have', async () => {
    const unknown = await post('user-1/entitlements/gold/promotional', { duration: 'daily' })
    expect(unknown.statusCode).toBe(404)
    expect(unknown.json().message).toContain('entitlements')
    expect((await post('null/entitlements/premium/promotional', { duration: 'daily' })).json().code).toBe(7256)
    expect((await post('user-1/entitlements/constructor/promotional', { duration: 'daily' })).statusCode).toBe(404)
    expect(servers.hub.acts).toEqual([])
  })

  it('is closed to public keys', async () => {
    expect((await post(path, { duration: 'daily' }, {}, PUBLIC_KEY)).statusCode).toBe(403)
    expect(servers.hub.acts).toEqual([])
  })
})

describe('POST /v1/subscribers/{id}/entitlements/{entitlement}/revoke_promotionals', () => {
  it('takes back what is in force and says how much that was', async () => {
    const answer = await post('user-1/entitlements/premium/revoke_promotionals')
    expect([answer.statusCode, answer.json()]).toEqual([200, { revoked: 1 }])
    expect(servers.hub.acts).toEqual(['revoke acme user-1 premium'])
  })
})
