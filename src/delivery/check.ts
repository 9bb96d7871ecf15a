import type { Answer, Destination, DestinationRequest } from '../destinations/destination.ts'
import type { Settings } from '../domain/field.ts'
import { ENVIRONMENTS, type Environment } from '../domain/purchase.ts'
import type { HttpClient, HttpRequest } from '../net/http.ts'
import { answerOf } from './attempt-log.ts'

/** Where what a person tries goes, and what must not come back from there. */
export interface Outbound {
  readonly http: HttpClient
  /** Where the operator points a remote to, instead of its own origin. */
  originOf(remote: string): string | null
  readonly now: () => number
  /** Removes the secrets of what is tried. */
  redact(text: string): string
}

export interface Checked {
  readonly environment: Environment
  /** null: it could not be found out. */
  readonly ok: boolean | null
  /** One sentence with the fix. */
  readonly message: string
  /** Settings that would make it work. */
  readonly suggestion: Readonly<Record<string, string>> | null
}

/** A person waits for it. */
const PATIENCE_MS = 10_000

/** Asks the destination whether it takes these credentials, once for each environment that has a channel. */
export async function checkDestination(
  destination: Destination,
  { settings, sandbox }: { readonly settings: Settings; readonly sandbox: boolean },
  outbound: Outbound,
): Promise<readonly Checked[]> {
  const checked: Checked[] = []
  for (const environment of ENVIRONMENTS) {
    if (!destination.hasChannel(settings, environment, sandbox)) continue
    const check = destination.check(settings, environment, outbound.now())
    if (check === null) continue
    const answers: (Answer | null)[] = check.requests.map(() => null)
    let verdict = check.verdict(answers)
    for (const [i, { request }] of check.requests.entries()) {
      answers[i] = await ask(request, outbound)
      verdict = check.verdict(answers)
      // Further requests look for what would work instead: there is nothing to look for, or it is found.
      if (verdict.ok !== false || verdict.suggestion !== undefined) break
    }
    const { ok, message, suggestion } = verdict
    checked.push({ environment, ok, message: outbound.redact(message), suggestion: suggestion ?? null })
  }
  return checked
}

async function ask(request: DestinationRequest, outbound: Outbound): Promise<Answer | null> {
  const result = await outbound.http.send(sendable(request, outbound))
  return result.kind === 'answer' ? answerOf(result, outbound.redact) : null
}

export function sendable(
  { method, path, headers, body, origin, remote }: DestinationRequest,
  { originOf }: Pick<Outbound, 'originOf'>,
): HttpRequest {
  const url = (originOf(remote) ?? origin) + path
  const patience = { headersTimeoutMs: PATIENCE_MS, totalTimeoutMs: PATIENCE_MS }
  return method === 'GET' ? { method, url, headers, ...patience } : { method, url, headers, body, ...patience }
}
