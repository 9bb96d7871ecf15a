import { createHash } from 'node:crypto'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { isJson, type Json, wholeOf } from '../json.ts'
import type { Accepted, InboundMessage } from '../store.ts'
import { environmentNamed } from './event.ts'
import { credentialsOf } from './fields.ts'
import { textOf } from './json.ts'
import { faultOf } from './signature.ts'

/** A type is shown to people; a feed that sends a novel there is cut. */
const LONGEST_TYPE = 80

/** Judges one message: who sent it, its form, and whether this app takes its environment. Never throws. */
export function acceptMessage(message: InboundMessage, app: App, now: number): Accepted {
  const fault = faultOf(message, credentialsOf(app), now)
  if (fault !== null) return refused(401, `The event was refused, since ${fault}.`)
  const event = eventIn(message.body)
  const type = textOf(event?.type)
  if (event === null || type === null)
    return refused(400, 'The body is not an event: {"api_version": "1.0", "event": {"type": "…", …}} is expected.')
  const environment = environmentOf(event, app)
  if (environment === null) {
    const claimed = textOf(event.app_id)?.slice(0, LONGEST_TYPE) ?? null
    return refused(401, 'The event is of an environment that this app does not take.', claimed)
  }
  const reason = textOf(event.cancel_reason) ?? textOf(event.expiration_reason)
  return {
    kind: 'accepted',
    message: {
      sourceKey: textOf(event.id) ?? `sha256:${createHash('sha256').update(message.body).digest('hex')}`,
      environment,
      type: (reason === null ? type : `${type}/${reason}`).slice(0, LONGEST_TYPE),
      sentAt: wholeOf(event.event_timestamp_ms) ?? now,
      body: message.body,
    },
  }
}

/** The `event` of `{"api_version": "1.0", "event": {…}}`; null when the bytes are no such thing. */
export function eventIn(body: Buffer): Json | null {
  try {
    const envelope: unknown = JSON.parse(body.toString('utf8'))
    return isJson(envelope) && isJson(envelope.event) ? envelope.event : null
  } catch {
    return null
  }
}

/**
 * What is about no purchase may name no environment, and a later version may name a new one: those are kept under one
 * that the app takes, and decoded to nothing.
 */
function environmentOf(event: Json, app: App): Environment | null {
  const named = environmentNamed(event.environment)
  if (named === null) return app.environments[0] ?? null
  return app.environments.includes(named) ? named : null
}

function refused(status: 400 | 401, reason: string, claimed: string | null = null): Accepted {
  return { kind: 'refused', status, reason, claimed }
}
