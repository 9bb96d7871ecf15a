import { describe, expect, it } from 'vitest'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import { AT, app, factOf, observed, subscribed, told } from './observed.ts'
import { DAY, simulated } from './setting.ts'

describe('a change that waits', () => {
  it('names the chosen product, and the present one when it is called off', () => {
    const s = subscribed()
    const down = s.downgrade({ product: 'basic', price: 4.99, period: 'P1M' }, { at: AT + 5 * DAY })
    expect(factOf(down, 'change_requested')).toMatchObject({
      productId: 'basic',
      at: AT + 5 * DAY + 1_000,
      period: s.id,
      own: true,
    })
    expect(observed(down).snapshot).toMatchObject({ pendingProductId: 'basic' })
    const back = s.revertDowngrade({ at: AT + 6 * DAY })
    expect(factOf(back, 'change_requested')).toMatchObject({ productId: 'monthly' })
    expect(observed(back).snapshot).toMatchObject({ pendingProductId: null })
  })

  it('without the chosen product is parked with a sentence', () => {
    const { payload, transaction, renewal } = subscribed().downgrade(
      { product: 'basic', price: 1, period: 'P1M' },
      { at: AT },
    ).decoded
    const opened = { payload, transaction, renewal: { ...renewal, autoRenewProductId: undefined } }
    expect(() => decodedOf(opened, app)).toThrow(/autoRenewProductId/)
  })
})

describe('auto-renew', () => {
  it('is switched by its own message alone, at the time of its signature', () => {
    const s = subscribed()
    expect(factOf(s.cancel({ at: AT + DAY }), 'renewal_switch')).toMatchObject({
      on: false,
      reason: 'UNSUBSCRIBE',
      at: AT + DAY + 1_000,
      period: s.id,
    })
    expect(told(s.priceIncrease('pending', { at: AT + 2 * DAY }))).toEqual(['period'])
    expect(factOf(s.uncancel({ at: AT + 3 * DAY }), 'renewal_switch')).toMatchObject({ on: true })
  })

  it('after a price notice has no subtype: the state says which way, the notice says why', () => {
    const s = subscribed()
    s.priceIncrease('pending', { at: AT + DAY })
    expect(factOf(s.renewalStatus(false, { at: AT + 2 * DAY }), 'renewal_switch')).toMatchObject({
      on: false,
      reason: 'PRICE_INCREASE',
    })
    expect(factOf(s.renewalStatus(true, { at: AT + 3 * DAY }), 'renewal_switch')).toMatchObject({ on: true })
    s.priceIncrease('accepted', { at: AT + 4 * DAY })
    expect(factOf(s.cancel({ at: AT + 5 * DAY }), 'renewal_switch')).toMatchObject({ on: false, reason: 'UNSUBSCRIBE' })
  })

  it('of which neither subtype nor state tells is not told', () => {
    const { payload, transaction } = subscribed().renewalStatus(false, { at: AT }).decoded
    expect(decodedOf({ payload, transaction, renewal: null }, app)).toMatchObject({
      observation: { facts: [{ kind: 'period' }] },
    })
  })
})

