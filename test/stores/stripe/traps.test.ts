import { describe, expect, it } from 'vitest'
import { nextCheck } from '../../../src/domain/expiry.ts'
import type { Fact } from '../../../src/domain/facts.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { OLD_SHAPE, type SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import type { SimulatedStripe } from '../../../src/stand-ins/stripe/simulator.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { appOf, DAY, decoded, monthly, pro, START, simulated, withSettings, yearly } from './setting.ts'
import { compared, type Message, type Played, type PlayOptions, play, record, told } from './world.ts'

type Write = (stripe: SimulatedStripe, keep: (events: readonly SimulatedEvent[]) => void) => void

function inOrder(messages: readonly Message[], options: PlayOptions = {}): Promise<Played> {
  return play(
    messages,
    messages.map((_, index) => index),
    options,
  )
}

async function heard(write: Write, options: PlayOptions = {}): Promise<readonly string[]> {
  return told(await inOrder(record(write), options))
}

function observed(event: SimulatedEvent | undefined): Observation {
  if (event === undefined) throw new Error('There is no such event.')
  const result = decoded(event)
  if (result.kind !== 'observed') throw new Error(`${event.type} was ${result.kind}`)
  return result.observation
}

function chargeIn(event: SimulatedEvent | undefined): Extract<Fact, { kind: 'period' }> {
  const found = observed(event).facts.find((fact) => fact.kind === 'period')
  if (found === undefined) throw new Error('The event tells no period.')
  return found
}

describe('created, updated and invoice.paid', () => {
  it.each([appOf(), withSettings({})])(
    'give one Initial Purchase in all six orders, with a key or without',
    async (app) => {
      const messages = record((stripe, keep) => keep(stripe.subscribe({ plan: monthly, at: START }).opening))
      expect(messages.map(({ event }) => event.type)).toEqual([
        'customer.subscription.created',
        'invoice.paid',
        'customer.subscription.updated',
      ])
      let seen = 0
      for (const order of permutations(3)) {
        expect(told(await play(messages, order, { app }))).toEqual(['INITIAL_PURCHASE 9.99 USD'])
        seen += 1
      }
      expect(seen).toBe(6)
    },
  )

  it('the twin invoice.payment_succeeded adds nothing', async () => {
    const events = await heard((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      const paid = s.opening[1]?.json.data as { object: Record<string, unknown> }
      keep([stripe.tell('invoice.payment_succeeded', paid.object, { at: START + 2_000 })])
    })
    expect(events).toEqual(['INITIAL_PURCHASE 9.99 USD'])
  })
})

describe('a trial converts when money moves', () => {
  it('not when its status flips: for an hour the invoice is a draft', async () => {
    const flip: Write = (stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
      keep(s.opening)
      keep(s.beginCycle())
    }
    expect(await heard(flip)).toEqual(['TRIAL'])
    expect(await heard(flip, { poll: true })).toEqual(['TRIAL'])
  })

  it('not with trial_will_end, which may come while it is charged', async () => {
    const events = await heard((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
      keep(s.opening)
      keep([
        stripe.tell('customer.subscription.trial_will_end', { id: s.id, object: 'subscription' }, { at: START + DAY }),
      ])
    })
    expect(events).toEqual(['TRIAL'])
  })
})

describe('a trial of one item alone', () => {
  it('is a trial, and names its period by its beginning', () => {
    const stripe = simulated()
    const s = stripe.subscribe({ plan: monthly, at: START, trial: 'P7D' })
    const { object } = (s.opening[0]?.json.data ?? {}) as {
      object: Record<string, { data: Record<string, unknown>[] }>
    }
    const seconds = START / 1000
    const item = {
      ...object.items?.data[0],
      current_trial: { start_date: seconds, end_date: seconds + 600, trial_offer: 'x' },
    }
    const own = { ...object, status: 'active', trial_start: null, trial_end: null, items: { data: [item] } }
    const charge = chargeIn(stripe.tell('customer.subscription.created', own, { at: START }))
    expect(charge).toMatchObject({
      period: `${s.id}:trial:${seconds}`,
      periodType: 'TRIAL',
      expiresAt: START + 600_000,
      firstOfChain: true,
      own: true,
    })
  })
})

describe('a draft or open invoice after the end of a period', () => {
  it('is no expiration: the poll gives nothing and is asked again', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.beginCycle())
    })
    const played = await inOrder(messages, { poll: true })
    expect(told(played)).toEqual(['INITIAL_PURCHASE 9.99 USD'])
    const [purchase] = played.purchases.values()
    if (purchase === undefined) throw new Error('There is a purchase.')
    const now = (messages.at(-1)?.event.at ?? 0) + 60_000
    expect(statusAt(purchase, now)).toBe('active')
    expect(nextCheck(purchase, { canAsk: true, neverByClock: false }, now, true)).toBe(now + 10 * 60_000)
  })

  it('is Stripe’s grace while it retries: a billing issue, and access goes on', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.failToRenew())
    })
    const played = await inOrder(messages, { poll: true })
    expect(told(played)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR'])
    const [purchase] = played.purchases.values()
    expect(purchase === undefined ? null : statusAt(purchase, START + 40 * DAY)).toBe('grace_period')
  })

  it('a charge that fails again and again is one billing issue', async () => {
    const events = await heard((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      const failed = s.failToRenew()
      keep(failed)
      const invoice = failed[1]?.json.data as { object: Record<string, unknown> }
      keep([stripe.tell('invoice.payment_failed', invoice.object, { at: START + 35 * DAY })])
      keep([stripe.tell('invoice.payment_failed', invoice.object, { at: START + 38 * DAY })])
    })
    expect(events).toEqual(['INITIAL_PURCHASE 9.99 USD', 'BILLING_ISSUE', 'CANCELLATION BILLING_ERROR'])
  })
})

