import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../server.ts'
import { createPages } from './acts.ts'
import { verifyReceipt } from './rvs.ts'
import type { SimulatedNotification } from './simulator.ts'
import type { SimulatedAmazon } from './store.ts'
import { uuidOf } from './topic.ts'

export interface AmazonStandInOptions {
  /** One per app and environment; one address serves them all, SNS and the Receipt Verification Service. */
  readonly stores: readonly SimulatedAmazon[]
  readonly port?: number
  readonly latencyMs?: number
  readonly now?: () => number
  /** The endpoint in the Developer Console: `send` and `subscribe` post to it. */
  readonly notificationUrl?: string
  /** Requests for receipts that are let through in each second of the clock; the next get 429. */
  readonly perSecond?: number
}

export interface AmazonStandIn extends StandIn {
  /** Posts a notification as SNS does, now; null: no answer. 4xx is not tried again, nor is it here. */
  send(notification: SimulatedNotification): Promise<number | null>
  /** Asks the endpoint to confirm, as the Developer Console does when it is added. */
  subscribe(): Promise<number | null>
  /** Whether the endpoint of a store's topic has confirmed. */
  readonly confirmed: ReadonlySet<string>
  /** A token that is good until it is used. */
  mintToken(topicArn: string): string
}

/** Amazon SNS and the Receipt Verification Service over simulated stores, as strict as Amazon's. */
export async function startAmazonStandIn(options: AmazonStandInOptions): Promise<AmazonStandIn> {
  const now = options.now ?? Date.now
  const tokens = new Map<string, string>()
  const confirmed = new Set<string>()
  const over = limiter(options.perSecond, now)
  const [store] = options.stores
  let minted = 0
  const mintToken = (topicArn: string): string => {
    minted += 1
    const token = `${uuidOf(`${topicArn}/${minted}`)}${uuidOf(`${minted}/${topicArn}`)}`.replaceAll('-', '')
    tokens.set(token, topicArn)
    return token
  }
  const send = (notification: SimulatedNotification): Promise<number | null> =>
    post(options.notificationUrl, 'Notification', notification.bodyAt(now()))
  const subscribe = (): Promise<number | null> => {
    if (store === undefined) throw new Error('There is no simulated store.')
    const token = mintToken(store.topic.arn)
    const of = { messageId: uuidOf(`subscribe ${token}`), at: now() }
    const fields = store.topic.subscriptionConfirmation(token, of)
    return post(options.notificationUrl, 'SubscriptionConfirmation', Buffer.from(JSON.stringify(fields)))
  }
  const pages = createPages({
    stores: options.stores,
    now,
    url: options.notificationUrl ?? null,
    send: (notification, url) => post(url, 'Notification', notification.bodyAt(now())),
    subscribe,
  })
  const handle = (request: StandInRequest): StandInReply | Promise<StandInReply> => {
    if (request.path.startsWith('/_')) return pages(request)
    const certificate = options.stores.find(({ topic }) => topic.certificate.path === request.path)?.topic.certificate
    if (request.method === 'GET' && certificate !== undefined)
      return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: certificate.pem }
    if (request.method === 'GET' && request.path === '/') return confirm(request, tokens, confirmed)
    if (request.path.includes('/verifyReceiptId/') && over()) return { status: 429, body: '' }
    const states = options.stores.map(({ options: of, environment, world }) => ({
      environment,
      sharedSecret: of.sharedSecret,
      world,
    }))
    return verifyReceipt(request, states, now()) ?? { status: 404, body: '' }
  }
  const standIn = await startStandIn({
    handle,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
  })
  return Object.assign(standIn, { send, subscribe, confirmed, mintToken })
}

/** docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html */
function confirm(request: StandInRequest, tokens: Map<string, string>, confirmed: Set<string>): StandInReply {
  const { query } = request
  const [arn, token] = [query.get('TopicArn') ?? '', query.get('Token') ?? '']
  const xml = (status: number, body: string): StandInReply => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body,
  })
  if (query.get('Action') !== 'ConfirmSubscription')
    return xml(400, '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code></Error></ErrorResponse>')
  if (token === '' || tokens.get(token) !== arn)
    return xml(
      400,
      '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid token</Message></Error></ErrorResponse>',
    )
  confirmed.add(arn)
  return xml(
    200,
    `<ConfirmSubscriptionResponse><ConfirmSubscriptionResult><SubscriptionArn>${arn}:${uuidOf(token)}</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>`,
  )
}

/** Amazon waits for 15 seconds (developer.amazon.com/docs/in-app-purchasing/use-rtn.html). */
const SEND_TIMEOUT_MS = 15_000

async function post(url: string | undefined, type: string, body: Buffer): Promise<number | null> {
  if (url === undefined) throw new Error('This stand-in has no notification URL: start it with one to send.')
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain; charset=UTF-8',
        'user-agent': 'Amazon Simple Notification Service Agent',
        'x-amz-sns-message-type': type,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return null
  }
}

function limiter(perSecond: number | undefined, now: () => number): () => boolean {
  let second = 0
  let used = 0
  return () => {
    const current = Math.floor(now() / 1000)
    used = current === second ? used + 1 : 1
    second = current
    return perSecond !== undefined && used > perSecond
  }
}
