import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import type { SimulatedAppStore, SimulatedSubscription } from '../../src/stand-ins/app-store/subscription.ts'
import { DAY, HOUR } from './harness.ts'

const PLANS = [
  { product: 'com.acme.monthly', price: 9.99, period: 'P1M' },
  { product: 'com.acme.weekly', price: 2.99, period: 'P1W' },
  { product: 'com.acme.bimonthly', price: 17.99, period: 'P2M' },
] as const
const CURRENCIES = ['USD', 'EUR', 'JPY'] as const
/** A purchase remembers this long (docs: memory of a purchase); what is played stays inside. */
const LONGEST_MS = 190 * DAY

type Random = () => number

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T
}

/** UUIDs as an app gives them, drawn from the seed. */
export function tokenOf(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

interface Moment {
  readonly state: 'active' | 'grace' | 'retry' | 'ended'
  readonly on: boolean
  readonly now: number
}

/**
 * The life of one subscription from `start`, all of it inside the memory of a purchase and before `end`: only acts that
 * its state allows, in time order.
 */
function life(
  store: SimulatedAppStore,
  options: { readonly start: number; readonly end: number; readonly token: string | null; readonly most: number },
  random: Random,
): readonly SimulatedNotification[] {
  const plan = pick(random, PLANS.slice(0, 2))
  const s = store.subscribe({
    ...plan,
    at: options.start,
    currency: pick(random, CURRENCIES),
    ...(random() < 0.5 ? { trial: 'P1W' } : {}),
    ...(options.token === null ? {} : { appAccountToken: options.token }),
  })
  const told = [s.opening]
  let moment: Moment = { state: 'active', on: true, now: options.start }
  const last = Math.min(options.start + LONGEST_MS, options.end)
  while (told.length < options.most && (s.latest.expiresDate ?? 0) + 61 * DAY < last) {
    const step = next(s, moment, random)
    told.push(step.notification)
    moment = { ...step, now: Math.max(moment.now, step.notification.at) }
  }
  return told
}

interface Step extends Omit<Moment, 'now'> {
  readonly notification: SimulatedNotification
}

function next(s: SimulatedSubscription, { state, on, now }: Moment, random: Random): Step {
  const end = s.latest.expiresDate ?? now
  const soon = { at: Math.min(now + HOUR + Math.floor((end - now) / 4), Math.max(end - 1_000, now + 1)) }
  const active = (notification: SimulatedNotification): Step => ({ notification, on: true, state: 'active' })
  switch (state) {
    case 'active': {
      const running = ['renew', 'renew', 'renew', 'cancel', 'upgrade', 'downgrade', 'grace', 'retry', 'refund']
      switch (pick(random, on ? running : ['uncancel', 'expire', 'expire', 'refund'])) {
        case 'renew':
          return active(s.renew())
        case 'cancel':
          return { notification: s.cancel(soon), on: false, state }
        case 'uncancel':
          return active(s.uncancel(soon))
        case 'upgrade':
          return active(s.upgrade({ ...pick(random, PLANS), product: `com.acme.plus${s.transactions.length}` }, soon))
        case 'downgrade':
          return { notification: s.downgrade(pick(random, PLANS), soon), on, state }
        case 'grace':
          return { notification: s.failToRenew({ grace: 'P6D' }), on, state: 'grace' }
        case 'retry':
          return { notification: s.failToRenew(), on, state: 'retry' }
        case 'refund':
          return { notification: s.refund(soon), on: false, state: 'ended' }
        default:
          return { notification: s.expire('voluntary'), on: false, state: 'ended' }
      }
    }
    case 'grace':
      return random() < 0.5 ? active(s.recover()) : { notification: s.graceExpired(), on, state: 'retry' }
    case 'retry':
      return random() < 0.7
        ? active(s.recover({ at: now + 10 * DAY }))
        : { notification: s.expire('billing_retry', { at: now + 50 * DAY }), on: false, state: 'ended' }
    case 'ended':
      return active(s.resubscribe(undefined, { at: Math.max(now, end) + 5 * DAY }))
  }
}

/**
 * `count` notifications of many customers, production and sandbox, in the order in which Apple would have sent them.
 * A third of the subscriptions share their customer with another; one in ten purchases is a consumable, some refunded.
 */
export function crowd(
  stores: { readonly production: SimulatedAppStore; readonly sandbox: SimulatedAppStore },
  options: {
    readonly count: number
    readonly until: number
    /** How long ago the first purchase may be (default 300 days). */
    readonly within?: number
    readonly sandboxShare?: number
    readonly mostOfOne?: number
  },
  random: Random,
): readonly SimulatedNotification[] {
  const told: SimulatedNotification[] = []
  const tokens: string[] = []
  while (told.length < options.count) {
    const store = random() < (options.sandboxShare ?? 0.25) ? stores.sandbox : stores.production
    const start = options.until - (options.within ?? 300 * DAY) + Math.floor(random() * 60 * DAY)
    const token = random() < 0.2 ? null : random() < 0.4 && tokens.length > 0 ? pick(random, tokens) : tokenOf(random)
    if (token !== null) tokens.push(token)
    if (random() < 0.1) {
      const bought = store.buyConsumable({
        product: 'com.acme.coins',
        price: 1.99,
        at: start,
        currency: pick(random, CURRENCIES),
        ...(token === null ? {} : { appAccountToken: token }),
      })
      told.push(bought.opening)
      // What the store is played, it lists: not one message more than is asked for.
      if (random() < 0.3 && told.length < options.count) told.push(bought.refund({ at: start + 3 * DAY }))
      continue
    }
    const most = Math.min(options.mostOfOne ?? 12, options.count - told.length)
    told.push(...life(store, { start, end: options.until, token, most }, random))
  }
  return told.toSorted((a, b) => a.at - b.at)
}