describe('a failed charge', () => {
  const due = Date.UTC(2026, 9, 1)

  it('with a grace ends nothing yet; when the grace is over, access ends with it', () => {
    const s = subscribed()
    const failed = s.failToRenew({ grace: 'P16D' })
    const graceEnd = due + 16 * DAY
    expect(told(failed)).toEqual(['period', 'own billing_failed'])
    expect(factOf(failed, 'billing_failed')).toMatchObject({ at: due + 1_000, period: s.id, graceEndsAt: graceEnd })
    expect(observed(failed).snapshot).toMatchObject({ status: 'grace', graceEndsAt: graceEnd })
    const over = s.graceExpired()
    expect(told(over)).toEqual(['period', 'own ended', 'shown billing_failed'])
    expect(factOf(over, 'ended')).toMatchObject({ at: graceEnd, reason: 'BILLING_ERROR', implies: 'billing_failed' })
    const retried = s.expire('billing_retry')
    expect(told(retried)).toEqual(['period', 'own ended'])
    expect(factOf(retried, 'ended')).toMatchObject({ at: graceEnd, reason: 'BILLING_ERROR', implies: 'billing_failed' })
  })

  it('without a grace ends access with the period', () => {
    const s = subscribed()
    const failed = s.failToRenew()
    expect(told(failed)).toEqual(['period', 'own billing_failed', 'own ended'])
    expect(factOf(failed, 'ended')).toMatchObject({ at: due, reason: 'BILLING_ERROR', implies: 'billing_failed' })
    expect(factOf(s.recover(), 'period')).toMatchObject({ own: true, at: due + DAY })
  })

  it('whose grace carries no date, as seen in the field, ends nothing', () => {
    const { payload, transaction, renewal } = subscribed().failToRenew({ grace: 'P16D' }).decoded
    const decoded = decodedOf({ payload, transaction, renewal: { ...renewal, gracePeriodExpiresDate: undefined } }, app)
    expect(decoded).toMatchObject({
      observation: { facts: [{ kind: 'period' }, { kind: 'billing_failed', graceEndsAt: null }] },
    })
  })

  it('is shown by whatever else is told meanwhile', () => {
    const s = subscribed()
    s.failToRenew({ grace: 'P16D' })
    const inGrace = s.cancel({ at: due + DAY })
    expect(told(inGrace)).toEqual(['period', 'own renewal_switch', 'shown billing_failed'])
    expect(factOf(inGrace, 'billing_failed')).toMatchObject({ at: due + DAY + 1_000, graceEndsAt: due + 16 * DAY })
    s.graceExpired()
    const inRetry = s.uncancel({ at: due + 20 * DAY })
    expect(told(inRetry)).toEqual(['period', 'own renewal_switch', 'shown billing_failed', 'shown ended'])
    expect(factOf(inRetry, 'ended')).toMatchObject({ at: due + 16 * DAY, inferred: true, own: false })
  })
})

describe('an end', () => {
  const cases = [
    ['voluntary', 'UNSUBSCRIBE', 'cancelled'],
    ['billing_retry', 'BILLING_ERROR', 'billing_failed'],
    ['price_increase', 'PRICE_INCREASE', 'cancelled'],
    ['product_not_for_sale', 'UNKNOWN', 'nothing'],
    ['other', 'UNKNOWN', 'nothing'],
  ] as const

  it.each(cases)('%s', (how, reason, implies) => {
    const s = subscribed()
    const expired = s.expire(how)
    expect(told(expired)).toEqual(['period', 'own ended'])
    expect(factOf(expired, 'ended')).toMatchObject({ at: Date.UTC(2026, 9, 1), reason, implies, period: s.id })
    // A later message of another kind shows the same.
    const later = s.cancel({ at: AT + 40 * DAY })
    expect(told(later)).toEqual(['period', 'own renewal_switch', 'shown ended'])
    expect(factOf(later, 'ended')).toMatchObject({ at: Date.UTC(2026, 9, 1), reason, implies })
  })

  it('without a subtype takes the reason from the state', () => {
    const s = subscribed()
    s.expire('price_increase')
    expect(factOf(s.tell('EXPIRED', null, { at: AT + 40 * DAY }), 'ended')).toMatchObject({ reason: 'PRICE_INCREASE' })
  })
})

