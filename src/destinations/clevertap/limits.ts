/**
 * What the Upload API takes. https://developer.clevertap.com/docs/upload-events-api (June 2026) and
 * https://developer.clevertap.com/docs/api-request-limit (March 2026).
 */
export const MAX_KEY_LENGTH = 120
export const MAX_VALUE_BYTES = 512
/** Properties of one event; an account may have another figure, which is the setting `max_properties`. */
export const DEFAULT_MAX_PROPERTIES = 100
/** Above the 20-odd keys of our own that one event can carry, so that trimming never has to touch them. */
export const LEAST_MAX_PROPERTIES = 30
/** What a record refused with 522 is cut down to: the account's own limit is not known then, only that it is lower. */
export const PROPERTIES_AFTER_TRIM = 20

export const LIMITS = {
  /** At most 300 records, of the 1000 that CleverTap takes; beyond 100 nothing is gained (1.3 µs a record). */
  deliveriesPerRequest: 100,
  /** CleverTap names no limit; 100 deliveries with 100 long attributes each stay below it at a usual size. */
  bytesPerRequest: 1_000_000,
  slots: 4,
  /** CleverTap allows 15 requests at once for an account; the rest is left to the account's other senders. */
  maxSlots: 10,
} as const

/** The text within `maxBytes` of UTF-8, cut between characters; the text itself when it fits. */
export function cutToBytes(text: string, maxBytes: number): string {
  // A UTF-16 unit is at most three bytes, so most values need no counting.
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  // 0b10xxxxxx continues a character that began before.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}
