import { beforeEach, describe, expect, it } from 'vitest'
import { ACME_KEY, PUBLIC_KEY } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

let servers: Started
beforeEach(async () => {
  servers = await started()
})

function claim(body: unknown, key = ACME_KEY) {
  return servers.public.inject({
    method: 'POST',
    url: '/api/projects/acme/purchases',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  })
}

const WHO = { app: 'ios', app_user_id: 'user-1' }

describe('POST /api/projects/{project}/purchases', () => {
  it.each([
    [{ token: 'a.b.c' }, { kind: 'token', token: 'a.b.c' }],
    [{ transaction_id: '2000001' }, { kind: 'transaction', id: '2000001' }],
    [{ subscription_id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
  ])('claims by %j, and names what it showed', async (what, shown) => {
    const key = { projectId: 'acme', store: 'app_store', environment: 'production', chain: '1', line: '' } as const
    servers.hub.receipt = () => ({
      kind: 'taken',
      customer: servers.hub.rows.customers[0] ?? expect.fail(),
      attributeErrors: [],
      purchases: [key],
    })
    const answer = await claim({ ...WHO, ...what })
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        app_user_id: 'user-1',
        original_app_user_id: 'user-1',
        purchases: [{ store: 'app_store', environment: 'production', chain: '1', line: '' }],
      },
    ])
    expect(servers.hub.receipts).toMatchObject([{ app: { id: 'ios' }, appUserId: 'user-1', shown, restore: false }])
  })

  it('hands on Amazon’s id of the user, without which it verifies no receipt', async () => {
    expect((await claim({ ...WHO, token: 'a', store_user_id: 'l3HL7XppEMhrOGDnur9' })).statusCode).toBe(200)
    expect(servers.hub.receipts).toMatchObject([{ storeUserId: 'l3HL7XppEMhrOGDnur9' }])
  })

  it.each([
    [{ ...WHO }, 400],
    [{ ...WHO, token: 'a', transaction_id: 'b' }, 400],
    [{ ...WHO, token: '' }, 400],
    [{ ...WHO, token: 5 }, 400],
    [{ app_user_id: 'user-1', token: 'a' }, 400],
    [{ ...WHO, app: 'nope', token: 'a' }, 422],
    [{ ...WHO, app_user_id: 'null', token: 'a' }, 422],
    [{ ...WHO, app_user_id: '', token: 'a' }, 422],
    [[], 400],
    [null, 400],
  ])('refuses %j with %i, in one sentence', async (body, status) => {
    const answer = await claim(body)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json().detail).toMatch(/\.$/)
    expect(servers.hub.receipts).toEqual([])
  })

  it.each([
    [{ kind: 'refused', why: 'invalid_receipt', reason: 'None.' }, 422],
    [{ kind: 'refused', why: 'cannot_transfer', reason: 'It stays.' }, 409],
    [{ kind: 'credentials', reason: 'Wrong key.' }, 502],
    [{ kind: 'unavailable', reason: 'Down.', retryAfterS: 9 }, 503],
  ] as const)('says what %j means: %i', async (outcome, status) => {
    servers.hub.receipt = () => outcome
    const answer = await claim({ ...WHO, token: 'a' })
    expect([answer.statusCode, answer.json().detail]).toEqual([status, outcome.reason])
    if (status === 503) expect(answer.headers['retry-after']).toBe('9')
  })

  it('is for secret keys alone', async () => {
    expect((await claim({ ...WHO, token: 'a' }, PUBLIC_KEY)).statusCode).toBe(403)
  })
})
