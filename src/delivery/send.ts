import type { Destination, DestinationRecord, RecordOutcome, RequestOutcome } from '../destinations/destination.ts'
import type { Integration } from '../domain/project.ts'
import type { AttemptRow, ChannelRow, DeliveryRow } from '../storage/rows.ts'
import { answerOf, loggedRequest, loggedResponse } from './attempt-log.ts'
import type { DeliveryPort } from './port.ts'
import { HEADERS_TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './schedule.ts'

/** A delivery that rides in a request, with the records of it that are not settled yet. */
export interface Rider {
  readonly delivery: DeliveryRow
  readonly records: readonly DestinationRecord[]
}

/** What one request came to. Outcomes stand in the order of the riders' records. */
export interface Sent {
  readonly outcome: RequestOutcome
  readonly attempt: AttemptRow
  readonly riders: readonly Rider[]
}

/** Sends one request and reads the answer. Never throws: what goes wrong is the outcome. */
export async function sendRequest(
  riders: readonly Rider[],
  channel: ChannelRow,
  integration: Integration,
  destination: Destination,
  port: DeliveryPort,
): Promise<Sent> {
  const at = port.now()
  const records = riders.flatMap((rider) => rider.records)
  const request = destination.request(records, {
    settings: integration.settings,
    environment: channel.environment,
    nowMs: at,
  })
  const origin = port.originOf(request.remote) ?? request.origin
  const result = await port.http.send({
    method: request.method,
    url: origin + request.path,
    headers: request.headers,
    body: request.body,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  })
  const redact = (text: string): string => port.redact(channel.projectId, text)
  const outcome =
    result.kind === 'answer' ? outcomeOf(destination, answerOf(result, redact), records) : faultOutcome(result, redact)
  const attempt: AttemptRow = {
    id: attemptId(at, port.random),
    projectId: channel.projectId,
    channelId: channel.channelId,
    at,
    durationMs: result.durationMs,
    status: result.kind === 'answer' ? result.status : null,
    request: loggedRequest({ ...request, origin }, destination, redact),
    response: loggedResponse(result, redact),
    outcomes: JSON.stringify(loggedOutcomes(riders, outcome)),
  }
  return { outcome, attempt, riders }
}

function outcomeOf(
  destination: Destination,
  answer: Parameters<Destination['outcomes']>[0],
  records: readonly DestinationRecord[],
): RequestOutcome {
  const outcome = destination.outcomes(answer, records)
  // A destination that loses count must not settle the wrong records.
  if (outcome.kind === 'records' && outcome.outcomes.length !== records.length) {
    return {
      kind: 'failed',
      reason: 'The answer could not be matched to what was sent',
      retryAfterMs: null,
      mayHaveArrived: true,
    }
  }
  return outcome
}

function faultOutcome(
  fault: { readonly sent: boolean; readonly reason: string },
  redact: (text: string) => string,
): RequestOutcome {
  return { kind: 'failed', reason: redact(fault.reason), retryAfterMs: null, mayHaveArrived: fault.sent }
}

/** Sorts by time, and two attempts of one millisecond differ. */
function attemptId(at: number, random: () => number): string {
  const tail = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0')
  return `att_${at.toString(36).padStart(9, '0')}${tail}`
}

/** The outcomes of a rider's records within a request's. */
export function outcomesOf(
  sent: Sent,
): readonly { readonly rider: Rider; readonly outcomes: readonly RecordOutcome[] }[] {
  if (sent.outcome.kind !== 'records') return sent.riders.map((rider) => ({ rider, outcomes: [] }))
  let at = 0
  const all = sent.outcome.outcomes
  return sent.riders.map((rider) => {
    const outcomes = all.slice(at, at + rider.records.length)
    at += rider.records.length
    return { rider, outcomes }
  })
}

function loggedOutcomes(riders: readonly Rider[], outcome: RequestOutcome): readonly unknown[] {
  if (outcome.kind !== 'records') {
    return riders.map((rider) => ({ delivery: rider.delivery.id, outcome: outcome.kind, reason: outcome.reason }))
  }
  let at = 0
  return riders.flatMap((rider) =>
    rider.records.map((record) => {
      const one = outcome.outcomes[at]
      at += 1
      const said = one !== undefined && one.kind !== 'delivered' ? { reason: one.reason } : {}
      return { delivery: rider.delivery.id, record: record.kind, outcome: one?.kind ?? 'unknown', ...said }
    }),
  )
}
