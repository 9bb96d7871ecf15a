import { describe, expect, it } from 'vitest'
import { endByClock, nextCheck } from '../../../src/domain/expiry.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { createSimulatedSender, type SimulatedEvent } from '../../../src/stand-ins/revenuecat/sender.ts'
import { told } from '../../domain/scenarios/play.ts'
import { playEvents } from './play.ts'
import { DAY, feedApp, HOUR, START } from './setting.ts'

const monthly = { product: 'monthly', price: 9.99, period: 'P1M', at: START }
const moneyOf = (events: readonly SimulatedEvent[], app = feedApp()) =>
  playEvents(events, app).entries.map(({ entry, micros }) => [entry.split(':')[0], micros])
const purchaseOf = (events: readonly SimulatedEvent[]): Purchase => {
  const [purchase] = playEvents(events).purchases.values()
  if (purchase === undefined) throw new Error('No purchase was told.')
  return purchase
}

describe('revenue', () => {
  it('is not lost when a cancellation comes before its purchase', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const cancelled = s.cancel({ at: START + DAY })
    expect(told(playEvents([cancelled, s.opening]))).toEqual(['CANCELLATION UNSUBSCRIBE', 'INITIAL_PURCHASE 9.99 USD'])
    expect(moneyOf([cancelled, s.opening])).toEqual([['charge', 9_990_000]])
  })

  it('is not invented where the purchase never comes', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const after = [s.cancel({ at: START + DAY }), s.expire()]
    expect(told(playEvents(after))).toEqual(['CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'])
    expect(moneyOf(after)).toEqual([])
  })

  it('of a charge and its refund sums to zero, whichever comes first', () => {
    const s = createSimulatedSender({ commissionPercentage: 0.15, taxPercentage: 0.1109 }).subscribe(monthly)
    const [back] = s.refund({ at: START + DAY })
    if (back === undefined) throw new Error('Nothing went back.')
    for (const order of [
      [s.opening, back],
      [back, s.opening],
    ]) {
      const { entries } = playEvents(order)
      expect(entries.reduce((sum, { micros }) => sum + (micros ?? Number.NaN), 0)).toBe(0)
      expect(new Set(entries.map(({ terms }) => JSON.stringify(terms))).size).toBe(1)
      expect(entries).toHaveLength(2)
    }
  })
})

describe('a feed that is met in the middle of a life', () => {
  const late = feedApp({ eventsFrom: START + 40 * DAY })

  it('tells what happens from now on about a charge that it never told', () => {
    const s = createSimulatedSender().subscribe(monthly)
    s.renew()
    const now = [s.cancel({ at: START + 41 * DAY }), s.expire()]
    const played = playEvents(now, late)
    expect(told(played)).toEqual(['CANCELLATION UNSUBSCRIBE', 'EXPIRATION UNSUBSCRIBE'])
    expect(played.entries).toEqual([])
  })

  it('calls a conversion one whose trial is older than the hub', () => {
    const s = createSimulatedSender().subscribe({ ...monthly, trial: 'P1W' })
    expect(told(playEvents([s.renew()]))).toEqual(['CONVERSION 9.99 USD'])
  })

  it('enters what was refunded with what it had cost, and announces the refund alone', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const events = s.refund({ at: START + 41 * DAY })
    expect(told(playEvents(events, late))).toEqual([
      'CANCELLATION CUSTOMER_SUPPORT -9.99 USD',
      'EXPIRATION CUSTOMER_SUPPORT',
    ])
    expect(moneyOf(events, late)).toEqual([
      ['charge', 9_990_000],
      ['refund', -9_990_000],
    ])
  })

  it('announces an old purchase whose own event comes now: it is sent for it', () => {
    const s = createSimulatedSender().subscribe(monthly)
    expect(told(playEvents([s.opening], late))).toEqual(['INITIAL_PURCHASE 9.99 USD'])
  })
})

describe('a failed charge', () => {
  const life = (grace?: string) => {
    const s = createSimulatedSender().subscribe(monthly)
    return { s, events: [s.opening, ...s.failToRenew(grace === undefined ? {} : { grace })] }
  }

  it('is told once, though it comes as two events, each of which tells it whole', () => {
    const { events } = life('P16D')
    const [opening, issue, off] = events
    if (opening === undefined || issue === undefined || off === undefined) throw new Error('An event is missing.')
    const once = ['BILLING_ISSUE', 'CANCELLATION BILLING_ERROR']
    expect(told(playEvents([opening, issue])).slice(1)).toEqual(once)
    expect(told(playEvents([opening, off])).slice(1)).toEqual(once)
    expect(told(playEvents([opening, off, issue])).slice(1)).toEqual(once)
  })

  it('leaves the grace of the billing issue in force, whichever comes last', () => {
    const { events } = life('P16D')
    for (const order of [events, events.toReversed()]) {
      expect(statusAt(purchaseOf(order), START + 33 * DAY)).toBe('grace_period')
      expect(statusAt(purchaseOf(order), START + 60 * DAY)).toBe('expired')
    }
  })

  it('without grace ends the access at once, in every order of the three', () => {
    const { events } = life()
    for (const order of [events, events.toReversed()])
      expect(statusAt(purchaseOf(order), START + 31 * DAY)).toBe('expired')
  })

  it('is not undone by a renewal: that is no uncancellation', () => {
    const { s, events } = life('P16D')
    expect(told(playEvents([...events, s.renew({ at: START + 35 * DAY })])).slice(1)).toEqual([
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
    ])
  })
})

describe('an expiration that is lost', () => {
  const terms = { canAsk: false, neverByClock: false }

  it('is told by the clock: exactly when renewal was off, an hour later when it was on', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const end = s.latest.expirationAt ?? Number.NaN
    const off = purchaseOf([s.opening, s.cancel({ at: START + DAY })])
    expect(nextCheck(off, terms, START + DAY, false)).toBe(end)
    expect(endByClock(off, terms, end)).toMatchObject({ at: end, reason: 'UNSUBSCRIBE' })
    const on = purchaseOf([s.opening])
    expect(endByClock(on, terms, end)).toBeNull()
    expect(endByClock(on, terms, end + HOUR)).toMatchObject({ at: end })
  })

  it('and comes after all changes nothing', () => {
    const s = createSimulatedSender().subscribe(monthly)
    s.cancel({ at: START + DAY })
    const purchase = purchaseOf([s.opening, s.expire()])
    expect(nextCheck(purchase, terms, START + 40 * DAY, false)).toBeNull()
  })
})

describe('two apps of one purchase', () => {
  it('are one purchase under either feed: the key is the store’s', () => {
    const s = createSimulatedSender().subscribe(monthly)
    const keys = ['rc', 'rc-2'].map((id) => [...playEvents([s.opening], feedApp({ id })).purchases.keys()])
    expect(keys[0]).toEqual(keys[1])
  })
})
