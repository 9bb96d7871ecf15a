import { createHash } from 'node:crypto'
import type { DropReason, Judged, Verdict } from './segment-verdict.ts'

/** One call that arrived and was answered 200, and what became of it. */
export interface SegmentLedgerEntry {
  /** Its request's number in order of arrival, from 1. */
  readonly arrival: number
  /** Its place in the batch, from 0. */
  readonly index: number
  readonly type: string | null
  readonly verdict: Verdict
  /** What Segment keeps and a person would want to know; `repeated_event`: another messageId brought it before. */
  readonly warnings: readonly string[]
  readonly writeKey: string | null
  readonly messageId: string | null
  /** `event_id` of the properties, which only track calls carry. */
  readonly eventId: string | null
  /** userId, else anonymousId. */
  readonly customerId: string | null
  readonly event: string | null
  readonly receivedAt: number
  /** The call's time by Segment's formula (milliseconds). */
  readonly timestamp: number | null
  /** null with `keepBodies: false`. */
  readonly body: unknown
}

export interface SegmentCounts {
  readonly requests: number
  readonly calls: number
  readonly accepted: number
  readonly dropped: number
  readonly duplicates: number
  /** Accepted calls by type. */
  readonly types: Readonly<Record<string, number>>
  readonly verdicts: Readonly<Record<string, number>>
}

/** What of each call is kept. */
export interface Keeping {
  readonly bodies: boolean
  readonly entries: boolean
}

/** A call as it came, judged by itself, with what its whole request is dropped for. */
export interface ArrivedCall
  extends Pick<SegmentLedgerEntry, 'arrival' | 'index' | 'writeKey' | 'receivedAt' | 'body'> {
  readonly judged: Judged
  readonly drop: DropReason | null
}

export interface SegmentLedger {
  readonly entries: readonly SegmentLedgerEntry[]
  /** A new request; the number of its arrival. */
  arrive(): number
  enter(call: ArrivedCall): void
  counts(): SegmentCounts
  reset(): void
}

const DAY_MS = 86_400_000

/** Dedupes by messageId over 24 hours, whatever the write key: https://segment.com/docs/guides/duplicate-data/ */
export function createSegmentLedger(keep: Keeping): SegmentLedger {
  const entries: SegmentLedgerEntry[] = []
  const repeats = keep.entries ? rememberTimes() : rememberFingerprints()
  const eventsSeen = new Set<string>()
  let tally = emptyTally()

  const enter: SegmentLedger['enter'] = ({ judged, drop, body, ...place }) => {
    const { messageId, timestamp, eventId, customerId, name, type } = judged
    const reason =
      drop ?? judged.drop ?? (messageId !== null && repeats(messageId, place.receivedAt) ? 'duplicate' : null)
    const verdict: Verdict = reason === null ? 'accepted' : `dropped:${reason}`
    tally.calls += 1
    tally.verdicts[verdict] = (tally.verdicts[verdict] ?? 0) + 1
    if (reason === null) tally.types[type ?? ''] = (tally.types[type ?? ''] ?? 0) + 1
    if (!keep.entries) return
    const warnings = [...judged.warnings]
    if (reason === null && eventId !== null) {
      const seenAs = `${place.writeKey} ${type} ${eventId}`
      if (eventsSeen.has(seenAs)) warnings.push('repeated_event')
      eventsSeen.add(seenAs)
    }
    const kept = keep.bodies ? body : null
    entries.push({
      ...place,
      type,
      verdict,
      warnings,
      messageId,
      eventId,
      customerId,
      event: name,
      timestamp,
      body: kept,
    })
  }

  return {
    entries,
    arrive: () => {
      tally.requests += 1
      return tally.requests
    },
    enter,
    counts: () => countsOf(tally),
    reset: () => {
      entries.length = 0
      eventsSeen.clear()
      repeats.forget()
      tally = emptyTally()
    },
  }
}

interface Tally {
  requests: number
  calls: number
  types: Record<string, number>
  verdicts: Record<string, number>
}

function countsOf({ requests, calls, types, verdicts }: Tally): SegmentCounts {
  const accepted = verdicts.accepted ?? 0
  const duplicates = verdicts['dropped:duplicate'] ?? 0
  return {
    requests,
    calls,
    accepted,
    dropped: calls - accepted,
    duplicates,
    types: { ...types },
    verdicts: { ...verdicts },
  }
}

function emptyTally(): Tally {
  return { requests: 0, calls: 0, types: {}, verdicts: {} }
}

/** True when the id came before, within the window; remembers it otherwise. */
interface Repeats {
  (messageId: string, at: number): boolean
  forget(): void
}

function rememberTimes(): Repeats {
  const seen = new Map<string, number>()
  const repeats = (messageId: string, at: number): boolean => {
    const before = seen.get(messageId)
    if (before !== undefined && at - before < DAY_MS) return true
    seen.set(messageId, at)
    return false
  }
  return Object.assign(repeats, { forget: () => seen.clear() })
}

/**
 * For runs of millions: 53 bits of a hash in place of each id, and no end of the window. Two of 2 million ids share a
 * fingerprint with a chance of 1 in 4,500.
 */
function rememberFingerprints(): Repeats {
  const seen = new Set<number>()
  const repeats = (messageId: string): boolean => {
    const digest = createHash('sha1').update(messageId).digest()
    const fingerprint = digest.readUIntBE(0, 6) * 32 + (digest.readUInt8(6) & 31)
    if (seen.has(fingerprint)) return true
    seen.add(fingerprint)
    return false
  }
  return Object.assign(repeats, { forget: () => seen.clear() })
}
