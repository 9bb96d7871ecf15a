import type { Answer, Destination, DestinationRequest } from '../destinations/destination.ts'
import type { HttpResult } from '../net/http.ts'

/** What an answer keeps of its body. */
const KEPT_BYTES = 8_192
/** Headers of an answer that help a person; all others (cookies …) are dropped. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'x-ratelimit-reset', 'date', 'server', 'location']
const MASK = '••••'

/** The request as the attempt log keeps it: no secret in it, by name and by value. */
export function loggedRequest(
  request: DestinationRequest,
  destination: Destination,
  redact: (text: string) => string,
): string {
  const secret = new Set(destination.secretHeaders.map((name) => name.toLowerCase()))
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = secret.has(name.toLowerCase()) ? MASK : redact(value)
  return JSON.stringify({
    method: request.method,
    url: redact(`${request.origin}${request.path}`),
    headers,
    body: redact(request.body),
  })
}

/** The answer as the attempt log keeps it: status, the headers that matter, the first 8 KiB. */
export function loggedResponse(result: HttpResult, redact: (text: string) => string): string {
  if (result.kind === 'fault') return JSON.stringify({ fault: redact(result.reason), sent: result.sent })
  const headers: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = result.headers[name]
    if (value !== undefined) headers[name] = redact(value)
  }
  const body = Buffer.from(result.body).subarray(0, KEPT_BYTES).toString('utf8')
  return JSON.stringify({
    status: result.status,
    headers,
    body: redact(body),
    truncated: result.truncated || body.length < result.body.length,
  })
}

export function answerOf(result: Extract<HttpResult, { kind: 'answer' }>): Answer {
  return { status: result.status, headers: result.headers, body: result.body, truncated: result.truncated }
}
