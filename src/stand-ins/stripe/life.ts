import type { Desk } from './desk.ts'
import type { SimulatedEvent } from './event.ts'
import { invoiceJson, type SimulatedInvoice, type SimulatedLine } from './invoice.ts'
import { addPeriods, type Plan } from './plan.ts'
import { cycleLines, draftInvoice, moved, nextCycle, pay, type SubscriptionState } from './subscription.ts'

/** An hour after a cycle begins its invoice is closed and charged. */
const DRAFT_MS = 3_600_000

export interface At {
  /** When it happens (milliseconds); each act has a natural default. */
  readonly at?: number
}

/** What may happen to a subscription: each act gives the events that Stripe would send, in the order in which it makes them. */
export interface LifeActs {
  /** The next cycle begins and is paid an hour later. */
  renew(act?: At): readonly SimulatedEvent[]
  /** The next cycle begins; its invoice stays a draft. */
  beginCycle(): readonly SimulatedEvent[]
  /** Pays the newest invoice. */
  payLatest(act?: At): readonly SimulatedEvent[]
  failToRenew(): readonly SimulatedEvent[]
  recover(act?: At): readonly SimulatedEvent[]
  /** Retries are used up. */
  giveUp(how: 'canceled' | 'unpaid', act?: At): readonly SimulatedEvent[]
  /** `portal` sets `cancel_at` alone, as the customer portal does where billing is flexible. */
  cancel(how?: 'period_end' | 'portal', act?: At): readonly SimulatedEvent[]
  uncancel(act?: At): readonly SimulatedEvent[]
  cancelNow(reason?: string, act?: At): readonly SimulatedEvent[]
  /** The period ends that was cancelled before. */
  expire(): readonly SimulatedEvent[]
  /** A trial ends and nobody has left a way to pay. */
  pauseAtTrialEnd(): readonly SimulatedEvent[]
  resume(act?: At): readonly SimulatedEvent[]
  extendTrial(until: number, act?: At): readonly SimulatedEvent[]
}

export function lifeActs(desk: Desk, state: SubscriptionState, applySchedule: () => void): LifeActs {
  const latest = (): SimulatedInvoice => {
    const invoice = state.invoices.at(-1)
    if (invoice === undefined) throw new Error('The subscription has no invoice.')
    return invoice
  }
  const begin = (): SimulatedEvent => {
    const at = state.periodEnd
    return moved(desk, state, at, () => {
      applySchedule()
      const { start, end } = nextCycle(state)
      Object.assign(state, { periodStart: start, periodEnd: end, cycles: state.cycles + 1 })
      if (state.status === 'trialing') state.status = 'active'
      draftInvoice(desk, state, 'subscription_cycle', at, cycleLines(desk, state, start, end))
    })
  }
  const payLatest = ({ at = state.periodStart + DRAFT_MS }: At = {}): readonly SimulatedEvent[] => {
    const paid = pay(desk, latest(), at)
    const back = ['past_due', 'unpaid', 'incomplete', 'paused'].includes(state.status)
    return back ? [paid, moved(desk, state, at, { status: 'active' })] : [paid]
  }
  return {
    renew: (act) => [begin(), ...payLatest(act)],
    beginCycle: () => [begin()],
    payLatest,
    failToRenew: () => {
      const began = begin()
      const at = state.periodStart + DRAFT_MS
      const invoice = latest()
      Object.assign(invoice, { status: 'open', attempts: 1 })
      const failed = desk.tell('invoice.payment_failed', at, invoiceJson(desk, invoice))
      return [began, failed, moved(desk, state, at, { status: 'past_due' })]
    },
    recover: ({ at = state.periodStart + 3 * 86_400_000 } = {}) => payLatest({ at }),
    giveUp: (how, { at = state.periodStart + 14 * 86_400_000 } = {}) => {
      if (how === 'unpaid') return [moved(desk, state, at, { status: 'unpaid' })]
      const end = { status: 'canceled', endedAt: at, canceledAt: at, reason: 'payment_failed' }
      return [moved(desk, state, at, end, 'customer.subscription.deleted')]
    },
    ...endActs(desk, state),
  }
}

type EndActs = Pick<
  LifeActs,
  'cancel' | 'uncancel' | 'cancelNow' | 'expire' | 'pauseAtTrialEnd' | 'resume' | 'extendTrial'
>

