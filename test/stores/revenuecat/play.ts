import type { Happening } from '../../../src/domain/happening.ts'
import { type Entry, observe } from '../../../src/domain/observe.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import type { SimulatedEvent } from '../../../src/stand-ins/revenuecat/event.ts'
import { createSimulatedSender, type SimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import { context, type Played, permutations } from '../../domain/scenarios/play.ts'
import { randomOf } from '../../seed.ts'
import { feedApp, observedIn } from './setting.ts'

/** A happening with the id that its own message carried, as ingest keeps it. */
export interface ToldByFeed extends Played {
  readonly externalIds: readonly (string | null)[]
}

/** Folds events in the order given: given messages → exactly these happenings. */
export function playEvents(events: readonly SimulatedEvent[], app = feedApp()): ToldByFeed {
  const purchases = new Map<string, Purchase>()
  const happenings: Happening[] = []
  const externalIds: (string | null)[] = []
  const entries: Entry[] = []
  for (const event of events) {
    const observation = observedIn(event, app)
    const at = purchaseId(observation.key)
    const observed = observe(purchases.get(at) ?? null, observation, { ...context, eventsFrom: app.eventsFrom })
    purchases.set(at, observed.purchase)
    happenings.push(...observed.happenings)
    entries.push(...observed.entries)
    const { external } = observation
    externalIds.push(...observed.happenings.map(({ type }) => (external?.type === type ? external.id : null)))
  }
  return { purchases, happenings, entries, externalIds }
}

export interface FeedScenario {
  readonly name: string
  write(sender: SimulatedSender): void
  /** Exactly these, in order, when the messages come in the order in which they were made. */
  readonly events: readonly string[]
  /** The end moves: an event is frozen with the end that was known when it was told (README of the domain). */
  readonly endMoves?: true
}

export function eventsOf({ write }: Pick<FeedScenario, 'write'>): readonly SimulatedEvent[] {
  const sender = createSimulatedSender()
  write(sender)
  return sender.events
}

const SAMPLED = 20

/** All orders of up to five messages, twenty drawn ones beyond. */
export function ordersOf(name: string, length: number): readonly (readonly number[])[] {
  if (length <= 5) return [...permutations(length)]
  const random = randomOf(`orders of ${name}`)
  return Array.from({ length: SAMPLED }, () => {
    const order = Array.from({ length }, (_, index) => index)
    for (let at = length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1))
      ;[order[at], order[other]] = [order[other] as number, order[at] as number]
    }
    return order
  })
}
