import { describe, expect, it } from 'vitest'
import { EVENT_NAMES, EVENT_TYPES, isAnonymousId, nameOf } from '../../src/domain/event.ts'
import { entitlementsOf, eventAppUserId, type FreezeContext, freeze, nextSeq } from '../../src/domain/freeze.ts'
import { eventId } from '../../src/domain/ids.ts'
import type { Project } from '../../src/domain/project.ts'
import { PERIOD_TYPES } from '../../src/domain/purchase.ts'
import { fold, KEY, observed, oneTime, period, refunded, snapshot, usd } from './scenarios/by-hand.ts'
import { app, context, DAY, HOUR, question, START } from './scenarios/play.ts'

const ANONYMOUS = '$RCAnonymousID:87c6049c58069238dce29853916d624c'
const OTHER = '$RCAnonymousID:0123456789abcdef0123456789abcdef'

const project: Project = {
  id: 'acme',
  name: 'Acme',
  trackUnknownPurchases: true,
  identityHoldMs: 60_000,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: { premium: ['com.acme.monthly', 'gold:monthly'], plus: ['com.acme.monthly'], coins: [] },
}

const frozen: FreezeContext = {
  project,
  app,
  customer: {
    id: 'cus_1',
    originalAppUserId: ANONYMOUS,
    aliases: [ANONYMOUS, 'anna'],
    lastSeenAppUserId: 'anna',
    attributeSet: 'att_1',
  },
  seq: 7,
  now: START + 60_000,
  provisionalUntil: null,
  fallbackTerms: () => ({ ...context.terms(question()), commissionPpm: 1 }),
}

describe('freezing', () => {
  const { purchase, happenings } = fold([observed([period()], { snapshot: snapshot({ version: START }) })])
  const [bought] = happenings
  if (bought === undefined) throw new Error('one happening')

  it('puts identity, entitlements, status, money and seq on a happening', () => {
    expect(freeze(bought, purchase, frozen)).toMatchObject({
      id: eventId(KEY, 'purchase', 'p1', '1'),
      type: 'INITIAL_PURCHASE',
      name: 'initial_purchase',
      seq: 7,
      occurredAt: START,
      recordedAt: START + 60_000,
      late: false,
      appId: 'android',
      customerId: 'cus_1',
      appUserId: 'anna',
      originalAppUserId: ANONYMOUS,
      attributeSet: 'att_1',
      entitlementIds: ['premium', 'plus'],
      subscriptionStatus: 'active',
      willRenew: true,
      renewalNumber: 1,
      money: { currency: 'USD', grossMicros: 9_990_000, commissionPpm: 300_000, taxPpm: 0, estimated: true },
    })
  })

  it('dates an event no later than it was learned: stores renew up to a day early', () => {
    const early = freeze(bought, purchase, { ...frozen, now: START - 8 * HOUR })
    expect(early).toMatchObject({ occurredAt: START - 8 * HOUR, purchasedAt: START, late: false })
  })

  it('calls late what was learned more than an hour after', () => {
    expect(freeze(bought, purchase, { ...frozen, now: START + HOUR })).toMatchObject({ late: false })
    expect(freeze(bought, purchase, { ...frozen, now: START + HOUR + 1 })).toMatchObject({ late: true })
  })

  it('takes the terms of the charge for all that is told of its period', () => {
    const refund = fold([observed([period(), refunded({ at: START + DAY })])])
    const [, cancelled] = refund.happenings
    if (cancelled === undefined) throw new Error('a refund')
    expect(freeze(cancelled, refund.purchase, frozen).money).toMatchObject({
      grossMicros: -9_990_000,
      commissionPpm: 300_000,
    })
    expect(freeze({ ...cancelled, period: 'forgotten' }, refund.purchase, frozen).money.commissionPpm).toBe(1)
  })

  it('names no app for a promotional grant', () => {
    const grant = oneTime({ periodType: 'PROMOTIONAL', price: usd(0), expiresAt: START + DAY })
    const given = fold([observed([grant], { key: { ...KEY, store: 'promotional' } })])
    const [happening] = given.happenings
    if (happening === undefined) throw new Error('a grant')
    expect(freeze(happening, given.purchase, frozen)).toMatchObject({
      appId: null,
      store: 'promotional',
      name: 'non_subscription_purchase',
      subscriptionStatus: 'promotional',
      renewalNumber: null,
    })
  })
})

