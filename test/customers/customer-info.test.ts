import { describe, expect, it } from 'vitest'
import { newCustomer } from '../../src/customers/customer.ts'
import { customerInfo } from '../../src/customers/customer-info.ts'
import type { Observation } from '../../src/domain/observation.ts'
import type { Project } from '../../src/domain/project.ts'
import type { PurchaseKey } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { fold, KEY, observed, oneTime, period, snapshot } from '../domain/scenarios/by-hand.ts'
import { DAY, START } from '../domain/scenarios/play.ts'

const project: Project = {
  id: 'acme',
  name: 'Acme',
  transferBehavior: 'transfer',
  trackUnknownPurchases: true,
  identityHoldMs: 60_000,
  resubscribeAs: 'initial_purchase',
  entitlements: { premium: ['com.acme.monthly', 'gold'], coins: ['com.acme.coins'] },
}
const customer = newCustomer('acme', 'u-1', START)

function bought(of: Partial<PurchaseKey>, ...observations: readonly Observation[]): Purchase {
  return fold(observations.map((one) => ({ ...one, key: { ...KEY, ...of } }))).purchase
}

function asked(purchases: readonly Purchase[], now: number) {
  return customerInfo({ customer, purchases, project, now, withAttributes: false }).subscriber
}

describe('what the SDKs read', () => {
  it('of a running subscription and a consumable', () => {
    const monthly = bought({ store: 'app_store' }, observed([period()], { snapshot: snapshot({ version: START }) }))
    const coins = bought({ store: 'app_store', chain: 'c' }, observed([oneTime()]))
    const info = asked([monthly, coins], START + DAY)
    expect(info.entitlements.premium).toEqual({
      expires_date: '2026-10-31T09:00:00Z',
      grace_period_expires_date: null,
      product_identifier: 'com.acme.monthly',
      purchase_date: '2026-10-01T09:00:00Z',
    })
    expect(Object.keys(info.subscriptions)).toEqual(['com.acme.monthly'])
    expect(Object.keys(info.non_subscriptions)).toEqual(['com.acme.coins'])
  })
})
