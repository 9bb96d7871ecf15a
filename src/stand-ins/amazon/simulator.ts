import { createHash } from 'node:crypto'
import type { ReceiptState } from './receipt.ts'
import { createTopic, type Topic, uuidOf } from './topic.ts'

export interface SimulatedAmazonOptions {
  readonly packageName: string
  readonly sharedSecret: string
  /** Which service knows the receipts: App Tester's are known to the sandbox alone. */
  readonly environment?: 'production' | 'sandbox'
  /** Shared between simulated stores, so that one certificate serves all. */
  readonly topic?: Topic
  /** The moment of what is told no time of its own (milliseconds; default: the wall clock). */
  readonly now?: () => number
  /** Sets the ids apart from those of another simulated store. */
  readonly seed?: string
}

/** A real-time notification as SNS brings it. Nothing is signed before somebody asks for it. */
export interface SimulatedNotification {
  readonly name: string
  readonly messageId: string
  /** When it happened (milliseconds). */
  readonly at: number
  /** The text inside. */
  readonly message: string
  /** The fields of the envelope. */
  readonly fields: Readonly<Record<string, string>>
  /** The body of the POST, sent a second after it happened. */
  readonly body: Buffer
  /** The body as SNS sends it at another time: a message is refused when it is older than an hour. */
  bodyAt(sentAt: number): Buffer
  /** Every receipt as it was once this had happened. */
  readonly world: World
}

export type World = ReadonlyMap<string, ReceiptState>

/** What the parts of the simulated store share. */
export interface Desk {
  readonly options: SimulatedAmazonOptions
  readonly topic: Topic
  readonly notifications: SimulatedNotification[]
  readonly world: Map<string, ReceiptState>
  readonly now: () => number
  nextReceiptId(suffix: string): string
  nextUser(): string
  notify(draft: Draft): SimulatedNotification
}

export interface Draft {
  readonly type: string
  readonly at: number
  readonly state: ReceiptState
  readonly cancelledReceiptId?: string
}

/** How long after an act its notification is made, and SNS sends it (milliseconds). */
const SENT_AFTER_MS = 1_000

export function createDesk(options: SimulatedAmazonOptions): Desk {
  const topic = options.topic ?? createTopic()
  const seed = options.seed ?? options.packageName
  let count = 0
  const derived = (kind: string): string => {
    count += 1
    return createHash('sha256').update(`${seed}/${kind}/${count}`).digest('base64url')
  }
  const desk: Desk = {
    options,
    topic,
    notifications: [],
    world: new Map(),
    now: options.now ?? Date.now,
    // As Amazon's: "koxIn_LO2u7rc-_MF40hKz1vqSSJSlitfTNDeH_JAs8=:3:11".
    nextReceiptId: (suffix) => `${derived('receipt')}=:${suffix}`,
    nextUser: () => `${derived('user')}=`,
    notify: (draft) => {
      desk.world.set(draft.state.receiptId, draft.state)
      const notification = notificationOf(draft, desk, uuidOf(derived('message')))
      desk.notifications.push(notification)
      return notification
    },
  }
  return desk
}

function notificationOf(draft: Draft, desk: Desk, messageId: string): SimulatedNotification {
  const { state, type, at } = draft
  const related = draft.cancelledReceiptId === undefined ? {} : { cancelledReceiptId: draft.cancelledReceiptId }
  const message = JSON.stringify({
    appPackageName: desk.options.packageName,
    notificationType: type,
    appUserId: state.user,
    receiptId: state.receiptId,
    relatedReceipts: related,
    timestamp: at,
    betaProductTransaction: state.beta,
  })
  return signedNotification({ name: type, messageId, at, message, world: new Map(desk.world) }, desk.topic)
}

/** Signs a text when its fields or its body are first asked for. */
function signedNotification(
  of: Omit<SimulatedNotification, 'fields' | 'body' | 'bodyAt'>,
  topic: Topic,
): SimulatedNotification {
  let signed: Readonly<Record<string, string>> | null = null
  const fields = (): Readonly<Record<string, string>> => {
    signed ??= topic.notification(of.message, { messageId: of.messageId, at: of.at + SENT_AFTER_MS })
    return signed
  }
  return {
    ...of,
    get fields() {
      return fields()
    },
    get body() {
      return Buffer.from(JSON.stringify(fields()))
    },
    bodyAt: (at) => Buffer.from(JSON.stringify(topic.notification(of.message, { messageId: of.messageId, at }))),
  }
}
