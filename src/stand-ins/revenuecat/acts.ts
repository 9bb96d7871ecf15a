import { createActs, type Done } from '../acts.ts'
import type { StandInReply, StandInRequest } from '../server.ts'
import { send, type WebhookCredentials } from './send.ts'
import type { FeedGrant, FeedPurchase, FeedSubscription, SimulatedEvent, SimulatedSender } from './sender.ts'

export interface SenderActs {
  readonly sender: SimulatedSender
  /** The address of the webhook; null: nothing is sent. */
  readonly url: string | null
  readonly credentials: WebhookCredentials
}

/** The page that drives the sender from another process (../acts.ts). Its environment is told with each purchase. */
export function createSenderActs(options: SenderActs): (request: StandInRequest) => Promise<StandInReply> {
  const { sender, url, credentials } = options
  return createActs<SimulatedEvent>({
    stores: [{ ...sender, environment: 'production' }],
    read: (result) => done(result as FeedSubscription | FeedPurchase | FeedGrant | SimulatedEvent | SimulatedEvent[]),
    send: async (event, to) => (await send(to, event, credentials)).status,
    url,
    show: ({ id, event }) => ({ id, event }),
  })
}

function done(
  result: FeedSubscription | FeedPurchase | FeedGrant | SimulatedEvent | SimulatedEvent[],
): Done<SimulatedEvent> {
  if (Array.isArray(result)) return { begun: null, messages: result }
  return 'opening' in result ? { begun: result, messages: [result.opening] } : { begun: null, messages: [result] }
}
