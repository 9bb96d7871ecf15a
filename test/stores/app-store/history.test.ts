import { describe, expect, it } from 'vitest'
import type { Observation } from '../../../src/domain/observation.ts'
import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { type Connection, connect } from './connected.ts'
import { APPLE_ID, BUNDLE, DAY, NOW } from './setting.ts'

const plan = { product: 'monthly', price: 9.99, period: 'P1M' }
const weekly = { product: 'weekly', price: 2.99, period: 'P1W' }

async function historyOf(connection: Connection, chain: string, transactionId: string) {
  const key = { projectId: 'acme', store: 'app_store', environment: 'production', chain, line: '' } as const
  return connection.store.history({ key, transactionId }, connection.app)
}

async function observed(connection: Connection, chain: string, transactionId: string): Promise<Observation> {
  const answer = await historyOf(connection, chain, transactionId)
  if (answer.kind !== 'fetched') throw new Error(answer.reason)
  return answer.value
}

describe('the history of a chain', () => {
  it('has every period over many pages, and nothing of the customer’s other purchases', async () => {
    const connection = await connect()
    const { apple, standIn } = connection
    const s = apple.subscribe({ ...weekly, at: NOW - 400 * DAY, trial: 'P1W', appAccountToken: 'abc' })
    for (let n = 0; n < 54; n += 1) s.renew()
    apple.subscribe({ ...plan, at: NOW - 100 * DAY })
    const observation = await observed(connection, s.id, s.latest.id)
    expect(observation).toMatchObject({
      history: 'complete',
      snapshot: null,
      owner: 'abc',
      kind: 'subscription',
      key: { chain: s.id },
    })
    expect(observation.facts).toHaveLength(55)
    expect(observation.facts.map((fact) => fact.period)).toEqual(s.transactions.map((transaction) => transaction.id))
    for (const fact of observation.facts)
      expect(fact).toMatchObject({ kind: 'period', own: false, inferred: false, startsCancelled: null })
    expect(observation.facts[0]).toMatchObject({ periodType: 'TRIAL', firstOfChain: true })
    expect(observation.facts[1]).toMatchObject({ periodType: 'NORMAL', firstOfChain: false })
    expect(standIn.requests).toBe(3)
  })

  it('shows a change by the period that it replaced', async () => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...plan, at: NOW - 50 * DAY })
    s.upgrade({ product: 'yearly', price: 99, period: 'P1Y' }, { at: NOW - 40 * DAY })
    const { facts } = await observed(connection, s.id, s.id)
    expect(facts).toMatchObject([
      { replaced: true, byChange: false },
      { replaced: false, byChange: true, productId: 'yearly' },
    ])
  })

  it('shows what went back, and ends access where all of the latest did', async () => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...plan, at: NOW - 100 * DAY })
    s.renew()
    const older = s.refund({ at: s.latest.purchaseDate + DAY, transactionId: s.id })
    const latest = s.refund({ at: s.latest.purchaseDate + 2 * DAY })
    s.resubscribe(undefined, { at: s.latest.purchaseDate + 9 * DAY })
    const { facts } = await observed(connection, s.id, s.id)
    const [first, second] = s.transactions.map((transaction) => transaction.id)
    expect(facts.map((fact) => [fact.kind, fact.period, fact.at])).toEqual([
      ['period', first, NOW - 100 * DAY],
      ['refund', first, older.at - 1_000],
      ['period', second, expect.any(Number)],
      ['refund', second, latest.at - 1_000],
      ['ended', second, latest.at - 1_000],
      ['period', s.latest.id, expect.any(Number)],
    ])
    expect(facts[1]).toMatchObject({ ofLatest: false, inferred: false, own: false })
    expect(facts[3]).toMatchObject({ ofLatest: true, keepsAccess: false })
    expect(facts[4]).toMatchObject({ reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })
  })

  it('concludes no end from a part that went back', async () => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...plan, at: NOW - 10 * DAY })
    s.refund({ at: NOW - DAY, percent: 30 })
    const { facts } = await observed(connection, s.id, s.id)
    expect(facts).toMatchObject([
      { kind: 'period' },
      { kind: 'refund', share: 300_000, keepsAccess: false, ofLatest: true },
    ])
  })

  it('of a family member ends without money', async () => {
    const connection = await connect()
    const member = connection.apple.subscribe({ ...plan, at: NOW - 10 * DAY }).familyShare({ at: NOW - 9 * DAY })
    member.revokeFamily({ at: NOW - DAY })
    const { facts } = await observed(connection, member.id, member.id)
    expect(facts).toMatchObject([
      { kind: 'period', isFamilyShare: true },
      { kind: 'ended', reason: 'UNKNOWN', at: NOW - DAY },
    ])
  })

  it('of a transaction that Apple does not know is absent', async () => {
    const connection = await connect()
    expect(await historyOf(connection, '99', '99')).toMatchObject({ kind: 'absent' })
    const s = connection.apple.subscribe({ ...plan, at: NOW })
    expect(await historyOf(connection, 'another chain', s.id)).toMatchObject({ kind: 'absent' })
  })

  it('that breaks off in the middle is asked for again as a whole', async () => {
    const connection = await connect()
    const s = connection.apple.subscribe({ ...weekly, at: NOW - 400 * DAY })
    for (let n = 0; n < 30; n += 1) s.renew()
    connection.standIn.script([{ kind: 'none' }, { kind: 'answer', status: 500 }])
    expect(await historyOf(connection, s.id, s.id)).toMatchObject({ kind: 'retry' })
    expect((await observed(connection, s.id, s.id)).facts).toHaveLength(31)
  })

  it('that is not signed by Apple is not believed', async () => {
    const other = createSigner(mintChain({}, NOW))
    const liar = createSimulatedAppStore({
      bundleId: BUNDLE,
      appAppleId: APPLE_ID,
      environment: 'production',
      signer: other,
      now: () => NOW,
    })
    const s = liar.subscribe({ ...plan, at: NOW })
    const connection = await connect({ stores: [liar] })
    expect(await historyOf(connection, s.id, s.id)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('trusted Apple root'),
    })
  })

  it('that is of the other environment is not believed', async () => {
    const connection = await connect({ environment: 'sandbox' })
    const s = connection.apple.subscribe({ ...plan, at: NOW })
    expect(await historyOf(connection, s.id, s.id)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('another app or environment'),
    })
  })
})
