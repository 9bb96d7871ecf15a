import { randomBytes, verify } from 'node:crypto'
import { createActs, type Done } from '../acts.ts'
import { type StandIn, type StandInReply, type StandInRequest, startStandIn } from '../server.ts'
import { answerOf, errorReply, jsonReply } from './api.ts'
import { type GoogleSigner, pushToken, type SimulatedAccount } from './google-keys.ts'
import { createTopic, type Topic } from './pubsub.ts'
import type { SimulatedPlay, SimulatedPurchase } from './simulator.ts'
import type { Replacement, SimulatedSubscription } from './subscription-acts.ts'
import { pushBody, type SimulatedNotification, type View } from './world.ts'

export interface PlayStandInOptions {
  readonly play: SimulatedPlay
  /** The service accounts that Play Console lets in. */
  readonly accounts: readonly SimulatedAccount[]
  /** What signs pushed messages; its key is published at /oauth2/v3/certs. */
  readonly signer: GoogleSigner
  readonly port?: number
  readonly latencyMs?: number
  readonly now?: () => number
  /** What the API shows; default: the books as they are. */
  readonly view?: () => View
  /** The push subscription: where to, under which name, for which audience and by which account. */
  readonly push?: {
    readonly url: string
    readonly subscription: string
    readonly audience: string
    readonly email: string
  }
  /** The pull subscription; every notification that is `send` waits there until it is acknowledged. */
  readonly pullSubscription?: string
}

export interface PlayStandIn extends StandIn {
  /** Publishes a notification: pushed, where a push subscription is set, and waiting in the pull subscription. */
  send(notification: SimulatedNotification): Promise<number | null>
  readonly topic: Topic
  /** Ends every bearer token handed out so far. */
  withdrawBearers(): void
  /** Why requests were refused, newest last: Google itself would not say. */
  readonly refusals: readonly string[]
}

/** Google on loopback for one app: its token endpoint, its public keys, the Play Developer API and Pub/Sub at one address. */
export async function startPlayStandIn(options: PlayStandInOptions): Promise<PlayStandIn> {
  const now = options.now ?? Date.now
  const refusals: string[] = []
  const bearers = new Map<string, number>()
  const topic = createTopic(options.pullSubscription ?? null)
  const send = async (notification: SimulatedNotification): Promise<number | null> => {
    topic.publish(notification)
    return options.push === undefined ? null : pushTo(options.push, notification, options.signer, now())
  }
  const refuse = (reply: StandInReply, why: string): StandInReply => {
    refusals.push(why)
    return reply
  }
  const act = createActs<SimulatedNotification>({
    stores: [{ ...options.play, environment: 'production' }],
    read: (result) => {
      const done = doneOf(result as SimulatedNotification | Begun | Replacement)
      for (const message of done.messages) topic.publish(message)
      return done
    },
    send: (message, url) => pushTo({ ...(options.push ?? pushOf(url)), url }, message, options.signer, now()),
    url: options.push?.url ?? null,
    show: ({ messageId, token }) => ({ messageId, token }),
  })
  const handle = (request: StandInRequest): StandInReply | Promise<StandInReply> => {
    if (request.path.startsWith('/_')) return act(request)
    if (request.path === '/oauth2/v3/certs') {
      const headers = { 'cache-control': 'public, max-age=22000, must-revalidate, no-transform' }
      return { ...jsonReply({ keys: [options.signer.jwk] }), headers }
    }
    if (request.path === '/token') {
      const asserted = assertedBy(request, options.accounts, now())
      if ('refused' in asserted)
        return refuse(
          jsonReply({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400),
          asserted.refused,
        )
      const token = `ya29.${randomBytes(24).toString('base64url')}`
      bearers.set(token, now() + 3_599_000)
      return jsonReply({ access_token: token, expires_in: 3599, token_type: 'Bearer' })
    }
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if ((bearers.get(bearer) ?? 0) <= now())
      return refuse(errorReply(401, 'authError'), 'no bearer, or one that is over')
    if (request.path.startsWith('/v1/')) return topic.answer(request)
    return answerOf(request, options.play.packageName, options.view?.() ?? options.play.view(), now())
  }
  const standIn = await startStandIn({
    handle,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
  })
  return Object.assign(standIn, { send, topic, withdrawBearers: () => bearers.clear(), refusals })
}

type Begun = SimulatedSubscription | SimulatedPurchase

function doneOf(result: SimulatedNotification | Begun | Replacement): Done<SimulatedNotification> {
  if ('farewell' in result) return { begun: null, messages: [result.opening, ...result.farewell] }
  return 'opening' in result ? { begun: result, messages: [result.opening] } : { begun: null, messages: [result] }
}

/** Where an act names an address and no push subscription was set up. */
function pushOf(url: string): Omit<NonNullable<PlayStandInOptions['push']>, 'url'> {
  return {
    audience: url,
    email: 'push@acme.iam.gserviceaccount.com',
    subscription: 'projects/acme/subscriptions/rtdn',
  }
}

/** null: no answer. */
async function pushTo(
  push: NonNullable<PlayStandInOptions['push']>,
  notification: SimulatedNotification,
  signer: GoogleSigner,
  at: number,
): Promise<number | null> {
  try {
    const response = await fetch(push.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${pushToken(signer, { audience: push.audience, email: push.email, at })}`,
      },
      body: new Uint8Array(pushBody(notification, push.subscription)),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

const AUDIENCE = 'https://oauth2.googleapis.com/token'
const SCOPE = 'https://www.googleapis.com/auth/androidpublisher'

/** The assertion of a service account (developers.google.com/identity/protocols/oauth2/service-account). */
function assertedBy(
  request: StandInRequest,
  accounts: readonly SimulatedAccount[],
  now: number,
): SimulatedAccount | { readonly refused: string } {
  const form = new URLSearchParams(request.body.toString('utf8'))
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return { refused: 'another grant type' }
  const [head = '', body = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const [header, claims] = [jsonOfSegment(head), jsonOfSegment(body)]
  const account = accounts.find((one) => one.email === claims.iss)
  if (account === undefined || header.alg !== 'RS256') return { refused: 'no known account, or not RS256' }
  const good = verify('sha256', Buffer.from(`${head}.${body}`), account.publicKey, Buffer.from(signature, 'base64url'))
  if (!good) return { refused: 'another key' }
  const [iat, exp] = [Number(claims.iat) * 1_000, Number(claims.exp) * 1_000]
  if (!(iat <= now + 60_000 && exp > now && exp - iat <= 3_600_000)) return { refused: 'not good at this time' }
  if (claims.aud !== AUDIENCE || !String(claims.scope).split(' ').includes(SCOPE))
    return { refused: 'another audience or scope' }
  return account
}

function jsonOfSegment(segment: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
