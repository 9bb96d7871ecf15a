import { createHash, sign } from 'node:crypto'
import { mintCertificate, type SigningCertificate } from './certificate.ts'

type Fields = Readonly<Record<string, string>>

export interface TopicOptions {
  readonly arn?: string
  /** Minted at the first signature when absent; shared between topics of a region. */
  readonly certificate?: SigningCertificate
  /** Amazon's own topics sign with SHA-1 ("1"). */
  readonly signatureVersion?: '1' | '2'
}

/** A topic of Amazon SNS: makes of a text what its subscribers get. */
export interface Topic {
  readonly arn: string
  readonly certificate: SigningCertificate
  notification(message: string, of: MessageOf): Fields
  subscriptionConfirmation(token: string, of: MessageOf): Fields
  unsubscribeConfirmation(token: string, of: MessageOf): Fields
  /** Signs whatever fields these are, as SNS would: for what is to be refused. */
  signed(fields: Fields, version?: '1' | '2'): Fields
}

export interface MessageOf {
  readonly messageId: string
  /** Milliseconds. */
  readonly at: number
}

const PLAIN = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const WITH_TOKEN = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

/** docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export function createTopic(options: TopicOptions = {}): Topic {
  const arn = options.arn ?? 'arn:aws:sns:us-east-1:033616359524:LT0XA'
  const region = arn.split(':')[3] ?? 'us-east-1'
  const host = `https://sns.${region}.amazonaws.com`
  let minted = options.certificate ?? null
  const certificate = (): SigningCertificate => {
    minted ??= mintCertificate()
    return minted
  }
  const signed = (fields: Fields, version = options.signatureVersion ?? '1'): Fields => {
    const names = fields.Type === 'Notification' ? PLAIN : WITH_TOKEN
    const text = names.flatMap((name) => (fields[name] === undefined ? [] : [`${name}\n${fields[name]}\n`])).join('')
    const { privateKey, path } = certificate()
    const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(text), privateKey).toString('base64')
    return { ...fields, SignatureVersion: version, Signature: signature, SigningCertURL: `${host}${path}` }
  }
  const head = (type: string, { messageId, at }: MessageOf): Fields => ({
    Type: type,
    MessageId: messageId,
    TopicArn: arn,
    Timestamp: new Date(at).toISOString(),
  })
  const control = (type: string, text: string, token: string, of: MessageOf): Fields => {
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: arn, Token: token })
    return signed({ ...head(type, of), Token: token, Message: text, SubscribeURL: `${host}/?${query}` })
  }
  return {
    arn,
    get certificate() {
      return certificate()
    },
    signed,
    notification: (message, of) => ({
      ...signed({ ...head('Notification', of), Message: message }),
      UnsubscribeURL: `${host}/?Action=Unsubscribe&SubscriptionArn=${encodeURIComponent(`${arn}:${of.messageId}`)}`,
    }),
    subscriptionConfirmation: (token, of) =>
      control(
        'SubscriptionConfirmation',
        `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
        token,
        of,
      ),
    unsubscribeConfirmation: (token, of) =>
      control(
        'UnsubscribeConfirmation',
        `You have chosen to deactivate the subscription to the topic ${arn}.`,
        token,
        of,
      ),
  }
}

/** A version 4 UUID in form, drawn from a hash, so that a run can be repeated. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
