import { describe, expect, it } from 'vitest'
import { eventId } from '../../../src/domain/ids.ts'
import { observe } from '../../../src/domain/observe.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import { createSimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { createFeedBehindAppStore } from '../../../src/stand-ins/revenuecat/behind-app-store.ts'
import { createEventDesk, type SimulatedEvent } from '../../../src/stand-ins/revenuecat/event.ts'
import { SCENARIOS, type Scenario } from '../../domain/scenarios/app-store.ts'
import { compared, context, type Message, type Played, play, record } from '../../domain/scenarios/play.ts'
import { ordersOf, playEvents } from './play.ts'
import { observedIn } from './setting.ts'

/**
 * One life, told by Apple and by a feed that stands behind Apple: the ids of the events are the same, so whoever changes
 * from one to the other is told nothing twice.
 */
interface BothWays {
  readonly messages: readonly Message[]
  readonly store: Played
  readonly events: readonly SimulatedEvent[]
  /** How many events the sender had made when so many messages of Apple had come. */
  readonly madeBy: readonly number[]
}

function bothWays(scenario: Scenario): BothWays {
  const messages = record(scenario.write)
  const apple = createSimulatedAppStore({
    bundleId: 'com.acme.app',
    appAppleId: 123_456_789,
    environment: 'production',
  })
  const desk = createEventDesk()
  const sender = createFeedBehindAppStore(desk)
  const madeBy = [0]
  scenario.write(apple, (notification: SimulatedNotification) => {
    sender.hear(notification)
    madeBy.push(desk.events.length)
  })
  return { messages, store: play(messages, [...messages.keys()]), events: desk.events, madeBy }
}

/** What the sender tells otherwise than Apple, and why: only these. */
const DIFFER: Readonly<
  Record<string, { readonly why: string; readonly lacks: readonly RegExp[]; readonly adds: readonly RegExp[] }>
> = {
  'upgrade in a trial': {
    why: 'an immediate change is told of the period that it ends, not of the one that it begins',
    lacks: [/^change\|/],
    adds: [/^change\|/],
  },
  'upgrade of a paid period': {
    why: 'likewise',
    lacks: [/^change\|/],
    adds: [/^change\|/],
  },
  'refund of an older period': {
    why: 'refunds of older periods are not sent',
    lacks: [/^refund\|/],
    adds: [],
  },
}

const ids = (played: Played): readonly string[] =>
  played.happenings.map(({ what, period, n }) => `${what}|${period}|${n}`).sort()

describe.each(SCENARIOS)('given $name, told by Apple and by a feed', (scenario) => {
  const { messages, store, events, madeBy } = bothWays(scenario)
  const feed = playEvents(events)
  const differ = DIFFER[scenario.name] ?? { why: '', lacks: [], adds: [] }

  it('has the same ids', () => {
    const [ofStore, ofFeed] = [ids(store), ids(feed)]
    const lacking = ofStore.filter((id) => !ofFeed.includes(id))
    const added = ofFeed.filter((id) => !ofStore.includes(id))
    expect(lacking.map((id) => differ.lacks.some((one) => one.test(id)) || id)).toEqual(differ.lacks.map(() => true))
    expect(added.map((id) => differ.adds.some((one) => one.test(id)) || id)).toEqual(differ.adds.map(() => true))
    expect(ofFeed.length).toBeGreaterThan(0)
    const events = (played: Played): readonly string[] =>
      [...played.purchases.values()].flatMap(({ key }) =>
        played.happenings
          .filter(({ originalTransactionId }) => originalTransactionId === key.chain)
          .map(({ what, period, n }) => eventId(key, what, period, n)),
      )
    if (differ.why === '') expect([...events(feed)].sort()).toEqual([...events(store)].sort())
  })

  it('has the same types, products, reasons and money', () => {
    const said = (played: Played): readonly string[] =>
      played.happenings
        .filter(
          ({ what }) => ids(store).some((id) => id.startsWith(`${what}|`)) && (differ.why === '' || what !== 'change'),
        )
        .filter(({ what }) => !(differ.lacks.length > 0 && what === 'refund'))
        .map(({ what, period, type, productId, newProductId, periodType, isTrialConversion, ...rest }) =>
          [
            what,
            period,
            type,
            productId,
            newProductId,
            periodType,
            isTrialConversion,
            rest.cancelReason,
            rest.expirationReason,
            rest.grossMicros,
            rest.purchasedAt,
            rest.grossMicros === 0 ? '' : rest.currency,
          ].join(' '),
        )
        .sort()
    if (scenario.name === 'partial refund of the latest period') {
      // The sender refunds in full whatever went back.
      expect(said(feed)).toEqual(said(store).map((one) => one.replace('-4995000', '-9990000')))
    } else expect(said(feed)).toEqual(said(store))
  })

  it('is the same from the feed in every order', () => {
    const orders = ordersOf(`feed of ${scenario.name}`, events.length)
    expect(orders.length).toBeGreaterThan(0)
    for (const order of orders) {
      const played = playEvents(order.map((at) => events[at] as SimulatedEvent))
      expect(compared(played), order.map((at) => events[at]?.name).join()).toEqual(compared(feed))
    }
  })

  it('tells nothing twice when the feed takes over in mid-life, wherever that is', () => {
    const known = new Set([...ids(store), ...ids(feed)])
    for (const [count, made] of madeBy.entries()) {
      for (const from of [made, 0]) {
        const purchases = new Map<string, Purchase>()
        const seen: string[] = []
        for (const observation of [
          ...messages.slice(0, count).map((one) => one.observation),
          ...events.slice(from).map((event) => observedIn(event)),
        ]) {
          const { chain } = observation.key
          const { purchase, happenings } = observe(purchases.get(chain) ?? null, observation, context)
          purchases.set(chain, purchase)
          seen.push(...happenings.map(({ what, period, n }) => `${what}|${period}|${n}`))
        }
        for (const id of seen) expect(known, `${count} of Apple, then from ${from}`).toContain(id)
        expect(new Set(seen).size).toBe(seen.length)
      }
    }
    expect(madeBy).toHaveLength(messages.length + 1)
  })
})
