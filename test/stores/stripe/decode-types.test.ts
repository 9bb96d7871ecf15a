import { describe, expect, it } from 'vitest'
import type { Json, SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import { decoded, monthly, START, simulated } from './setting.ts'

const account = simulated()
const subscription: Json = { id: 'sub_1', object: 'subscription', status: 'active', items: { data: [{ id: 'si_1' }] } }
const line: Json = {
  amount: 999,
  parent: { subscription_item_details: { subscription_item: 'si_1' } },
  period: { start: 1_700_000_000, end: 1_702_592_000 },
  pricing: { price_details: { price: 'price_1', product: 'prod_1' } },
}
const invoice = (reason: string, more: Json = {}): Json => ({
  id: 'in_1',
  object: 'invoice',
  amount_paid: 999,
  billing_reason: reason,
  currency: 'usd',
  lines: { data: [line], has_more: false },
  parent: { subscription_details: { subscription: 'sub_1' } },
  status: 'paid',
  status_transitions: { paid_at: 1_700_000_100 },
  ...more,
})
const session = (more: Json): Json => ({ id: 'cs_1', object: 'checkout.session', ...more })
const payment: Json = { id: 're_1', charge: 'ch_1', payment_intent: 'pi_1' }
const schedule: Json = { id: 'sub_sched_1', subscription: 'sub_1', phases: [] }

const tell = (type: string, object: Json): SimulatedEvent => account.tell(type, object, { at: START })

/** Every type of the list that the hub asks for, and what is made of it. */
const TABLE: readonly (readonly [type: string, object: Json, becomes: string])[] = [
  ['customer.subscription.created', subscription, 'observed'],
  ['customer.subscription.created', { ...subscription, status: 'incomplete' }, 'nothing'],
  ['customer.subscription.updated', { ...subscription, status: 'incomplete_expired' }, 'nothing'],
  ['customer.subscription.updated', subscription, 'observed'],
  ['customer.subscription.updated', { ...subscription, status: 'past_due' }, 'sub_1'],
  ['customer.subscription.updated', { ...subscription, status: 'a_new_status' }, 'observed'],
  ['customer.subscription.deleted', { ...subscription, status: 'canceled', ended_at: 1_700_000_000 }, 'sub_1'],
  ['customer.subscription.paused', { ...subscription, status: 'paused' }, 'sub_1'],
  ['customer.subscription.resumed', subscription, 'observed'],
  ['customer.subscription.pending_update_applied', subscription, 'observed'],
  ['customer.subscription.pending_update_expired', subscription, 'nothing'],
  ['customer.subscription.trial_will_end', subscription, 'nothing'],
  ['invoice.paid', invoice('subscription_create'), 'observed'],
  ['invoice.paid', invoice('subscription_cycle'), 'observed'],
  ['invoice.paid', invoice('subscription_threshold'), 'observed'],
  ['invoice.paid', invoice('a_new_reason'), 'observed'],
  ['invoice.paid', invoice('subscription_update'), 'sub_1'],
  ['invoice.paid', invoice('subscription_cycle', { lines: { data: [line], has_more: true } }), 'sub_1'],
  ['invoice.paid', invoice('manual', { parent: null }), 'nothing'],
  ['invoice.payment_succeeded', invoice('subscription_cycle'), 'nothing'],
  ['invoice.payment_failed', invoice('subscription_create'), 'nothing'],
  ['invoice.payment_failed', invoice('subscription_cycle'), 'sub_1'],
  ['invoice.payment_action_required', invoice('subscription_cycle'), 'nothing'],
  ['invoice.voided', invoice('subscription_cycle'), 'nothing'],
  ['invoice.marked_uncollectible', invoice('subscription_cycle'), 'nothing'],
  ['invoice.updated', invoice('subscription_cycle'), 'nothing'],
  ['checkout.session.completed', session({ mode: 'payment', payment_status: 'paid' }), 'cs_1'],
  ['checkout.session.completed', session({ mode: 'payment', payment_status: 'no_payment_required' }), 'cs_1'],
  ['checkout.session.completed', session({ mode: 'payment', payment_status: 'unpaid' }), 'nothing'],
  ['checkout.session.completed', session({ mode: 'subscription', subscription: 'sub_1' }), 'sub_1'],
  ['checkout.session.completed', session({ mode: 'setup' }), 'nothing'],
  ['checkout.session.async_payment_succeeded', session({ mode: 'payment', payment_status: 'paid' }), 'cs_1'],
  ['checkout.session.async_payment_failed', session({ mode: 'payment', payment_status: 'unpaid' }), 'nothing'],
  ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_1' }, 'pi_1'],
  ['charge.refunded', { id: 'ch_1', payment_intent: null }, 'ch_1'],
  ['refund.created', payment, 'pi_1'],
  ['refund.updated', payment, 'pi_1'],
  ['refund.failed', payment, 'pi_1'],
  ['charge.dispute.created', payment, 'pi_1'],
  ['charge.dispute.closed', payment, 'pi_1'],
  ['charge.dispute.funds_withdrawn', payment, 'pi_1'],
  ['charge.dispute.funds_reinstated', payment, 'pi_1'],
  ['credit_note.created', { id: 'cn_1', invoice: 'in_1' }, 'in_1'],
  ['credit_note.voided', { id: 'cn_1', invoice: 'in_1' }, 'in_1'],
  ['subscription_schedule.created', schedule, 'sub_1'],
  ['subscription_schedule.updated', schedule, 'sub_1'],
  ['subscription_schedule.released', { ...schedule, subscription: null, released_subscription: 'sub_1' }, 'sub_1'],
  ['subscription_schedule.canceled', schedule, 'sub_1'],
  ['subscription_schedule.aborted', schedule, 'sub_1'],
]

describe('each type of event', () => {
  it.each(TABLE.map(([type, object, becomes], index) => ({ index, type, object, becomes })))(
    '$index $type: $becomes',
    ({ type, object, becomes }) => {
      const result = decoded(tell(type, object))
      expect(result.kind === 'unresolved' ? result.subject : result.kind).toBe(becomes)
      if (result.kind === 'nothing')
        expect(result).toMatchObject({ unknownType: false, why: expect.stringMatching(/\.$/) })
    },
  )

  it('what was rendered in a version that is newer than ours is asked for in ours', () => {
    const newer = simulated({ apiVersion: '2031-01-01.zinnia' })
    const events = newer.subscribe({ plan: monthly, at: START }).opening
    expect(events.map((event) => decoded(event).kind)).toEqual(['nothing', 'unresolved', 'unresolved'])
  })

  it('a field of another kind than documented counts as absent, and never as an error', () => {
    const odd = {
      ...subscription,
      metadata: 'x',
      items: { data: [{ id: 'si_1', price: 5, created: 'y' }] },
      trial_end: {},
    }
    expect(decoded(tell('customer.subscription.created', odd)).kind).toBe('observed')
  })

  it.each([
    ['customer.subscription.updated', { object: 'subscription' }],
    ['invoice.paid', { object: 'invoice' }],
    ['invoice.paid', invoice('subscription_cycle', { amount_paid: 5, lines: { data: [] } })],
    ['refund.created', { id: 're_1' }],
    ['credit_note.created', { id: 'cn_1' }],
    ['checkout.session.completed', { object: 'checkout.session', mode: 'payment', payment_status: 'paid' }],
  ] as const)('%s without what its rule needs is one sentence', (type, object) => {
    expect(() => decoded(tell(type, object))).toThrow(/^[A-Z][^\n]+\.$/)
  })
})
