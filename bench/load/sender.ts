/**
 * The process that plays a store: it signs messages beforehand and posts them when asked.
 * Messages in: {make} → {made}; {fire} → {fired}. What it says first is the store's own.
 */
import { type Fired, fireClosed, fireOpen, requestBytes } from './http-load.ts'

/** Signs the messages of `customers`, each of whom makes `turns` events. `seed` sets their ids apart. */
export interface Make {
  readonly make: { readonly seed: string; readonly customers: number; readonly turns: number }
}

/** How many messages were made, and how many events a contender must make of them. */
export interface MadeAnswer {
  readonly made: number
  readonly events: number
}

/** Posts what was made: `connections` at a time, or so many a second. `from` and `count`: which of them. */
export interface Fire {
  readonly fire: {
    readonly url: string
    readonly from: number
    readonly count: number
    readonly connections: number
    readonly perSecond: number | null
  }
}

export interface FireAnswer {
  /** Epoch milliseconds of the first request. */
  readonly startedAt: number
  readonly fired: Fired
  /** In an open loop: when each was due (epoch milliseconds), by its customer. */
  readonly dueAt: ReadonlyMap<string, number>
}

export interface Message {
  readonly body: Buffer
  readonly customer: string
  /** Beside what every POST of JSON carries. */
  readonly headers: Readonly<Record<string, string>>
}

/** Answers the bench; never returns. `hello` is the first message. */
export function serveSender(
  hello: object,
  make: (asked: Make['make']) => { readonly messages: readonly Message[]; readonly events: number },
): void {
  let messages: readonly Message[] = []
  process.on('message', async (message: Make | Fire) => {
    if ('make' in message) {
      const made = make(message.make)
      messages = made.messages
      process.send?.({ made: messages.length, events: made.events } satisfies MadeAnswer)
    } else {
      process.send?.(await fire(message.fire, messages))
    }
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.(hello)
}

async function fire(
  { url, from, count, connections, perSecond }: Fire['fire'],
  messages: readonly Message[],
): Promise<FireAnswer> {
  const chosen = messages.slice(from, from + count)
  const requests = chosen.map(({ body, headers }) => requestBytes(url, body, headers))
  const dueAt = new Map<string, number>()
  const startedAt = Date.now()
  const fired =
    perSecond === null
      ? await fireClosed(url, requests, connections)
      : await fireOpen(url, requests, perSecond, (at, when) => dueAt.set(chosen[at]?.customer ?? '', when))
  return { startedAt, fired, dueAt }
}
