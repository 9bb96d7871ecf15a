import { describe, expect, it } from 'vitest'
import { type Happened, joinProblems } from './joins.ts'

/** Two customers with two events each, joined at 5; the last of each is claimed behind the join. */
const GOOD: readonly Happened[] = [
  { kind: 'written', tick: 1, id: 'a1', customerId: 'a', seq: 1 },
  { kind: 'written', tick: 1, id: 'a2', customerId: 'a', seq: 3 },
  { kind: 'written', tick: 2, id: 'b1', customerId: 'b', seq: 2 },
  { kind: 'written', tick: 2, id: 'b2', customerId: 'b', seq: 4 },
  { kind: 'claimed', tick: 3, channel: 'c', events: ['b1'] },
  { kind: 'claimed', tick: 4, channel: 'c', events: ['a1'] },
  { kind: 'joined', tick: 5, into: 'a', from: 'b' },
  { kind: 'claimed', tick: 6, channel: 'c', events: ['a2', 'b2'] },
]

describe('the checker of joins', () => {
  it('lets what was in flight at a join arrive in any order', () => {
    expect(joinProblems(GOOD, { c: ['b1', 'a1', 'a2', 'b2'] })).toEqual([])
    expect(joinProblems(GOOD, { c: ['a1', 'b1', 'a2', 'b2'] })).toEqual([])
  })

  it.each([
    ['the joined queue is out of order', ['b1', 'a1', 'b2', 'a2'], /b2 of b went before a2/],
    ['one is passed over that was in flight', ['a1', 'a2', 'b1', 'b2'], /a2 of a went before b1/],
    ['an event is lost', ['b1', 'a1', 'a2'], /b2 never arrived/],
    ['an event comes twice', ['b1', 'a1', 'a2', 'b2', 'a1'], /a1 arrived twice/],
  ])('notices that %s', (_name, arrived, said) => {
    expect(joinProblems(GOOD, { c: arrived }).join('\n')).toMatch(said)
  })
})
