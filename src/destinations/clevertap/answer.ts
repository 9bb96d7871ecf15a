import type { Answer } from '../destination.ts'

/** One entry of `unprocessed`. */
export interface Refusal {
  readonly code: number | null
  readonly error: string
  /** From the echoed record: our event id and the event's name there. */
  readonly eventId: string | null
  readonly eventName: string | null
}

export interface Counted {
  readonly kind: 'counted'
  /** null when the answer told none. */
  readonly processed: number | null
  readonly refusals: readonly Refusal[]
  /** Only the beginning of the answer was read. */
  readonly cut: boolean
}

export type ParsedAnswer =
  | Counted
  /** `{"status":"fail","error":…,"code":401}` in place of counts. */
  | { readonly kind: 'error'; readonly code: number; readonly error: string }
  | { readonly kind: 'unreadable' }

/**
 * `{"status":…,"processed":n,"unprocessed":[…]}` of the Upload API
 * (https://developer.clevertap.com/docs/upload-events-api); what is not that is `unreadable`.
 * Of an answer that is longer than was read, what stands in the part read is used: a request refused as a whole
 * echoes all its records, and would otherwise never be settled.
 */
export function parseAnswer(answer: Answer): ParsedAnswer {
  const value = parsed(answer.body)
  if (value === undefined) return answer.truncated ? salvaged(answer.body) : { kind: 'unreadable' }
  if (!isObject(value)) return { kind: 'unreadable' }
  const processed = numberOf(value.processed)
  const { unprocessed } = value
  if (processed === null && !Array.isArray(unprocessed)) {
    const code = numberOf(value.code)
    return code === null ? { kind: 'unreadable' } : { kind: 'error', code, error: textOf(value.error) ?? '' }
  }
  if (unprocessed !== undefined && unprocessed !== null && !Array.isArray(unprocessed)) return { kind: 'unreadable' }
  const refusals = (unprocessed ?? []).map(refusalOf)
  if (processed === null && refusals.length === 0) return { kind: 'unreadable' }
  return { kind: 'counted', processed, refusals, cut: false }
}

function refusalOf(entry: unknown): Refusal {
  if (!isObject(entry)) return { code: null, error: '', eventId: null, eventName: null }
  const echo = isObject(entry.record) ? entry.record : {}
  const data = isObject(echo.evtData) ? echo.evtData : {}
  return {
    code: numberOf(entry.code),
    error: textOf(entry.error) ?? '',
    eventId: textOf(data.event_id),
    eventName: textOf(echo.evtName),
  }
}

/** The whole entries of `unprocessed` in a text that ends too early. */
function salvaged(text: string): ParsedAnswer {
  const list = /"unprocessed"\s*:\s*\[/.exec(text)
  if (list === null) return { kind: 'unreadable' }
  const processed = /"processed"\s*:\s*"?(\d+)/.exec(text.slice(0, list.index))?.[1]
  const refusals = objectsIn(text, list.index + list[0].length).map((entry) => refusalOf(parsed(entry)))
  if (refusals.length === 0) return { kind: 'unreadable' }
  return { kind: 'counted', processed: processed === undefined ? null : Number(processed), refusals, cut: true }
}

/** The complete `{…}` texts from `start` on, braces inside strings aside. */
function objectsIn(text: string, start: number): readonly string[] {
  const found: string[] = []
  let depth = 0
  let from = start
  let inString = false
  for (let at = start; at < text.length; at += 1) {
    const char = text[at]
    if (inString) {
      if (char === '\\') at += 1
      else if (char === '"') inString = false
    } else if (char === '"') {
      inString = true
    } else if (char === '{') {
      if (depth === 0) from = at
      depth += 1
    } else if (char === '}') {
      depth -= 1
      if (depth === 0) found.push(text.slice(from, at + 1))
    } else if (char === ']' && depth === 0) {
      break
    }
  }
  return found
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** CleverTap writes numbers both as numbers and as text. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
