import { mintCertificate } from '../../../src/stand-ins/amazon/certificate.ts'
import { createTopic, type Topic } from '../../../src/stand-ins/amazon/topic.ts'
import { NOW, PACKAGE, topic } from './setting.ts'

export type Fields = Readonly<Record<string, unknown>>

/** What a notification says inside, as Amazon's own sample has it. */
export function rtn(overrides: Fields = {}): Fields {
  return {
    appPackageName: PACKAGE,
    notificationType: 'SUBSCRIPTION_PURCHASED',
    appUserId: 'io9oFdzmCSMuKk_pp9pYccoIHRfc6kSAAYaNo51xZrg=',
    receiptId: 'koxIn_LO2u7rc-_MF40hKz1vqSSJSlitfTNDeH_JAs8=:3:11',
    relatedReceipts: {},
    timestamp: NOW,
    betaProductTransaction: false,
    ...overrides,
  }
}

let messages = 0

/** A message of a topic, signed by it. */
export function sent(message: Fields | string = rtn(), from: Topic = topic, at: number = NOW): Fields {
  messages += 1
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  return from.notification(text, { messageId: `message-${messages}`, at })
}

/** Signed again with other fields. */
export function resigned(fields: Fields, change: Fields, from: Topic = topic, version: '1' | '2' = '1'): Fields {
  const { Signature: _, SignatureVersion: __, SigningCertURL: ___, ...rest } = fields
  const whole = Object.entries({ ...rest, ...change }).filter(([, value]) => value !== undefined)
  return from.signed(Object.fromEntries(whole) as Record<string, string>, version)
}

/** Somebody else's topic: Amazon signs its messages with the same certificate. */
export const strangers: Topic = createTopic({
  arn: 'arn:aws:sns:us-east-1:999999999999:evil',
  certificate: topic.certificate,
})

/** Nobody's certificate, which is at no address of Amazon's. */
export const impostor: Topic = createTopic({ arn: topic.arn, certificate: mintCertificate({}, NOW) })
