import { isObject } from './clevertap-verdict.ts'

export interface Skipped {
  readonly code: number
  readonly error: string
  readonly record: unknown
}

/** The answer to an upload, in the spacing of recorded answers. */
export function uploadAnswer(processed: number, skipped: readonly Skipped[]): string {
  const status = skipped.length === 0 ? 'success' : processed === 0 ? 'fail' : 'partial'
  const unprocessed = skipped.map(({ code, error, record }) => ({
    status: 'fail',
    code,
    error,
    record: echoOf(record),
  }))
  return spaced({ status, processed, unprocessed })
}

/** The answer to a request that is refused as a whole. */
export function errorAnswer(code: number, error: string): string {
  return spaced({ status: 'fail', error, code })
}

/** Recorded: the phone number "+35922333232" comes back as 35922333232, the identity 13 as "13". */
function echoOf(record: unknown): unknown {
  if (!isObject(record)) return record
  const echo: Record<string, unknown> = { ...record }
  if (typeof echo.identity === 'number') echo.identity = String(echo.identity)
  if (isObject(echo.profileData)) {
    const phone = echo.profileData.Phone
    if (typeof phone === 'string' && /^\+?\d+$/.test(phone))
      echo.profileData = { ...echo.profileData, Phone: Number(phone) }
  }
  return echo
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[ ]' : `[ ${value.map(spaced).join(' , ')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)} : ${spaced(inner)}`)
  return entries.length === 0 ? '{ }' : `{ ${entries.join(' , ')}}`
}
