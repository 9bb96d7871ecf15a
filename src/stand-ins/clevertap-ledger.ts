import { isObject, type Verdict } from './clevertap-verdict.ts'
import { createSeenIds } from './seen-ids.ts'

/** One record that arrived and was answered, and what became of it. */
export interface ClevertapLedgerEntry {
  /** Its request's number in order of arrival, from 1. */
  readonly arrival: number
  /** Its place in the request, from 0 (CleverTap's answers count from 1). */
  readonly index: number
  readonly account: string
  /** True in an account that was started as a test account. */
  readonly test: boolean
  readonly type: string | null
  readonly verdict: 'accepted' | `refused:${number}`
  /** `truncated`, `two_identities`; `repeated_event`: accepted before under the same event id and name. */
  readonly warnings: readonly string[]
  /** `evtName`. */
  readonly event: string | null
  /** `evtData.event_id`. */
  readonly eventId: string | null
  readonly customerId: string | null
  readonly identifiedBy: 'objectId' | 'identity' | 'FBID' | 'GPID' | null
  /** Epoch seconds. */
  readonly ts: number | null
  /** null with `keepBodies: false`. */
  readonly body: unknown
}

export interface ClevertapCounts {
  readonly requests: number
  readonly records: number
  readonly accepted: number
  readonly refused: number
  /** Code → refused records. */
  readonly codes: Readonly<Record<string, number>>
  /** Accepted records by type. */
  readonly types: Readonly<Record<string, number>>
  /** Accepted events by event id and name: the different ones, and those that came again. */
  readonly unique: number
  readonly duplicates: number
  /** Accepted records that CleverTap might have cut. */
  readonly truncated: number
}

/** What of each record is kept. */
export interface Keeping {
  readonly bodies: boolean
  readonly entries: boolean
}

export interface ClevertapLedger {
  readonly entries: readonly ClevertapLedgerEntry[]
  /** A new request; the number of its arrival. */
  arrive(): number
  enter(place: Place, body: unknown, verdict: Verdict): void
  counts(): ClevertapCounts
  reset(): void
}

type Place = Pick<ClevertapLedgerEntry, 'arrival' | 'index' | 'account' | 'test'>

/** CleverTap recognises no doubles, so a repeated event is accepted and counted. */
export function createClevertapLedger(keep: Keeping): ClevertapLedger {
  const entries: ClevertapLedgerEntry[] = []
  let tally = emptyTally()

  const enter = (place: Place, body: unknown, { code, warnings }: Verdict): void => {
    const seen = labelsOf(body)
    const repeated =
      code === null &&
      seen.eventId !== null &&
      !tally.seen.add(`${place.account}\n${seen.event ?? ''}\n${seen.eventId}`)
    tally.records += 1
    if (code === null) count(tally.types, seen.type ?? '')
    else count(tally.codes, String(code))
    if (repeated) tally.duplicates += 1
    if (code === null && warnings.includes('truncated')) tally.truncated += 1
    if (!keep.entries) return
    entries.push({
      ...place,
      ...seen,
      ...customerOf(body),
      verdict: code === null ? 'accepted' : `refused:${code}`,
      warnings: repeated ? [...warnings, 'repeated_event'] : warnings,
      body: keep.bodies ? body : null,
    })
  }

  return {
    entries,
    arrive: () => {
      tally.requests += 1
      return tally.requests
    },
    enter,
    counts: () => {
      const { requests, records, duplicates, truncated } = tally
      const refused = Object.values(tally.codes).reduce((sum, one) => sum + one, 0)
      const codes = { ...tally.codes }
      const types = { ...tally.types }
      const unique = tally.seen.size
      return { requests, records, accepted: records - refused, refused, codes, types, unique, duplicates, truncated }
    },
    reset: () => {
      entries.length = 0
      tally = emptyTally()
    },
  }
}

function emptyTally() {
  const codes: Record<string, number> = {}
  const types: Record<string, number> = {}
  return { requests: 0, records: 0, duplicates: 0, truncated: 0, codes, types, seen: createSeenIds() }
}

function count(into: Record<string, number>, key: string): void {
  into[key] = (into[key] ?? 0) + 1
}

function labelsOf(body: unknown): Pick<ClevertapLedgerEntry, 'type' | 'event' | 'eventId' | 'ts'> {
  if (!isObject(body)) return { type: null, event: null, eventId: null, ts: null }
  const data = isObject(body.evtData) ? body.evtData : {}
  return {
    type: typeof body.type === 'string' ? body.type : null,
    event: typeof body.evtName === 'string' ? body.evtName : null,
    eventId: typeof data.event_id === 'string' ? data.event_id : null,
    ts: typeof body.ts === 'number' ? body.ts : null,
  }
}

function customerOf(body: unknown): Pick<ClevertapLedgerEntry, 'customerId' | 'identifiedBy'> {
  const keys = ['objectId', 'identity', 'FBID', 'GPID'] as const
  const by = isObject(body) ? keys.find((key) => body[key] !== undefined) : undefined
  if (!isObject(body) || by === undefined) return { customerId: null, identifiedBy: null }
  return { customerId: String(body[by]), identifiedBy: by }
}
