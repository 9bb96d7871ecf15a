import type { Happening } from '../../../src/domain/happening.ts'
import type { Money } from '../../../src/domain/money.ts'
import { statusAt } from '../../../src/domain/status.ts'
import type { SimulatedNotification, World } from '../../../src/stand-ins/amazon/simulator.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { randomOf } from '../../seed.ts'
import { createHub, type Hub } from './hub.ts'
import type { Scenario } from './scenarios.ts'
import { DAY, HOUR, MINUTE, simulated } from './setting.ts'

export interface Recorded {
  readonly messages: readonly SimulatedNotification[]
  readonly world: World
  /** A while after the last of them. */
  readonly end: number
}

export function record({ write }: Pick<Scenario, 'write'>): Recorded {
  const amazon = simulated()
  const messages: SimulatedNotification[] = []
  write(amazon, (notification) => void messages.push(notification))
  const end = Math.max(...messages.map(({ at }) => at)) + 2 * HOUR
  return { messages, world: new Map(amazon.world), end }
}

/**
 * `arrived`: receipts are as after the newest message that has come. `end`: everything has happened before the first comes;
 * `end, bought in time`: before any but the purchase's own.
 */
export type Shown = 'arrived' | 'end' | 'end, bought in time'

/** A receipt of the newest purchase comes before the message at this place of the order (the count: last of all). */
export interface Posted {
  readonly place: number
  readonly price?: Money
}

export async function play(
  recorded: Recorded,
  order: readonly number[],
  shown: Shown = 'arrived',
  posted: readonly Posted[] = [],
): Promise<Hub> {
  const { messages, world, end } = recorded
  const hub = createHub()
  let newest = 0
  let at = 0
  const post = async (place: number): Promise<void> => {
    for (const one of posted) {
      if (one.place !== place) continue
      const first = messages[order[0] ?? 0] as SimulatedNotification
      const latest = at === 0 ? first : (messages[newest] as SimulatedNotification)
      const inTime = shown === 'arrived'
      at = Math.max(inTime ? latest.at + MINUTE : end, at + 1_000)
      const receipts = [...(inTime ? latest.world : world).values()].filter(({ purchaseDate }) => purchaseDate <= at)
      const newer = receipts.toSorted((a, b) => a.purchaseDate - b.purchaseDate).at(-1)
      if (newer === undefined) throw new Error('Nothing was bought yet.')
      const read = await hub.receive(
        {
          shown: { kind: 'token', token: newer.receiptId },
          storeUserId: newer.user,
          price: one.price ?? null,
        },
        inTime ? latest.world : world,
        at,
      )
      if (read.kind !== 'fetched') throw new Error(`The receipt was not read: ${JSON.stringify(read)}`)
    }
  }
  for (const [place, index] of order.entries()) {
    await post(place)
    newest = Math.max(newest, index)
    const message = messages[index] as SimulatedNotification
    const latest = messages[newest] as SimulatedNotification
    const inTime = shown === 'arrived' || (shown === 'end, bought in time' && index === 0)
    at = Math.max(inTime ? latest.at + MINUTE : end, at + MINUTE)
    const fetched = await hub.hear([message], inTime ? latest.world : world, at)
    if (fetched.kind !== 'fetched') throw new Error(`${message.name} was not resolved: ${fetched.reason}`)
  }
  await post(order.length)
  return hub
}

/** All but one message come, and every purchase is read between two of them, as the clock and the daily sweep do. */
export async function playWithout(recorded: Recorded, lost: number): Promise<Hub> {
  const { messages, world, end } = recorded
  const hub = createHub()
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1]
    if (index !== lost) await hub.hear([message], message.world, message.at + MINUTE)
    // Two hours later, or just before the next: what the receipt then shows has to do.
    const at = Math.min(message.at + 2 * HOUR, (next?.at ?? Number.POSITIVE_INFINITY) - MINUTE)
    if (at > message.at + MINUTE) await hub.poll(message.world, at)
  }
  await hub.poll(world, end + HOUR)
  return hub
}

/** Every order of up to five messages, twenty drawn ones of more. */
export function* ordersOf(name: string, length: number): Generator<readonly number[]> {
  if (length <= 5) {
    yield* permutations(length)
    return
  }
  const random = randomOf(`amazon orders ${name}`)
  for (let n = 0; n < 20; n += 1) {
    const keyed = Array.from({ length }, (_, index) => ({ index, key: random() }))
    yield keyed.sort((a, b) => a.key - b.key).map(({ index }) => index)
  }
}

/** What decides: ids (numbers may change places), type, product, period and its dates, reason, money; state; ledger. */
export function compared(hub: Hub): object {
  const events = hub.happenings.map((one) => {
    const { what, period, type, productId, newProductId, periodType, purchasedAt, expiresAt } = one
    const { isTrialConversion, cancelReason, expirationReason, grossMicros, currency } = one
    return JSON.stringify([
      [what, period, type, productId, newProductId, periodType, purchasedAt, expiresAt],
      [isTrialConversion, cancelReason, expirationReason, grossMicros, currency],
    ])
  })
  const states = [...hub.purchases].map(([id, purchase]) => {
    const { version: _, ...snapshot } = purchase.snapshot ?? { version: 0 }
    return JSON.stringify([id, snapshot, statusAt(purchase, Date.UTC(2026, 9, 1) + 400 * DAY)])
  })
  const ledger = hub.entries.map((one) => JSON.stringify([one.entry.replace(/:\d+$/, ''), one.micros, one.currency]))
  const ids = hub.happenings.map((one) => `${one.what}|${one.period}|${one.n}`)
  // Each entry once, as storage keeps it: what is about a period that was forgotten may be entered again.
  return { events: events.sort(), ids: ids.sort(), states: states.sort(), ledger: [...new Set(ledger)].sort() }
}

/** The events alone: a reading and a message may leave a state of different moments. */
export function eventsOf(hub: Hub): readonly string[] {
  return (compared(hub) as { readonly events: readonly string[] }).events
}

/** In plain words, in the order in which they were told. */
export function told({ happenings }: { readonly happenings: readonly Happening[] }): readonly string[] {
  return happenings.map((one) => {
    const trial = one.periodType === 'TRIAL'
    const kind =
      one.type === 'INITIAL_PURCHASE' && trial
        ? 'TRIAL'
        : one.type === 'RENEWAL' && one.isTrialConversion
          ? 'CONVERSION'
          : `${one.type === 'CANCELLATION' && trial ? 'TRIAL_' : ''}${one.type}`
    const reason = one.cancelReason ?? one.expirationReason
    const product = one.newProductId === null ? '' : ` ${one.productId}→${one.newProductId}`
    const money = one.grossMicros === 0 ? '' : one.grossMicros === null ? ' unknown' : ` ${one.grossMicros}`
    return `${kind}${reason === null ? '' : ` ${reason}`}${product}${money}`
  })
}
