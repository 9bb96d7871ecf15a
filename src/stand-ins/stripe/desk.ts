import { eventFrom, idFrom, type Json, NEW_SHAPE, type SimulatedEvent } from './event.ts'

export interface SimulatedStripeOptions {
  readonly livemode?: boolean
  /** The version of the event destination (default: the newest that is known here). */
  readonly apiVersion?: string
  /** The moment of what is told no time of its own (milliseconds; default: the wall clock). */
  readonly now?: () => number
  /** The signing secret of the event destination. */
  readonly secret?: string
  /** Sets the ids apart from those of another simulated account. */
  readonly seed?: string
}

/** Objects by their ids, as the API shows them now; the shape is put on when they are rendered. */
export interface Shelf {
  readonly subscriptions: Map<string, () => Json>
  readonly invoices: Map<string, () => Json>
  readonly invoicePayments: Json[]
  readonly charges: Map<string, () => Json>
  readonly refunds: Map<string, () => Json>
  readonly sessions: Map<string, () => Json>
  readonly sessionLines: Map<string, readonly Json[]>
  readonly prices: Map<string, Json>
}

/** What every part of a simulated account shares. */
export interface Desk {
  readonly livemode: boolean
  readonly apiVersion: string
  readonly secret: string
  readonly shelf: Shelf
  readonly events: SimulatedEvent[]
  now(): number
  nextId(prefix: string): string
  /** The version decides the places of some fields. */
  readonly oldShape: boolean
  tell(type: string, at: number, object: Json, previous?: Json | null): SimulatedEvent
}

export function createDesk(options: SimulatedStripeOptions): Desk {
  const { livemode = true, apiVersion = NEW_SHAPE, now = Date.now, seed = 'acct' } = options
  const secret = options.secret ?? `whsec_${idFrom('s', seed, 'secret').slice(2)}${idFrom('s', seed, 'more').slice(2)}`
  const events: SimulatedEvent[] = []
  let count = 0
  const nextId = (prefix: string): string => {
    count += 1
    return idFrom(prefix, seed, livemode ? 'live' : 'test', count)
  }
  return {
    livemode,
    apiVersion,
    secret,
    events,
    now,
    nextId,
    oldShape: apiVersion < '2025-03-31',
    shelf: {
      subscriptions: new Map(),
      invoices: new Map(),
      invoicePayments: [],
      charges: new Map(),
      refunds: new Map(),
      sessions: new Map(),
      sessionLines: new Map(),
      prices: new Map(),
    },
    tell: (type, at, object, previous = null) => {
      const event = eventFrom({ id: nextId('evt'), type, at, object, previous, livemode, apiVersion, secret })
      events.push(event)
      return event
    },
  }
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
