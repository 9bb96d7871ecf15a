import { createHash, createHmac } from 'node:crypto'

export type Json = Record<string, unknown>

/** The version that objects are rendered in. Before `2025-03-31` periods, parents and payments had other places. */
export const NEW_SHAPE = '2026-10-28.endive'
export const OLD_SHAPE = '2024-06-20'

/** An event as Stripe sends it: the object as it was at that moment. */
export interface SimulatedEvent {
  readonly id: string
  readonly type: string
  /** Milliseconds, in whole seconds. */
  readonly at: number
  readonly json: Json
  readonly body: Buffer
  /** The `Stripe-Signature` header for a delivery at `now` (milliseconds; default: the event's own time). */
  header(now?: number): string
}

/** Ids look like Stripe's and are derived, so that a story told twice has the same ones. */
export function idFrom(prefix: string, ...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('base64url').replace(/[-_]/g, '')
  return `${prefix}_${hash.slice(0, 24)}`
}

/** `t=…,v1=…` over the bytes. https://docs.stripe.com/webhooks/signature */
export function signatureHeader(body: Buffer, secret: string, now: number): string {
  const time = Math.floor(now / 1000)
  const mac = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
  return `t=${time},v1=${mac}`
}

export interface Draft {
  readonly id: string
  readonly type: string
  readonly at: number
  readonly object: Json
  readonly previous: Json | null
  readonly livemode: boolean
  readonly apiVersion: string
  readonly secret: string
}

export function eventFrom(draft: Draft): SimulatedEvent {
  const { id, type, at, object, previous, livemode, apiVersion, secret } = draft
  const json: Json = {
    id,
    object: 'event',
    api_version: apiVersion,
    created: Math.floor(at / 1000),
    data: { object, ...(previous === null ? {} : { previous_attributes: previous }) },
    livemode,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
  const body = Buffer.from(JSON.stringify(json, null, 2))
  return { id, type, at, json, body, header: (now = at) => signatureHeader(body, secret, now) }
}

/** What an update changed, with its values before: the fields that differ, lists whole. */
export function differences(before: Json, after: Json): Json {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const [old, now] = [before[name] ?? null, after[name] ?? null]
      return JSON.stringify(old) === JSON.stringify(now) ? [] : [[name, old]]
    }),
  )
}