describe('a cancellation', () => {
  it('in the portal sets cancel_at alone, and counts', () => {
    const stripe = simulated()
    const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
    const [event] = s.cancel('portal', { at: START + DAY })
    const { object, previous_attributes: previous } = (event?.json.data ?? {}) as Record<
      string,
      Record<string, unknown>
    >
    expect(object).toMatchObject({ cancel_at_period_end: false, cancel_at: expect.any(Number) })
    expect(previous).toMatchObject({ cancel_at: null })
    expect(previous).not.toHaveProperty('cancel_at_period_end')
  })

  it('is dated by Stripe, so that its own message and the end that shows it give one', async () => {
    const write: Write = (stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.cancel('portal', { at: START + 10 * DAY }))
      keep(s.expire())
    }
    const messages = record(write)
    const without = messages.map((_, index) => index).filter((index) => index !== 3)
    const [whole, healed] = [await inOrder(messages), await play(messages, without)]
    const cancelled = ({ happenings }: Played) => happenings.find(({ what }) => what === 'cancel')?.occurredAt
    expect(cancelled(whole)).toBe(START + 10 * DAY)
    expect(cancelled(healed)).toBe(START + 10 * DAY)
  })
})

describe('money', () => {
  it.each([
    ['jpy', 500, 500_000_000],
    ['kwd', 1_230, 1_230_000],
    ['usd', 999, 9_990_000],
    ['isk', 50_000, 500_000_000],
    ['ugx', 500_000, 5_000_000_000],
    ['mga', 5_000, 5_000_000_000],
  ])('in %s has the places that Stripe gives it', (currency, amount, micros) => {
    const stripe = simulated()
    const s = stripe.subscribe({ plan: { ...monthly, currency, amount }, at: START })
    expect(chargeIn(s.opening[1]).price).toEqual({ micros, currency: currency.toUpperCase() })
  })

  it('is what was paid: quantity, coupon and the tax on top included, credit not', () => {
    const stripe = simulated()
    const many = stripe.subscribe({ plan: monthly, quantity: 3, percentOff: 50, taxPercent: 20, at: START })
    expect(chargeIn(many.opening[1]).price?.micros).toBe(Math.round((2997 - 1499) * 1.2) * 10_000)
    const s = stripe.subscribe({ plan: pro, at: START })
    s.change(monthly, 'now', { at: START + 15 * DAY })
    const [, paid] = s.renew()
    expect(chargeIn(paid).price?.micros).toBe(499 * 10_000)
  })

  it('in an unknown currency is unknown, never 0', () => {
    const stripe = simulated()
    const s = stripe.subscribe({ plan: { ...monthly, currency: 'zzz' }, at: START })
    expect(chargeIn(s.opening[1]).price).toBeNull()
  })

  it('of a payment for several lines is told line by line, and adds up', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({
        plan: monthly,
        addOns: [
          { ...pro, amount: 334 },
          { ...yearly, amount: 1 },
        ],
        at: START,
      })
      keep(s.opening)
      keep(s.refund({ amount: 667, at: START + DAY }))
    })
    const { entries, purchases } = await inOrder(messages)
    const of = (reason: string) =>
      entries.filter((entry) => entry.reason === reason).reduce((sum, { micros }) => sum + (micros ?? 0), 0)
    expect(purchases.size).toBe(3)
    expect(of('charge')).toBe(13_340_000)
    expect(of('refund')).toBe(-6_670_000)
  })

  it('that a credit note returned outside of Stripe is the ledger’s; what a refund paid out is not counted twice', async () => {
    const events = await heard((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.creditNote(s.latestInvoice.id, 250, { at: START + DAY }))
      keep(s.creditNote(s.latestInvoice.id, 0, { at: START + 2 * DAY }))
    })
    expect(events).toEqual(['INITIAL_PURCHASE 9.99 USD', 'REFUND -2.5 USD'])
  })
})