describe('who an event is of', () => {
  it.each([
    ['the last seen, when it is a name', ['anna', 'bert'], 'bert', 'bert'],
    ['the newest name, when an anonymous id was seen last', ['anna', 'bert', ANONYMOUS], ANONYMOUS, 'bert'],
    ['the last seen, when there is no name', [OTHER, ANONYMOUS], ANONYMOUS, ANONYMOUS],
  ])('%s', (_, aliases, lastSeenAppUserId, expected) => {
    expect(eventAppUserId({ aliases, lastSeenAppUserId, originalAppUserId: aliases[0] ?? '' })).toBe(expected)
  })

  it.each([
    [ANONYMOUS, true],
    ['$RCAnonymousID:87C6049C58069238DCE29853916D624C', false],
    ['$RCAnonymousID:87c6049c58069238dce29853916d624', false],
    ['$RCAnonymousID:87c6049c58069238dce29853916d624c0', false],
    [`${ANONYMOUS}\n`, false],
    [` ${ANONYMOUS}`, false],
    ['$rcanonymousid:87c6049c58069238dce29853916d624c', false],
    ['anna', false],
    ['', false],
  ])('%j is anonymous: %s', (id, expected) => {
    expect(isAnonymousId(id)).toBe(expected)
  })
})

describe('entitlements of a product', () => {
  it('are those that name it, in the project’s order; null when none does', () => {
    expect(entitlementsOf(project, 'com.acme.monthly')).toEqual(['premium', 'plus'])
    expect(entitlementsOf(project, 'gold:monthly')).toEqual(['premium'])
    expect(entitlementsOf(project, 'com.acme.other')).toBeNull()
    const byProduct = { ...project, entitlements: { premium: ['gold'], plus: ['gold:yearly'] } }
    expect(entitlementsOf(byProduct, 'gold:monthly')).toEqual(['premium'])
    expect(entitlementsOf(byProduct, 'gold:yearly')).toEqual(['premium', 'plus'])
    expect(entitlementsOf(byProduct, 'golden')).toBeNull()
    expect(entitlementsOf({ ...project, entitlements: {} }, 'com.acme.monthly')).toBeNull()
  })
})

describe('seq', () => {
  it('grows by the clock, and by one when the clock stood still or went back', () => {
    expect(nextSeq(0, START)).toBe(START * 1000)
    expect(nextSeq(START * 1000, START)).toBe(START * 1000 + 1)
    expect(nextSeq(START * 1000 + 5, START - DAY)).toBe(START * 1000 + 6)
    expect(nextSeq(START * 1000, START + 1)).toBe((START + 1) * 1000)
    expect(Number.isSafeInteger(nextSeq(0, Date.UTC(2200, 0, 1)))).toBe(true)
  })
})

describe('the names of events', () => {
  it('are each reached, and no type has two but by its period', () => {
    const reached = new Set<string>()
    let seen = 0
    for (const type of EVENT_TYPES) {
      for (const periodType of PERIOD_TYPES) {
        for (const conversion of [true, false]) {
          const name = nameOf(type, periodType, conversion)
          if (name !== null) reached.add(name)
          seen += 1
        }
      }
    }
    expect(seen).toBe(EVENT_TYPES.length * PERIOD_TYPES.length * 2)
    expect([...reached].sort()).toEqual([...EVENT_NAMES].sort())
  })

  it.each([
    ['INITIAL_PURCHASE', 'TRIAL', false, 'trial_started'],
    ['INITIAL_PURCHASE', 'INTRO', false, 'initial_purchase'],
    ['INITIAL_PURCHASE', 'PREPAID', false, 'initial_purchase'],
    ['RENEWAL', 'NORMAL', true, 'trial_converted'],
    ['RENEWAL', 'NORMAL', false, 'renewal'],
    ['CANCELLATION', 'TRIAL', false, 'trial_cancelled'],
    ['CANCELLATION', 'NORMAL', false, 'cancellation'],
    ['UNCANCELLATION', 'TRIAL', false, 'uncancellation'],
    ['TRANSFER', 'NORMAL', false, null],
    ['SUBSCRIPTION_EXTENDED', 'NORMAL', false, null],
    ['REFUND', 'NORMAL', false, null],
    ['REFUND_REVERSED', 'NORMAL', false, null],
  ] as const)('%s in a %s period, conversion %s: %s', (type, periodType, conversion, name) => {
    expect(nameOf(type, periodType, conversion)).toBe(name)
  })
})
