/**
 * What Segment takes: 32 KB a call, 500 KB and 2,500 calls a batch. Whether a KB is 1,000 or 1,024 bytes is not said,
 * and what is too large is refused with 400 for the whole batch, so we stop below the smaller reading.
 * https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
export const MAX_RECORD_BYTES = 32_000
export const MAX_EVENT_NAME_LENGTH = 255

export const LIMITS = {
  /** 100 deliveries are at most 200 calls; beyond 100 a request nothing is gained (1.3 µs a record). */
  deliveriesPerRequest: 100,
  /** Of the records alone: commas and the envelope around them (under 500 bytes) have room in what is left. */
  bytesPerRequest: 480_000,
  slots: 4,
  /** Segment recommends at most 1,000 requests a second for a workspace, all senders together. */
  maxSlots: 10,
} as const