describe('a refund', () => {
  it('of the latest period ends access', () => {
    const s = subscribed()
    s.renew()
    const at = s.latest.purchaseDate + 3 * DAY
    const refund = s.refund({ at })
    expect(told(refund)).toEqual(['period', 'own refund', 'own ended'])
    expect(factOf(refund, 'refund')).toMatchObject({
      at,
      period: s.latest.id,
      share: 1_000_000,
      ofLatest: true,
      keepsAccess: false,
      refundId: '',
    })
    expect(factOf(refund, 'ended')).toMatchObject({ at, reason: 'CUSTOMER_SUPPORT', implies: 'nothing' })
    expect(observed(refund).snapshot).toMatchObject({ status: 'revoked', autoRenew: false })
    const later = s.cancel({ at: at + DAY })
    expect(told(later)).toEqual(['period', 'own renewal_switch', 'shown refund', 'shown ended'])
    expect(factOf(later, 'refund')).toMatchObject({ at, ofLatest: true })
  })

  it('of an older period moves money only, and nothing is concluded about that period', () => {
    const s = subscribed()
    s.renew()
    s.failToRenew({ grace: 'P16D' })
    const refund = s.refund({ at: s.latest.purchaseDate + 3 * DAY, transactionId: s.id })
    expect(told(refund)).toEqual(['period', 'own refund'])
    expect(factOf(refund, 'refund')).toMatchObject({ period: s.id, ofLatest: false })
    expect(observed(refund).snapshot).toMatchObject({ status: 'grace' })
    expect(told(s.refundDeclined({ at: AT + 70 * DAY, transactionId: s.id }))).toEqual(['period', 'shown refund'])
    expect(told(s.consumptionRequest({ at: AT + 70 * DAY }))).toEqual(['period', 'shown billing_failed'])
  })

  it('of a part that leaves the period in force keeps access; one that revokes it does not', () => {
    const keeps = subscribed().refund({ at: AT + DAY, percent: 25, keepsAccess: true })
    expect(told(keeps)).toEqual(['period', 'own refund'])
    expect(factOf(keeps, 'refund')).toMatchObject({ share: 250_000, keepsAccess: true })
    const ends = subscribed().refund({ at: AT + DAY, percent: 50 })
    expect(told(ends)).toEqual(['period', 'own refund', 'own ended'])
    expect(factOf(ends, 'refund')).toMatchObject({ share: 500_000, keepsAccess: false })
  })

  it('after the end ends nothing a second time', () => {
    const s = subscribed()
    s.expire('voluntary')
    const refund = s.refund({ at: AT + 45 * DAY })
    expect(told(refund)).toEqual(['period', 'own refund', 'shown ended'])
    expect(factOf(refund, 'ended')).toMatchObject({ reason: 'UNSUBSCRIBE', at: Date.UTC(2026, 9, 1) })
  })

  it('of an upgraded period is not of the latest, however long it would have run', () => {
    const s = simulated().subscribe({ product: 'yearly', price: 99, period: 'P1Y', at: AT })
    s.upgrade({ product: 'gold', price: 19, period: 'P1M' }, { at: AT + DAY })
    expect(factOf(s.refund({ at: AT + 2 * DAY, transactionId: s.id }), 'refund').ofLatest).toBe(false)
  })

  it('without a renewal date is told by status 5 alone', () => {
    const refund = subscribed().refund({ at: AT + DAY })
    const { payload, transaction, renewal } = refund.decoded
    const without = { payload, transaction, renewal: { ...renewal, renewalDate: undefined } }
    expect(decodedOf(without, app)).toMatchObject({
      observation: { facts: [{}, { kind: 'refund', ofLatest: true }, {}] },
    })
    const active = { ...without, payload: { ...payload, data: { ...(payload.data as object), status: 1 } } }
    expect(decodedOf(active, app)).toMatchObject({
      observation: { facts: [{}, { kind: 'refund', ofLatest: null }, {}] },
    })
  })

  it('undone gives the money back, and the access while it would have lasted', () => {
    const s = subscribed()
    s.refund({ at: AT + DAY })
    const reversed = s.reverseRefund({ at: AT + 2 * DAY })
    expect(told(reversed)).toEqual(['period', 'own refund_reversed', 'own restored'])
    expect(factOf(reversed, 'restored')).toMatchObject({ at: AT + 2 * DAY + 1_000, period: s.id })
    const late = subscribed()
    late.refund({ at: AT + DAY })
    expect(told(late.reverseRefund({ at: AT + 60 * DAY }))).toEqual(['period', 'own refund_reversed', 'shown ended'])
  })
})

describe('family sharing that ends', () => {
  it('ends access and moves no money', () => {
    const member = subscribed().familyShare({ at: AT + DAY })
    const revoked = member.revokeFamily({ at: AT + 9 * DAY })
    expect(told(revoked)).toEqual(['period', 'own ended'])
    expect(factOf(revoked, 'ended')).toMatchObject({ at: AT + 9 * DAY, reason: 'UNKNOWN', implies: 'nothing' })
    expect(told(member.cancel({ at: AT + 10 * DAY }))).toEqual(['period', 'own renewal_switch', 'shown ended'])
  })
})
