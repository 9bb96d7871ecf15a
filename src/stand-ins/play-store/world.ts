import { randomBytes } from 'node:crypto'

export type Json = Readonly<Record<string, unknown>>

/** What the Google Play Developer API would show at one moment: every resource by its name. */
export interface View {
  readonly subscriptions: ReadonlyMap<string, Json>
  readonly products: ReadonlyMap<string, Json>
  readonly orders: ReadonlyMap<string, Json>
  readonly voided: readonly Json[]
}

/** One real-time developer notification, with what the API shows from then on. Times in milliseconds. */
export interface SimulatedNotification {
  /** `SUBSCRIPTION_RENEWED`, for people. */
  readonly name: string
  readonly at: number
  readonly token: string
  readonly messageId: string
  readonly data: Json
  readonly view: View
}

/** The books of one app at Google: resources are replaced, never changed, so that every view stays as it was. */
export interface World {
  readonly packageName: string
  now(): number
  put(kind: 'subscriptions' | 'products' | 'orders', name: string, resource: Json): void
  void(entry: Json): void
  view(): View
  nextToken(): string
  nextOrder(): string
  tell(name: string, token: string, at: number, about: Json): SimulatedNotification
  readonly notifications: readonly SimulatedNotification[]
}

export function createWorld(packageName: string, now: () => number): World {
  let view: View = { subscriptions: new Map(), products: new Map(), orders: new Map(), voided: [] }
  const notifications: SimulatedNotification[] = []
  const run = randomBytes(3).readUIntBE(0, 3) % 10_000
  let count = 0
  const next = (): number => {
    count += 1
    return count
  }
  return {
    packageName,
    now,
    put: (kind, name, resource) => {
      view = { ...view, [kind]: new Map([...view[kind], [name, resource]]) }
    },
    void: (entry) => {
      view = { ...view, voided: [...view.voided, entry] }
    },
    view: () => view,
    nextToken: () => `tok${next()}.AO-${randomBytes(12).toString('hex')}`,
    nextOrder: () => {
      const order = next()
      return `GPA.33${String(order % 100).padStart(2, '0')}-${String(run).padStart(4, '0')}-4821-${10_000 + order}`
    },
    tell: (name, token, at, about) => {
      const notification: SimulatedNotification = {
        name,
        at,
        token,
        // Another run of the same app must not send what looks like the same messages again.
        messageId: String(2_070_443_601_311_540 + run * 1_000_000 + notifications.length),
        data: { version: '1.0', packageName, eventTimeMillis: String(at), ...about },
        view,
      }
      notifications.push(notification)
      return notification
    },
    notifications,
  }
}

/** The Pub/Sub message of a notification, in both spellings as Google writes it. */
export function messageOf({ data, messageId, at }: SimulatedNotification): Json {
  const publishTime = new Date(at).toISOString()
  return {
    attributes: {},
    data: Buffer.from(JSON.stringify(data)).toString('base64'),
    messageId,
    message_id: messageId,
    publishTime,
    publish_time: publishTime,
  }
}

/** The body of a push. */
export function pushBody(notification: SimulatedNotification, subscription: string): Buffer {
  return Buffer.from(JSON.stringify({ message: messageOf(notification), subscription }))
}

/** Decimal money as google.type.Money; what is 0 carries neither units nor nanos, as Google leaves them out. */
export function moneyJson(amount: number, currencyCode: string): Json {
  const nanos = Math.round(amount * 1e9)
  const units = Math.trunc(nanos / 1e9)
  const rest = nanos - units * 1e9
  return { currencyCode, ...(units === 0 ? {} : { units: String(units) }), ...(rest === 0 ? {} : { nanos: rest }) }
}

export function timeJson(at: number): string {
  return new Date(at).toISOString()
}
