import { type Json, parsedJson, textOf } from '../json.ts'

/**
 * One HTTP message of Amazon SNS as typed values
 * (docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
 */
export interface Envelope {
  readonly type: EnvelopeType
  readonly messageId: string
  readonly topicArn: string
  readonly message: string
  /** Milliseconds. */
  readonly sentAt: number
  readonly signatureVersion: '1' | '2'
  readonly signature: Buffer
  readonly signingCertUrl: string
  /** What the sender has signed, as one text. */
  readonly signed: string
  /** What confirms a subscription; null in a notification. */
  readonly token: string | null
}

const TYPES = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'] as const
type EnvelopeType = (typeof TYPES)[number]

/** Signed are these, in this order, each that is present (…/dg/sns-verify-signature-of-message.html). */
const SIGNED: Readonly<Record<EnvelopeType, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
}

/** The bytes of a message → its parts; null when they are no message of SNS. Nothing of it is believed yet. */
export function envelopeOf(body: Buffer): Envelope | null {
  const json = parsedJson(body.toString('utf8'))
  const type = TYPES.find((one) => one === json?.Type)
  if (json === null || type === undefined) return null
  const signed = signedText(json, type)
  const { MessageId, TopicArn, Message, SigningCertURL } = json
  const [messageId, topicArn, signingCertUrl] = [textOf(MessageId), textOf(TopicArn), textOf(SigningCertURL)]
  const sentAt = timeOf(json.Timestamp)
  const version = json.SignatureVersion
  const signature = base64Of(json.Signature)
  const token = textOf(json.Token)
  if (signed === null || messageId === null || topicArn === null || signingCertUrl === null) return null
  if (typeof Message !== 'string' || sentAt === null || signature === null) return null
  if ((version !== '1' && version !== '2') || (type !== 'Notification' && token === null)) return null
  return {
    type,
    messageId,
    topicArn,
    message: Message,
    sentAt,
    signatureVersion: version,
    signature,
    signingCertUrl,
    signed,
    token,
  }
}

/** null when a part is of another type than text: no signature can be over it. */
function signedText(json: Json, type: EnvelopeType): string | null {
  let text = ''
  for (const name of SIGNED[type]) {
    const value = json[name]
    if (value === undefined) continue
    if (typeof value !== 'string') return null
    text += `${name}\n${value}\n`
  }
  return text
}

/** 2020-09-21T15:19:35.686Z and nothing else. */
function timeOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(value)) return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : at
}

/** One text for one signature: what Node would read over is refused. */
function base64Of(value: unknown): Buffer | null {
  if (typeof value !== 'string' || value === '' || value.length > 4_096) return null
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : null
}