function endActs(desk: Desk, state: SubscriptionState): EndActs {
  return {
    cancel: (how = 'period_end', { at = desk.now() } = {}) => {
      const way =
        how === 'portal' ? { cancelAt: state.periodEnd } : { cancelAt: state.periodEnd, cancelAtPeriodEnd: true }
      return [moved(desk, state, at, { ...way, canceledAt: at, reason: 'cancellation_requested' })]
    },
    uncancel: ({ at = desk.now() } = {}) => [
      moved(desk, state, at, { cancelAt: null, cancelAtPeriodEnd: false, canceledAt: null, reason: null }),
    ],
    cancelNow: (reason = 'cancellation_requested', { at = desk.now() } = {}) => [
      moved(
        desk,
        state,
        at,
        { status: 'canceled', endedAt: at, canceledAt: at, reason },
        'customer.subscription.deleted',
      ),
    ],
    expire: () => {
      const at = state.periodEnd
      return [moved(desk, state, at, { status: 'canceled', endedAt: at }, 'customer.subscription.deleted')]
    },
    pauseAtTrialEnd: () => {
      const at = state.periodEnd
      return [moved(desk, state, at, { status: 'paused' }), moved(desk, state, at, {}, 'customer.subscription.paused')]
    },
    resume: ({ at = desk.now() } = {}) => {
      const end = addPeriods(at, state.items[0]?.plan.period ?? 'P1M', 1)
      const events = [
        moved(desk, state, at, () => {
          Object.assign(state, { status: 'active', anchor: at, cycles: 1, periodStart: at, periodEnd: end })
          draftInvoice(desk, state, 'subscription_cycle', at, cycleLines(desk, state, at, end))
        }),
        moved(desk, state, at, {}, 'customer.subscription.resumed'),
      ]
      const invoice = state.invoices.at(-1)
      return invoice === undefined ? events : [...events, pay(desk, invoice, at + 2_000)]
    },
    extendTrial: (until, { at = desk.now() } = {}) => {
      const updated = moved(desk, state, at, () => {
        Object.assign(state, { trialEnd: until, periodEnd: until, anchor: until })
        draftInvoice(desk, state, 'subscription_update', at, cycleLines(desk, state, at, until, true))
      })
      const invoice = state.invoices.at(-1)
      return invoice === undefined ? [updated] : [updated, pay(desk, invoice, at)]
    },
  }
}

export interface ChangeActs {
  /**
   * Another plan at once. `now`: what it costs more is paid at once; `credit`: what the old one gives back pays for it;
   * `later`: the next invoice settles it.
   */
  change(plan: Plan, proration: 'now' | 'later', act?: At): readonly SimulatedEvent[]
  addItem(plan: Plan, act?: At): readonly SimulatedEvent[]
  removeItem(item: string, act?: At): readonly SimulatedEvent[]
}

export function changeActs(desk: Desk, state: SubscriptionState): ChangeActs {
  const share = (at: number, amount: number): number =>
    Math.round((amount * (state.periodEnd - at)) / (state.periodEnd - state.periodStart))
  const settle = (at: number, lines: readonly SimulatedLine[]): SimulatedInvoice =>
    draftInvoice(desk, state, 'subscription_update', at, lines)
  return {
    change: (plan, proration, { at = desk.now() } = {}) => {
      const [item] = state.items
      if (item === undefined) throw new Error('The subscription has no item.')
      const trial = state.status === 'trialing'
      let invoice: SimulatedInvoice | null = null
      const updated = moved(desk, state, at, () => {
        const old = item.plan
        const credit = trial ? 0 : share(at, old.amount * item.quantity)
        item.plan = plan
        if (trial) return
        const longer = plan.period !== old.period
        const debit = longer ? plan.amount * item.quantity : share(at, plan.amount * item.quantity)
        const oldEnd = state.periodEnd
        if (longer) {
          const end = addPeriods(at, plan.period, 1)
          Object.assign(state, { anchor: at, cycles: 1, periodStart: at, periodEnd: end })
        }
        if (proration === 'later' && !longer) return
        invoice = settle(at, [
          prorated(desk, item, old, -credit, at, oldEnd),
          { ...prorated(desk, item, plan, debit, at, state.periodEnd), proration: !longer },
        ])
      })
      return invoice === null ? [updated] : [updated, pay(desk, invoice, at + 1_000)]
    },
    addItem: (plan, { at = desk.now() } = {}) => {
      const item = { id: desk.nextId('si'), plan, quantity: 1, createdAt: at }
      let invoice: SimulatedInvoice | null = null
      const updated = moved(desk, state, at, () => {
        state.items = [...state.items, item]
        invoice = settle(at, [prorated(desk, item, plan, share(at, plan.amount), at, state.periodEnd)])
      })
      return invoice === null ? [updated] : [updated, pay(desk, invoice, at + 1_000)]
    },
    removeItem: (id, { at = desk.now() } = {}) => [
      moved(desk, state, at, () => {
        state.items = state.items.filter((item) => item.id !== id)
      }),
    ],
  }
}

function prorated(
  desk: Desk,
  item: { readonly id: string; readonly quantity: number },
  plan: Plan,
  amount: number,
  start: number,
  end: number,
): SimulatedLine {
  const description = amount < 0 ? `Unused time on ${plan.product}` : `Remaining time on ${plan.product}`
  const common = { id: desk.nextId('il'), item: item.id, plan, amount, quantity: item.quantity }
  return { ...common, proration: true, start, end, discount: 0, tax: 0, description }
}
