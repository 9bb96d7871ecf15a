import type { Answer, DestinationRecord, RecordOutcome, RequestOutcome } from '../destination.ts'
import { outcomeOfStatus } from '../outcome.ts'
import { type Counted, parseAnswer, type Refusal } from './answer.ts'
import { outcomeOfCode } from './codes.ts'

const CREDENTIALS_ADVICE =
  'Check account id, passcode and region of this CleverTap account; "Check credentials" names the region that fits.'
const EXCERPT_LENGTH = 200

/** Codes that CleverTap also puts into the body of an answer as a whole, in the meaning of the HTTP status. */
const WHOLE_ANSWER_CODES: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 413, 429, 500, 503])

/**
 * An answer of the Upload API → what became of each record. CleverTap answers 200 to what it drops, so the body
 * decides; which record a refusal means stands in its text only ("Skipped record number : 2", from 1), and the record
 * it echoes is altered, so it is never compared as a whole.
 */
export function outcomes(answer: Answer, records: readonly DestinationRecord[]): RequestOutcome {
  const byStatus = outcomeOfStatus(answer, excerptOf(answer.body))
  if (byStatus !== null) return withAdvice(byStatus)
  const parsed = parseAnswer(answer)
  if (parsed.kind === 'error') {
    const whole = WHOLE_ANSWER_CODES.has(parsed.code)
      ? outcomeOfStatus({ ...answer, status: parsed.code }, parsed.error)
      : null
    return whole === null ? unreadable(answer) : withAdvice(whole)
  }
  if (parsed.kind === 'unreadable') return unreadable(answer)
  if (parsed.processed === 0 && parsed.refusals.length === 0) {
    return {
      kind: 'failed',
      reason: 'CleverTap answered that it took nothing and named no record; it is asked again.',
      retryAfterMs: null,
      mayHaveArrived: true,
    }
  }
  return settle(parsed, records)
}

function settle(counted: Counted, records: readonly DestinationRecord[]): RequestOutcome {
  const named = new Map<number, Refusal>()
  for (const refusal of counted.refusals) {
    const index = indexOf(refusal, records)
    if (index !== null && !named.has(index)) named.set(index, refusal)
  }
  const addsUp = !counted.cut && counted.processed !== null && counted.processed + named.size === records.length
  const rest: RecordOutcome = addsUp
    ? { kind: 'delivered' }
    : {
        kind: 'unknown',
        reason: 'CleverTap counted other records than were sent, so this one may have arrived or not.',
      }
  const settled = records.map((record, index): RecordOutcome => {
    const refusal = named.get(index)
    return refusal === undefined ? rest : outcomeOfCode(refusal.code, refusal.error, record)
  })
  if (addsUp) return { kind: 'records', outcomes: settled }
  const processed = counted.processed === null ? 'no count' : `${counted.processed}`
  return {
    kind: 'records',
    outcomes: settled,
    warning: `CleverTap's counts do not add up: ${records.length} sent, ${processed} processed, ${named.size} refused by name${counted.cut ? ' in the part of the answer that was read' : ''}; the rest is sent again one by one.`,
  }
}

/** Position of the record that a refusal means, or null when nothing in it tells. */
function indexOf(refusal: Refusal, records: readonly DestinationRecord[]): number | null {
  const number = /Skipped record number\s*:\s*(\d+)/i.exec(refusal.error)?.[1]
  if (number !== undefined) {
    const index = Number(number) - 1
    return index >= 0 && index < records.length ? index : null
  }
  if (records.length === 1) return 0
  // The texts of half the codes are not published. Our own event id comes back as it was sent.
  if (refusal.eventId === null) return null
  const found = records.flatMap(({ body }, index) =>
    body.evtName === refusal.eventName && eventIdOf(body) === refusal.eventId ? [index] : [],
  )
  return found.length === 1 ? (found[0] ?? null) : null
}

function eventIdOf(body: Readonly<Record<string, unknown>>): unknown {
  const data = body.evtData
  return typeof data === 'object' && data !== null && 'event_id' in data ? data.event_id : undefined
}

function unreadable(answer: Answer): RequestOutcome {
  const excerpt = excerptOf(answer.body)
  return {
    kind: 'failed',
    reason: `CleverTap answered ${answer.status} with something that is not its answer: ${excerpt === '' ? 'an empty body' : excerpt}`,
    retryAfterMs: null,
    mayHaveArrived: true,
  }
}

function withAdvice(outcome: RequestOutcome): RequestOutcome {
  return outcome.kind === 'refused' ? { ...outcome, advice: CREDENTIALS_ADVICE } : outcome
}

/** CleverTap's own sentence where the answer has one, else the beginning of the text. */
function excerptOf(body: string): string {
  const error = /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body.slice(0, 4096))?.[1]
  const text = (error ?? body.slice(0, EXCERPT_LENGTH * 4)).replace(/\s+/g, ' ').trim()
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text
}
