import { describe, expect, it } from 'vitest'
import type { EndedAs } from '../../src/domain/facts.ts'
import { type FreezeContext, freeze } from '../../src/domain/freeze.ts'
import type { Project } from '../../src/domain/project.ts'
import type { PeriodType } from '../../src/domain/purchase.ts'
import { fold, observed, period } from './scenarios/by-hand.ts'
import { app, context, DAY, permutations, question, START } from './scenarios/play.ts'

const contextOf = (resubscribeAs: Project['resubscribeAs']): FreezeContext => ({
  project: {
    id: 'acme',
    name: 'Acme',
    trackUnknownPurchases: true,
    identityHoldMs: 0,
    transferBehavior: 'transfer',
    resubscribeAs,
    entitlements: {},
  },
  app,
  customer: {
    id: 'cus_1',
    originalAppUserId: 'anna',
    aliases: ['anna'],
    lastSeenAppUserId: 'anna',
    attributeSet: 'att_1',
  },
  seq: 1,
  now: START + DAY,
  provisionalUntil: null,
  fallbackTerms: () => context.terms(question()),
})

function eventOf(resubscribeAs: Project['resubscribeAs'], periodType: PeriodType, mark: { returnsAfter?: EndedAs }) {
  const { purchase, happenings } = fold([observed([period({ periodType, firstOfChain: true, ...mark })])])
  const [happening] = happenings
  if (happening === undefined) throw new Error('one happening')
  return freeze(happening, purchase, contextOf(resubscribeAs))
}

describe('a chain that begins after an earlier one of the same person', () => {
  it.each<readonly [Project['resubscribeAs'], PeriodType, EndedAs | null, string, string, boolean | null]>([
    ['renewal', 'NORMAL', 'paid', 'RENEWAL', 'renewal', false],
    ['renewal', 'NORMAL', 'unknown', 'RENEWAL', 'renewal', false],
    ['renewal', 'NORMAL', 'trial', 'RENEWAL', 'trial_converted', true],
    ['renewal', 'INTRO', 'paid', 'RENEWAL', 'renewal', false],
    ['renewal', 'PREPAID', 'paid', 'RENEWAL', 'renewal', false],
    ['renewal', 'TRIAL', 'paid', 'INITIAL_PURCHASE', 'trial_started', null],
    ['renewal', 'TRIAL', 'trial', 'INITIAL_PURCHASE', 'trial_started', null],
    ['renewal', 'NORMAL', null, 'INITIAL_PURCHASE', 'initial_purchase', null],
    ['initial_purchase', 'NORMAL', 'paid', 'INITIAL_PURCHASE', 'initial_purchase', null],
    ['initial_purchase', 'NORMAL', 'trial', 'INITIAL_PURCHASE', 'initial_purchase', null],
    ['initial_purchase', 'TRIAL', 'paid', 'INITIAL_PURCHASE', 'trial_started', null],
  ])('resubscribe_as %s: %s after %s is %s, %s', (as, periodType, after, type, name, isTrialConversion) => {
    const event = eventOf(as, periodType, after === null ? {} : { returnsAfter: after })
    expect(event).toMatchObject({ type, name, isTrialConversion, renewalNumber: 1 })
  })

  it('has one id, whatever it is called and whatever is known of the one before', () => {
    const ids = (['initial_purchase', 'renewal'] as const).flatMap((as) =>
      [{}, { returnsAfter: 'trial' as const }, { returnsAfter: 'paid' as const }].map(
        (mark) => eventOf(as, 'NORMAL', mark).id,
      ),
    )
    expect(ids).toHaveLength(6)
    expect(new Set(ids).size).toBe(1)
  })

  it('keeps the mark through readings that no longer show it, in any order', () => {
    const marks = [{}, { returnsAfter: 'unknown' as const }, { returnsAfter: 'trial' as const }]
    const readings = marks.map((mark, index) => observed([period({ version: START + index, ...mark })]))
    let seen = 0
    for (const order of permutations(readings.length)) {
      const { purchase } = fold(order.flatMap((index) => readings[index] ?? []))
      expect(purchase.facts).toMatchObject([{ kind: 'period', returnsAfter: 'trial', version: START + 2 }])
      seen += 1
    }
    expect(seen).toBe(6)
  })

  it('says nothing of a period that its own chain leads to', () => {
    const second = period({ period: 'p2', at: START + 30 * DAY, expiresAt: START + 60 * DAY, returnsAfter: 'trial' })
    const { happenings } = fold([observed([period(), second])])
    expect(happenings.map(({ type, isTrialConversion }) => [type, isTrialConversion])).toEqual([
      ['INITIAL_PURCHASE', null],
      ['RENEWAL', false],
    ])
    expect(happenings.every((one) => one.returnsAfter === undefined)).toBe(true)
  })
})
