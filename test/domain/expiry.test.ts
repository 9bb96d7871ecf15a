import { describe, expect, it } from 'vitest'
import { endByClock, keepMark, markUnverified, markVerified, nextCheck } from '../../src/domain/expiry.ts'
import type { Fact, PeriodFact } from '../../src/domain/facts.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import type { SimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { DAY, HOUR, type Message, play, record, START } from './scenarios/play.ts'

const ASKED = { canAsk: true, neverByClock: false }
const SILENT = { canAsk: false, neverByClock: false }
const MINUTE = 60_000
const monthly = { product: 'com.acme.monthly', price: 9.99, period: 'P1M', at: START }

function told(write: (store: SimulatedAppStore, keep: (one: SimulatedNotification) => void) => void): Purchase {
  const messages: readonly Message[] = record(write)
  const [purchase] = [
    ...play(
      messages,
      messages.map((_, index) => index),
    ).purchases.values(),
  ]
  if (purchase === undefined) throw new Error('the scenario made no purchase')
  return purchase
}

const renewing = told((store, keep) => keep(store.subscribe(monthly).opening))
const END = (() => {
  const period = renewing.facts.find((fact) => fact.kind === 'period')
  return period?.kind === 'period' ? period.expiresAt : Number.NaN
})()

describe('a store that can be asked', () => {
  it('is asked at the end of access, again ten minutes later, and the clock alone concludes nothing', () => {
    expect(nextCheck(renewing, ASKED, START, false)).toBe(END)
    expect(nextCheck(renewing, ASKED, END, true)).toBe(END + 10 * MINUTE)
    expect(endByClock(renewing, ASKED, END + 90 * DAY)).toBeNull()
  })

  it('is looked at once a day where it may lose a message for good (Amazon), and never later than at the end', () => {
    const amazon = { ...renewing, key: { ...renewing.key, store: 'amazon' as const } }
    expect(nextCheck(amazon, ASKED, START, false)).toBe(START + DAY)
    expect(nextCheck(amazon, ASKED, END - HOUR, true)).toBe(END)
    expect(nextCheck(amazon, SILENT, START, false)).toBe(END + HOUR)
  })

  it('is first asked a minute after an end that was learned when it was past', () => {
    expect(nextCheck(renewing, ASKED, END + DAY, false)).toBe(END + DAY + MINUTE)
  })

  it('is asked at the end of the grace', () => {
    const graced = told((store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P16D' }))
    })
    expect(nextCheck(graced, ASKED, END + HOUR, false)).toBe(END + 16 * DAY)
  })

  it('is not asked about what has ended or was replaced', () => {
    const expired = told((store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.expire('voluntary'))
    })
    expect(nextCheck(expired, ASKED, END + 1, false)).toBeNull()
    const coins = told((store, keep) => keep(store.buyConsumable({ product: 'coins', price: 1, at: START }).opening))
    expect(nextCheck(coins, ASKED, START, false)).toBeNull()
  })
})

describe('a store that cannot be asked', () => {
  it('ends a cancelled period at its end, exactly, and shows the cancellation that it implies', () => {
    const cancelled = told((store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.cancel({ at: START + DAY }))
    })
    expect(nextCheck(cancelled, SILENT, START + DAY, false)).toBe(END)
    expect(endByClock(cancelled, SILENT, END - 1)).toBeNull()
    expect(endByClock(cancelled, SILENT, END)).toMatchObject({ at: END, reason: 'UNSUBSCRIBE', implies: 'cancelled' })
  })

  it('gives a renewal an hour to be told', () => {
    expect(nextCheck(renewing, SILENT, START, false)).toBe(END + HOUR)
    expect(endByClock(renewing, SILENT, END + HOUR - 1)).toBeNull()
    expect(endByClock(renewing, SILENT, END + HOUR)).toMatchObject({ at: END, reason: 'UNKNOWN', implies: 'nothing' })
  })

  it('ends a grace at its end as a billing error', () => {
    const graced = told((store, keep) => {
      const s = store.subscribe(monthly)
      keep(s.opening)
      keep(s.failToRenew({ grace: 'P16D' }))
    })
    expect(endByClock(graced, SILENT, END + 16 * DAY)).toMatchObject({ at: END + 16 * DAY, reason: 'BILLING_ERROR' })
  })

  it('gives what was learned after its end an hour from then', () => {
    expect(nextCheck(renewing, SILENT, END + 3 * DAY, false)).toBe(END + 3 * DAY + HOUR)
  })

  it('never ends what only its store may end (Play), and looks once, an hour after its end', () => {
    const terms = { canAsk: false, neverByClock: true }
    expect(nextCheck(renewing, terms, START, false)).toBe(END + HOUR)
    expect(nextCheck(renewing, terms, END + HOUR, false)).toBeNull()
    expect(endByClock(renewing, terms, END + 90 * DAY)).toBeNull()
  })
})

describe('a purchase whose store cannot be asked for the moment', () => {
  const renewed = (version: number): Purchase => {
    const next = (fact: PeriodFact): Fact => ({ ...fact, period: 'p2', at: END, expiresAt: END + 30 * DAY, version })
    return {
      ...renewing,
      facts: renewing.facts.flatMap((fact) => (fact.kind === 'period' ? [fact, next(fact)] : [fact])),
    }
  }

  it('is marked once it is overdue, with the first question that failed', () => {
    expect(markUnverified(renewing, END - 1)).toBe(renewing)
    const marked = markUnverified(renewing, END)
    expect(marked).toEqual({ ...renewing, unverifiedSince: END })
    expect(markUnverified(marked, END + HOUR)).toBe(marked)
  })

  it('loses the mark with any answer, and nothing else', () => {
    expect(markVerified(markUnverified(renewing, END))).toEqual(renewing)
    expect(markVerified(renewing)).toBe(renewing)
  })

  it('keeps it through messages that answer nothing', () => {
    const version = renewing.snapshot?.version ?? 0
    expect(version).toBeGreaterThan(0)
    expect(keepMark(renewing, END)).toEqual({ ...renewing, unverifiedSince: END })
    expect(keepMark(renewing, version)).toBe(renewing)
    expect(keepMark(renewed(END), END)).toEqual(renewed(END))
    expect(keepMark(renewing, undefined)).toBe(renewing)
  })
})

describe('in the sandbox', () => {
  it('every wait is half a period at most, and 15 seconds at least', () => {
    const minutes = (length: number): Purchase => {
      const facts = renewing.facts.map((fact) =>
        fact.kind === 'period' ? { ...fact, expiresAt: fact.at + length } : fact,
      )
      return { ...renewing, key: { ...renewing.key, environment: 'sandbox' }, facts }
    }
    expect(nextCheck(minutes(5 * MINUTE), ASKED, START + 5 * MINUTE, true)).toBe(START + 7.5 * MINUTE)
    expect(nextCheck(minutes(5 * MINUTE), SILENT, START, false)).toBe(START + 7.5 * MINUTE)
    expect(nextCheck(minutes(20_000), ASKED, START + 20_000, true)).toBe(START + 35_000)
  })
})
