import { describe, expect, it } from 'vitest'
import { createBuckets, NO_RATES } from '../../../src/http/rate-limits.ts'
import { memoryHub, OTHER_KEY } from '../in-memory-doors.ts'
import { ACME_KEY, ask, everywhere, NOW, ROWS } from './ask.ts'

describe('a bucket', () => {
  it('lets ten seconds of requests through at once, then one for each share of a second', () => {
    let now = NOW
    const buckets = createBuckets(2, () => now)
    expect(Array.from({ length: 20 }, () => buckets.take('a')).every((wait) => wait === 0)).toBe(true)
    expect(buckets.take('a')).toBe(500)
    now += 499
    expect(buckets.take('a')).toBe(1)
    now += 1
    expect(buckets.take('a')).toBe(0)
    expect(buckets.take('b')).toBe(0)
    now += 3_600_000
    expect(Array.from({ length: 21 }, () => buckets.take('a')).filter((wait) => wait === 0)).toHaveLength(20)
  })

  it('survives a clock that is set back, and no rate is no limit', () => {
    let now = NOW
    const buckets = createBuckets(1, () => now)
    for (let n = 0; n < 10; n += 1) buckets.take('a')
    now -= 3_600_000
    expect(buckets.take('a')).toBe(1_000)
    now += 1_000
    expect(buckets.take('a')).toBe(0)
    const open = createBuckets(0, () => now)
    expect([Array.from({ length: 1000 }, () => open.take('a')).some((wait) => wait > 0), open.size]).toEqual([false, 0])
  })

  it('remembers a bounded number of names, and forgets the one that was asked longest ago', () => {
    const buckets = createBuckets(1, () => NOW, 3)
    for (let n = 0; n < 10; n += 1) buckets.take('often')
    for (const name of ['a', 'b', 'often', 'c', 'd']) buckets.take(name)
    expect([buckets.size, buckets.take('often')]).toEqual([3, 1_000])
    for (let n = 0; n < 1_000; n += 1) buckets.take(String(n))
    expect(buckets.size).toBe(3)
  })
})

describe('too many requests', () => {
  const flooded = async (rates: Partial<typeof NO_RATES>, hub = memoryHub()) =>
    everywhere({ hub, config: { rates: { ...NO_RATES, ...rates } } })
  const spend = async (asking: () => ReturnType<typeof ask>, times: number) => {
    for (let n = 0; n < times; n += 1) expect((await asking()).statusCode).toBeLessThan(300)
  }

  it('of one customer: 429 with the seconds to wait, others go on, and time heals', async () => {
    const servers = await flooded({ perCustomer: 1 })
    await spend(() => ask(servers, '/v1/subscribers/user-1'), 10)
    const refused = await ask(servers, '/v1/subscribers/user-1')
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(refused.json()).toEqual({ code: 7226, message: expect.stringContaining('Retry-After') })
    expect((await ask(servers, '/v1/subscribers/user-2')).statusCode).toBe(201)
    expect((await ask(servers, '/v1/subscribers/user-1', { key: OTHER_KEY })).statusCode).toBe(200)
    servers.hub.now += 1_000
    expect((await ask(servers, '/v1/subscribers/user-1')).statusCode).toBe(200)
  })

  it('counts a customer by the body where the address names none', async () => {
    const servers = await flooded({ perCustomer: 1 })
    const post = () => ask(servers, '/v1/receipts', { body: { app_user_id: 'user-1', fetch_token: 'a.b.c' } })
    await spend(post, 10)
    expect((await post()).statusCode).toBe(503)
    expect((await ask(servers, '/v1/subscribers/user-1')).statusCode).toBe(429)
  })

  it('of one key, and of one address: apps by both, a secret key by its own alone', async () => {
    const byKey = await flooded({ perKey: 1 })
    await spend(() => ask(byKey, '/v1/offerings'), 10)
    expect((await ask(byKey, '/v1/offerings')).statusCode).toBe(429)
    expect((await ask(byKey, '/v1/offerings', { key: ACME_KEY })).statusCode).toBe(200)
    const byAddress = await flooded({ perAddress: 1 })
    await spend(() => ask(byAddress, '/v1/offerings'), 10)
    expect((await ask(byAddress, '/v1/offerings')).statusCode).toBe(429)
    for (const key of ['appl_nobody', null])
      expect((await ask(byAddress, '/v1/offerings', { key })).statusCode).toBe(429)
    expect((await ask(byAddress, '/v1/nothing', { key: null })).statusCode).toBe(429)
    await spend(() => ask(byAddress, '/v1/offerings', { key: ACME_KEY }), 20)
  })

  it('reads the address from a proxy only where the operator trusts it', async () => {
    const spoofed = await flooded({ perAddress: 1 })
    for (let n = 0; n < 10; n += 1)
      await ask(spoofed, '/v1/offerings', { headers: { 'x-forwarded-for': `10.0.0.${n}` } })
    expect((await ask(spoofed, '/v1/offerings', { headers: { 'x-forwarded-for': '10.0.0.99' } })).statusCode).toBe(429)
    const trusted = await everywhere({ config: { rates: { ...NO_RATES, perAddress: 1 }, trustProxy: ['127.0.0.1'] } })
    for (let n = 0; n < 10; n += 1) await ask(trusted, '/v1/offerings', { headers: { 'x-forwarded-for': '10.0.0.1' } })
    expect((await ask(trusted, '/v1/offerings', { headers: { 'x-forwarded-for': '10.0.0.1' } })).statusCode).toBe(429)
    expect((await ask(trusted, '/v1/offerings', { headers: { 'x-forwarded-for': '10.0.0.2' } })).statusCode).toBe(200)
  })

  it('never make a device drop what it holds: 503 for receipts and attributes of apps, 429 for all else', async () => {
    const servers = await flooded({ perKey: 1 })
    await spend(() => ask(servers, '/v1/offerings'), 10)
    const held: string[] = []
    for (const { route, url, body } of ROWS) {
      const answer = await ask(servers, url, { body })
      expect([429, 503], route).toContain(answer.statusCode)
      if (answer.statusCode === 503) held.push(route)
    }
    expect(held).toEqual([
      'POST /v1/subscribers/:id/attributes',
      'POST /v1/subscribers/:id/attribution',
      'POST /v1/subscribers/:id/adservices_attribution',
      'POST /v1/receipts',
    ])
    await spend(() => ask(servers, '/v1/offerings', { key: ACME_KEY }), 10)
    const backend = await ask(servers, '/v1/receipts', {
      key: ACME_KEY,
      body: { app_user_id: 'u', fetch_token: 'a.b.c' },
    })
    expect(backend.statusCode).toBe(429)
  })
})
