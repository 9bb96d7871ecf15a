import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import type { Answer, DestinationRequest } from '../../../src/destinations/destination.ts'
import type { Settings } from '../../../src/domain/field.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../../src/stand-ins/clevertap.ts'
import { answer } from '../conformance.ts'
import { settingsWith } from './render.ts'

const HOSTS = {
  eu1: 'https://api.clevertap.com',
  in1: 'https://in1.api.clevertap.com',
  sg1: 'https://sg1.api.clevertap.com',
  us1: 'https://us1.api.clevertap.com',
  aps3: 'https://aps3.api.clevertap.com',
  mec1: 'https://mec1.api.clevertap.com',
} as const
const REGIONS = Object.keys(HOSTS) as (keyof typeof HOSTS)[]
const ACCOUNTS = REGIONS.map((region) => ({ id: `ACC-${region}`, passcode: `pass-${region}`, region }))

const world = new Map<string, ClevertapStandIn>()

beforeAll(async () => {
  for (const region of REGIONS) world.set(HOSTS[region], await startClevertapStandIn({ accounts: ACCOUNTS, region }))
})
afterAll(async () => {
  for (const standIn of world.values()) await standIn.close()
})

async function send(request: DestinationRequest): Promise<Answer> {
  const standIn = world.get(request.origin)
  if (standIn === undefined) throw new Error(`No stand-in plays ${request.origin}`)
  const { method, headers, body, path } = request
  const response = await fetch(`${standIn.url}${path}`, { method, headers, body })
  return answer(response.status, await response.text())
}

async function verdictOf(settings: Settings) {
  const check = clevertap.check(settingsWith(settings), 'production', 0)
  if (check === null) throw new Error('Nothing to check')
  return check.verdict(await Promise.all(check.requests.map(({ request }) => send(request))))
}

describe('the check of credentials', () => {
  it.each(REGIONS)('accepts an account in its own region, %s, and leaves nothing behind', async (region) => {
    const verdict = await verdictOf({ region, account_id: `ACC-${region}`, passcode: `pass-${region}` })
    expect(verdict).toMatchObject({ ok: true })
    for (const standIn of world.values()) expect(standIn.ledger).toHaveLength(0)
  })

  it('offers the region that fits, for every wrong one', async () => {
    let pairs = 0
    for (const set of REGIONS) {
      for (const right of REGIONS.filter((region) => region !== set)) {
        const verdict = await verdictOf({ region: set, account_id: `ACC-${right}`, passcode: `pass-${right}` })
        expect(verdict).toMatchObject({ ok: false, suggestion: { region: right } })
        expect(verdict.message).toContain(`set the region to ${right}`)
        pairs += 1
      }
    }
    expect(pairs).toBe(30)
  })

  it('says that the credentials are wrong where no region takes them, without a suggestion', async () => {
    const verdict = await verdictOf({ account_id: 'ACC-eu1', passcode: 'wrong' })
    expect(verdict.ok).toBe(false)
    expect(verdict.message).toMatch(/refuses the credentials in every region/)
    expect(verdict).not.toHaveProperty('suggestion')
  })

  it('asks each region once, its own first, each time as a dry run of one record', () => {
    const check = clevertap.check(settingsWith({ region: 'sg1' }), 'production', 0)
    expect(check?.requests.map(({ name }) => name)).toEqual(['sg1', 'eu1', 'in1', 'us1', 'aps3', 'mec1'])
    for (const { name, request } of check?.requests ?? []) {
      expect(request).toMatchObject({ method: 'POST', path: '/1/upload?dryRun=1', remote: 'clevertap' })
      expect(request.origin).toBe(HOSTS[name as keyof typeof HOSTS])
      expect(JSON.parse(request.body).d).toHaveLength(1)
    }
  })

  it('judges by the first answer alone when it accepts, and takes neither silence nor a fault for a no', () => {
    const check = clevertap.check(settingsWith(), 'production', 0)
    const refused = answer(401, '{ "status" : "fail" , "error" : "Invalid Credentials" , "code" : 401}')
    const taken = answer(200, '{ "status" : "fail" , "processed" : 0 , "unprocessed" : [ ]}')
    expect(check?.verdict([taken])).toMatchObject({ ok: true })
    expect(check?.verdict([null, taken])).toMatchObject({ ok: null })
    expect(check?.verdict([answer(503)])).toMatchObject({ ok: null, message: expect.stringMatching(/503/) })
    expect(check?.verdict([refused])).toMatchObject({ ok: false, message: expect.stringMatching(/in Europe/) })
    expect(check?.verdict([refused, refused, answer(200, refused.body), taken])).toMatchObject({
      suggestion: { region: 'us1' },
    })
  })

  it("uses the sandbox's own pair, and has nothing to check without it", () => {
    expect(clevertap.check(settingsWith(), 'sandbox', 0)).toBeNull()
    const pair = { sandbox_account_id: 'SANDBOX', sandbox_passcode: 'pass-sandbox' }
    const check = clevertap.check(settingsWith(pair), 'sandbox', 0)
    expect(check?.requests[0]?.request.headers).toMatchObject({
      'x-clevertap-account-id': 'SANDBOX',
      'x-clevertap-passcode': 'pass-sandbox',
    })
  })
})
