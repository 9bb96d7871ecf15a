import type { HttpRequest, HttpResult } from '../../src/net/http.ts'
import type { DeliveryStorage, SettleInput } from '../../src/storage/storage.ts'

/** One request as it left the hub, and what came of it. */
export interface Sending {
  /** Its place in the order of all that happened in this world. */
  readonly tick: number
  readonly at: number
  readonly owner: string
  readonly request: HttpRequest
  /** null: the process died, or it is still under way. */
  result: HttpResult | null
  /** Its outcome is on disk; false: its settle was fenced, so another sends it again; null: no settle told of it. */
  settled: boolean | null
}

export interface Ended {
  readonly tick: number
  /** How many records the destination had by then. */
  readonly received: number
}

/** How a test meddles with what leaves and enters the hub. */
export interface Meddling {
  /** In place of sending; call `send` for the real thing. */
  send?: (request: HttpRequest, send: (request: HttpRequest) => Promise<HttpResult>) => Promise<HttpResult>
  /** Runs before a settle is written. */
  beforeSettle?: (input: SettleInput) => Promise<void> | void
  /** In place of writing a settle. */
  settle?: DeliveryStorage['settleLot']
  /** Runs after queues were claimed and before anything is sent. */
  afterClaim?: () => Promise<void> | void
}

/** What happened in a world, in one order. */
export interface Journal {
  readonly sendings: Sending[]
  /** Delivery id → the settle that ended it last. */
  readonly ended: Map<string, Ended>
  /** The next place in the order of all that happens. */
  tick(): number
}

export function openJournal(): Journal {
  let ticks = 0
  return {
    sendings: [],
    ended: new Map(),
    tick: () => {
      ticks += 1
      return ticks
    },
  }
}

/** The log has the bytes that were sent, with `[redacted]` where a secret stood. */
function isLogOf(logged: string, sent: string): boolean {
  let at = 0
  for (const part of logged.split('[redacted]')) {
    const found = sent.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return logged === sent || logged.includes('[redacted]')
}

/** A settle that was written: whose requests are told of, and which deliveries are at their end. */
export function noteSettle(
  journal: Journal,
  owner: string,
  input: SettleInput,
  fenced: readonly string[],
  received: number,
): void {
  for (const { request, at, status, durationMs } of input.attempts) {
    const { body } = JSON.parse(request) as { body: string }
    // One attempt is one request: whoever claims a lost queue sends the same bytes, and its settle tells of its own only.
    const sending = journal.sendings.find(
      (one) =>
        one.settled === null &&
        one.owner === owner &&
        one.at === at &&
        isLogOf(body, String(one.request.body)) &&
        one.result?.durationMs === durationMs &&
        (one.result.kind === 'answer' ? one.result.status : null) === status,
    )
    if (sending === undefined)
      throw new Error(`A settle tells of a request that ${owner} never made: ${request.slice(0, 200)}`)
    sending.settled = fenced.length === 0
  }
  const end: Ended = { tick: journal.tick(), received }
  for (const { customerId, deliveries } of input.queues) {
    if (fenced.includes(customerId)) continue
    for (const { id, status } of deliveries) if (status !== 'waiting') journal.ended.set(id, end)
  }
}
