import type { Decoded, KeptMessage } from '../store.ts'
import { envelopeOf } from './envelope.ts'
import { knownType, type Notification, notificationOf } from './notification.ts'

/** A notification that names what to read. */
export interface SoundNotification extends Notification {
  readonly receiptId: string
  readonly appUserId: string
  readonly at: number
}

/** What a kept message is: its authenticity was judged when it came in. */
export type Opened =
  | { readonly kind: 'confirmation'; readonly token: string; readonly topicArn: string }
  | { readonly kind: 'unsubscribed' }
  | { readonly kind: 'notification'; readonly notification: Notification }

/** @throws one sentence when the bytes are no message of SNS. */
export function openedOf(body: Buffer): Opened {
  const envelope = envelopeOf(body)
  if (envelope === null) throw new Error('The kept bytes are not a message of Amazon SNS.')
  if (envelope.type === 'UnsubscribeConfirmation') return { kind: 'unsubscribed' }
  if (envelope.type === 'SubscriptionConfirmation')
    return { kind: 'confirmation', token: envelope.token ?? '', topicArn: envelope.topicArn }
  const notification = notificationOf(envelope.message)
  if (notification === null) throw new Error('The kept message holds no real-time notification.')
  return { kind: 'notification', notification }
}

/** @throws one sentence that names what is missing. */
export function soundOf(notification: Notification): SoundNotification {
  const { type, receiptId, appUserId, at } = notification
  const lacks = (field: string): Error =>
    new Error(`This ${(type || 'notification').slice(0, 100)} carries no ${field}, so its receipt cannot be read.`)
  if (receiptId === null) throw lacks('receiptId')
  if (appUserId === null) throw lacks('appUserId')
  if (at === null) throw lacks('timestamp')
  return { ...notification, receiptId, appUserId, at }
}

/** What a message is about; all that it tells is told by the receipt. @throws when it does not name one. */
export function decodedOf(kept: KeptMessage): Decoded {
  const opened = openedOf(kept.body)
  switch (opened.kind) {
    case 'confirmation':
      return { kind: 'unresolved', subject: `confirmation of ${opened.topicArn}` }
    case 'unsubscribed':
      return {
        kind: 'nothing',
        why: 'Amazon sends no more notifications to this address.',
        unknownType: false,
        alert:
          'Amazon has ended the subscription of this app’s notification address: add it again in the Developer Console.',
      }
    case 'notification': {
      const { notification } = opened
      if (knownType(notification.type) === null && notification.receiptId === null)
        return {
          kind: 'nothing',
          why: `"${(notification.type || '(no type)').slice(0, 100)}" is a type that this version does not know.`,
          unknownType: true,
        }
      const { receiptId, appUserId } = soundOf(notification)
      return { kind: 'unresolved', subject: `receipt ${receiptId} of ${appUserId}` }
    }
  }
}
