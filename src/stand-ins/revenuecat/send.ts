import { createHmac } from 'node:crypto'
import type { SimulatedEvent } from './event.ts'

/** How a webhook is set up at the sender: the value of the Authorization header, and the secrets that sign. */
export interface WebhookCredentials {
  readonly authorization?: string
  /** Several while they change: each signs. */
  readonly signingSecrets?: readonly string[]
}

/** The headers of one attempt: it is signed as of its own moment, also when it repeats another. */
export function headersOf(body: Buffer, credentials: WebhookCredentials, at: number): Readonly<Record<string, string>> {
  const { authorization, signingSecrets = [] } = credentials
  return {
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
    ...(signingSecrets.length === 0
      ? {}
      : { 'x-revenuecat-webhook-signature': signatureOf(body, signingSecrets, Math.floor(at / 1_000)) }),
  }
}

function signatureOf(body: Buffer, secrets: readonly string[], seconds: number): string {
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`,
  )
  return [`t=${seconds}`, ...signatures].join(',')
}

/** The sender gives up on an answer after a minute, and takes 200 alone for success. */
const TIMEOUT_MS = 60_000
/** Minutes between attempts; after the last the event is not sent again. */
export const RETRY_MINUTES: readonly number[] = [5, 10, 20, 40, 80]

export interface Attempt {
  /** null: no answer. */
  readonly status: number | null
  readonly delivered: boolean
}

/** One attempt to deliver an event. */
export async function send(
  url: string,
  { body }: Pick<SimulatedEvent, 'body'>,
  credentials: WebhookCredentials,
  now: () => number = Date.now,
): Promise<Attempt> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: headersOf(body, credentials, now()),
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await answer.arrayBuffer()
    return { status: answer.status, delivered: answer.status === 200 }
  } catch {
    return { status: null, delivered: false }
  }
}
