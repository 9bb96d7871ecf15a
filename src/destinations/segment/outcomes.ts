import type { Answer, DestinationRecord, RequestOutcome } from '../destination.ts'
import { outcomeOfStatus } from '../outcome.ts'

const EXCERPT_LENGTH = 200

/**
 * The status alone decides: a 2xx takes the whole batch, and its body is not described anywhere. It says that Segment
 * accepted the calls, not that it kept them; what it would drop silently is checked before sending.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors
 */
export function outcomes(answer: Answer, records: readonly DestinationRecord[]): RequestOutcome {
  const refused = outcomeOfStatus(answer, excerptOf(answer.body))
  if (refused !== null) return refused
  return { kind: 'records', outcomes: records.map(() => ({ kind: 'delivered' })) }
}

/** The beginning of an answer on one line, for a sentence that a person reads. */
function excerptOf(body: string): string {
  return body
    .slice(0, EXCERPT_LENGTH * 2)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, EXCERPT_LENGTH)
}
