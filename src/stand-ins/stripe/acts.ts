import { createActs, type Message } from '../acts.ts'
import type { StandInReply, StandInRequest } from '../server.ts'
import type { SimulatedEvent } from './event.ts'
import type { SimulatedStripe } from './simulator.ts'

interface Told extends Message {
  readonly event: SimulatedEvent
}

/** The stand-in's own page (../acts.ts). An act of Stripe tells several events, in the order in which it makes them. */
export function createPages(stage: {
  readonly accounts: readonly SimulatedStripe[]
  readonly url: string | null
  readonly now: () => number
  send(event: SimulatedEvent, url: string): Promise<number | null>
}): (request: StandInRequest) => Promise<StandInReply> {
  return createActs<Told>({
    stores: stage.accounts,
    url: stage.url,
    send: ({ event }, url) => stage.send(event, url),
    read: (result) => {
      const begun =
        'opening' in result ? (result as { readonly id: string; readonly opening: readonly SimulatedEvent[] }) : null
      const events =
        begun?.opening ?? (Array.isArray(result) ? (result as readonly SimulatedEvent[]) : [result as SimulatedEvent])
      return { begun, messages: events.map((event) => ({ name: event.type, at: event.at, event })) }
    },
    show: ({ event }) => ({
      event_id: event.id,
      body: event.body.toString('utf8'),
      signature: event.header(stage.now()),
    }),
  })
}
