import type { DestinationRecord, DestinationRequest, RequestContext } from '../destination.ts'
import { regionOf, writeKeyOf } from './fields.ts'

/**
 * One batch. `sentAt` is the time of this attempt, never of the event: Segment computes an event's time as
 * receivedAt − (sentAt − timestamp), so an older sentAt would move late events to their arrival.
 * https://segment.com/docs/connections/spec/common/#timestamps
 */
export function request(records: readonly DestinationRecord[], context: RequestContext): DestinationRequest {
  const batch = records.map(({ json }) => json).join(',')
  return {
    remote: 'segment',
    origin: `https://${regionOf(context.settings).host}`,
    method: 'POST',
    path: '/v1/batch',
    headers: {
      authorization: `Basic ${Buffer.from(`${writeKeyOf(context.settings, context.environment)}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: `{"batch":[${batch}],"sentAt":"${new Date(context.nowMs).toISOString()}"}`,
  }
}
