import { describe, expect, it } from 'vitest'
import { type DestinationRun, type Money, problemsOf, type Receipt, type Run } from './journal.ts'

const usd = (micros: number): Money => ({ currency: 'USD', micros })

/** Two customers, three events each, and one that goes nowhere; the second event of the first may have arrived twice. */
function goodRun(): Run {
  const events = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4'].map((id, index) => ({
    id,
    type: id === 'b4' ? 'REFUND' : 'RENEWAL',
    name: id === 'b4' ? null : 'renewal',
    product: 'monthly',
    money: usd((index + 1) * 1_000_000),
    customer: id.charAt(0),
    seq: index + 1,
  }))
  const receipts = ['b1', 'a1', 'b2', 'a2', 'a2', 'b3', 'a3'].map((id): Receipt => {
    const event = events.find((one) => one.id === id)
    return { id, money: event?.money ?? usd(0), body: `body of ${id}` }
  })
  return {
    accepted: ['n1', 'n2'],
    kept: new Map([
      ['n1', 'understood'],
      ['n2', 'understood'],
      ['n3', 'understood'],
    ]),
    expected: events,
    events,
    destinations: [{ name: 'segment', receipts, faults: [], mayDouble: new Map([['a2', 1]]), unsettled: [] }],
    ledger: new Map([['USD', 21_000_000]]),
  }
}

function withReceipts(change: (receipts: readonly Receipt[]) => readonly Receipt[]): Run {
  return withDestination((one) => ({ ...one, receipts: change(one.receipts) }))
}

function withDestination(change: (one: DestinationRun) => DestinationRun): Run {
  const run = goodRun()
  return { ...run, destinations: run.destinations.map(change) }
}

/** Receipts with two of them in each other's place. */
function swapped(receipts: readonly Receipt[], a: number, b: number): readonly Receipt[] {
  return receipts.map((one, index) => receipts[index === a ? b : index === b ? a : index] ?? one)
}

const BUGS: readonly (readonly [name: string, run: Run, said: RegExp])[] = [
  ['an event is lost on its way', withReceipts((all) => all.filter(({ id }) => id !== 'b2')), /b2 never arrived/],
  [
    'an event came from nowhere',
    withReceipts((all) => [...all, { id: 'x', money: usd(0), body: '' }]),
    /x arrived and/,
  ],
  [
    'what goes nowhere is sent',
    withReceipts((all) => [...all, { id: 'b4', money: usd(0), body: '' }]),
    /b4 arrived and/,
  ],
  ['two events of a customer are swapped', withReceipts((all) => swapped(all, 0, 2)), /b1 of b arrived after/],
  ['an event is doubled without a kill', withReceipts((all) => [...all, ...all.slice(0, 1)]), /b1 arrived 2 times/],
  [
    'an event is doubled more often than it may',
    withReceipts((all) => [...all, ...all.filter(({ id }) => id === 'a2').slice(0, 1)]),
    /a2 arrived 3 times/,
  ],
  [
    'a second copy differs',
    withReceipts((all) => all.map((one, index) => (index === 4 ? { ...one, body: 'other' } : one))),
    /copies of event a2 differ/,
  ],
  [
    'an amount is changed on its way',
    withReceipts((all) => all.map((one) => (one.id === 'a1' ? { ...one, money: usd(999_999) } : one))),
    /USD sums to/,
  ],
  [
    'a delivery failed',
    withDestination((one) => ({ ...one, unsettled: [{ event: 'a1', status: 'failed' }] })),
    /delivery of a1 is failed/,
  ],
  ['the destination dropped a call', withDestination((one) => ({ ...one, faults: ['dropped'] })), /segment: dropped/],
  ['the last commit is lost', { ...goodRun(), kept: new Map([['n1', 'understood']]) }, /n2 was answered 2xx/],
  ['a notification is stuck', { ...goodRun(), kept: new Map(goodRun().kept).set('n3', 'waiting') }, /n3 is waiting/],
  ['an event is not written', { ...goodRun(), events: goodRun().events.slice(1) }, /event a1 \(RENEWAL\) is missing/],
  [
    'an event is written that should not be',
    { ...goodRun(), expected: goodRun().expected.slice(1) },
    /event a1 \(RENEWAL\) was not expected/,
  ],
  [
    'an event has another product',
    { ...goodRun(), expected: goodRun().expected.map((one) => ({ ...one, product: 'yearly' })) },
    /a1 reads otherwise/,
  ],
  [
    'an event is written twice',
    { ...goodRun(), events: [...goodRun().events, ...goodRun().events.slice(0, 1)] },
    /twice/,
  ],
]

describe('the checker of a run', () => {
  it('finds nothing where every promise was kept', () => {
    expect(problemsOf(goodRun())).toEqual([])
  })

  it.each(BUGS)('notices that %s', (_name, run, said) => {
    expect(problemsOf(run).join('\n')).toMatch(said)
  })
})