describe('a checkout', () => {
  it('at which nothing had to be paid is a purchase of 0', async () => {
    const lines = [{ price: 'price_hat', product: 'prod_hat', amount: 0 }]
    expect(await heard((stripe, keep) => keep(stripe.checkout({ at: START, lines }).opening))).toEqual([
      'NON_RENEWING_PURCHASE',
    ])
  })

  it('whose bank debit fails is none', async () => {
    const lines = [{ price: 'price_hat', product: 'prod_hat', amount: 500 }]
    const events = await heard((stripe, keep) => {
      const bought = stripe.checkout({ at: START, lines, async: true })
      keep(bought.opening)
      keep(bought.settle('failed', { at: START + DAY }))
    })
    expect(events).toEqual([])
  })

  it('of a subscription tells whose it is, before or after the purchase', async () => {
    const app = withSettings({ secret_key: 'sk_live_standin', app_user_id_from: 'client_reference_id' })
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.checkedOut({ clientReferenceId: 'ada' }))
    })
    let seen = 0
    for (const order of permutations(messages.length)) {
      const { purchases } = await play(messages, order, { app })
      expect([...purchases.values()].map(({ owner }) => owner)).toEqual(['ada'])
      seen += 1
    }
    expect(seen).toBe(24)
  })
})

describe('whose purchase it is', () => {
  const owner = (settings: Parameters<typeof withSettings>[0], apiVersion?: string): string | null => {
    const stripe = simulated(apiVersion === undefined ? {} : { apiVersion })
    const s = stripe.subscribe({
      plan: monthly,
      at: START,
      customer: 'cus_1',
      metadata: { app_user_id: 'ada', user: 'bob' },
    })
    const result = s.opening[1] === undefined ? null : decoded(s.opening[1], withSettings(settings))
    return result?.kind === 'observed' ? result.observation.owner : null
  }

  it('is told by the metadata, under the key that the app names, or by the customer', () => {
    expect(owner({})).toBe('ada')
    expect(owner({ app_user_id_from: 'metadata:user' })).toBe('bob')
    expect(owner({ app_user_id_from: 'metadata:nobody' })).toBeNull()
    expect(owner({ app_user_id_from: 'customer' })).toBe('cus_1')
    expect(owner({ app_user_id_from: 'client_reference_id' })).toBeNull()
    expect(owner({}, OLD_SHAPE)).toBe('ada')
  })
})

describe('without a key', () => {
  const app = withSettings({})

  it('a life is told all the same, when its messages come in order', async () => {
    const events = await heard(
      (stripe, keep) => {
        const s = stripe.subscribe({ plan: monthly, trial: 'P7D', at: START })
        keep(s.opening)
        keep(s.renew())
        keep(s.failToRenew())
        keep(s.giveUp('canceled'))
      },
      { app },
    )
    expect(events).toEqual([
      'TRIAL',
      'CONVERSION 9.99 USD',
      'BILLING_ISSUE',
      'CANCELLATION BILLING_ERROR',
      'EXPIRATION BILLING_ERROR',
    ])
  })

  it('a message waits for the one that it needs, and is told when that has come', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.cancel('portal', { at: START + DAY }))
    })
    const played = await play(messages, [3, 0, 1, 2], { app })
    expect(told(played)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION UNSUBSCRIBE'])
    expect(played.waiting).toBe(0)
    expect(played.asked).toEqual([])
  })

  it('an older shape names its payment, so that a refund finds its purchase', async () => {
    const messages = record(
      (stripe, keep) => {
        const s = stripe.subscribe({ plan: monthly, at: START })
        keep(s.opening)
        keep(s.refund({ at: START + DAY }).slice(1))
      },
      { apiVersion: OLD_SHAPE },
    )
    const played = await inOrder(messages, { app })
    expect(told(played)).toEqual(['INITIAL_PURCHASE 9.99 USD', 'CANCELLATION CUSTOMER_SUPPORT -9.99 USD'])
    expect(played.asked).toEqual([])
  })
})

describe('what is asked of Stripe', () => {
  it('is nothing, where an event tells alone or what is known tells the rest', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.renew())
      keep(s.cancel('portal', { at: START + 40 * DAY }))
      keep(s.uncancel({ at: START + 41 * DAY }))
      keep(s.failToRenew())
      keep(s.giveUp('canceled'))
    })
    expect((await inOrder(messages)).asked).toEqual([])
  })

  it('two events of one second: the one further on in its life is the state', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, at: START })
      keep(s.opening)
      keep(s.cancelNow('cancellation_requested', { at: START + 2_000 }))
    })
    let seen = 0
    const expected = compared(await inOrder(messages))
    for (const order of permutations(messages.length)) {
      const played = await play(messages, order)
      expect(compared(played)).toEqual(expected)
      expect([...played.purchases.values()][0]?.snapshot?.status).toBe('expired')
      seen += 1
    }
    expect(seen).toBe(24)
  })

  it('an invoice with more lines than an event holds', async () => {
    const addOns = Array.from({ length: 11 }, (_, n) => ({
      ...pro,
      price: `price_${n}`,
      product: `prod_${n}`,
      amount: 100,
    }))
    const messages = record((stripe, keep) => keep(stripe.subscribe({ plan: monthly, addOns, at: START }).opening))
    const played = await inOrder(messages)
    expect(told(played)).toHaveLength(12)
    expect(played.asked.some((path) => path.includes('/lines'))).toBe(true)
  })
})
