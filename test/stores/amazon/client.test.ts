import { describe, expect, it } from 'vitest'
import type { HttpResult } from '../../../src/net/http.ts'
import { createReceiptService } from '../../../src/stores/amazon/client.ts'
import { readReceipt } from '../../../src/stores/amazon/reading.ts'
import type { Fetched } from '../../../src/stores/store.ts'
import { amazonStore, answered, appOf, hosts, MINUTE, NOW, SECRET, SETTINGS, START, simulated } from './setting.ts'

const app = appOf()
const wanted = { app, environment: 'production', receiptId: 'a=:/b:3:11', appUserId: 'user/=' } as const

async function answeredBy(answer: HttpResult): Promise<Fetched<unknown>> {
  const amazon = hosts()
  amazon.answers = [answer]
  return createReceiptService({ http: amazon.http, now: () => NOW, url: null }).receipt(wanted)
}

describe('the Receipt Verification Service', () => {
  it('is asked by a path in which every part is escaped, at the address of its environment', async () => {
    const amazon = hosts()
    const service = createReceiptService({ http: amazon.http, now: () => NOW, url: null })
    await service.receipt(wanted)
    await service.receipt({ ...wanted, environment: 'sandbox' })
    await createReceiptService({ http: amazon.http, now: () => NOW, url: 'http://127.0.0.1:9/' }).receipt(wanted)
    const path = `/version/1.0/verifyReceiptId/developer/${encodeURIComponent(SECRET)}/user/user%2F%3D/receiptId/a%3D%3A%2Fb%3A3%3A11`
    expect(amazon.asked.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `https://appstore-sdk.amazon.com${path}`],
      ['GET', `https://appstore-sdk.amazon.com/sandbox${path}`],
      ['GET', `http://127.0.0.1:9${path}`],
    ])
  })

  it('is not asked about what would be another path', async () => {
    const amazon = hosts()
    const service = createReceiptService({ http: amazon.http, now: () => NOW, url: null })
    for (const dots of ['', '.', '..']) {
      expect(await service.receipt({ ...wanted, appUserId: dots })).toMatchObject({ kind: 'absent' })
      expect(await service.receipt({ ...wanted, receiptId: dots })).toMatchObject({ kind: 'absent' })
    }
    expect(amazon.asked).toEqual([])
  })

  it('answers each in its own way', async () => {
    const ok = { kind: 'answer', status: 200, headers: {}, body: '{}', truncated: false, durationMs: 1 } as const
    const cases: readonly (readonly [HttpResult, string, number | null | undefined])[] = [
      [answered(200, '{"receiptId":"a"}'), 'fetched', undefined],
      [answered(410), 'fetched', undefined],
      [answered(400), 'absent', undefined],
      [answered(497), 'absent', undefined],
      [answered(496), 'credentials', undefined],
      [answered(429, '', { 'retry-after': '7' }), 'retry', 7_000],
      [answered(429, '', { 'retry-after': '999999' }), 'retry', 3_600_000],
      [answered(429), 'retry', null],
      [answered(500), 'retry', null],
      [answered(503), 'retry', null],
      [answered(302, '', { location: 'https://evil.tld' }), 'retry', null],
      [answered(200, 'hello'), 'retry', null],
      [answered(200, '[]'), 'retry', null],
      [{ ...ok, truncated: true }, 'retry', null],
      [{ kind: 'fault', sent: false, reason: 'Could not connect (ENOTFOUND)', durationMs: 1 }, 'retry', null],
    ]
    for (const [answer, kind, afterMs] of cases) {
      const fetched = await answeredBy(answer)
      expect(fetched.kind, JSON.stringify(answer)).toBe(kind)
      if (fetched.kind === 'fetched') continue
      expect(fetched.reason).toMatch(/^[A-Z].*\.$/)
      if (fetched.kind === 'retry') expect(fetched.afterMs).toBe(afterMs)
    }
    expect(cases).toHaveLength(15)
  })

  it('never gets its secret into a reason, whatever goes wrong', async () => {
    const echo = `${SECRET} ${encodeURIComponent(SECRET)}`
    const answers: readonly HttpResult[] = [
      answered(496, echo),
      answered(500, echo),
      answered(400, echo),
      answered(200, echo),
      answered(418, echo),
      { kind: 'fault', sent: true, reason: 'No answer in time', durationMs: 1 },
    ]
    for (const answer of answers) {
      const text = JSON.stringify(await answeredBy(answer))
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain(encodeURIComponent(SECRET))
    }
    expect(answers).toHaveLength(6)
  })

  it('is asked twenty times at once by an app, and ten times a second from then on', async () => {
    let now = NOW
    const amazon = hosts()
    const service = createReceiptService({ http: amazon.http, now: () => now, url: null })
    const kinds: string[] = []
    for (let n = 0; n < 25; n += 1) kinds.push((await service.receipt(wanted)).kind)
    expect(amazon.asked).toHaveLength(20)
    expect(kinds.slice(20)).toEqual(['retry', 'retry', 'retry', 'retry', 'retry'])
    // Another app has a budget of its own.
    expect((await service.receipt({ ...wanted, app: appOf({ id: 'other' }) })).kind).not.toBe('retry')
    now += 500
    for (let n = 0; n < 10; n += 1) await service.receipt(wanted)
    expect(amazon.asked).toHaveLength(26)
  })

  it('is asked in the sandbox too for a question that has begun, by an empty budget, and later ones pay it back', async () => {
    let now = NOW
    const amazon = hosts()
    const service = createReceiptService({ http: amazon.http, now: () => now, url: null })
    for (let n = 0; n < 19; n += 1) await service.receipt(wanted)
    expect(await readReceipt(wanted, app, service)).toMatchObject({ kind: 'absent' })
    expect(amazon.asked.slice(19).map(({ url }) => url.includes('/sandbox/'))).toEqual([false, true])
    expect(await readReceipt(wanted, app, service)).toMatchObject({ kind: 'retry', afterMs: 200 })
    now += 200
    expect(await readReceipt(wanted, app, service)).toMatchObject({ kind: 'absent' })
    expect(amazon.asked).toHaveLength(23)
  })

  it('without a secret is not asked at all', async () => {
    const amazon = hosts()
    const service = createReceiptService({ http: amazon.http, now: () => NOW, url: null })
    const none = appOf({ settings: { ...SETTINGS, shared_secret: '' } })
    expect(await service.receipt({ ...wanted, app: none })).toMatchObject({ kind: 'credentials' })
    expect(amazon.asked).toEqual([])
    expect(amazonStore().canPoll?.(none)).toBe(false)
    expect(amazonStore().canPoll?.(app)).toBe(true)
  })
})

