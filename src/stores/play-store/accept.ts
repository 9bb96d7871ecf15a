import type { App } from '../../domain/project.ts'
import type { Accepted, Decoded, InboundMessage } from '../store.ts'
import { packageOf, pushOf } from './fields.ts'
import type { GoogleKeys } from './google-keys.ts'
import { jsonOf, textOf } from './json.ts'
import { type Envelope, envelopeOf, idOfBytes } from './notification.ts'
import { judgePushToken } from './push-token.ts'

/** A pushed message: the token first, since the body is not signed, then whose it is. */
export async function acceptPush(message: InboundMessage, app: App, keys: GoogleKeys, now: number): Promise<Accepted> {
  const push = pushOf(app)
  if (push === null) return refused(`push of ${app.id} is not set up, so nothing pushed can be authentic.`)
  const { authorization } = message.headers
  const verdict = await judgePushToken(typeof authorization === 'string' ? authorization : null, push, keys, now)
  if (verdict.kind === 'unavailable') {
    return {
      kind: 'unavailable',
      reason: 'Google’s public keys could not be fetched, so the push cannot be checked yet.',
    }
  }
  if (verdict.kind === 'refused') return refused(verdict.reason, verdict.claimed)
  const subscription = textOf(jsonOf(message.body.toString('utf8'))?.subscription)
  if (subscription !== null && subscription !== push.subscription)
    return refused('It is of another Pub/Sub subscription than push.subscription.', subscription)
  return acceptBody(message.body, app, now)
}

/** Bytes that came an authentic way. What cannot be read is kept all the same: refused, Pub/Sub would send it for days. */
export function acceptBody(body: Buffer, app: App, now: number): Accepted {
  if (app.environments.length === 0) return refused(`${app.id} takes no environment.`)
  const read = readEnvelope(body)
  if (read === null) return accepted(body, idOfBytes(body), 'UNREADABLE', now)
  const { about } = read.notification
  if (about.packageName !== packageOf(app))
    return refused('It is about another app than package_name.', about.packageName)
  return accepted(body, read.id, about.name, about.at)
}

function readEnvelope(body: Buffer): Envelope | null {
  try {
    return envelopeOf(body)
  } catch {
    return null
  }
}

/**
 * Whether it is of the sandbox is known after the purchase was read (`testPurchase`): the key of the observation carries
 * the truth.
 */
function accepted(body: Buffer, sourceKey: string, type: string, sentAt: number): Accepted {
  return { kind: 'accepted', message: { sourceKey, environment: 'production', type, sentAt, body } }
}

function refused(reason: string, claimed: string | null = null): Accepted {
  return { kind: 'refused', status: 401, reason, claimed: claimed?.slice(0, 200) ?? null }
}

/** A kept message → what to ask about. @throws one sentence for bytes that are no notification. */
export function decodedOf(body: Buffer): Decoded {
  const { notification } = envelopeOf(body)
  switch (notification.kind) {
    case 'subscription':
    case 'one_time':
    case 'voided':
      return { kind: 'unresolved', subject: notification.token }
    case 'test':
      return { kind: 'nothing', why: 'A test notification.', unknownType: false }
    case 'refund_review':
      return {
        kind: 'nothing',
        why: 'Google asks about a refund before it decides.',
        unknownType: false,
        alert: 'Google asks whether a charged-back purchase was delivered: answer within 24 hours in Play Console',
      }
    case 'unknown':
      return { kind: 'nothing', why: `${notification.about.name} is not known to this version.`, unknownType: true }
  }
}
