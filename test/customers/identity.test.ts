import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Customer, newCustomer } from '../../src/customers/customer.ts'
import { type ClaimOf, claimOf, idsOf, isHashedId, logIn, mergeCustomers } from '../../src/customers/identity.ts'
import { TRANSFER_BEHAVIORS } from '../../src/domain/project.ts'
import { seed } from '../seed.ts'

const ANON = (n: number): string => `$RCAnonymousID:${String(n).padStart(32, '0')}`
const TOKEN = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'

function customer(aliases: readonly string[], changes: Partial<Customer> = {}): Customer {
  const [first = ''] = aliases
  return { ...newCustomer('acme', first, 1_000), aliases, ...changes }
}

const device = customer([ANON(1)])
const ann = customer(['ann'])
const annOnDevice = customer([ANON(2), 'ann'])
const bob = customer(['bob'])

describe('a log-in', () => {
  it.each([
    ['an anonymous customer into an id that nobody has', ANON(1), device, null, 'merge'],
    ['an anonymous id that nobody has into one that nobody has', ANON(1), null, null, 'merge'],
    ['an anonymous customer into one who was never anonymous', ANON(1), device, ann, 'merge'],
    ['an anonymous customer into one who was anonymous on a device before', ANON(1), device, annOnDevice, 'switch'],
    ['an identified customer into another', 'bob', bob, ann, 'switch'],
    ['an identified customer into an id that nobody has', 'bob', bob, null, 'switch'],
    ['an anonymous id that has become somebody', ANON(2), annOnDevice, bob, 'switch'],
    ['an anonymous id into its own customer', ANON(2), annOnDevice, annOnDevice, 'same'],
    ['a customer into itself', 'ann', ann, ann, 'same'],
  ] as const)('%s', (_what, fromId, from, to, outcome) => {
    expect(logIn(fromId, from, to)).toBe(outcome)
  })
})

describe('the receipt of a purchase that another customer has', () => {
  const claim = (changes: Partial<ClaimOf>): string =>
    claimOf({
      owner: ann,
      claimant: bob,
      behavior: 'transfer',
      restore: true,
      active: true,
      namesAccounts: true,
      ...changes,
    })

  it.each(TRANSFER_BEHAVIORS)('makes one customer of an anonymous owner and the claimant: %s', (behavior) => {
    expect(claim({ owner: device, behavior })).toBe('merge')
    expect(claim({ owner: device, claimant: customer([ANON(3)]), behavior })).toBe('merge')
  })

  it.each([
    ['transfer', true, true, 'transfer'],
    ['transfer', false, true, 'transfer'],
    ['transfer_if_inactive', true, true, 'refuse'],
    ['transfer_if_inactive', true, false, 'transfer'],
    ['keep', true, false, 'refuse'],
    ['share', true, true, 'merge'],
    ['share', false, true, 'refuse'],
  ] as const)('of an identified one: %s, restored %s, active %s: %s', (behavior, restore, active, outcome) => {
    expect(claim({ behavior, restore, active })).toBe(outcome)
    // An anonymous customer who restores is treated like any other.
    expect(claim({ claimant: device, behavior, restore, active })).toBe(outcome)
  })

  it('takes an account that only the store has named for the one who shows the receipt', () => {
    const named = customer([TOKEN], { onlyNamed: true })
    expect(claim({ owner: named, behavior: 'keep' })).toBe('merge')
    expect(claim({ owner: named, behavior: 'keep', namesAccounts: false })).toBe('refuse')
    expect(claim({ owner: customer([TOKEN]), behavior: 'keep' })).toBe('refuse')
    expect(claim({ owner: customer([TOKEN]), claimant: customer([TOKEN.toUpperCase()]), behavior: 'keep' })).toBe(
      'merge',
    )
  })
})

describe("a store's word for an account", () => {
  it('is a UUID in either case, or what the app set', () => {
    expect(idsOf(TOKEN)).toEqual([TOKEN, TOKEN.toUpperCase()])
    expect(idsOf('ann')).toEqual(['ann'])
  })

  it('is a hash where Google says one', () => {
    const hash = 'a'.repeat(64)
    expect(isHashedId('play_store', hash)).toBe(true)
    expect(isHashedId('app_store', hash)).toBe(false)
    expect(isHashedId('play_store', 'a'.repeat(63))).toBe(false)
  })
})

describe('two customers who become one', () => {
  it('have the first id as the original, but never one that only a store named, or that we derived', () => {
    const early = customer(['early'], { firstSeenAt: 1 })
    const late = customer(['late'], { firstSeenAt: 2 })
    expect(mergeCustomers(late, early)).toMatchObject({ originalAppUserId: 'early', aliases: ['early', 'late'] })
    const derived = customer([ANON(9)], { firstSeenAt: 0, onlyNamed: true })
    expect(mergeCustomers(late, derived)).toMatchObject({
      originalAppUserId: 'late',
      lastSeenAppUserId: 'late',
      aliases: ['late', ANON(9)],
      firstSeenAt: 0,
      onlyNamed: false,
    })
  })

  it('are the same whichever is joined into the other, but for whose row stays', () => {
    const ids = fc.uniqueArray(fc.constantFrom('ann', 'bob', ANON(1), ANON(2), TOKEN), { minLength: 1, maxLength: 3 })
    const row = fc.record({
      ids,
      firstSeenAt: fc.integer({ min: 0, max: 3 }),
      lastSeenAt: fc.integer({ min: 4, max: 9 }),
      onlyNamed: fc.boolean(),
    })
    fc.assert(
      fc.property(row, row, (a, b) => {
        const [left, right] = [a, b].map(({ ids: aliases, ...rest }, n) =>
          customer(
            aliases.map((id) => (n === 0 ? id : `${id}'`)),
            rest,
          ),
        ) as [Customer, Customer]
        fc.pre(left.lastSeenAt !== right.lastSeenAt)
        const { id: _a, ...one } = mergeCustomers(left, right)
        const { id: _b, ...other } = mergeCustomers(right, left)
        expect(one).toEqual(other)
      }),
      { seed, numRuns: 500 },
    )
  })
})
