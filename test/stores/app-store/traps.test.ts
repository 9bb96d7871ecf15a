import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import type { SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import { app, compared, DAY, HOUR, type Played, play, record, START, told } from '../../domain/scenarios/play.ts'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M', at: START }

type Keep = (notification: SimulatedNotification) => void

/** The messages as they were sent, and then in this order; both must say the same. */
function arriving(write: (store: SimulatedAppStore, keep: Keep) => void, order: readonly number[]): Played {
  const messages = record(write)
  const sent = play(
    messages,
    messages.map((_, index) => index),
  )
  const played = play(messages, order)
  expect(compared(played)).toEqual(compared(sent))
  return played
}

function stateOf(played: Played): unknown {
  const [purchase] = [...played.purchases.values()]
  return purchase?.snapshot?.autoRenew
}

describe('traps of the App Store', () => {
  it('a stale retry of "switched off" after a re-enable: it stays on, and one cancellation was told', () => {
    const played = arriving(
      (store, keep) => {
        const s = store.subscribe(MONTHLY)
        keep(s.opening)
        keep(s.cancel({ at: START + DAY }))
        keep(s.uncancel({ at: START + 2 * DAY }))
      },
      [0, 2, 1, 1],
    )
    expect(told(played).toSorted()).toEqual(['CANCELLATION UNSUBSCRIBE', 'INITIAL_PURCHASE 9.99 USD', 'UNCANCELLATION'])
    expect(stateOf(played)).toBe(true)
  })

  it('a refund of an old period moves money and cancels nothing', () => {
    const played = arriving(
      (store, keep) => {
        const s = store.subscribe(MONTHLY)
        keep(s.opening)
        keep(s.renew())
        keep(s.refund({ transactionId: s.transactions[0]?.id ?? '', at: START + 40 * DAY }))
      },
      [2, 1, 0],
    )
    expect(told(played).filter((event) => event.includes('CANCELLATION'))).toEqual([])
    expect(played.entries.map(({ reason, micros }) => `${reason} ${micros}`).toSorted()).toEqual([
      'charge 9990000',
      'charge 9990000',
      'refund -9990000',
    ])
    expect(stateOf(played)).toBe(true)
  })

  it('a renewal message after the end of access was told brings the subscription back', () => {
    const played = arriving(
      (store, keep) => {
        const s = store.subscribe(MONTHLY)
        keep(s.opening)
        keep(s.failToRenew({ grace: 'P3D' }))
        keep(s.graceExpired())
        keep(s.recover({ at: START + 45 * DAY }))
      },
      [0, 1, 2, 3],
    )
    expect(told(played)).toEqual([
      'INITIAL_PURCHASE 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
      'RENEWAL 9.99 USD',
    ])
  })

  it('a grace message after the end of access tells its failure and ends nothing twice', () => {
    const played = arriving(
      (store, keep) => {
        const s = store.subscribe(MONTHLY)
        keep(s.opening)
        keep(s.failToRenew({ grace: 'P3D' }))
        keep(s.graceExpired())
      },
      [0, 2, 1],
    )
    expect(told(played).filter((event) => event.startsWith('EXPIRATION'))).toHaveLength(1)
    expect(told(played).filter((event) => event === 'BILLING_ISSUE')).toHaveLength(1)
  })

  it('values that nobody knows yet are kept and told as far as they can be', () => {
    let seen = 0
    record((store, keep) => {
      const s = store.subscribe(MONTHLY)
      keep(s.opening)
      const { decoded } = s.renew()
      const data = decoded.payload.data as Record<string, unknown>
      const odd = [
        { ...decoded, payload: { ...decoded.payload, notificationType: 'DID_SOMETHING_NEW' } },
        { ...decoded, payload: { ...decoded.payload, subtype: 'IN_A_NEW_WAY' } },
        { ...decoded, payload: { ...decoded.payload, data: { ...data, status: 99 } } },
        { ...decoded, transaction: { ...(decoded.transaction as object), offerType: 77, offerDiscountType: 'NEW' } },
        { ...decoded, transaction: { ...(decoded.transaction as object), inAppOwnershipType: 'LENT' } },
        { ...decoded, renewal: { ...(decoded.renewal as object), expirationIntent: 42, autoRenewStatus: 7 } },
      ]
      for (const one of odd) {
        expect(['observed', 'nothing']).toContain(decodedOf(one, app).kind)
        seen += 1
      }
    })
    expect(seen).toBe(6)
  })

  it('auto-renew that Apple switches off a day before the charge is no churn when the charge comes', () => {
    const played = arriving(
      (store, keep) => {
        const s = store.subscribe({ ...MONTHLY, trial: 'P1W' })
        keep(s.opening)
        keep(s.cancel({ at: START + 7 * DAY - HOUR }))
        keep(s.renew())
      },
      [2, 0, 1],
    )
    expect(told(played).toSorted()).toEqual(['CONVERSION 9.99 USD', 'TRIAL', 'TRIAL_CANCELLATION UNSUBSCRIBE'])
  })
})
