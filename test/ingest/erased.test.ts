import { describe, expect, it } from 'vitest'
import { newCustomer } from '../../src/customers/customer.ts'
import { claimOf } from '../../src/customers/identity.ts'
import { pseudonym } from '../../src/domain/erased.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import { foldBatch } from '../../src/ingest/fold.ts'
import { workOf } from '../../src/ingest/groups.ts'
import { erasedRow } from '../../src/storage/erasure.ts'
import type { PurchaseRow } from '../../src/storage/rows.ts'
import type { Loaded } from '../../src/storage/storage.ts'
import { given, groupOf, NOW } from './given.ts'

const AS = pseudonym('acme', 'ef'.repeat(16))
const history = () => Promise.reject(new Error('not asked here'))

/** What storage has of a purchase whose customer was erased. */
function erasedBefore(): { readonly group: ReturnType<typeof groupOf>; readonly loaded: Loaded } {
  const group = groupOf('erased', history)
  const customer = erasedRow(newCustomer('acme', 'ann', NOW), AS)
  const work = { ...workOf(group, NOW), mayAskHistory: false }
  const nobody: Loaded = { purchases: new Map(), customers: new Map(), customerOf: new Map() }
  const [made] = foldBatch([work], nobody, given()).save.purchases ?? []
  if (made === undefined) throw new Error('no purchase was made')
  const body = JSON.stringify({ ...JSON.parse(made.body), owner: AS.appUserId })
  const row: PurchaseRow = { ...made, version: 1, customerId: AS.customerId, body }
  return {
    group,
    loaded: {
      purchases: new Map([[purchaseId(group.key), row]]),
      customers: new Map([[`acme\n${AS.customerId}`, customer]]),
      customerOf: new Map(),
    },
  }
}

describe('what is told of a person who was erased', () => {
  it('names nobody: neither the account of a store nor what a feed knows of them comes back', () => {
    const { group, loaded } = erasedBefore()
    const person = {
      ids: ['ann', 'ann-old'],
      attributes: [{ key: '$email', value: 'ann@private.example', updatedAt: NOW }],
    }
    const [first] = group.observations
    if (first === undefined) throw new Error('nothing was observed')
    const observation = { ...first.observation, owner: 'ann', person, snapshot: null }
    const work = { ...workOf(group, NOW), mayAskHistory: false, observations: [{ ...first, observation }] }
    const { save } = foldBatch([work], loaded, given())
    const text = JSON.stringify(save)
    expect(text).not.toMatch(/"ann"|ann-old|private\.example/)
    expect(save.notifications?.map(({ customerId, forget }) => [customerId, forget])).toEqual([[AS.customerId, true]])
  })

  it('a receipt of theirs moves the purchase by the project’s rule, and makes nobody one with them', () => {
    const owner = erasedRow(newCustomer('acme', 'ann', NOW), AS)
    const claimant = newCustomer('acme', 'ann', NOW)
    const claimed = (behavior: 'transfer' | 'transfer_if_inactive' | 'keep' | 'share', active: boolean) =>
      claimOf({ owner, claimant, behavior, restore: true, active, namesAccounts: true })
    expect(claimed('transfer', true)).toBe('transfer')
    expect(claimed('share', true)).toBe('transfer')
    expect(claimed('transfer_if_inactive', true)).toBe('refuse')
    expect(claimed('keep', false)).toBe('refuse')
  })
})