describe('the check of credentials', () => {
  const check = async (answer: HttpResult) => {
    const amazon = hosts()
    amazon.answers = [answer]
    return (await amazonStore(amazon.http).check?.('production', app))?.kind
  }

  it('succeeds when Amazon takes the secret, and says nothing of a receipt', async () => {
    expect(await check(answered(400))).toBe('fetched')
    expect(await check(answered(497))).toBe('fetched')
    expect(await check(answered(410))).toBe('fetched')
    expect(await check(answered(496))).toBe('credentials')
    expect(await check(answered(500))).toBe('retry')
  })

  it('is refused by the stand-in for a wrong secret alone', async () => {
    const amazon = hosts()
    amazon.show(simulated().world, NOW)
    const wrong = appOf({ settings: { ...SETTINGS, shared_secret: 'wrong' } })
    expect(await amazonStore(amazon.http).check?.('production', app)).toMatchObject({ kind: 'fetched' })
    expect(await amazonStore(amazon.http).check?.('production', wrong)).toMatchObject({ kind: 'credentials' })
  })
})

describe('a history', () => {
  it('is nothing that Amazon keeps', async () => {
    const store = amazonStore()
    const key = { projectId: 'acme', store: 'amazon', environment: 'production', chain: 'a', line: '' } as const
    expect(store.canAskHistory(app)).toBe(false)
    expect(store.lists).toBeUndefined()
    expect(await store.history({ key, transactionId: 'a' }, app)).toMatchObject({ kind: 'absent' })
    expect(START + MINUTE).toBeLessThan(NOW)
  })
})
