import { type KeyObject, verify } from 'node:crypto'
import type { App } from '../../domain/project.ts'
import type { Accepted, AcceptedMessage } from '../store.ts'
import { isCertificateUrl, type SigningCertificates } from './certificates.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import { placeOf, settingsOf } from './fields.ts'
import { notificationOf } from './notification.ts'

type Refused = Extract<Accepted, { readonly kind: 'refused' }>

/** SNS gives up an hour after it has sent (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html). */
const OLDEST_MS = 3_600_000
/** What a stranger names is shown to people: no ARN or package name is longer. */
const LONGEST_CLAIM = 300
/** Two clocks. */
const SKEW_MS = 300_000

/**
 * Judges one message: its form, its signature, whose topic it is from, and whether it is about this app. Only then is
 * anything believed that it says. Never throws.
 */
export async function judgeMessage(
  body: Buffer,
  app: App,
  deps: { readonly certificates: SigningCertificates; readonly now: () => number },
): Promise<Accepted> {
  const envelope = envelopeOf(body)
  if (envelope === null)
    return refused(400, 'The body is not a message of Amazon SNS: {"Type": "Notification", …} is expected.')
  const settings = settingsOf(app)
  if (!isCertificateUrl(envelope.signingCertUrl) || !isInRegion(envelope))
    return refused(
      401,
      'The message was refused, since its certificate is not at an address of Amazon SNS in the region of its topic.',
    )
  if (settings.requireSignatureV2 && envelope.signatureVersion !== '2')
    return refused(
      401,
      `The message is signed with SHA-1, and ${app.id} requires signature version 2: switch require_signature_v2 off.`,
    )
  const age = deps.now() - envelope.sentAt
  if (Math.abs(age) > OLDEST_MS + SKEW_MS)
    return refused(
      401,
      'The message was refused, since it was sent more than an hour ago or is dated an hour ahead: compare the clock of this machine.',
    )
  const found = await deps.certificates.keyAt(envelope.signingCertUrl)
  if (found.kind === 'unavailable') return { kind: 'unavailable', reason: found.reason }
  if (found.kind === 'refused') return refused(401, `The message was refused, since ${found.reason}.`)
  if (!isSignedBy(envelope, found.key))
    return refused(401, 'The message was refused, since its signature does not fit what it says.')
  return topicFault(envelope, settings.topicArn, app) ?? acceptedOf(body, envelope, app)
}

/** SNS signs in each region with a certificate that it serves there. */
function isInRegion({ signingCertUrl, topicArn }: Envelope): boolean {
  const place = placeOf(topicArn)
  return place !== null && signingCertUrl.startsWith(`https://sns.${place.region}.${place.domain}/`)
}

/** Version 1 is SHA-1, version 2 SHA-256, both PKCS #1 v1.5 (…/dg/sns-verify-signature-of-message.html). */
function isSignedBy({ signatureVersion, signed, signature }: Envelope, key: KeyObject): boolean {
  try {
    return verify(signatureVersion === '1' ? 'sha1' : 'sha256', Buffer.from(signed), key, signature)
  } catch {
    return false
  }
}

/** Anybody can have a topic whose messages Amazon signs: only the app's own is believed. */
function topicFault({ topicArn }: Envelope, expected: string | null, app: App): Refused | null {
  if (topicArn === expected) return null
  const reason =
    expected === null
      ? `topic_arn of ${app.id} is not set: set it to the topic that the app’s page shows, if that is the one of your app in the Developer Console.`
      : `The message comes from another topic than topic_arn of ${app.id}: correct it if Amazon has given your app a new one.`
  return { kind: 'refused', status: 403, reason, claimed: topicArn.slice(0, LONGEST_CLAIM) }
}

function acceptedOf(body: Buffer, envelope: Envelope, app: App): Accepted {
  if (envelope.type !== 'Notification') return messageOf(envelope.type, false, body, envelope, app)
  const notification = notificationOf(envelope.message)
  if (notification === null)
    return refused(400, 'The message is authentic, but its text is not the JSON of a real-time notification.')
  const { packageName, type, beta } = notification
  const ours = settingsOf(app).packageName
  if (packageName !== ours) {
    const theirs = packageName === null ? 'no app' : `the app ${packageName.slice(0, 100)}`
    const fix = 'give each app its own notification address in the Developer Console'
    return refused(401, `The notification is about ${theirs}, but ${app.id} is ${ours}: ${fix}.`, packageName)
  }
  return messageOf(type === '' ? '(no type)' : type, beta, body, envelope, app)
}

/**
 * Only a purchase of Live App Testing says where it belongs; of the others the receipt tells, which is read later. Until
 * then they count as what the app takes.
 */
function messageOf(type: string, beta: boolean, body: Buffer, envelope: Envelope, app: App): Accepted {
  const wanted = beta ? 'sandbox' : 'production'
  const environment = app.environments.find((one) => one === wanted) ?? (beta ? undefined : app.environments[0])
  if (environment === undefined) {
    const ours = app.environments.length === 0 ? 'none' : app.environments.join(' and ')
    return refused(
      401,
      `The notification is of the environment ${wanted}, but ${app.id} takes ${ours}: correct environments.`,
    )
  }
  const message: AcceptedMessage = {
    sourceKey: envelope.messageId,
    environment,
    type: type.slice(0, 100),
    sentAt: envelope.sentAt,
    body,
  }
  return { kind: 'accepted', message }
}

function refused(status: 400 | 401, reason: string, claimed: string | null = null): Refused {
  return { kind: 'refused', status, reason, claimed: claimed?.slice(0, LONGEST_CLAIM) ?? null }
}
