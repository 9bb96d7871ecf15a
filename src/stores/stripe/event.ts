import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { type Json, parsedJson, textOf } from '../json.ts'
import type { Accepted, InboundMessage } from '../store.ts'
import { webhookSecretsOf } from './fields.ts'
import { partOf, timeOf } from './json.ts'
import { judgeSignature } from './signature.ts'

/** The version that this connector was written for, and asks for when it asks. */
export const API_VERSION = '2026-10-28.endive'

/** One event: an object as it was at `createdAt`. https://docs.stripe.com/api/events/object */
export interface StripeEvent {
  readonly id: string
  readonly type: string
  /** Milliseconds, in whole seconds. */
  readonly createdAt: number
  readonly environment: Environment
  readonly object: Json
  /** What changed, with its value before; null for events that are no update. */
  readonly previous: Json | null
  /** Rendered in a version that we have not read about: what it shows must be fetched in ours. */
  readonly unknownVersion: boolean
}

/** The event in the bytes; null when they are none. */
function eventOf(json: Json | null): StripeEvent | null {
  const data = partOf(json, 'data')
  const object = partOf(data, 'object')
  const [id, type, createdAt] = [textOf(json?.id), textOf(json?.type), timeOf(json?.created)]
  if (json?.object !== 'event' || object === null || id === null || type === null || createdAt === null) return null
  if (typeof json.livemode !== 'boolean') return null
  return {
    id,
    type,
    createdAt,
    environment: json.livemode ? 'production' : 'sandbox',
    object,
    previous: partOf(data, 'previous_attributes'),
    unknownVersion: isUnknownVersion(json.api_version),
  }
}

/**
 * Versions are dates, some with a name behind. What this connector reads has moved twice (periods of items and parents of
 * invoices, 2025-03-31), and both shapes are read; whatever is newer than ours may have moved again.
 * https://docs.stripe.com/changelog
 */
function isUnknownVersion(version: unknown): boolean {
  const date = /^(\d{4}-\d{2}-\d{2})(\.[a-z]+)?$/.exec(textOf(version) ?? '')?.[1]
  return date === undefined || date > API_VERSION.slice(0, 10)
}

/** What was read to accept it need not be read again while the same bytes are still at hand. */
const read = new WeakMap<Buffer, StripeEvent>()

/** @throws one sentence when the kept bytes are no event. */
export function keptEvent(body: Buffer): StripeEvent {
  const event = read.get(body) ?? eventOf(parsedJson(body.toString('utf8')))
  if (event === null) throw new Error('The kept bytes are not an event of Stripe.')
  return event
}

/** Authenticity first: nothing of a message is read before its signature. Never throws. */
export function acceptPushed(message: InboundMessage, app: App, now: number): Accepted {
  const judged = judgeSignature(message.headers['stripe-signature'], message.body, webhookSecretsOf(app), now)
  if (!judged.ok) return refused(401, `The event was refused, since ${judged.reason}.`)
  return acceptEvent(message.body, app)
}

/** An event whose origin is known: it was signed, or Stripe gave it when asked. */
export function acceptEvent(body: Buffer, app: App): Accepted {
  const json = parsedJson(body.toString('utf8'))
  if (textOf(json?.object)?.startsWith('v2.') === true)
    return refused(
      400,
      'The event is of the thin kind: choose the payload style "Snapshot" for this destination in Stripe.',
    )
  const event = eventOf(json)
  if (event === null) return refused(400, 'The body is not an event of Stripe.')
  if (!app.environments.includes(event.environment)) {
    const mode = event.environment === 'production' ? 'live mode' : 'a sandbox'
    return refused(
      401,
      `The event is of ${mode}, but ${app.id} takes ${app.environments.join(' and ') || 'nothing'}: correct the address in Stripe or the app's environments.`,
    )
  }
  read.set(body, event)
  const { id, type, environment, createdAt } = event
  return { kind: 'accepted', message: { sourceKey: id, environment, type, sentAt: createdAt, body } }
}

function refused(status: 400 | 401, reason: string): Accepted {
  return { kind: 'refused', status, reason, claimed: null }
}
