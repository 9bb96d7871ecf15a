import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/domain/facts.ts'
import { factKey, mergeFacts } from '../../src/domain/merge.ts'
import type { Snapshot } from '../../src/domain/observation.ts'
import { newerSnapshot, observe } from '../../src/domain/observe.ts'
import { seed } from '../seed.ts'
import { KEY, observed, snapshot } from './scenarios/by-hand.ts'
import { context, DAY, START } from './scenarios/play.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const RUNS = FULL ? 50_000 : 2_000

/** Few values, so that facts meet: the same key, the same version, the same time. */
const base = {
  at: fc.nat(3).map((day) => START + day * DAY),
  period: fc.constantFrom('p1', 'p2'),
  own: fc.boolean(),
  inferred: fc.boolean(),
}
const money = fc.option(
  fc.record({ micros: fc.constantFrom(0, 4_990_000, 9_990_000), currency: fc.constantFrom('USD', 'EUR') }),
)
const charge = {
  ...base,
  version: fc.nat(2),
  productId: fc.constantFrom('a', 'b'),
  periodType: fc.constantFrom('TRIAL', 'NORMAL', 'INTRO', 'PREPAID', 'PROMOTIONAL'),
  price: money,
  isFamilyShare: fc.boolean(),
  countryCode: fc.option(fc.constantFrom('US', 'DE')),
  offerCode: fc.option(fc.constantFrom('free', 'half')),
  originalTransactionId: fc.constant('p1'),
}
const later = fc.nat(40).map((day) => START + day * DAY)
const reason = fc.constantFrom('UNSUBSCRIBE', 'BILLING_ERROR', 'PRICE_INCREASE', 'UNKNOWN')

const returns = fc.constantFrom(
  {},
  ...(['unknown', 'trial', 'paid'] as const).map((returnsAfter) => ({ returnsAfter })),
)
const wholes = fc.record({
  ...charge,
  kind: fc.constant('period'),
  expiresAt: fc.nat(3).map((day) => START + (30 + day) * DAY),
  firstOfChain: fc.boolean(),
  replaced: fc.boolean(),
  byChange: fc.boolean(),
  startsCancelled: fc.option(fc.boolean()),
})
const periods = fc.tuple(wholes, returns).map(([whole, mark]) => ({ ...whole, ...mark }))
const others = fc.oneof(
  fc.record({ ...charge, kind: fc.constant('one_time'), expiresAt: fc.option(later) }),
  fc.record({ ...base, kind: fc.constant('renewal_switch'), on: fc.boolean(), reason }),
  fc.record({ ...base, kind: fc.constant('billing_failed'), graceEndsAt: fc.option(later) }),
  fc.record({
    ...base,
    kind: fc.constant('ended'),
    reason: fc.oneof(reason, fc.constantFrom('CUSTOMER_SUPPORT', 'SUBSCRIPTION_PAUSED')),
    implies: fc.constantFrom('cancelled', 'billing_failed', 'nothing'),
  }),
  fc.record({ ...base, kind: fc.constant('restored') }),
  fc.record({ ...base, kind: fc.constant('change_requested'), productId: fc.constantFrom('a', 'b') }),
  fc.record({
    ...base,
    kind: fc.constant('refund'),
    refundId: fc.constantFrom('', 're_1', 're_2'),
    share: fc.constantFrom(1_000_000, 500_000),
    amount: money,
    ofLatest: fc.option(fc.boolean()),
    keepsAccess: fc.boolean(),
  }),
  fc.record({ ...base, kind: fc.constant('refund_reversed'), refundId: fc.constantFrom('', 're_1') }),
  fc.record({ ...base, kind: fc.constant('extended'), expiresAt: later }),
  fc.record({ ...base, kind: fc.constant('pause_scheduled'), resumesAt: fc.option(later) }),
)

/** The same content with its fields in another order: what a row of another driver or an older version may hold. */
function turned<T extends object>(of: T, turn: boolean): T {
  return turn ? (Object.fromEntries(Object.entries(of).reverse()) as T) : of
}

const fact = fc.tuple(fc.oneof(periods, others), fc.boolean()).map(([one, turn]) => turned(one, turn) as Fact)
const facts = fc.array(fact, { maxLength: 6 })

