import type { LotContext, LotResult } from './lot.ts'
import type { DeliveryPort } from './port.ts'
import type { Sent } from './send.ts'

/** Tells counters, log and live stream what a lot came to. `fenced`: customers whose queue another has by now. */
export function reportLot(context: LotContext, result: LotResult, fenced: readonly string[], port: DeliveryPort): void {
  const { channel, lot } = context
  for (const sent of result.sent) {
    port.meter.attempt(channel, sent.outcome.kind, sent.attempt.durationMs, sent.riders.length)
    const bad = sent.outcome.kind !== 'records' || sent.outcome.warning !== undefined
    port.log(bad ? 'warn' : 'info', 'attempt', attemptLine(context, sent))
  }
  const changes = result.queues
    .filter(({ customerId }) => !fenced.includes(customerId))
    .flatMap(({ deliveries }) => deliveries)
  for (const status of ['delivered', 'failed', 'skipped'] as const) {
    const count = changes.filter((change) => change.status === status).length
    if (count > 0) port.meter.settled(channel, status, count)
  }
  const events = new Map(
    lot.queues.flatMap(({ deliveries }) => deliveries.map(({ delivery }) => [delivery.id, delivery.eventId])),
  )
  const { projectId, integrationId, environment } = channel
  port.news({
    projectId,
    deliveries: changes.map(({ id, status, reason, attempts }) => ({
      id,
      eventId: events.get(id) ?? '',
      integrationId,
      environment,
      status,
      reason,
      attempts,
    })),
  })
}

/** One wide line per attempt. */
function attemptLine(
  { channel, integration }: LotContext,
  { attempt, outcome, riders }: Sent,
): Readonly<Record<string, unknown>> {
  return {
    project: channel.projectId,
    integration: channel.integrationId,
    destination: integration.destination,
    environment: channel.environment,
    attempt: attempt.id,
    status: attempt.status,
    duration_ms: attempt.durationMs,
    deliveries: riders.length,
    outcome: outcome.kind,
    ...(outcome.kind === 'records'
      ? outcome.warning === undefined
        ? {}
        : { warning: outcome.warning }
      : { reason: outcome.reason }),
  }
}
