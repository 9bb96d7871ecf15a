import type { Answer, DestinationRecord, RequestOutcome } from './destination.ts'

const HOUR_MS = 3_600_000

/**
 * `Retry-After` as milliseconds from `nowMs`, at most one hour; null when absent, negative or unreadable.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function retryAfterMs(value: string | undefined, dateHeader: string | undefined): number | null {
  if (value === undefined) return null
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, HOUR_MS)
  const at = Date.parse(text)
  const from = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader)
  if (Number.isNaN(at) || Number.isNaN(from) || at <= from) return null
  return Math.min(at - from, HOUR_MS)
}

/**
 * What every HTTP destination has in common: a status outside 200–299 → the outcome of the request as a whole.
 * null for 2xx, whose body the destination itself reads.
 */
export function outcomeOfStatus(answer: Answer, excerpt: string): RequestOutcome | null {
  const { status } = answer
  if (status >= 200 && status < 300) return null
  const said = excerpt === '' ? '' : `: ${excerpt}`
  if (status >= 300 && status < 400) {
    return {
      kind: 'failed',
      reason: `Answered ${status}, a redirect, which is never followed; check the region and the address${said}`,
      retryAfterMs: null,
      mayHaveArrived: false,
    }
  }
  if (status === 400 || status === 413 || status === 422) {
    return {
      kind: 'split',
      reason: `Answered ${status}${said}`,
      advice: 'The record was refused as it stands; see the answer.',
    }
  }
  if (status === 408 || status === 429 || status >= 500) {
    return {
      kind: 'failed',
      reason: `Answered ${status}${said}`,
      retryAfterMs: retryAfterMs(answer.headers['retry-after'], answer.headers.date),
      // A gateway that gave up waiting says nothing of what stands behind it; every other status says "not taken".
      mayHaveArrived: status === 502 || status === 504,
    }
  }
  if (status === 401 || status === 403) {
    return {
      kind: 'refused',
      reason: `Answered ${status}, credentials refused${said}`,
      advice: 'Check the credentials and the region.',
    }
  }
  return {
    kind: 'refused',
    reason: `Answered ${status}${said}`,
    advice: 'Check the credentials, the region and the address.',
  }
}

/** A record with its JSON text and size, so that grouping and limits never serialise twice. */
export function recordOf(kind: string, body: Readonly<Record<string, unknown>>): DestinationRecord {
  const json = JSON.stringify(body)
  return { kind, body, json, bytes: Buffer.byteLength(json) }
}
