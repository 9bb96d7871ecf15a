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
    body: redact(withoutKeys(request.body, new Set(destination.secretBodyKeys))),
  })
}

function withoutKeys(body: string, secret: ReadonlySet<string>): string {
  if (secret.size === 0) return body
  return JSON.stringify(JSON.parse(body, (key, value: unknown) => (secret.has(key) ? MASK : value)))
}

/** The answer as the attempt log keeps it: status, the headers that matter, the first 8 KiB. */
export function loggedResponse(result: HttpResult, redact: (text: string) => string): string {
  if (result.kind === 'fault') return JSON.stringify({ fault: redact(result.reason), sent: result.sent })
  const headers: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = result.headers[name]
    if (value !== undefined) headers[name] = redact(value)
  }
  // Blotted before it is cut: half a secret at the cut would no longer be known as one.
  const body = redact(result.body)
  const kept = Buffer.from(body).subarray(0, KEPT_BYTES).toString('utf8')
  return JSON.stringify({
    status: result.status,
    headers,
    body: kept,
    truncated: result.truncated || kept.length < body.length,
  })
}

/** An answer as the destination reads it: what it says back to us must not carry a secret into reasons and advice. */
export function answerOf(result: Extract<HttpResult, { kind: 'answer' }>, redact: (text: string) => string): Answer {
  return { status: result.status, headers: result.headers, body: redact(result.body), truncated: result.truncated }
}