function canonical(of: unknown): string {
  return JSON.stringify(of, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

describe('merging facts', () => {
  const merge = mergeFacts
  const normal = (some: readonly Fact[]): readonly Fact[] => merge([], some)

  it('is commutative, associative and idempotent', () => {
    let met = 0
    fc.assert(
      fc.property(facts, facts, facts, (a, b, c) => {
        const [x, y, z] = [normal(a), normal(b), normal(c)]
        if (x.some((one) => y.some((other) => factKey(one) === factKey(other)))) met += 1
        expect(canonical(merge(x, y))).toBe(canonical(merge(y, x)))
        expect(canonical(merge(merge(x, y), z))).toBe(canonical(merge(x, merge(y, z))))
        expect(canonical(merge(x, x))).toBe(canonical(x))
      }),
      { seed, numRuns: RUNS },
    )
    expect(met).toBeGreaterThan(RUNS / 20)
  })

  it('of two tellings of one charge keeps the newer, and every mark that anybody set', () => {
    fc.assert(
      fc.property(periods, periods, (one, other) => {
        const [a, b] = [one, other].map((each) => ({ ...each, period: 'p1' })) as [Fact, Fact]
        const [merged] = merge([a], [b])
        if (merged?.kind !== 'period' || a.kind !== 'period' || b.kind !== 'period') throw new Error('one period')
        expect(merged.own).toBe(a.own || b.own)
        expect(merged.inferred).toBe(a.inferred && b.inferred)
        expect(merged.replaced).toBe(a.replaced || b.replaced)
        expect(merged.byChange).toBe(a.byChange || b.byChange)
        expect(merged.firstOfChain).toBe(a.firstOfChain || b.firstOfChain)
        if (a.version !== b.version) {
          const newer = a.version > b.version ? a : b
          expect([merged.price, merged.expiresAt, merged.productId]).toEqual([
            newer.price,
            newer.expiresAt,
            newer.productId,
          ])
        }
      }),
      { seed, numRuns: 500 },
    )
  })
})

describe('the newest snapshot', () => {
  const snapshots = fc
    .tuple(
      fc.record({
        version: fc.nat(2),
        status: fc.constantFrom('active', 'grace', 'retry', 'paused', 'expired', 'revoked'),
        autoRenew: fc.option(fc.boolean()),
        pendingProductId: fc.option(fc.constantFrom('a', 'b')),
        graceEndsAt: fc.option(fc.nat(3)),
        resumesAt: fc.option(fc.nat(3)),
      }),
      fc.boolean(),
    )
    .map(([one, turn]) => turned(one, turn) as Snapshot)

  it('wins by its version, and equal versions by content, in any order', () => {
    fc.assert(
      fc.property(snapshots, snapshots, snapshots, (a, b, c) => {
        expect(canonical(newerSnapshot(a, b))).toBe(canonical(newerSnapshot(b, a)))
        expect(canonical(newerSnapshot(newerSnapshot(a, b), c))).toBe(canonical(newerSnapshot(a, newerSnapshot(b, c))))
        if (a.version > b.version) expect(newerSnapshot(a, b)).toBe(a)
        expect(newerSnapshot(null, a)).toBe(a)
      }),
      { seed, numRuns: RUNS },
    )
  })

  it('says what the store must be asked with, whichever came first', () => {
    const old: Snapshot = snapshot({ version: 1, askWith: 'token-1' })
    const fresh: Snapshot = snapshot({ version: 2, askWith: 'token-2' })
    expect(newerSnapshot(old, fresh)?.askWith).toBe('token-2')
    expect(newerSnapshot(fresh, old)?.askWith).toBe('token-2')
  })
})

describe('observing', () => {
  it('the same once more tells nothing, whatever the facts', () => {
    let told = 0
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 4 }), (messages) => {
        let before = observe(null, observed(messages[0] ?? []), context)
        for (const message of messages.slice(1)) before = observe(before.purchase, observed(message), context)
        told += before.happenings.length
        for (const message of messages) {
          const again = observe(before.purchase, observed(message, { key: KEY }), context)
          expect(again.happenings).toEqual([])
          expect(again.entries).toEqual([])
          expect(again.changed).toBe(false)
          expect(again.purchase).toEqual(before.purchase)
        }
      }),
      { seed, numRuns: RUNS / 2 },
    )
    expect(told).toBeGreaterThan(RUNS / 10)
  })
})
